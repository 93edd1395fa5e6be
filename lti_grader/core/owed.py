"""Rows that say what is still owed, and how one worker at a time takes them up."""

import datetime as dt
import random
import uuid
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from lti_grader.core.db import Row, Tenanted, current_tenant, session, system_transaction
from lti_grader.core.ids import new_id


class Owed(Row, Tenanted):
    """What a table needs whose rows are tried until they are done."""

    tries: Mapped[int] = mapped_column(default=0, server_default="0")
    next_try_at: Mapped[dt.datetime]


Kind = TypeVar("Kind", bound=Owed)


def put(table: type[Kind], *, due: dt.datetime | None, **of: uuid.UUID) -> uuid.UUID | None:
    """Let the one row of what these columns name be owed from `due` on, or take it away; return its id while there is one.

    Parameters
    ----------
    due
        None where nothing is owed.
    of
        The columns that are unique together, with their values.
    """
    if due is None:
        session().execute(sa.delete(table).where(*(getattr(table, name) == value for name, value in of.items())))
        return None
    values = {"next_try_at": due, "done_at": None, "tries": 0}
    return session().scalar(
        insert(table)
        .values(id=new_id(), tenant_id=current_tenant(), **of, **values)
        .on_conflict_do_update(index_elements=list(of), set_=values)
        .returning(table.id)
    )


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


def close(
    table: type[Kind], row_id: uuid.UUID, *, tries: int, again: dt.datetime | None, at: dt.datetime, **said: Any
) -> None:
    """Let a row be done, or owed again, unless somebody has put it anew since it was claimed.

    Parameters
    ----------
    tries
        The row's, as claimed.
    again
        When it is owed next, None where it is done.
    said
        Other columns, with what they are from now on.
    """
    outcome: dict[str, Any] = {"done_at": at} if again is None else {"next_try_at": again, "tries": 0}
    session().execute(sa.update(table).where(table.id == row_id, table.tries == tries).values(outcome | said))


def due(table: type[Kind], *owed: Any, at: dt.datetime, most: int = 500) -> list[tuple[uuid.UUID, uuid.UUID]]:
    """Return (tenant, row) of what is owed and due in any tenant, the oldest first."""
    query = sa.select(table.tenant_id, table.id)
    with system_transaction() as opened:
        rows = opened.execute(query.where(*owed, table.next_try_at <= at).order_by(table.next_try_at).limit(most))
        return [(tenant, row) for tenant, row in rows]


def back_off(tries: int) -> float:
    """Return seconds to wait before the next try: doubling from 2 s to half an hour, spread by a quarter."""
    return min(2.0 ** min(tries, 11), 1800.0) * random.uniform(0.75, 1.25)  # noqa: S311 - nothing secret about it
