"""A term of attempts, quickly: rows go by COPY into tables that last for a transaction, and from there, a statement for each
table, to where they belong.

Row-level security admits no COPY into the tables themselves. So every constraint, trigger and policy is asked of every row, as of
rows that come one by one; what is passed over are the events of `flow`: nothing made up is judged, told to anybody, or delivered.
"""

import dataclasses
import datetime as dt
import random
import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import psycopg
import sqlalchemy as sa

from lti_grader.attempts.models import AttemptStatus, AttemptType
from lti_grader.core.db import current_tenant, session
from lti_grader.demo.department.drafts import POINTS
from lti_grader.demo.department.founding import Laid, Published
from lti_grader.demo.department.outcomes import Outcome, Outcomes, Way
from lti_grader.demo.department.students import Try
from lti_grader.demo.department.texts import text
from lti_grader.grading.models import JobReason, JobStatus
from lti_grader.grading.taking_in import priority

_JUDGED_AFTER = dt.timedelta(seconds=4)
_REGRADED_AFTER = dt.timedelta(days=3)
_RESULTS = """
INSERT INTO test_results
    (id, tenant_id, graded_at, job_id, attempt_id, test_case_id, status, score, time_ms, memory_kb, message, output)
SELECT (substr(j.id::text, 1, 13) || '-7' || substr(h, 1, 3) || '-8' || substr(h, 4, 3) || '-' || substr(h, 7, 12))::uuid,
       j.tenant_id, j.finished_at, j.id, j.attempt_id, o.test_case_id, o.status, o.score,
       o.time_ms + (ascii(h) + ascii(substr(h, 2))) % 9, o.memory_kb, o.message, o.output
FROM made_grading_jobs j
JOIN made_outcomes o ON o.outcome = j.outcome
CROSS JOIN LATERAL (SELECT md5(j.id::text || o.test_case_id::text) AS h) AS hashed
"""


@dataclasses.dataclass(frozen=True)
class Worked:
    """What a student did with one problem of an assignment, in order of time."""

    student_id: uuid.UUID
    tries: Sequence[Try]


class Ids:
    """Time-ordered ids (UUIDv7) of the time that something is said to have happened."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng

    def __call__(self, at: dt.datetime) -> uuid.UUID:
        bits = self._rng.getrandbits(74)
        ms = int(at.timestamp() * 1000)
        return uuid.UUID(int=ms << 80 | 7 << 76 | (bits >> 62) << 64 | 2 << 62 | bits & (1 << 62) - 1)


@dataclasses.dataclass
class Rows:
    """Rows of one assignment, before they are written."""

    attempts: list[tuple[object, ...]] = dataclasses.field(default_factory=list)
    jobs: list[tuple[object, ...]] = dataclasses.field(default_factory=list)
    progress: list[tuple[object, ...]] = dataclasses.field(default_factory=list)
    outcomes: list[Outcome] = dataclasses.field(default_factory=list)


_ATTEMPTS = (
    "id", "tenant_id", "type", "student_id", "assignment_problem_id", "problem_version_id", "attempt_number", "idempotency_key",
    "code_blob_ref", "code_bytes", "language", "status", "created_at", "execution_time_ms", "memory_usage_kb",
    "time_focused_seconds",
)  # fmt: skip
_JOBS = (
    "id", "tenant_id", "attempt_id", "problem_version_id", "reason", "status", "priority", "tries", "points", "maximum",
    "compiler_output", "superseded_by", "created_at", "turn_at", "sent_at", "finished_at",
)  # fmt: skip
_PROGRESS = (
    "id", "tenant_id", "student_id", "assignment_problem_id", "current_code", "current_language", "time_spent_seconds",
    "revision", "save_id", "attempts_made", "handed_in_at", "last_updated",
)  # fmt: skip
_OUTCOMES = ("outcome", "test_case_id", "status", "score", "time_ms", "memory_kb", "message", "output")


@dataclasses.dataclass(frozen=True)
class Writer:
    """Makes rows of what students did. `blobs` are the names under which programs are kept, by their text."""

    ids: Ids
    blobs: Mapping[str, str]

    def rows(self, laid: Laid, works: Iterable[tuple[int, Worked]], *, regraded: int | None) -> Rows:
        """Return the rows of an assignment.

        Parameters
        ----------
        works
            What was done, with the place of its problem.
        regraded
            The place of a problem whose submissions were judged again; None for none.
        """
        made = Rows()
        outcomes = [Outcomes(published, 1000 * place) for place, (_, published) in enumerate(laid.items)]
        for place, worked in works:
            if worked.tries:
                self._add(made, laid, place, worked, outcomes[place], is_regraded=place == regraded)
        made.outcomes = [one for each in outcomes for one in each.all()]
        return made

    def _add(
        self, made: Rows, laid: Laid, place: int, worked: Worked, outcomes: Outcomes, *, is_regraded: bool
    ) -> None:
        item_id, published = laid.items[place]
        tenant = current_tenant()
        for number, one in enumerate(worked.tries, start=1):
            attempt_id, outcome = self.ids(one.at), outcomes(one.program, Way.RUN if one.is_run else Way.WHOLE)
            kind = AttemptType.TEST_RUN if one.is_run else AttemptType.FINAL_SUBMISSION
            code = text(one.program, one.style)
            made.attempts.append(
                (attempt_id, tenant, kind, worked.student_id, item_id, published.version_id, number, f"generated-{number}",
                 self.blobs[code], len(code.encode()), one.program.language, AttemptStatus.COMPLETED, one.at,
                 outcome.time_ms, outcome.memory_kb, one.focused_seconds)
            )  # fmt: skip
            place_in_queue = priority(laid.planned.mode, kind)
            if is_regraded and not one.is_run:
                self._judged_twice(made, attempt_id, published, one, outcomes, place_in_queue)
            else:
                job_id = self.ids(one.at)
                made.jobs.append(_job(job_id, attempt_id, published, outcome, one.at, place_in_queue))
        last = worked.tries[-1]
        made.progress.append(
            (self.ids(worked.tries[0].at), tenant, worked.student_id, item_id, text(last.program, last.style),
             last.program.language, sum(one.focused_seconds for one in worked.tries), len(worked.tries), "generated",
             len(worked.tries), max((one.at for one in worked.tries if not one.is_run), default=None), last.at)
        )  # fmt: skip

    def _judged_twice(
        self, made: Rows, attempt_id: uuid.UUID, published: Published, one: Try, outcomes: Outcomes, place: int
    ) -> None:
        again = one.at + _REGRADED_AFTER
        first, second = self.ids(one.at), self.ids(again)
        before, after = outcomes(one.program, Way.BEFORE_REGRADE), outcomes(one.program, Way.WHOLE)
        made.jobs.append(_job(first, attempt_id, published, before, one.at, place, superseded_by=second))
        made.jobs.append(_job(second, attempt_id, published, after, again, 9, reason=JobReason.REGRADE))


def _job(
    job_id: uuid.UUID, attempt_id: uuid.UUID, published: Published, outcome: Outcome, at: dt.datetime, place: int, *,
    reason: JobReason = JobReason.SUBMITTED, superseded_by: uuid.UUID | None = None,
) -> tuple[object, ...]:  # fmt: skip
    return (
        job_id, current_tenant(), attempt_id, published.version_id, reason, JobStatus.DONE, place, 1, outcome.points, POINTS,
        outcome.compiler_output, superseded_by, at, at, at, at + _JUDGED_AFTER, outcome.key,
    )  # fmt: skip


def write(made: Rows) -> int:
    """Write an assignment's rows; return how many results of tests they made. A transaction is open."""
    for table, columns, rows, more in (
        ("submission_attempts", _ATTEMPTS, made.attempts, ()),
        ("grading_jobs", _JOBS, made.jobs, ("outcome",)),
        ("assignment_progress", _PROGRESS, made.progress, ()),
    ):
        named = ", ".join(columns)
        session().execute(
            sa.text(f"CREATE TEMP TABLE made_{table} ON COMMIT DROP AS SELECT {named} FROM {table} LIMIT 0")
        )
        for one in more:
            session().execute(sa.text(f"ALTER TABLE made_{table} ADD COLUMN {one} integer"))
        _copy(f"made_{table}", (*columns, *more), rows)
        session().execute(sa.text(f"INSERT INTO {table} ({named}) SELECT {named} FROM made_{table}"))
    session().execute(
        sa.text(
            "CREATE TEMP TABLE made_outcomes ON COMMIT DROP AS"
            " SELECT 0 AS outcome, test_case_id, status, score, time_ms, memory_kb, message, output FROM test_results LIMIT 0"
        )
    )
    _copy("made_outcomes", _OUTCOMES, [row for one in made.outcomes for row in one.rows()])
    session().execute(sa.text("ANALYZE made_grading_jobs; ANALYZE made_outcomes"))
    return int(session().execute(sa.text(_RESULTS)).rowcount)  # type: ignore[attr-defined]


def _copy(table: str, columns: Sequence[str], rows: Iterable[tuple[object, ...]]) -> None:
    driver: Any = session().connection().connection.driver_connection
    assert isinstance(driver, psycopg.Connection)
    with driver.cursor() as cursor, cursor.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
