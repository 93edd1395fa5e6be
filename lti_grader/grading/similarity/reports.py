"""Reports: started by a teacher, carried out by a worker behind everybody else's work, and taken up again where it dies."""

import concurrent.futures
import contextlib
import datetime as dt
import functools
import logging
import uuid
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import sqlalchemy as sa

from lti_grader.adapters.storage import BlobMissing, Blobs, StorageUnavailable
from lti_grader.assignments.models import AssignmentProblem
from lti_grader.classes.models import Role
from lti_grader.classes.queries import Membership
from lti_grader.core import owed
from lti_grader.core.db import current_tenant, session, transaction
from lti_grader.core.errors import Forbidden, NotFound
from lti_grader.core.ids import new_id
from lti_grader.core.messages import send_after_commit
from lti_grader.grading.similarity import choosing, comparing
from lti_grader.grading.similarity.clusters import clusters
from lti_grader.grading.similarity.comparing import Compared, Text
from lti_grader.grading.similarity.errors import BadReport, CannotCompare, OtherState, Stopped
from lti_grader.grading.similarity.models import (
    ActKind,
    ReportState,
    SimilarityAct,
    SimilarityPair,
    SimilarityProgram,
    SimilarityReport,
)
from lti_grader.problems.answer_text import one_text

log = logging.getLogger(__name__)

TASK, QUEUE, PRIORITY = "similarity.compare", "default", 9
IS_OWED = SimilarityReport.state == ReportState.COMPARING
ALIKE = 0.5
"""Programs that have this share in common hang together in a group."""
# A worker that has it says so again and again; one that is silent for so long has died.
_LEASE = dt.timedelta(seconds=20)
_STORE_WAIT = dt.timedelta(seconds=30)
_MOST_TRIES = 5
_READ_AT_ONCE = 50
Clock = Callable[[], dt.datetime]


def start(
    place: Membership, item_id: uuid.UUID, *, with_earlier: bool, without_solution: bool, at: dt.datetime
) -> SimilarityReport:
    """Have what was submitted to a problem of an assignment compared.

    Raises
    ------
    Forbidden
        It is not for this person to say so.
    BadReport
        There are not two students' submissions to compare.
    OtherState
        One is under way.
    """
    require_teacher(place)
    item = session().scalars(sa.select(AssignmentProblem).where(AssignmentProblem.id == item_id).with_for_update(key_share=True)).one()  # fmt: skip
    under_way = sa.select(SimilarityReport.id).where(SimilarityReport.assignment_problem_id == item_id, IS_OWED)
    if session().scalar(under_way) is not None:
        raise OtherState("The submissions to this problem are being compared: wait for that, or cancel it.")
    found, left_out = choosing.candidates(item, with_earlier=with_earlier)
    if len({one.student_id for one in found}) < 2 or not any(one.is_own for one in found):
        raise BadReport("There are no two students' submissions to compare: wait for more, or include earlier terms.")
    report = SimilarityReport(
        id=new_id(), tenant_id=current_tenant(), assignment_problem_id=item_id, with_earlier=with_earlier,
        without_solution=without_solution, started_by=place.user_id, started_at=at, next_try_at=at,
        earlier_left_out=left_out,
    )  # fmt: skip
    session().add(report)
    session().flush()
    session().execute(
        sa.insert(SimilarityProgram),
        [
            {
                "tenant_id": current_tenant(), "report_id": report.id, "attempt_id": one.attempt_id, "kin": one.kin,
                "is_own": one.is_own,
            }
            for one in found
        ],
    )  # fmt: skip
    note(report.id, ActKind.STARTED, by=place.user_id, at=at)
    send_after_commit(TASK, current_tenant(), report.id, queue=QUEUE, priority=PRIORITY)
    return report


def require_teacher(place: Membership) -> None:
    """Raise `Forbidden` for all but teachers of the class."""
    if place.role != Role.TEACHER:
        raise Forbidden("Submissions are compared by the teachers of the class.")


def note(
    report_id: uuid.UUID, kind: ActKind, *, by: uuid.UUID, at: dt.datetime, pair_id: uuid.UUID | None = None
) -> None:
    """Write down who did what with a report."""
    session().add(
        SimilarityAct(tenant_id=current_tenant(), report_id=report_id, pair_id=pair_id, kind=kind, by=by, at=at)
    )


def locked(report_id: uuid.UUID) -> SimilarityReport:
    """Return a report that nobody else changes until the transaction ends, or raise `NotFound`."""
    query = sa.select(SimilarityReport).where(SimilarityReport.id == report_id).with_for_update()
    found = session().scalar(query.execution_options(populate_existing=True))
    if found is None:
        raise NotFound("There is no such report.")
    return found


def cancel(report: SimilarityReport, *, by: uuid.UUID, at: dt.datetime) -> None:
    """Give a report up; a worker that has it hears of it within a second or two."""
    if report.state != ReportState.COMPARING:
        raise OtherState(f"This report is {report.state} by now. Reload the page to see how it stands.")
    report.state, report.ended_at = ReportState.CANCELLED, at
    note(report.id, ActKind.CANCELLED, by=by, at=at)


def due(*, at: dt.datetime) -> list[tuple[uuid.UUID, uuid.UUID]]:
    """Return (tenant, report) of what is to be compared in any tenant."""
    return owed.due(SimilarityReport, IS_OWED, at=at)


def carry_out(tenant_id: uuid.UUID, report_id: uuid.UUID, blobs: Blobs, now: Clock) -> str:
    """Compare what a report says, one kin of languages after the other, and return what became of it.

    Each kin is recorded as a whole: where a worker dies, the next one goes on with those that are still to come.
    """
    with transaction(tenant_id):
        report = owed.claim(SimilarityReport, report_id, IS_OWED, at=now(), seconds=_LEASE.total_seconds())
        if report is None:
            return "nothing to do"
        report.next_try_at = now() + _LEASE
        tries = report.tries
        if tries > _MOST_TRIES:
            _fail(
                report, "It ended every worker that tried. Leave out earlier terms, or tell your administrator.", now()
            )
            return ReportState.FAILED
    work = _Work(tenant_id, report_id, tries, now)
    try:
        while (kin := work.next_kin()) is not None:
            work.compare(kin, blobs)
        return work.finish()
    except Stopped as error:
        log.info("report %s: %s", report_id, error)
        return "stopped"
    except StorageUnavailable as error:
        log.warning("report %s waits for the store: %s", report_id, error.raw)
        with work.held() as mine:
            # That is no fault of what is compared.
            mine.tries, mine.next_try_at = mine.tries - 1, now() + _STORE_WAIT
        return "waits for the store"
    except CannotCompare as error:
        log.warning("report %s cannot be made: %s", report_id, error)
        with work.held() as mine:
            _fail(mine, error.message, now())
        return ReportState.FAILED


def _fail(report: SimilarityReport, words: str, at: dt.datetime) -> None:
    report.state, report.error, report.ended_at = ReportState.FAILED, words, at


class _Work:
    """A worker's hold on a report, which it loses when the report is cancelled or another worker takes it up."""

    def __init__(self, tenant_id: uuid.UUID, report_id: uuid.UUID, tries: int, now: Clock) -> None:
        self._tenant_id = tenant_id
        self._report_id = report_id
        self._tries = tries
        self._now = now

    @contextlib.contextmanager
    def held(self) -> Iterator[SimilarityReport]:
        """Open a transaction in which the report is this worker's.

        Raises
        ------
        Stopped
            It is not any more.
        """
        with transaction(self._tenant_id):
            report = locked(self._report_id)
            if report.state != ReportState.COMPARING or report.tries != self._tries:
                raise Stopped("This report was cancelled, or another worker has it.")
            report.next_try_at = self._now() + _LEASE
            yield report

    def _say_alive(self) -> None:
        with self.held():
            pass

    def next_kin(self) -> str | None:
        with self.held():
            return choosing.next_kin(self._report_id)

    def compare(self, kin: str, blobs: Blobs) -> None:
        """Compare the programs of one kin, and record what came of it."""
        with self.held() as report:
            programs, given = choosing.programs_of(self._report_id, kin), choosing.given_in(report, kin)
        texts = self._read(programs, blobs)
        found = comparing.compare(texts, given, kin, on_wait=self._say_alive)
        with self.held():
            self._record(programs, found)

    def _read(self, programs: Sequence[choosing.ToRead], blobs: Blobs) -> list[Text]:
        found = []
        with concurrent.futures.ThreadPoolExecutor(4) as readers:
            for begin in range(0, len(programs), _READ_AT_ONCE):
                some = programs[begin : begin + _READ_AT_ONCE]
                texts = readers.map(functools.partial(_text, blobs), [one.code_blob_ref for one in some])
                found += [Text(one.id, text, one.person, one.is_own) for one, text in zip(some, texts, strict=True)]
                with self.held() as report:
                    report.read = begin + len(some)
        return found

    def _record(self, programs: Sequence[choosing.ToRead], found: Compared) -> None:
        sizes = {uuid.UUID(one["id"]): one for one in found.programs}
        session().execute(
            sa.update(SimilarityProgram),
            [
                {"id": one.id, "size": sizes[one.id]["size"], "highest": round(sizes[one.id]["highest"], 4)}
                for one in programs
            ],
        )
        if found.pairs:
            shared = {"tenant_id": self._tenant_id, "report_id": self._report_id}
            session().execute(sa.insert(SimilarityPair), [{**shared, **_pair(one)} for one in found.pairs])

    def finish(self) -> str:
        """Find the groups, and let the report be read."""
        with self.held() as report:
            query = sa.select(SimilarityPair).where(SimilarityPair.report_id == report.id)
            pairs = session().scalars(query).all()
            groups = clusters((one.left_id, one.right_id) for one in pairs if one.score >= ALIKE)
            for one in pairs:
                both = groups.get(one.left_id), groups.get(one.right_id)
                one.cluster = both[0] if both[0] == both[1] else None
            report.state, report.ended_at = ReportState.DONE, self._now()
            log.info("report %s done: %d pairs", report.id, len(pairs))
        return ReportState.DONE


def _pair(one: dict[str, Any]) -> dict[str, Any]:
    rounded = {name: round(one[name], 4) for name in ("score", "left_share", "right_share")}
    return {
        "left_id": uuid.UUID(one["left"]), "right_id": uuid.UUID(one["right"]), "longest": one["longest"],
        "passages": one["passages"], **rounded,
    }  # fmt: skip


def _text(blobs: Blobs, ref: str) -> str:
    try:
        return one_text(blobs.get(ref))
    except BlobMissing as error:
        # It is like no other, and the rest can be compared.
        log.warning("a program's text is missing from the store: %s", error.raw)
        return ""
