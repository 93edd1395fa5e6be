"""Sessions that were ended before their time: a copy of their cookie is worth nothing from then on.

PostgreSQL holds what was ended, for as long as a copy could still be good. Redis holds the same for each institution, for a
minute at a time, so that a request asks it once and nothing else; where it has nothing, or does not answer, the rows are
asked. docs/decisions/0001 has the figures.
"""

import dataclasses
import datetime as dt
import logging
import uuid
from collections.abc import Collection

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from lti_grader.adapters.redis import KeyValue, StoreUnavailable
from lti_grader.core.db import after_commit, current_tenant, session, transaction
from lti_grader.people.models import EndedSession

log = logging.getLogger(__name__)

_KEPT_SECONDS = 60
_IS_WHOLE = "whole"
"""The field that says that everything of the institution is there; Redis may have lost it, or never had it."""


@dataclasses.dataclass(frozen=True)
class Session:
    """A session, as its cookie or its entry in the store tells of it."""

    tenant_id: uuid.UUID
    user_id: uuid.UUID
    id: str
    began: float
    """Seconds since 1970."""

    @property
    def _keys(self) -> tuple[str, str]:
        return f"session:{self.id}", _of_person(self.user_id)

    def is_ended(self, kv: KeyValue) -> bool:
        """Return whether it was ended, by itself or with all others of its person."""
        try:
            whole, alone, with_all = kv.fields(_place(self.tenant_id), _IS_WHOLE, *self._keys)
            if not whole:
                alone, with_all = (_fill(self.tenant_id, kv).get(key) for key in self._keys)
        except StoreUnavailable:
            rows = _rows(self.tenant_id, EndedSession.key.in_(self._keys))
            alone, with_all = (rows.get(key) for key in self._keys)
        return alone is not None or (with_all is not None and float(with_all) >= self.began)


def end(user_id: uuid.UUID, ids: Collection[str], kv: KeyValue, *, at: dt.datetime, lasts: dt.timedelta) -> None:
    """End some sessions of a person for good, in the transaction that is open.

    Parameters
    ----------
    lasts
        How long a session may last: after that nobody asks any more.
    """
    _end(user_id, [f"session:{one}" for one in ids], kv, at=at, lasts=lasts)


def end_all_of(user_id: uuid.UUID, kv: KeyValue, *, at: dt.datetime, lasts: dt.timedelta) -> None:
    """End whatever sessions a person has anywhere, in the transaction that is open. A later launch begins a new one."""
    _end(user_id, [_of_person(user_id)], kv, at=at, lasts=lasts)


def _end(user_id: uuid.UUID, keys: Collection[str], kv: KeyValue, *, at: dt.datetime, lasts: dt.timedelta) -> None:
    tenant_id = current_tenant()
    session().execute(sa.delete(EndedSession).where(EndedSession.forget_at < at))
    said = {"user_id": user_id, "ended_at": at, "forget_at": at + lasts}
    session().execute(
        insert(EndedSession)
        .values([{"tenant_id": tenant_id, "key": key, **said} for key in keys])
        .on_conflict_do_update(index_elements=["tenant_id", "key"], set_=said)
    )
    after_commit(lambda: _tell(tenant_id, dict.fromkeys(keys, str(at.timestamp())), kv))


def _tell(tenant_id: uuid.UUID, fields: dict[str, str], kv: KeyValue) -> None:
    try:
        # Added, never taken away: whoever fills in the rest meanwhile may have read the rows before.
        kv.put_fields(_place(tenant_id), fields, _KEPT_SECONDS)
    except StoreUnavailable:
        log.warning("Redis was not told of an ended session; it learns of it within %d seconds", _KEPT_SECONDS)


def _fill(tenant_id: uuid.UUID, kv: KeyValue) -> dict[str, str]:
    """Let Redis have all that is ended in an institution, for a minute; return it."""
    found = _rows(tenant_id)
    kv.put_fields(_place(tenant_id), {**found, _IS_WHOLE: "1"}, _KEPT_SECONDS)
    return found


def _rows(tenant_id: uuid.UUID, *wanted: sa.ColumnElement[bool]) -> dict[str, str]:
    with transaction(tenant_id):
        rows = session().execute(sa.select(EndedSession.key, EndedSession.ended_at).where(*wanted))
        return {key: str(ended_at.timestamp()) for key, ended_at in rows}


def _place(tenant_id: uuid.UUID) -> str:
    return f"people:ended:{tenant_id}"


def _of_person(user_id: uuid.UUID) -> str:
    return f"person:{user_id}"
