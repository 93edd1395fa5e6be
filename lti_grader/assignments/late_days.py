"""Late days of a class's students: read, spent and given."""

import dataclasses
import datetime as dt
import uuid
from collections.abc import Collection, Mapping, Sequence

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from lti_grader.assignments.access import dates_of
from lti_grader.assignments.errors import BadAssignment
from lti_grader.assignments.events import LatenessChanged, ReleaseChanged
from lti_grader.assignments.late_bank import Bank, why_not
from lti_grader.assignments.late_day_models import LateDayGrant, LateDaysSpent
from lti_grader.assignments.models import Assignment
from lti_grader.classes.apart import whose_work
from lti_grader.classes.models import Class, Enrollment, EnrollmentStatus, Module, Role
from lti_grader.classes.operations import lock
from lti_grader.classes.queries import Membership
from lti_grader.core.db import current_tenant, session
from lti_grader.core.errors import NotFound
from lti_grader.core.events import publish
from lti_grader.core.ids import new_id
from lti_grader.people.models import User

MOST = 100
LONGEST_REASON = 500


def banks(class_id: uuid.UUID, student_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Bank]:
    """Return the late days of some students of a class, in three queries however many they are.

    Days spent on an assignment that takes none any more count nowhere, and are back in the bank.
    """
    usual = session().get_one(Class, class_id).chosen.late_days
    given: dict[uuid.UUID, int] = dict(
        session()
        .execute(
            sa.select(LateDayGrant.student_id, sa.func.sum(LateDayGrant.days))
            .where(LateDayGrant.class_id == class_id, LateDayGrant.student_id.in_(student_ids))
            .group_by(LateDayGrant.student_id)
        )
        .all()
    )
    spent: dict[uuid.UUID, dict[uuid.UUID, int]] = {}
    rows = session().execute(
        sa.select(LateDaysSpent, Assignment)
        .join(Assignment, Assignment.id == LateDaysSpent.assignment_id)
        .join(Module, Module.id == Assignment.module_id)
        .where(Module.class_id == class_id, LateDaysSpent.student_id.in_(student_ids))
    )
    for row, assignment in rows:
        if assignment.rules.late.late_days:
            spent.setdefault(row.student_id, {})[assignment.id] = row.days
    return {one: Bank(usual, given.get(one, 0), spent.get(one, {})) for one in student_ids}


def bank_of(class_id: uuid.UUID, student_id: uuid.UUID) -> Bank:
    """Return one student's late days in a class."""
    return banks(class_id, [student_id])[student_id]


def spend(assignment_id: uuid.UUID, student_id: uuid.UUID, days: int, *, at: dt.datetime) -> None:
    """Spend late days on an assignment, instead of those that were spent on it; 0 takes them back.

    Raises
    ------
    BadAssignment
        The assignment takes none from them now, or they have not as many.
    """
    assignment = session().get_one(Assignment, assignment_id)
    class_id = session().get_one(Module, assignment.module_id).class_id
    # Two presses at once, also on two assignments, one after the other.
    lock(class_id, [student_id])
    policy = assignment.rules.late
    if reason := why_not(policy, dates_of(assignment, student_id), at=at):
        raise BadAssignment(reason)
    bank = bank_of(class_id, student_id)
    if bank.spending(assignment_id, days, allowed=policy.late_days) == bank:
        return
    mine = sa.and_(LateDaysSpent.assignment_id == assignment_id, LateDaysSpent.student_id == student_id)
    if days:
        values = {"days": days, "chosen_at": at}
        row = {"id": new_id(), "tenant_id": current_tenant(), "assignment_id": assignment_id, "student_id": student_id}
        statement = insert(LateDaysSpent).values(**row, **values)
        session().execute(statement.on_conflict_do_update(index_elements=["assignment_id", "student_id"], set_=values))
    else:
        session().execute(sa.delete(LateDaysSpent).where(mine))
    # Until when results wait, and what is due soon, follows from it too.
    publish(ReleaseChanged(assignment_id))
    publish(LatenessChanged(assignment_id, "a student spent late days", at, student_id))


def set_usual(class_: Class, days: int) -> None:
    """Say how many late days each student of a class has.

    Raises
    ------
    BadAssignment
        They are no number of days.
    """
    if not 0 <= days <= MOST:
        raise BadAssignment(f"Late days are a number from 0 to {MOST}.")
    class_.choose(late_days=days)


def give(class_id: uuid.UUID, student_id: uuid.UUID, days: int, *, reason: str, by: uuid.UUID, at: dt.datetime) -> None:
    """Give a student further late days.

    Raises
    ------
    BadAssignment
        They are no number of days, or nothing says why.
    """
    if not 1 <= days <= MOST:
        raise BadAssignment(f"Give a number of late days from 1 to {MOST}.")
    if not reason.strip():
        raise BadAssignment("Say why: whoever looks at these days later wants to know.")
    session().add(
        LateDayGrant(
            tenant_id=current_tenant(), class_id=class_id, student_id=student_id, days=days,
            reason=reason.strip()[:LONGEST_REASON], granted_by=by, granted_at=at,
        )
    )  # fmt: skip
    session().flush()


def withdraw(class_id: uuid.UUID, student_id: uuid.UUID, grant_id: uuid.UUID) -> None:
    """Take back late days that were given. What was spent stays so.

    Raises
    ------
    NotFound
    """
    row = session().get(LateDayGrant, grant_id)
    if row is None or (row.class_id, row.student_id) != (class_id, student_id):
        raise NotFound("These late days are gone already.")
    session().delete(row)
    session().flush()


@dataclasses.dataclass(frozen=True)
class BankLine:
    """A student's late days as staff read them."""

    student: User
    bank: Bank
    grants: Sequence[LateDayGrant]


def lines(place: Membership) -> list[BankLine]:
    """Return the late days of the students of a class whom somebody of its staff sees, by name, in five queries."""
    students = (
        session()
        .scalars(
            sa.select(User)
            .join(Enrollment, Enrollment.user_id == User.id)
            .where(
                Enrollment.class_id == place.class_id, Enrollment.role == Role.STUDENT,
                Enrollment.status == EnrollmentStatus.ACTIVE, whose_work(place, User.id),
            )
            .order_by(User.family_name, User.given_name, User.name, User.id)
        )
        .all()
    )  # fmt: skip
    found = banks(place.class_id, [one.id for one in students])
    grants: dict[uuid.UUID, list[LateDayGrant]] = {}
    for row in session().scalars(
        sa.select(LateDayGrant).where(LateDayGrant.class_id == place.class_id).order_by(LateDayGrant.granted_at)
    ):
        grants.setdefault(row.student_id, []).append(row)
    return [BankLine(one, found[one.id], grants.get(one.id, ())) for one in students]


def titles(class_id: uuid.UUID) -> Mapping[uuid.UUID, str]:
    """Return what the assignments of a class are called, by their ids."""
    query = sa.select(Assignment.id, Assignment.title).join(Module, Module.id == Assignment.module_id)
    return dict(session().execute(query.where(Module.class_id == class_id)).all())
