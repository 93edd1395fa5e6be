"""The pairs of a report as somebody sees them: in a list, one by one, and as a file."""

import dataclasses
import datetime as dt
import enum
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import defer

from lti_grader.assignments.models import Assignment, AssignmentProblem
from lti_grader.assignments.queries import OpenedAssignment
from lti_grader.attempts.models import SubmissionAttempt
from lti_grader.classes.models import Module
from lti_grader.classes.queries import Membership
from lti_grader.core.db import session
from lti_grader.core.errors import NotFound
from lti_grader.core.tables import csv_line, safe
from lti_grader.grading.similarity.models import (
    ReportState,
    SimilarityNote,
    SimilarityPair,
    SimilarityProgram,
    SimilarityReport,
)
from lti_grader.grading.similarity.queries import ReportLine, opened
from lti_grader.grading.similarity.sides import NoteLine, Side, in_order, notes_where, sides
from lti_grader.grading.similarity.sight import Sight, Sights

BINS = 10
_MANY = 8


@dataclasses.dataclass(frozen=True)
class PairLine:
    """A pair as a list shows it."""

    row: SimilarityPair
    left: Side
    right: Side
    note: NoteLine | None
    """What somebody said of it last, where a list asks for that."""


class Show(enum.StrEnum):
    """Which pairs are wanted, by what was said of them."""

    ALL = "all"
    OPEN = "open"
    """Nobody has said anything."""
    TALK = "talk"
    LOOKED = "looked"
    NOTHING = "nothing"

    def takes(self, note: NoteLine | None) -> bool:
        """Return whether a pair is wanted of which this was said last."""
        return self is Show.ALL or self == (note.row.decision if note else Show.OPEN)


@dataclasses.dataclass(frozen=True)
class Findings:
    """What somebody sees of a finished report."""

    pairs: list[PairLine]
    """Those that are shown, the most alike first."""
    count: int
    """How many there are of those that are wanted."""
    unseen: int
    """How many pairs they do not see, since they see some sections only."""
    histogram: list[int]
    """How many of this assignment's programs are 0 to 10 % like the one that is most like it, 10 to 20 %, and so on."""
    clusters: Mapping[int, list[Side]]
    too_short: int
    """Programs of this assignment that have too little text to be compared."""

    @property
    def middle(self) -> int:
        """The tenth in which the middle one of the programs lies, 0 to 9."""
        half, seen = sum(self.histogram) / 2, 0
        for place, count in enumerate(self.histogram):
            seen += count
            if seen >= half:
                return place
        return 0

    @property
    def is_all_alike(self) -> bool:
        """Whether likeness says little here: half of a class has much in common with some other."""
        return sum(self.histogram) >= _MANY and self.middle >= 6


def findings(report: SimilarityReport, place: Membership, *, show: Show, most: int | None = None) -> Findings:
    """Return what somebody of the staff sees of a finished report.

    Parameters
    ----------
    show
        Which pairs are wanted.
    most
        As many pairs are returned at most, those that are most alike; None for all.
    """
    seen = _seen(report, place)
    rows = _pairs(report)
    visible = [one for one in rows if one.left_id in seen and one.right_id in seen]
    notes = _last_notes(report)
    wanted = [one for one in visible if show.takes(notes.get(_key(seen[one.left_id], seen[one.right_id])))]
    members: dict[int, set[uuid.UUID]] = {}
    for one in visible:
        if one.cluster is not None:
            members.setdefault(one.cluster, set()).update((one.left_id, one.right_id))
    # A group of which somebody sees two only is none to them.
    groups = {number: ids for number, ids in sorted(members.items()) if len(ids) > 2}
    shown = wanted[:most]
    needed = {id_ for one in shown for id_ in (one.left_id, one.right_id)}.union(*groups.values())
    people = sides(report, place, needed)
    return Findings(
        pairs=[
            PairLine(one, people[one.left_id], people[one.right_id], notes.get(_key(seen[one.left_id], seen[one.right_id])))
            for one in shown
        ],
        count=len(wanted),
        unseen=len(rows) - len(visible),
        histogram=_histogram(seen.values()),
        clusters={number: [people[one] for one in ids] for number, ids in groups.items()},
        too_short=sum(not one.size for one in seen.values() if one.is_own),
    )  # fmt: skip


@dataclasses.dataclass(frozen=True)
class _Seen:
    """A program that somebody may see, without all that is only shown of few."""

    attempt_id: uuid.UUID
    is_own: bool
    size: int | None
    highest: Decimal | None


def _seen(report: SimilarityReport, place: Membership) -> dict[uuid.UUID, _Seen]:
    one = SimilarityProgram
    rows = session().execute(
        sa.select(
            one.id, one.attempt_id, one.is_own, one.size, one.highest, SubmissionAttempt.student_id, Module.class_id
        )
        .join(SubmissionAttempt, SubmissionAttempt.id == one.attempt_id)
        .join(AssignmentProblem, AssignmentProblem.id == SubmissionAttempt.assignment_problem_id)
        .join(Assignment, Assignment.id == AssignmentProblem.assignment_id)
        .join(Module, Module.id == Assignment.module_id)
        .where(one.report_id == report.id)
    ).all()  # fmt: skip
    sights = Sights(place, {row.class_id for row in rows})
    return {
        row.id: _Seen(row.attempt_id, row.is_own, row.size, row.highest)
        for row in rows
        if sights.of(row.student_id, row.class_id) is not Sight.NOTHING
    }


def _pairs(report: SimilarityReport) -> Sequence[SimilarityPair]:
    query = (
        sa.select(SimilarityPair)
        .where(SimilarityPair.report_id == report.id)
        .order_by(SimilarityPair.score.desc(), SimilarityPair.longest.desc(), SimilarityPair.id)
        .options(defer(SimilarityPair.passages))
    )
    return session().scalars(query).all()


def _histogram(programs: Iterable[_Seen]) -> list[int]:
    found = [0] * BINS
    for one in programs:
        if one.is_own and one.size:
            found[min(BINS - 1, int((one.highest or 0) * BINS))] += 1
    return found


def _key(left: _Seen, right: _Seen) -> tuple[uuid.UUID, uuid.UUID]:
    return in_order(left.attempt_id, right.attempt_id)


def _last_notes(report: SimilarityReport) -> dict[tuple[uuid.UUID, uuid.UUID], NoteLine]:
    compared = sa.select(SimilarityProgram.attempt_id).where(SimilarityProgram.report_id == report.id)
    found = notes_where(SimilarityNote.first_attempt_id.in_(compared))
    return {(one.row.first_attempt_id, one.row.second_attempt_id): one for one in found}


@dataclasses.dataclass(frozen=True)
class OpenedPair:
    """A pair that somebody looks at, with the ones before and after it in the list."""

    line: PairLine
    report: ReportLine
    assignment: OpenedAssignment
    before: uuid.UUID | None
    after: uuid.UUID | None


def opened_pair(pair_id: uuid.UUID, user_id: uuid.UUID) -> OpenedPair:
    """Return a pair for somebody of the staff who sees both programs.

    Raises
    ------
    NotFound, Forbidden
        There is none, or it is none of theirs.
    """
    row = session().get(SimilarityPair, pair_id)
    if row is None:
        raise NotFound("There is no such pair.")
    report, assignment = opened(row.report_id, user_id)
    if report.row.state != ReportState.DONE:
        raise NotFound("This report is not finished.")
    place = assignment.membership
    seen = _seen(report.row, place)
    pairs = [one for one in _pairs(report.row) if one.left_id in seen and one.right_id in seen]
    if row not in pairs:
        raise NotFound("There is no such pair.")
    at = pairs.index(row)
    both = sides(report.row, place, {row.left_id, row.right_id})
    line = PairLine(row, both[row.left_id], both[row.right_id], None)
    return OpenedPair(
        line, report, assignment, pairs[at - 1].id if at else None, pairs[at + 1].id if at + 1 < len(pairs) else None
    )


def as_csv(pairs: Sequence[PairLine]) -> Iterator[bytes]:
    """Yield pairs as CSV; of whom one does not see the name, there is none in it."""
    person = ["", " LMS user id", " section", " submitted", " share"]
    yield csv_line(
        ["Alike", *(f"{who}{what}" for who in ("First", "Second") for what in person), "Language", "Group", "Decision",
         "Note", "By", "At"]
    )  # fmt: skip
    for one in pairs:
        note = one.note
        yield csv_line(
            [
                f"{one.row.score:f}", *_cells(one.left, f"{one.row.left_share:f}"),
                *_cells(one.right, f"{one.row.right_share:f}"), one.left.attempt.language, str(one.row.cluster or ""),
                note.row.decision if note else "", safe(note.row.words) if note else "",
                safe(note.by) if note else "", _plain(note.row.at) if note else "",
            ]
        )  # fmt: skip


def _cells(side: Side, share: str) -> list[str]:
    student = side.student
    return [
        safe(side.name), safe(student.sub) if student else "", safe(side.section), _plain(side.attempt.created_at), share,
    ]  # fmt: skip


def _plain(at: dt.datetime) -> str:
    return at.astimezone(dt.UTC).strftime("%Y-%m-%d %H:%M:%S")
