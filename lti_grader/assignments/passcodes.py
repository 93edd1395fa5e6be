"""Passcodes: an assignment whose problems open to those only who were told a word, such as in the room of an exam."""

import dataclasses
import datetime as dt
import hmac
import uuid

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from lti_grader.assignments.errors import BadAssignment, WrongPasscode
from lti_grader.assignments.models import Assignment
from lti_grader.assignments.passcode_models import AssignmentPasscode, PasscodeEntry
from lti_grader.classes.models import Enrollment, EnrollmentStatus, Module, Role
from lti_grader.core.db import current_tenant, session
from lti_grader.people.models import User

SHORTEST, LONGEST, DRAWN = 4, 40, 8
"""Characters."""


def passcode_of(assignment_id: uuid.UUID) -> AssignmentPasscode | None:
    """Return the passcode of an assignment, None where it asks for none."""
    return session().scalar(sa.select(AssignmentPasscode).where(AssignmentPasscode.assignment_id == assignment_id))


def set_passcode(assignment_id: uuid.UUID, code: str, *, by: uuid.UUID, at: dt.datetime) -> None:
    """Have students enter a passcode before they see an assignment's problems. Who entered one before stays in.

    Raises
    ------
    BadAssignment
        It is too short to keep anybody out, or too long to be typed.
    """
    code = " ".join(code.split())
    if not SHORTEST <= len(code) <= LONGEST:
        raise BadAssignment(f"A passcode has {SHORTEST} to {LONGEST} characters.")
    values = {"code": code, "set_by": by, "set_at": at}
    row = {"tenant_id": current_tenant(), "assignment_id": assignment_id, **values}
    session().execute(
        insert(AssignmentPasscode).values(row).on_conflict_do_update(index_elements=["assignment_id"], set_=values)
    )


def remove_passcode(assignment_id: uuid.UUID) -> None:
    """Open an assignment to its students without a passcode."""
    session().execute(sa.delete(AssignmentPasscode).where(AssignmentPasscode.assignment_id == assignment_id))
    ask_again(assignment_id)


def ask_again(assignment_id: uuid.UUID) -> None:
    """Have everybody enter the passcode anew, those too who are at work."""
    session().execute(sa.delete(PasscodeEntry).where(PasscodeEntry.assignment_id == assignment_id))


def enter(assignment_id: uuid.UUID, user_id: uuid.UUID, code: str, *, at: dt.datetime) -> None:
    """Let somebody in who knows the passcode. Neither upper and lower case nor spaces matter.

    Raises
    ------
    WrongPasscode
    """
    wanted = passcode_of(assignment_id)
    if wanted is None:
        return
    if not hmac.compare_digest(_bare(code).encode(), _bare(wanted.code).encode()):
        raise WrongPasscode(
            "That is not the passcode of this assignment. Look at it once more, or ask who gives it out."
        )
    session().execute(
        insert(PasscodeEntry)
        .values(tenant_id=current_tenant(), assignment_id=assignment_id, user_id=user_id, entered_at=at)
        .on_conflict_do_nothing()
    )


def _bare(code: str) -> str:
    return "".join(code.split()).casefold()


@dataclasses.dataclass(frozen=True)
class Entered:
    """How many of an assignment's students have entered its passcode."""

    students: int
    of: int


def how_many_entered(assignment: Assignment) -> Entered:
    """Return how many of those who are students of an assignment's class now have entered its passcode."""
    found = session().execute(
        sa.select(sa.func.count(PasscodeEntry.user_id), sa.func.count())
        .select_from(Enrollment)
        .join(Module, Module.class_id == Enrollment.class_id)
        .join(User, User.id == Enrollment.user_id)
        .outerjoin(
            PasscodeEntry,
            sa.and_(PasscodeEntry.user_id == Enrollment.user_id, PasscodeEntry.assignment_id == assignment.id),
        )
        .where(
            Module.id == assignment.module_id,
            Enrollment.role == Role.STUDENT,
            Enrollment.status == EnrollmentStatus.ACTIVE,
            ~User.is_test_user,
        )
    )
    return Entered(*found.one())
