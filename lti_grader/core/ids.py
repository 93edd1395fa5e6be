"""Identifiers: UUID version 7 (RFC 9562, section 5.7), which sort by the time they were made, and codes that people read out."""

import secrets
import uuid

import uuid_utils.compat

# Without 0, O, 1 and I, which are read out wrongly.
_CODE_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"


def new_id() -> uuid.UUID:
    """Return a new time-ordered UUID, so that an index on it grows at one end only."""
    return uuid_utils.compat.uuid7()


def new_code(length: int) -> str:
    """Return a code of so many capitals and digits that nobody guesses, to be written on a board or read out."""
    return "".join(secrets.choice(_CODE_LETTERS) for _ in range(length))
