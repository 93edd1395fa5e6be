"""Reads of groups: for the staff of a class, and for whoever is in them."""

import dataclasses
import uuid
from collections.abc import Collection, Sequence

import sqlalchemy as sa

from lti_grader.classes.apart import whose_work
from lti_grader.classes.groups.models import GroupSet, StudentGroup, StudentGroupMember
from lti_grader.classes.models import Enrollment, EnrollmentStatus, Role
from lti_grader.classes.queries import Membership
from lti_grader.core.db import session
from lti_grader.core.errors import NotFound
from lti_grader.people.models import User

BY_NAME = (User.family_name, User.given_name, User.name, User.id)


def group_set(class_id: uuid.UUID, set_id: uuid.UUID, *, alone: bool = False) -> GroupSet:
    """Return a set of groups of a class.

    Parameters
    ----------
    alone
        Whether nobody else changes who is in its groups, or hands in for one, until the transaction ends.

    Raises
    ------
    NotFound
    """
    found = session().get(GroupSet, set_id, with_for_update=alone, populate_existing=alone)
    if found is None or found.class_id != class_id:
        raise NotFound("There are no such groups in this class.")
    return found


def has_groups(class_id: uuid.UUID) -> bool:
    """Return whether a class has any set of groups."""
    return session().scalar(sa.select(GroupSet.id).where(GroupSet.class_id == class_id).limit(1)) is not None


def is_student_of(class_id: uuid.UUID) -> sa.ColumnElement[bool]:
    """Return the condition that an `Enrollment` is a student's who is in a class."""
    return sa.and_(
        Enrollment.class_id == class_id,
        Enrollment.role == Role.STUDENT,
        Enrollment.status == EnrollmentStatus.ACTIVE,
    )


@dataclasses.dataclass(frozen=True)
class SetLine:
    """A set of groups as the list of a class shows it."""

    row: GroupSet
    groups: int
    placed: int
    """How many students are in one of them."""


def sets_of(class_id: uuid.UUID) -> list[SetLine]:
    """Return the sets of groups of a class by name, in one query."""
    groups = sa.select(sa.func.count()).where(StudentGroup.group_set_id == GroupSet.id).scalar_subquery()
    placed = (
        sa.select(sa.func.count())
        .select_from(StudentGroupMember)
        .join(Enrollment, Enrollment.user_id == StudentGroupMember.student_id)
        .where(StudentGroupMember.group_set_id == GroupSet.id, is_student_of(class_id))
        .scalar_subquery()
    )
    query = sa.select(GroupSet, groups, placed).where(GroupSet.class_id == class_id).order_by(GroupSet.name)
    return [SetLine(*row) for row in session().execute(query)]


@dataclasses.dataclass(frozen=True)
class Student:
    """A student of a class as its groups list them."""

    user: User
    sections: Sequence[str]
    group_id: uuid.UUID | None
    """None for whoever is in no group of the set."""

    @property
    def section(self) -> str:
        return self.sections[0] if self.sections else ""


def students_of(set_id: uuid.UUID, place: Membership) -> list[Student]:
    """Return the students of a class with their groups of a set, as far as somebody of the staff sees them, by name."""
    rows = session().execute(
        sa.select(User, Enrollment.sections, StudentGroupMember.group_id)
        .join(Enrollment, Enrollment.user_id == User.id)
        .outerjoin(
            StudentGroupMember,
            sa.and_(StudentGroupMember.student_id == User.id, StudentGroupMember.group_set_id == set_id),
        )
        .where(is_student_of(place.class_id), whose_work(place, User.id))
        .order_by(*BY_NAME)
    )
    return [Student(*row) for row in rows]


def groups_of(set_id: uuid.UUID) -> Sequence[StudentGroup]:
    """Return the groups of a set by name; those that end in a number in the order of the numbers."""
    number = sa.cast(sa.func.substring(StudentGroup.name, r"(\d{1,9})$"), sa.Integer)
    words = sa.func.regexp_replace(StudentGroup.name, r"\d{1,9}$", "")
    query = (
        sa.select(StudentGroup).where(StudentGroup.group_set_id == set_id).order_by(words, number, StudentGroup.name)
    )
    return session().scalars(query).all()


def group_of(set_id: uuid.UUID, student_id: uuid.UUID) -> StudentGroup | None:
    """Return the group of a set that a student is in."""
    return session().scalar(
        sa.select(StudentGroup)
        .join(StudentGroupMember, StudentGroupMember.group_id == StudentGroup.id)
        .where(StudentGroupMember.group_set_id == set_id, StudentGroupMember.student_id == student_id)
    )


def members_of(group_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, list[User]]:
    """Return by group its members who are students of the class now, by name, in one query."""
    rows = session().execute(
        sa.select(StudentGroupMember.group_id, User)
        .join(User, User.id == StudentGroupMember.student_id)
        .join(
            Enrollment,
            sa.and_(Enrollment.user_id == User.id, Enrollment.class_id == StudentGroupMember.class_id),
        )
        .where(
            StudentGroupMember.group_id.in_(group_ids),
            Enrollment.role == Role.STUDENT,
            Enrollment.status == EnrollmentStatus.ACTIVE,
        )
        .order_by(*BY_NAME)
    )
    found: dict[uuid.UUID, list[User]] = {one: [] for one in group_ids}
    for group_id, user in rows:
        found[group_id].append(user)
    return found


def in_no_group(set_id: uuid.UUID, class_id: uuid.UUID) -> int:
    """Return how many students of a class are in no group of a set; the LMS's own test students are not counted."""
    placed = sa.select(StudentGroupMember.student_id).where(StudentGroupMember.group_set_id == set_id)
    query = (
        sa.select(sa.func.count())
        .select_from(Enrollment)
        .join(User, User.id == Enrollment.user_id)
        .where(is_student_of(class_id), ~User.is_test_user, Enrollment.user_id.not_in(placed))
    )
    return session().scalars(query).one()


@dataclasses.dataclass(frozen=True)
class GroupChoice:
    """A group as a student sees it who may join it."""

    row: StudentGroup
    members: Sequence[User]
    is_full: bool


@dataclasses.dataclass(frozen=True)
class OwnSet:
    """A set of groups as one of the class's students sees it."""

    row: GroupSet
    mine: GroupChoice | None
    choices: Sequence[GroupChoice]
    """The other groups, where students choose for themselves."""


def own_sets(class_id: uuid.UUID, student_id: uuid.UUID) -> list[OwnSet]:
    """Return the sets of groups of a class as one of its students sees them, in three queries."""
    rows = session().execute(
        sa.select(GroupSet, StudentGroup)
        .outerjoin(StudentGroup, StudentGroup.group_set_id == GroupSet.id)
        .where(GroupSet.class_id == class_id)
        .order_by(GroupSet.name, sa.func.length(StudentGroup.name), StudentGroup.name)
    )
    of_set: dict[GroupSet, list[StudentGroup]] = {}
    for row, group in rows:
        of_set.setdefault(row, []).extend([] if group is None else [group])
    mine = set(
        session().scalars(
            sa.select(StudentGroupMember.group_id).where(
                StudentGroupMember.class_id == class_id, StudentGroupMember.student_id == student_id
            )
        )
    )
    # Who is in other groups is nobody's business who cannot choose among them.
    shown = [one.id for row, groups in of_set.items() for one in groups if row.students_join or one.id in mine]
    members = members_of(shown)
    found = []
    for row, groups in of_set.items():
        choices = [
            GroupChoice(one, members[one.id], _is_full(row, members[one.id])) for one in groups if one.id in members
        ]
        own = next((one for one in choices if one.row.id in mine), None)
        found.append(OwnSet(row, own, [one for one in choices if one is not own]))
    return found


def _is_full(row: GroupSet, members: Sequence[User]) -> bool:
    return row.most_members is not None and len(members) >= row.most_members
