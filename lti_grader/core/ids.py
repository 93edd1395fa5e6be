"""Identifiers: UUID version 7 (RFC 9562, section 5.7), which sort by the time they were made."""

import uuid

import uuid_utils.compat


def new_id() -> uuid.UUID:
    """Return a new time-ordered UUID, so that an index on it grows at one end only."""
    return uuid_utils.compat.uuid7()
