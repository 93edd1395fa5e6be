"""Who marks a submission at the moment: held for a while, kept by the open page, and taken over by a word."""

import datetime as dt
import uuid

import sqlalchemy as sa

from lti_grader.core.db import session
from lti_grader.marking.errors import HeldByAnother
from lti_grader.marking.models import Marking, MarkingState

LEASE = dt.timedelta(seconds=90)
"""After this a page that says nothing more holds nothing."""
HEARTBEAT_SECONDS = 30


def holder(marking: Marking, *, at: dt.datetime) -> uuid.UUID | None:
    """Return who holds a marking at `at`; None where nobody does."""
    return marking.locked_by if marking.locked_until is not None and marking.locked_until > at else None


def is_free_for(marking: Marking, user_id: uuid.UUID, *, at: dt.datetime) -> bool:
    """Return whether somebody holds a marking, or may begin to."""
    return holder(marking, at=at) in (None, user_id)


def hold(marking: Marking, user_id: uuid.UUID, *, at: dt.datetime) -> bool:
    """Hold a marking, unless somebody else does, and count the time since one last said so. Return whether it is held.

    Parameters
    ----------
    marking
        As `operations.locked` returns it.
    """
    if not is_free_for(marking, user_id, at=at):
        return False
    if marking.state != MarkingState.DONE:
        marking.seconds_spent += _since_last(marking, at=at)
    marking.locked_by, marking.locked_until = user_id, at + LEASE
    return True


def _since_last(marking: Marking, *, at: dt.datetime) -> int:
    """Return the seconds since a page that is still open spoke last; none where it begins."""
    if marking.locked_until is None or marking.locked_until <= at:
        return 0
    return max(0, round((at - (marking.locked_until - LEASE)).total_seconds()))


def take_over(marking: Marking, user_id: uuid.UUID, *, at: dt.datetime) -> None:
    """Hold a marking, whoever held it; they are told when they save next."""
    marking.locked_by, marking.locked_until = user_id, at + LEASE


def let_others_go(marking: Marking, user_id: uuid.UUID) -> None:
    """Hold nothing but this marking: whoever goes on to the next has left the others.

    What somebody else is at in this moment is not waited for, who may wait for this one: it is let go by its end.
    """
    others = sa.select(Marking.id).where(Marking.locked_by == user_id, Marking.id != marking.id)
    session().execute(
        sa.update(Marking)
        .where(Marking.id.in_(others.with_for_update(skip_locked=True)))
        .values(locked_by=None, locked_until=None)
        .execution_options(synchronize_session=False)
    )


def let_go(marking: Marking, user_id: uuid.UUID) -> None:
    """Hold a marking no more, if one does."""
    if marking.locked_by == user_id:
        marking.locked_by = marking.locked_until = None


def require_held(marking: Marking, user_id: uuid.UUID, *, at: dt.datetime) -> None:
    """Hold a marking for a change, or raise `HeldByAnother`."""
    if not hold(marking, user_id, at=at):
        raise HeldByAnother(
            "Somebody else is marking this now, so nothing was saved. Reload the page to see how it stands, or take it over there."
        )
