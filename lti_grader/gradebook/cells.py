"""One student's entry for one item, with all that a page of it says."""

import dataclasses
import uuid

import sqlalchemy as sa

from lti_grader.assignments.models import Assignment
from lti_grader.classes.apart import sees
from lti_grader.classes.models import Enrollment, EnrollmentStatus, Module, Role
from lti_grader.classes.queries import Membership
from lti_grader.core.db import session
from lti_grader.core.errors import NotFound
from lti_grader.gradebook.models import GradebookEntry
from lti_grader.gradebook.queries import entry_of
from lti_grader.people.models import User


@dataclasses.dataclass(frozen=True)
class Cell:
    """A place in the gradebook."""

    student: User
    assignment: Assignment
    entry: GradebookEntry | None
    by: str | None
    """Who gave the points by hand, or said that it is excused or missing."""
    has_left: bool


def cell(place: Membership, student_id: uuid.UUID, assignment_id: uuid.UUID) -> Cell:
    """Return a place in the gradebook, for somebody of the class's staff.

    Raises
    ------
    NotFound
        It is not in this class, or the student is in sections that are kept apart from this person.
    """
    row = (
        session()
        .execute(
            sa.select(User, Enrollment.status)
            .join(Enrollment, Enrollment.user_id == User.id)
            .where(Enrollment.class_id == place.class_id, User.id == student_id, Enrollment.role == Role.STUDENT)
        )
        .one_or_none()
    )
    assignment = session().scalar(
        sa.select(Assignment)
        .join(Module, Module.id == Assignment.module_id)
        .where(Assignment.id == assignment_id, Module.class_id == place.class_id)
    )
    if row is None or assignment is None or not sees(place, student_id):
        raise NotFound("There is no such mark in this class. Choose it from the gradebook.")
    entry = entry_of(student_id, assignment_id)
    by = session().get(User, entry.overridden_by) if entry is not None and entry.overridden_by else None
    return Cell(row[0], assignment, entry, by.display_name if by else None, row[1] == EnrollmentStatus.DROPPED)
