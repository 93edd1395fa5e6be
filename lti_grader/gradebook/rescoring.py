"""Marks that were given before what they follow from was changed: worked out anew, from the same results.

That is what the problems of the assignment are worth, how late the work was that was handed in, and whether people mark it twice.
"""

import dataclasses
import datetime as dt
import logging
import uuid
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

import sqlalchemy as sa

from lti_grader.assignments import late_work
from lti_grader.assignments.events import LatenessChanged, PointsChanged
from lti_grader.assignments.lateness import LatePolicy
from lti_grader.assignments.models import Assignment, AssignmentProblem, PointsChange
from lti_grader.assignments.points import let_stand
from lti_grader.classes.events import SectionsChanged
from lti_grader.classes.groups.teams import sharers
from lti_grader.core import owed
from lti_grader.core.db import current_tenant, session, transaction
from lti_grader.core.ids import new_id
from lti_grader.core.messages import send_after_commit
from lti_grader.gradebook import policy
from lti_grader.gradebook.models import EntryStatus, GradebookEntry, Rescoring
from lti_grader.gradebook.operations import recompute_known, scores_of, settled_scores, tell
from lti_grader.gradebook.queries import marks_of
from lti_grader.marking.events import MarkingRulesChanged
from lti_grader.marking.wanting import hold

log = logging.getLogger(__name__)

QUEUE = "default"
Kind = type[PointsChange] | type[Rescoring]
TASKS: Mapping[Kind, str] = {PointsChange: "gradebook.rescore", Rescoring: "gradebook.rescore_late"}
"""What is owed, and the name of the task that does it."""
# As many are worked out in one transaction: whoever hands in meanwhile need not wait for long.
CHUNK = 250
# Nobody else takes a change up while it is worked on; one whose worker died is taken up again after this.
_LEASE_SECONDS = 300.0
Clock = Callable[[], dt.datetime]


def queue(event: PointsChanged) -> None:
    """Have the marks of before worked out anew."""
    send_after_commit(TASKS[PointsChange], current_tenant(), event.change_id, queue=QUEUE)


def queue_late(event: LatenessChanged) -> None:
    """Have the marks of before worked out anew: one student's at once, the class's by a worker."""
    if event.student_id is not None:
        recompute_known([event.student_id], event.assignment_id, at=event.at)
        return
    _owe(event.assignment_id, event.why, at=event.at)


def queue_moved(event: SectionsChanged) -> None:
    """Have the marks worked out anew of who is in other sections now, where those have dates of their own."""
    for one in late_work.late_by_section(event.class_id):
        if len(event.user_ids) == 1:
            recompute_known(event.user_ids, one, at=event.at)
        else:
            _owe(one, "students are in other sections", at=event.at)


def queue_marked(event: MarkingRulesChanged) -> None:
    """Have the marks worked out anew of an assignment that is marked otherwise from now on."""
    _owe(event.assignment_id, "it is marked otherwise", at=event.at)


def _owe(assignment_id: uuid.UUID, why: str, *, at: dt.datetime) -> None:
    row = Rescoring(
        id=new_id(), tenant_id=current_tenant(), assignment_id=assignment_id, why=why, asked_at=at, next_try_at=at
    )
    session().add(row)
    session().flush()
    send_after_commit(TASKS[Rescoring], current_tenant(), row.id, queue=QUEUE)


def due(kind: Kind = PointsChange, *, at: dt.datetime) -> list[tuple[uuid.UUID, uuid.UUID]]:
    """Return (tenant, row) of what is owed of a kind: the marks are not worked out yet."""
    return owed.due(kind, kind.done_at.is_(None), at=at)


def carry_out(tenant_id: uuid.UUID, row_id: uuid.UUID, now: Clock, *, kind: Kind = PointsChange) -> int | None:
    """Work out the marks of before a change, and return how many came out different.

    None where it is done, or another worker has it. Where it breaks off, the next one does the rest: what is worked out
    already comes out the same.
    """
    with transaction(tenant_id):
        row = owed.claim(kind, row_id, kind.done_at.is_(None), at=now(), seconds=_LEASE_SECONDS)
        if row is None:
            return None
        assignment_id, tries = row.assignment_id, row.tries
    changed, after = 0, None
    while True:
        with transaction(tenant_id):
            # Before the entries, as whoever records a result does.
            assignment, items = let_stand(assignment_id)
            entries = _some(assignment_id, after=after)
            if not entries:
                break
            changed += _rescore(assignment, items, entries, at=now())
            after = entries[-1].student_id
    with transaction(tenant_id):
        owed.close(kind, row_id, tries=tries, again=None, at=now(), marks_changed=changed)
    log.info("assignment %s: %d marks worked out anew", assignment_id, changed)
    return changed


def _some(assignment_id: uuid.UUID, *, after: uuid.UUID | None) -> Sequence[GradebookEntry]:
    """Return the next entries by student, which nobody else changes until the transaction ends."""
    next_ones = (
        sa.select(GradebookEntry.student_id)
        .where(GradebookEntry.content_item_id == assignment_id)
        .order_by(GradebookEntry.student_id)
        .limit(CHUNK)
    )
    if after is not None:
        next_ones = next_ones.where(GradebookEntry.student_id > after)
    student_ids = session().scalars(next_ones).all()
    hold(assignment_id, sharers(session().get_one(Assignment, assignment_id).group_set_id, student_ids))
    return (
        session()
        .scalars(
            sa.select(GradebookEntry)
            .where(GradebookEntry.content_item_id == assignment_id, GradebookEntry.student_id.in_(student_ids))
            .order_by(GradebookEntry.student_id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
        .all()
    )


def _rescore(
    assignment: Assignment, items: Sequence[AssignmentProblem], entries: Sequence[GradebookEntry], *, at: dt.datetime
) -> int:
    worth = {one.id: one.points for one in items}
    scores = settled_scores([one.student_id for one in entries], assignment, worth)
    changed = []
    for entry in entries:
        before = (entry.points, entry.max_score)
        total = policy.assignment_score(scores[entry.student_id])
        if total is not None and entry.status in (EntryStatus.GRADED, EntryStatus.PENDING):
            entry.score_obtained = total.points
            entry.status = EntryStatus.PENDING if total.is_awaited else EntryStatus.GRADED
        entry.max_score = assignment.points_total
        # Points that a person gave stay what they are: of the new maximum.
        if (before[0], entry.points) != (None, None) and before != (entry.points, entry.max_score):
            changed.append(entry)
    tell(changed, at=at)
    return len(changed)


@dataclasses.dataclass(frozen=True)
class Effect:
    """What other points, or another rule, would do to the marks that were given, by the share of all points that they are."""

    risen: int
    fallen: int
    same: int
    kept: int
    """Marks that a person set: their points stay."""
    above: int
    """Of those, the ones that are more than the new maximum."""

    @property
    def marks(self) -> int:
        return self.risen + self.fallen + self.same + self.kept


def effect(
    class_id: uuid.UUID,
    assignment: Assignment,
    before: Mapping[uuid.UUID, Decimal],
    after: Mapping[uuid.UUID, Decimal],
    *,
    late: LatePolicy | None = None,
) -> Effect:
    """Return what it would do to the marks of a class to let an assignment's problems be worth other points.

    Parameters
    ----------
    before, after
        The points of each problem, by its id in the assignment.
    late
        What late work would count then; None for what it counts now.
    """
    entries = session().scalars(marks_of(class_id, assignment.id)).all()
    by_tests = _by_tests(entries)
    return _effect(
        entries,
        _shares(by_tests, assignment, before),
        _shares(by_tests, assignment, after, late=late),
        sum(after.values(), Decimal(0)),
    )


def effect_of_due_date(class_id: uuid.UUID, assignment: Assignment, due_date: dt.datetime | None) -> Effect:
    """Return what another due date of an assignment would do to the marks of a class; nothing is changed."""
    _, items = let_stand(assignment.id)
    worth = {one.id: one.points for one in items}
    entries = session().scalars(marks_of(class_id, assignment.id)).all()
    by_tests = _by_tests(entries)
    now = _shares(by_tests, assignment, worth)
    # Tried, and taken back.
    with session().begin_nested() as trial:
        assignment.due_date = due_date
        then = _shares(by_tests, assignment, worth)
        trial.rollback()
    return _effect(entries, now, then, sum(worth.values(), Decimal(0)))


def _by_tests(entries: Sequence[GradebookEntry]) -> list[uuid.UUID]:
    """Return whose marks follow from results."""
    return [one.student_id for one in entries if one.override_points is None]


def _effect(
    entries: Sequence[GradebookEntry], now: Sequence[Decimal], then: Sequence[Decimal], most: Decimal
) -> Effect:
    """Return what it is that shares of all points change so; `most` are all points then."""
    signs = [(new > old) - (new < old) for old, new in zip(now, then, strict=True)]
    by_hand = [one.override_points for one in entries if one.override_points is not None]
    return Effect(
        risen=signs.count(1),
        fallen=signs.count(-1),
        same=signs.count(0),
        kept=len(by_hand),
        above=sum(one > most for one in by_hand),
    )


def _shares(
    student_ids: Sequence[uuid.UUID],
    assignment: Assignment,
    worth: Mapping[uuid.UUID, Decimal],
    *,
    late: LatePolicy | None = None,
) -> list[Decimal]:
    """Return what each of these students has of all points, to a hundredth of a per cent."""
    totals = map(policy.assignment_score, scores_of(student_ids, assignment, worth, late=late).values())
    most = sum(worth.values(), Decimal(0)) or Decimal(1)
    return [round((one.points if one else Decimal(0)) / most, 4) for one in totals]
