"""Columns that the LMS does not have any more: believed only once the LMS was asked for the column itself."""

import datetime as dt
import uuid

import sqlalchemy as sa

from lti_grader.core.db import session
from lti_grader.lti import claims as c
from lti_grader.lti.columns import finding, jobs
from lti_grader.lti.errors import ServiceError, TokenRefused
from lti_grader.lti.models import WITHOUT_COLUMN, ColumnState, LineItem
from lti_grader.lti.tokens import Services

WAITS = "The LMS does not have this column any more. The score waits for it: the class's columns say what can be done."
_LOST = (
    "The LMS does not have this column any more: it was deleted there, or the course was restored or moved. Its scores"
    " wait. If it comes back it is noticed by itself; else have it made again."
)


def may_be(error: ServiceError) -> bool:
    """Return whether an answer about something in a column may mean that the column is gone."""
    return error.status_code in finding.GONE and not isinstance(error, TokenRefused)


def is_gone(services: Services, url: str) -> bool:
    """Return whether the LMS, asked for a column itself, says that there is none; not where it does not say."""
    for scope in (c.LINE_ITEM_READ, c.LINE_ITEM):
        try:
            finding.read(services, url, [scope])
        except TokenRefused:
            # It may have been granted the one scope and not the other.
            continue
        except ServiceError as error:
            return may_be(error)
        return False
    return False


def lose(line_item_id: uuid.UUID, url: str, *, at: dt.datetime) -> None:
    """Note that a column was seen to be gone, unless it has moved meanwhile. Its scores wait from now on."""
    session().execute(
        sa.update(LineItem)
        .where(LineItem.id == line_item_id, LineItem.url == url, LineItem.state.not_in(WITHOUT_COLUMN))
        .values(
            state=ColumnState.MISSING,
            tries=0,
            next_try_at=at + jobs.again_after(0),
            last_error=_LOST,
            last_answer=None,
        )
    )
