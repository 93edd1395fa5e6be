"""Dates and attempts for one section or one student: said, changed, and taken back.

Nothing of anybody's work is touched by it: what was handed in stays and counts, and so does what is being written.
"""

import dataclasses
import datetime as dt
import uuid

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from lti_grader.assignments.access import override
from lti_grader.assignments.dates import AT_ONCE, NEVER, OtherDates
from lti_grader.assignments.errors import BadAssignment
from lti_grader.assignments.events import AccessChanged, LatenessChanged, ReleaseChanged
from lti_grader.assignments.models import AccessOverride, Assignment
from lti_grader.assignments.releasing import keep_released, locked
from lti_grader.classes.models import Enrollment, EnrollmentStatus, Role
from lti_grader.classes.queries import class_of_item, sections
from lti_grader.core.db import current_tenant, session
from lti_grader.core.errors import NotFound
from lti_grader.core.events import publish
from lti_grader.core.ids import new_id

MOST_EXTRA_ATTEMPTS = 1000


@dataclasses.dataclass(frozen=True)
class Whose:
    """One student, or one section."""

    user_id: uuid.UUID | None = None
    section: str | None = None


def grant(
    assignment_id: uuid.UUID, whose: Whose, other: OtherDates, *, reason: str, by: uuid.UUID, at: dt.datetime
) -> None:
    """Say which dates and attempts a section or a student has; what was said of them before is replaced.

    Raises
    ------
    NotFound
        There is no such assignment, student or section in its class.
    BadAssignment
        It says nothing, or dates that are out of order.
    """
    assignment = locked(assignment_id)
    _require_in_class(assignment_id, whose)
    _check(assignment, other)
    keep_released(assignment, at=at)
    before = _said_of(assignment_id, whose)
    said = {
        "opens_at": None if other.opens == AT_ONCE else other.opens,
        "opens_at_once": other.opens == AT_ONCE,
        "due_date": None if other.due == NEVER else other.due,
        "never_due": other.due == NEVER,
        "closes_at": None if other.closes == NEVER else other.closes,
        "never_closes": other.closes == NEVER,
        "extra_attempts": other.extra_attempts,
        "reason": reason.strip(),
        "granted_by": by,
    }
    session().execute(
        insert(AccessOverride)
        .values(
            id=new_id(),
            tenant_id=current_tenant(),
            assignment_id=assignment_id,
            user_id=whose.user_id,
            section=whose.section,
            created_at=at,
            **said,
        )
        .on_conflict_do_update(
            index_elements=["assignment_id", "user_id" if whose.user_id else "section"],
            set_={**said, "changed_at": at},
        )
    )
    session().expire_all()
    publish(ReleaseChanged(assignment_id))
    _tell(assignment, whose, at=at)
    if before != other:
        publish(AccessChanged(assignment_id, whose.user_id, whose.section, at))


def _said_of(assignment_id: uuid.UUID, whose: Whose) -> OtherDates | None:
    row = session().scalar(
        sa.select(AccessOverride).where(
            AccessOverride.assignment_id == assignment_id,
            AccessOverride.user_id == whose.user_id if whose.user_id else AccessOverride.section == whose.section,
        )
    )
    return row.dates if row is not None else None


def withdraw(assignment_id: uuid.UUID, override_id: uuid.UUID, *, at: dt.datetime) -> None:
    """Let a section or a student have the dates again that they would have otherwise.

    Raises
    ------
    NotFound
        Nothing is said of them any more.
    """
    assignment = locked(assignment_id)
    row = override(assignment_id, override_id)
    keep_released(assignment, at=at)
    session().delete(row)
    session().flush()
    publish(ReleaseChanged(assignment_id))
    _tell(assignment, Whose(row.user_id, row.section), at=at)
    publish(AccessChanged(assignment_id, row.user_id, row.section, at))


def _tell(assignment: Assignment, whose: Whose, *, at: dt.datetime) -> None:
    """Have marks worked out anew that follow from how late somebody was."""
    if assignment.rules.late.steps:
        why = f"section {whose.section} has other dates" if whose.section else "a student has other dates"
        publish(LatenessChanged(assignment.id, why, at, whose.user_id))


def _require_in_class(assignment_id: uuid.UUID, whose: Whose) -> None:
    class_id = class_of_item(assignment_id)
    if whose.section is not None:
        if whose.section not in sections(class_id):
            raise NotFound("Nobody of this class is in such a section.")
        return
    found = session().scalar(
        sa.select(Enrollment.id).where(
            Enrollment.class_id == class_id,
            Enrollment.user_id == whose.user_id,
            Enrollment.role == Role.STUDENT,
            Enrollment.status == EnrollmentStatus.ACTIVE,
        )
    )
    if found is None:
        raise NotFound("There is no such student in this class.")


def _check(assignment: Assignment, other: OtherDates) -> None:
    if other == OtherDates():
        raise BadAssignment("Say what is different: a date, or more attempts.")
    if other.extra_attempts is not None and not 0 <= other.extra_attempts <= MOST_EXTRA_ATTEMPTS:
        raise BadAssignment(f"Further attempts are a number from 0 to {MOST_EXTRA_ATTEMPTS}.")
    usual = assignment.usual_dates
    opens = other.opens or usual.opens_at or AT_ONCE
    due = other.due or usual.due_date or NEVER
    if other.closes is not None and due != NEVER and other.closes < due:
        raise BadAssignment("It would close before it is due: give an earlier due date too, or a later closing.")
    closes = assignment.dates(other).closes_at or NEVER
    if opens >= closes:
        raise BadAssignment("It would close before it opens.")
    if opens > due:
        raise BadAssignment("It would be due before it opens.")
