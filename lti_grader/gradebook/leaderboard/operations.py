"""Switching leaderboards on and off, and what students are called on them."""

import uuid

import sqlalchemy as sa

from lti_grader.adapters.redis import KeyValue
from lti_grader.classes.models import Class, Role
from lti_grader.classes.queries import Membership
from lti_grader.core.db import session
from lti_grader.core.errors import Conflict, Forbidden, NotFound
from lti_grader.gradebook.leaderboard import boards, names
from lti_grader.gradebook.leaderboard.models import LeaderboardName


class NameTaken(Conflict):
    code = "name_taken"


def switch(class_: Class, place: Membership, kv: KeyValue, *, on: bool) -> None:
    """Let a class have leaderboards, or none.

    Raises
    ------
    Forbidden
        Somebody else than a teacher of the whole class asks for it.
    """
    if place.role != Role.TEACHER or place.within is not None:
        raise Forbidden("Whether a class has leaderboards is for its teachers to say who see the whole class.")
    class_.choose(leaderboard=on)
    session().flush()
    boards.forget(class_.id, kv)


def take_part(place: Membership, text: str, kv: KeyValue, *, is_shown: bool) -> None:
    """Let a student stand on the boards of a class under a name, or not at all.

    Parameters
    ----------
    text
        The name; empty for one that is drawn.

    Raises
    ------
    Forbidden
        They are no student of the class.
    BadName, NameTaken
    """
    if place.role != Role.STUDENT:
        raise Forbidden("Only students stand on a leaderboard.")
    row = _row(place.class_id, place.user_id)
    wanted = names.own(text) if text.strip() else ""
    if not wanted and row.is_own:
        row.name, row.is_own = _drawn(place.class_id), False
    elif wanted and wanted != row.name:
        _require_free(row, wanted)
        row.name, row.is_own = wanted, True
    row.folded, row.is_shown = names.folded(row.name), is_shown
    session().flush()
    boards.forget(place.class_id, kv)


def leave_all(user_id: uuid.UUID, kv: KeyValue) -> None:
    """Take a person's names off every leaderboard, for good."""
    mine = sa.delete(LeaderboardName).where(LeaderboardName.user_id == user_id).returning(LeaderboardName.class_id)
    for class_id in session().scalars(mine).all():
        boards.forget(class_id, kv)


def take_name_away(place: Membership, user_id: uuid.UUID) -> None:
    """Give a student a drawn name in place of the one that they chose.

    Raises
    ------
    Forbidden
        Somebody asks for it who is not of the staff.
    """
    place.require_staff()
    row = _row(place.class_id, user_id)
    row.name, row.is_own = _drawn(place.class_id), False
    row.folded = names.folded(row.name)
    session().flush()


def _row(class_id: uuid.UUID, user_id: uuid.UUID) -> LeaderboardName:
    boards.ensure_names(class_id)
    row = session().get(LeaderboardName, (class_id, user_id), with_for_update=True)
    if row is None:
        raise NotFound("There is no such student in this class.")
    return row


def _require_free(row: LeaderboardName, name: str) -> None:
    query = sa.select(LeaderboardName.user_id).where(
        LeaderboardName.class_id == row.class_id, LeaderboardName.folded == names.folded(name),
        LeaderboardName.user_id != row.user_id,
    )  # fmt: skip
    if session().scalar(query) is not None:
        raise NameTaken("Somebody of this class has that name, or one very like it. Choose another.")


def _drawn(class_id: uuid.UUID) -> str:
    taken = session().scalars(sa.select(LeaderboardName.folded).where(LeaderboardName.class_id == class_id))
    return next(names.drawn(set(taken)))
