"""Groups made, filled and removed by the staff of a class. What was handed in before stays whose it is."""

import datetime as dt
import re
import uuid
from collections.abc import Collection, Iterator, Mapping, Sequence

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError

from lti_grader.classes.groups.errors import BadGroups, GroupsInUse
from lti_grader.classes.groups.models import MOST_MEMBERS, GroupSet, StudentGroup, StudentGroupMember
from lti_grader.classes.groups.queries import groups_of, is_student_of
from lti_grader.classes.groups.splitting import Split, split
from lti_grader.classes.models import Enrollment
from lti_grader.core.db import current_tenant, session
from lti_grader.core.errors import NotFound
from lti_grader.core.ids import new_id
from lti_grader.people.models import User

LONGEST_NAME = 100
MOST_GROUPS = 1000


def make_set(class_id: uuid.UUID, name: str, *, at: dt.datetime) -> GroupSet:
    """Make a set without groups.

    Raises
    ------
    BadGroups
        It has no name, or another has it.
    """
    made = GroupSet(tenant_id=current_tenant(), class_id=class_id, name=_name(name), created_at=at)
    session().add(made)
    _write_name("There are groups of that name already: choose another.")
    return made


def change_set(row: GroupSet, name: str, *, students_join: bool, most_members: int | None) -> None:
    """Give a set another name, and say whether students choose their group themselves.

    Parameters
    ----------
    most_members
        As many can join one group; None for any number.

    Raises
    ------
    BadGroups
    """
    if most_members is not None and not 1 <= most_members <= MOST_MEMBERS:
        raise BadGroups(f"A group takes 1 to {MOST_MEMBERS} members, or any number: leave that empty.")
    row.name, row.students_join, row.most_members = _name(name), students_join, most_members
    _write_name("There are groups of that name already: choose another.")


def remove_set(row: GroupSet) -> None:
    """Remove a set with its groups.

    Raises
    ------
    GroupsInUse
        An assignment is handed in by them.
    """
    try:
        with session().begin_nested():
            session().delete(row)
            session().flush()
    except IntegrityError:
        raise GroupsInUse(
            "An assignment is handed in by these groups: let it be handed in otherwise first, on its page of dates."
        ) from None


def _name(name: str) -> str:
    name = " ".join(name.split())
    if not 1 <= len(name) <= LONGEST_NAME:
        raise BadGroups(f"Give a name of at most {LONGEST_NAME} characters.")
    return name


def _write_name(taken: str) -> None:
    try:
        session().flush()
    except IntegrityError:
        raise BadGroups(taken) from None


def add_groups(row: GroupSet, count: int) -> list[StudentGroup]:
    """Make so many groups more, named by number.

    Raises
    ------
    BadGroups
        They would be too many.
    """
    there = groups_of(row.id)
    if not 1 <= count <= MOST_GROUPS - len(there):
        raise BadGroups(f"Make a number of groups from 1 on, and {MOST_GROUPS} in all at most.")
    names = _numbered("Group", [one.name for one in there])
    return make_groups(row, [next(names) for _ in range(count)])


def make_groups(row: GroupSet, names: Sequence[str]) -> list[StudentGroup]:
    """Make groups of these names; raises `BadGroups`."""
    made = [
        StudentGroup(
            id=new_id(), tenant_id=current_tenant(), class_id=row.class_id, group_set_id=row.id, name=_name(one)
        )
        for one in names
    ]
    session().add_all(made)
    _write_name("Two groups would have the same name.")
    return made


def _numbered(words: str, taken: Collection[str]) -> Iterator[str]:
    """Yield names by number, from the first on that is greater than any of that kind."""
    numbers = [int(found[1]) for one in taken if (found := re.fullmatch(re.escape(words) + r" (\d{1,9})", one))]
    number = max(numbers, default=0)
    while True:
        number += 1
        yield f"{words} {number}"


def group_in(row: GroupSet, group_id: uuid.UUID) -> StudentGroup:
    """Return a group of a set, or raise `NotFound`."""
    found = session().get(StudentGroup, group_id)
    if found is None or found.group_set_id != row.id:
        raise NotFound("This group is gone already. Reload the page.")
    return found


def rename_group(row: GroupSet, group_id: uuid.UUID, name: str) -> None:
    """Give a group another name; raises `NotFound` and `BadGroups`."""
    group_in(row, group_id).name = _name(name)
    _write_name("Another group has that name already.")


def remove_group(row: GroupSet, group_id: uuid.UUID) -> None:
    """Remove a group: its members are in none then. Raises `NotFound`."""
    session().delete(group_in(row, group_id))
    session().flush()


def put(row: GroupSet, student_ids: Collection[uuid.UUID], group_id: uuid.UUID | None, *, at: dt.datetime) -> None:
    """Put students into a group of a set, out of the one they are in; None for no group.

    Parameters
    ----------
    row
        As `group_set` returns it alone.

    Raises
    ------
    NotFound
        The group is gone, or one of them is no student of the class.
    """
    if group_id is not None:
        group_in(row, group_id)
    place(row, dict.fromkeys(student_ids, group_id), at=at)


def place(row: GroupSet, wanted: Mapping[uuid.UUID, uuid.UUID | None], *, at: dt.datetime) -> None:
    """Let students of the class be in these groups of a set, and in no others of it; raises `NotFound`."""
    there = set(
        session().scalars(
            sa.select(Enrollment.user_id).where(is_student_of(row.class_id), Enrollment.user_id.in_(wanted))
        )
    )
    if there != set(wanted):
        raise NotFound("One of these students is not in the class any more. Reload the page.")
    known: dict[uuid.UUID, uuid.UUID] = dict(
        session()
        .execute(
            sa.select(StudentGroupMember.student_id, StudentGroupMember.group_id).where(
                StudentGroupMember.group_set_id == row.id, StudentGroupMember.student_id.in_(wanted)
            )
        )
        .all()
    )
    moved = {one: group for one, group in wanted.items() if known.get(one) != group}
    session().execute(
        sa.delete(StudentGroupMember).where(
            StudentGroupMember.group_set_id == row.id, StudentGroupMember.student_id.in_(moved)
        )
    )
    new = [
        {
            "id": new_id(), "tenant_id": current_tenant(), "class_id": row.class_id, "group_set_id": row.id,
            "group_id": group, "student_id": student, "joined_at": at,
        }
        for student, group in sorted(moved.items()) if group is not None
    ]  # fmt: skip
    if new:
        session().execute(insert(StudentGroupMember), new)
    session().expire_all()


def split_students(row: GroupSet, how: Split, seed: int, *, anew: bool, at: dt.datetime) -> int:
    """Split students into new groups by chance, and return how many groups that made.

    Parameters
    ----------
    anew
        Whether the groups that there are go first; else those are split who are in none. The LMS's own test students are
        left out.

    Raises
    ------
    BadGroups
        There is nobody to split, or there would be too many groups.
    """
    if anew:
        session().execute(sa.delete(StudentGroup).where(StudentGroup.group_set_id == row.id))
        session().expire_all()
    parts = split(_unplaced(row), how, seed)
    names = [one.name for one in groups_of(row.id)]
    if not parts:
        raise BadGroups("Every student is in a group already.")
    if len(parts) + len(names) > MOST_GROUPS:
        raise BadGroups(f"That would be more than {MOST_GROUPS} groups: let more students be in one.")
    kinds = {
        one: _numbered(f"{one} group" if one else "Group", names)
        for one in dict.fromkeys(part.section for part in parts)
    }
    made = make_groups(row, [next(kinds[one.section]) for one in parts])
    wanted = {student: group.id for one, group in zip(parts, made, strict=True) for student in one.members}
    place(row, wanted, at=at)
    row.seed = seed
    session().flush()
    return len(made)


def _unplaced(row: GroupSet) -> dict[uuid.UUID, str]:
    placed = sa.select(StudentGroupMember.student_id).where(StudentGroupMember.group_set_id == row.id)
    rows = session().execute(
        sa.select(Enrollment.user_id, Enrollment.section)
        .join(User, User.id == Enrollment.user_id)
        .where(is_student_of(row.class_id), ~User.is_test_user, Enrollment.user_id.not_in(placed))
    )
    return {student: section or "" for student, section in rows}
