"""A bank of comments: kept once, put on many submissions; a marker's own, or shared with the staff of a class."""

import dataclasses
import datetime as dt
import uuid
from collections.abc import Sequence
from decimal import Decimal

import sqlalchemy as sa

from lti_grader.assignments.models import Assignment, AssignmentProblem
from lti_grader.classes.models import Module, Role
from lti_grader.classes.queries import Membership
from lti_grader.core.db import current_tenant, session
from lti_grader.core.errors import Forbidden, NotFound
from lti_grader.marking.commenting import Comment, Lines, add_comment, comment_of, points_of, worded
from lti_grader.marking.errors import BadMarking
from lti_grader.marking.models import Feedback, Marking, SavedComment
from lti_grader.people.models import User
from lti_grader.problems.models import Problem, ProblemVersion

MOST_CHARACTERS = 1_000
_MOST_OFFERED = 200
_MOST_LISTED = 1_000


@dataclasses.dataclass(frozen=True)
class Kept:
    """A comment as somebody wants it kept."""

    text: str
    points: Decimal | None = None
    is_shared: bool = False
    """With the staff of the class; else it is for whoever keeps it."""
    problem_id: uuid.UUID | None = None
    """Offered for this problem only; None for every one."""


@dataclasses.dataclass(frozen=True)
class SavedLine:
    """A comment of the bank as its page lists it."""

    row: SavedComment
    owner: str
    problem: str
    """The title; "" for every problem."""
    may_change: bool


def _seen(place: Membership) -> sa.ColumnElement[bool]:
    own = sa.and_(SavedComment.class_id.is_(None), SavedComment.owner_id == place.user_id)
    return sa.or_(SavedComment.class_id == place.class_id, own)


def _may_change(place: Membership, row: SavedComment) -> bool:
    return row.owner_id == place.user_id or place.role == Role.TEACHER


def offered(place: Membership, version_id: uuid.UUID) -> Sequence[SavedComment]:
    """Return the comments that are offered to somebody who marks by a version of a problem, the most used first."""
    problem = sa.select(ProblemVersion.problem_id).where(ProblemVersion.id == version_id).scalar_subquery()
    query = sa.select(SavedComment).where(
        _seen(place),
        SavedComment.retired_at.is_(None),
        sa.or_(SavedComment.problem_id.is_(None), SavedComment.problem_id == problem),
    )
    return session().scalars(query.order_by(SavedComment.uses.desc(), SavedComment.id).limit(_MOST_OFFERED)).all()


def lines(place: Membership) -> list[SavedLine]:
    """Return the bank as somebody of a class's staff sees it: what is offered first, then what is retired; in one query."""
    rows = session().execute(
        sa.select(SavedComment, User, Problem.title)
        .join(User, User.id == SavedComment.owner_id)
        .outerjoin(Problem, Problem.id == SavedComment.problem_id)
        .where(_seen(place))
        .order_by(SavedComment.retired_at.is_not(None), SavedComment.uses.desc(), SavedComment.id)
        .limit(_MOST_LISTED)
    )
    return [SavedLine(row, user.display_name, title or "", _may_change(place, row)) for row, user, title in rows]


def problems_of(class_id: uuid.UUID) -> list[tuple[uuid.UUID, str]]:
    """Return the problems that a class's assignments set, each with its title."""
    rows = session().execute(
        sa.select(Problem.id, Problem.title)
        .distinct()
        .join(ProblemVersion, ProblemVersion.problem_id == Problem.id)
        .join(AssignmentProblem, AssignmentProblem.problem_version_id == ProblemVersion.id)
        .join(Assignment, Assignment.id == AssignmentProblem.assignment_id)
        .join(Module, Module.id == Assignment.module_id)
        .where(Module.class_id == class_id)
        .order_by(Problem.title, Problem.id)
    )
    return [(id_, title) for id_, title in rows]


def keep(place: Membership, wanted: Kept, *, at: dt.datetime) -> SavedComment:
    """Keep a comment in the bank. One that is there already, in the same words and for the same points, is offered again.

    Raises
    ------
    BadMarking
        It says nothing or too much, or is for a problem that the class does not have.
    """
    row = SavedComment(tenant_id=current_tenant(), owner_id=place.user_id, created_at=at)
    _write(row, place, wanted)
    same = session().scalar(
        sa.select(SavedComment)
        .where(
            SavedComment.owner_id == place.user_id,
            SavedComment.class_id.is_not_distinct_from(row.class_id),
            SavedComment.problem_id.is_not_distinct_from(row.problem_id),
            SavedComment.text == row.text,
            SavedComment.points.is_not_distinct_from(row.points),
        )
        .limit(1)
    )
    if same is not None:
        same.retired_at = None
        row = same
    session().add(row)
    session().flush()
    return row


def _write(row: SavedComment, place: Membership, wanted: Kept) -> None:
    known = row.problem_id is not None and row.problem_id == wanted.problem_id
    if wanted.problem_id and not known and wanted.problem_id not in dict(problems_of(place.class_id)):
        raise BadMarking("The class has no such problem: choose one from the page.")
    row.text, row.points = worded(wanted.text, MOST_CHARACTERS), points_of(wanted.points)
    row.class_id = place.class_id if wanted.is_shared else None
    row.problem_id = wanted.problem_id


def own_to_change(place: Membership, saved_comment_id: uuid.UUID) -> SavedComment:
    """Return a comment of the bank that somebody may change: their own, or as a teacher one of the class.

    Raises
    ------
    NotFound, Forbidden
    """
    row = _found(place, saved_comment_id)
    if not _may_change(place, row):
        raise Forbidden("This comment is changed by whoever keeps it, and by teachers of the class.")
    return row


def _found(place: Membership, saved_comment_id: uuid.UUID) -> SavedComment:
    row = session().scalar(sa.select(SavedComment).where(SavedComment.id == saved_comment_id, _seen(place)))
    if row is None:
        raise NotFound("There is no such comment in the bank.")
    return row


def change(place: Membership, row: SavedComment, wanted: Kept) -> None:
    """Let a comment of the bank be another from now on; submissions that it was put on keep what they have.

    Raises
    ------
    BadMarking
    Forbidden
        Only its owner takes a comment away from the class for themselves.
    """
    if row.class_id and not wanted.is_shared and row.owner_id != place.user_id:
        raise Forbidden("Whoever keeps this comment may take it back from the class. You can retire it.")
    _write(row, place, wanted)
    session().flush()


def retire(row: SavedComment, *, at: dt.datetime) -> None:
    """Offer a comment no more."""
    row.retired_at = row.retired_at or at
    session().flush()


def offer_again(row: SavedComment) -> None:
    row.retired_at = None
    session().flush()


def use(
    marking: Marking,
    saved_comment_id: uuid.UUID,
    place: Membership,
    *,
    lines: Lines | None,
    criterion_id: uuid.UUID | None,
    at: dt.datetime,
) -> Feedback:
    """Put a comment of the bank on a submission: on lines, on a criterion, or with neither on the whole.

    Raises
    ------
    HeldByAnother, BadMarking, NotFound
    """
    row = _found(place, saved_comment_id)
    if row.retired_at is not None:
        raise BadMarking("This comment was retired meanwhile. Choose another one.")
    said = Comment(row.text, lines, criterion_id, row.points)
    put = add_comment(marking, said, by=place.user_id, at=at)
    session().execute(
        sa.update(SavedComment)
        .where(SavedComment.id == row.id)
        .values(uses=SavedComment.uses + 1)
        .execution_options(synchronize_session="fetch")
    )
    return put


def keep_written(marking: Marking, feedback_id: uuid.UUID, place: Membership, *, at: dt.datetime) -> SavedComment:
    """Keep a comment that stands on a submission in the bank, for oneself and every problem.

    Raises
    ------
    NotFound, BadMarking
    """
    said = comment_of(marking, feedback_id)
    return keep(place, Kept(said.text, said.points), at=at)
