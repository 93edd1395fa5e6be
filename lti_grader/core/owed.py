"""Rows that say what is still owed, and how one worker at a time takes them up."""

import datetime as dt
import random
import uuid
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from lti_grader.core.db import Row, Tenanted, session, system_transaction


class Owed(Row, Tenanted):
    """What a table needs whose rows are tried until they are done."""

    tries: Mapped[int] = mapped_column(default=0, server_default="0")
    next_try_at: Mapped[dt.datetime]


Kind = TypeVar("Kind", bound=Owed)


def claim(table: type[Kind], row_id: uuid.UUID, *owed: Any, at: dt.datetime, seconds: float = 60) -> Kind | None:
    """Return a row that is owed and due, put off so that nobody else takes it up; None where it is not.

    Parameters
    ----------
    owed
        Conditions that hold while it is owed.
    seconds
        How long it is put off at least: a worker that dies leaves it to the next sweep after that.
    """
    query: sa.Select[Any] = sa.select(table).where(
        table.id == row_id,
        *owed,
        table.next_try_at <= at,
    )
    row: Kind | None = session().scalar(query.with_for_update(skip_locked=True))
    if row is not None:
        row.tries += 1
        row.next_try_at = at + dt.timedelta(seconds=max(seconds, back_off(row.tries)))
        session().flush()
    return row


def due(table: type[Kind], *owed: Any, at: dt.datetime, most: int = 500) -> list[tuple[uuid.UUID, uuid.UUID]]:
    """Return (tenant, row) of what is owed and due in any tenant, the oldest first."""
    query = sa.select(table.tenant_id, table.id)
    with system_transaction() as opened:
        rows = opened.execute(query.where(*owed, table.next_try_at <= at).order_by(table.next_try_at).limit(most))
        return [(tenant, row) for tenant, row in rows]


def back_off(tries: int) -> float:
    """Return seconds to wait before the next try: doubling from 2 s to half an hour, spread by a quarter."""
    return min(2.0 ** min(tries, 11), 1800.0) * random.uniform(0.75, 1.25)  # noqa: S311 - nothing secret about it
