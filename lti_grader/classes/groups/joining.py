"""Students who choose their group themselves."""

import datetime as dt
import uuid

from lti_grader.classes.groups.errors import CannotJoin
from lti_grader.classes.groups.models import GroupSet, StudentGroup
from lti_grader.classes.groups.operations import group_in, place
from lti_grader.classes.groups.queries import group_of, members_of
from lti_grader.classes.groups.teams import has_handed_in
from lti_grader.classes.models import Role
from lti_grader.classes.queries import Membership


def join(row: GroupSet, member: Membership, group_id: uuid.UUID, *, at: dt.datetime) -> None:
    """Let a student into a group, out of the one they are in.

    Parameters
    ----------
    row
        As `group_set` returns it alone: two who want the last place come one after the other.

    Raises
    ------
    NotFound
        The group is gone.
    CannotJoin
        Students do not choose here, the group is full, or the one they are in has handed in something.
    """
    _require_choice(row, member)
    group = group_in(row, group_id)
    mine = group_of(row.id, member.user_id)
    if mine is not None and mine.id == group_id:
        return
    _require_nothing_handed_in(mine)
    if row.most_members is not None and len(members_of([group_id])[group_id]) >= row.most_members:
        raise CannotJoin(f"{group.name} is full by now: choose another group.")
    place(row, {member.user_id: group_id}, at=at)


def leave(row: GroupSet, member: Membership, *, at: dt.datetime) -> None:
    """Let a student be in no group of a set; raises `CannotJoin`."""
    _require_choice(row, member)
    _require_nothing_handed_in(group_of(row.id, member.user_id))
    place(row, {member.user_id: None}, at=at)


def _require_nothing_handed_in(mine: StudentGroup | None) -> None:
    # Else the submissions that a group is allowed would begin anew with each group that somebody goes through.
    if mine is not None and has_handed_in(mine.id):
        raise CannotJoin(
            f"{mine.name} has handed in something with you: who leaves it now is said by your teachers. Ask them."
        )


def _require_choice(row: GroupSet, member: Membership) -> None:
    if member.role != Role.STUDENT:
        raise CannotJoin("Groups are for the students of the class.")
    if not row.students_join:
        raise CannotJoin(f"Who is in which group of “{row.name}” is said by your teachers: ask them.")
