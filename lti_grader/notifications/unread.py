"""How many notifications somebody has not read: kept in Redis for the frame of every page, counted in the rows where it is not.

docs/decisions/0016 has the figures.
"""

import logging
import uuid
from collections.abc import Collection

import sqlalchemy as sa

from lti_grader.adapters.redis import KeyValue, StoreUnavailable
from lti_grader.core.db import after_commit, session
from lti_grader.notifications.models import Notification

log = logging.getLogger(__name__)

_KEPT_SECONDS = 600
# Whoever counted just before a change was committed keeps what they counted no more: for this long nothing is kept.
_UNSETTLED, _UNSETTLED_SECONDS = "?", 5


def known(user_id: uuid.UUID, kv: KeyValue) -> int | None:
    """Return the number that is kept; None where none is, or Redis does not answer."""
    try:
        kept = kv.get(_key(user_id))
    except StoreUnavailable:
        return None
    return int(kept) if kept and kept != _UNSETTLED else None


def count(user_id: uuid.UUID, kv: KeyValue) -> int:
    """Count the rows, and keep the number."""
    query = sa.select(sa.func.count()).where(Notification.recipient_id == user_id, ~Notification.is_read)
    found = session().scalars(query).one()
    try:
        kv.put_once(_key(user_id), str(found), _KEPT_SECONDS)
    except StoreUnavailable:
        log.info("the number of unread notifications is not kept")
    return found


def changed(user_ids: Collection[uuid.UUID], kv: KeyValue) -> None:
    """Once the open transaction is committed, let the numbers of these people be counted anew."""
    keys = [_key(one) for one in user_ids]
    if keys:
        after_commit(lambda: _unsettle(keys, kv))


def _unsettle(keys: Collection[str], kv: KeyValue) -> None:
    try:
        kv.put_all(keys, _UNSETTLED, _UNSETTLED_SECONDS)
    except StoreUnavailable:
        log.warning("numbers of unread notifications may be old for %d seconds", _KEPT_SECONDS)


def _key(user_id: uuid.UUID) -> str:
    return f"lti:unread:{user_id}"
