"""Leaderboards of assignments and classes: sorted sets in Redis, made from rows at any time.

Rows are the truth: a set that is gone, or too old, is made anew when it is next read, and a new score is put into a set that is there.
"""

import dataclasses
import datetime as dt
import logging
import uuid
from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from lti_grader import adapters
from lti_grader.adapters.ranked import Ranked
from lti_grader.adapters.redis import KeyValue, StoreUnavailable
from lti_grader.assignments.models import Assignment, Mode
from lti_grader.assignments.queries import shown_to_students
from lti_grader.classes.apart import whose_work
from lti_grader.classes.models import Class, Enrollment, EnrollmentStatus, Module, Role
from lti_grader.classes.publishing import seen_by_students
from lti_grader.classes.queries import Membership
from lti_grader.core.db import after_commit, current_tenant, session
from lti_grader.gradebook.events import ScoreChanged
from lti_grader.gradebook.leaderboard import names, ranking
from lti_grader.gradebook.leaderboard.models import LeaderboardName
from lti_grader.gradebook.leaderboard.ranking import Standing
from lti_grader.gradebook.models import EntryStatus, GradebookEntry
from lti_grader.people.models import User

log = logging.getLogger(__name__)
SETTING = "leaderboard"
MOST_SHOWN = 100
_SECONDS = 600
# What a class has in all is added up anew this often, however many hand in.
_CLASS_SECONDS = 60
_POINTS = sa.func.coalesce(
    GradebookEntry.override_points,
    sa.case(
        (GradebookEntry.status == EntryStatus.GRADED, GradebookEntry.score_obtained),
        (GradebookEntry.status == EntryStatus.MISSING, 0),
    ),
)


@dataclasses.dataclass(frozen=True)
class Board:
    """The first of a leaderboard, and where one person stands: None where they do not."""

    first: Sequence[Standing]
    own: Standing | None
    among: int


def is_on(class_: Class) -> bool:
    """Return whether a class has leaderboards."""
    return class_.chosen.leaderboard


def is_on_in(class_id: uuid.UUID) -> bool:
    """Return whether the class of that id has leaderboards."""
    return bool(session().scalar(sa.select(Class.settings[SETTING].as_boolean()).where(Class.id == class_id)))


def has_board(assignment: Assignment) -> bool:
    """Return whether an assignment can have one: what came out of an exam is nobody else's business."""
    return assignment.mode != Mode.EXAM and assignment.is_published


def of_assignment(assignment: Assignment, reader_id: uuid.UUID, kv: KeyValue) -> Board:
    """Return the board of an assignment whose marks are out."""
    board = _assignment_set(kv, assignment.id)
    if not board.is_filled():
        board.begin()
        ensure_names(_class_of(assignment.id))
        rows = session().execute(_entries().where(GradebookEntry.content_item_id == assignment.id))
        board.fill({str(one.student_id): _number(one) for one in rows})
    return _read(board, reader_id)


def of_class(class_: Class, reader_id: uuid.UUID, kv: KeyValue, *, at: dt.datetime) -> Board:
    """Return the board of a class: what each has of all assignments whose marks are out."""
    board = _class_set(kv, class_.id)
    if not board.is_filled():
        board.begin()
        ensure_names(class_.id)
        board.fill(_sums(class_, at=at))
    return _read(board, reader_id)


def _sums(class_: Class, *, at: dt.datetime) -> dict[str, int]:
    assignments = session().scalars(
        sa.select(Assignment)
        .join(Module, Module.id == Assignment.module_id)
        .where(Module.class_id == class_.id, seen_by_students())
    )
    held = {one.id: one for one in assignments if has_board(one)}
    seen = shown_to_students(list(held.values()), at=at)
    counted = [one for one in held if seen[one].marks]
    points: dict[str, Decimal] = {}
    last: dict[str, dt.datetime] = {}
    for row in session().execute(_entries().where(GradebookEntry.content_item_id.in_(counted))):
        name = str(row.student_id)
        points[name] = points.get(name, Decimal(0)) + row.points
        last[name] = max(last.get(name, row.handed_in), row.handed_in)
    return {name: ranking.score(total, last[name], class_.created_at) for name, total in points.items()}


def note(event: ScoreChanged) -> None:
    """Put new scores onto the boards that are there, once they are committed."""
    rows = session().execute(_entries().where(GradebookEntry.id.in_(event.entry_ids))).all()
    if not rows:
        return
    by_assignment: dict[uuid.UUID, dict[str, int]] = {}
    for one in rows:
        by_assignment.setdefault(one.content_item_id, {})[str(one.student_id)] = _number(one)
    after_commit(lambda: _put(by_assignment))


def _put(by_assignment: Mapping[uuid.UUID, Mapping[str, int]]) -> None:
    kv = adapters.installed().kv
    try:
        for assignment_id, numbers in by_assignment.items():
            _assignment_set(kv, assignment_id).put(numbers)
    except StoreUnavailable:
        # What Redis still holds when it is back is made anew within minutes.
        log.warning("leaderboards are told of %d scores when they are made anew", sum(map(len, by_assignment.values())))


def forget(class_id: uuid.UUID, kv: KeyValue) -> None:
    """Have all boards of a class made anew: who stands on them has changed."""
    of_it = sa.select(Assignment.id).join(Module, Module.id == Assignment.module_id).where(Module.class_id == class_id)
    boards = [_assignment_set(kv, one) for one in session().scalars(of_it)]

    def forget_all() -> None:
        for one in [_class_set(kv, class_id), *boards]:
            one.forget()

    after_commit(forget_all)


def ensure_names(class_id: uuid.UUID) -> None:
    """Draw names for the students of a class who have none yet."""
    known = sa.select(LeaderboardName.user_id).where(LeaderboardName.class_id == class_id)
    missing = session().scalars(_students(class_id).where(Enrollment.user_id.not_in(known))).all()
    if not missing:
        return
    taken = set(session().scalars(sa.select(LeaderboardName.folded).where(LeaderboardName.class_id == class_id)))
    given = [
        {
            "tenant_id": current_tenant(),
            "class_id": class_id,
            "user_id": one,
            "name": name,
            "folded": names.folded(name),
        }
        for one, name in zip(missing, names.drawn(taken), strict=False)
    ]
    # Whoever reads at the same moment draws too: the first to write has it, and the next look finds no one without.
    session().execute(insert(LeaderboardName).on_conflict_do_nothing(), given)


def called(class_id: uuid.UUID, user_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, LeaderboardName]:
    """Return what these students are called on the boards of a class."""
    found = session().scalars(
        sa.select(LeaderboardName).where(LeaderboardName.class_id == class_id, LeaderboardName.user_id.in_(user_ids))
    )
    return {one.user_id: one for one in found}


def people(place: Membership, user_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, User]:
    """Return those of these students whose work somebody of the staff sees."""
    if not place.is_staff:
        return {}
    query = sa.select(User).where(User.id.in_(user_ids), whose_work(place, User.id))
    return {one.id: one for one in session().scalars(query)}


def _students(class_id: uuid.UUID) -> sa.Select[uuid.UUID]:
    return (
        sa.select(Enrollment.user_id)
        .join(User, User.id == Enrollment.user_id)
        .where(
            Enrollment.class_id == class_id, Enrollment.role == Role.STUDENT,
            Enrollment.status == EnrollmentStatus.ACTIVE, ~User.is_test_user,
        )
        .order_by(Enrollment.user_id)
    )  # fmt: skip


def _entries() -> sa.Select[uuid.UUID, uuid.UUID, Decimal, dt.datetime, dt.datetime]:
    """Return a query for marks that stand on a leaderboard, of those who do."""
    handed_in = sa.func.coalesce(GradebookEntry.submitted_at, GradebookEntry.updated_at).label("handed_in")
    shown = sa.func.coalesce(LeaderboardName.is_shown, sa.true())
    return (
        sa.select(
            GradebookEntry.student_id, GradebookEntry.content_item_id, _POINTS.label("points"), handed_in,
            Assignment.created_at,
        )
        .join(Assignment, Assignment.id == GradebookEntry.content_item_id)
        .join(Module, Module.id == Assignment.module_id)
        .join(Class, Class.id == Module.class_id)
        .join(
            Enrollment,
            sa.and_(Enrollment.class_id == Class.id, Enrollment.user_id == GradebookEntry.student_id),
        )
        .join(User, User.id == GradebookEntry.student_id)
        .outerjoin(
            LeaderboardName,
            sa.and_(LeaderboardName.class_id == Class.id, LeaderboardName.user_id == GradebookEntry.student_id),
        )
        .where(
            Class.settings[SETTING].as_boolean(), Assignment.mode != Mode.EXAM, _POINTS.is_not(None), shown,
            Enrollment.role == Role.STUDENT, Enrollment.status == EnrollmentStatus.ACTIVE, ~User.is_test_user,
        )
    )  # fmt: skip


def _number(row: sa.Row[uuid.UUID, uuid.UUID, Decimal, dt.datetime, dt.datetime]) -> int:
    return ranking.score(row.points, row.handed_in, row.created_at)


def _read(board: Ranked, reader_id: uuid.UUID) -> Board:
    first = list(ranking.standings(board.first(MOST_SHOWN)))
    own = next((one for one in first if one.name == str(reader_id)), None)
    if own is None and (number := board.number(str(reader_id))) is not None:
        own = Standing(board.above(number) + 1, str(reader_id), ranking.points_of(number))
    return Board(first, own, len(board))


def _assignment_set(kv: KeyValue, assignment_id: uuid.UUID) -> Ranked:
    return Ranked(kv, f"lti:leaderboard:{assignment_id}", seconds=_SECONDS)


def _class_set(kv: KeyValue, class_id: uuid.UUID) -> Ranked:
    return Ranked(kv, f"lti:leaderboard:class:{class_id}", seconds=_CLASS_SECONDS)


def _class_of(assignment_id: uuid.UUID) -> uuid.UUID:
    query = sa.select(Module.class_id).join(Assignment, Assignment.module_id == Module.id)
    return session().scalars(query.where(Assignment.id == assignment_id)).one()
