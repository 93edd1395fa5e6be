"""The worker's side of judging."""

import datetime as dt
import logging
import uuid
from collections.abc import Mapping
from decimal import Decimal
from typing import Protocol

from celery import shared_task

from lti_grader import adapters
from lti_grader.adapters.storage import StorageUnavailable
from lti_grader.assignments.languages import available_languages
from lti_grader.core.db import transaction
from lti_grader.grading import operations, sweeping, turns
from lti_grader.grading.errors import LostLease
from lti_grader.grading.graders import code
from lti_grader.grading.graders.answers import Answer, answer_of, answer_of_text
from lti_grader.grading.graders.code import GradedCode, TestOutcome
from lti_grader.grading.graders.quiz import grade_quiz
from lti_grader.grading.operations import Work
from lti_grader.grading.sandbox import Sandbox, SandboxUnavailable, open_sandbox

log = logging.getLogger(__name__)
_sandboxes: list[Sandbox] = []


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def sandbox() -> Sandbox:
    """Return this worker's own sandbox, opened when first needed."""
    if not _sandboxes:
        _sandboxes.append(open_sandbox(adapters.installed().settings.sandbox))
    return _sandboxes[0]


def close_sandbox() -> None:
    """Leave nothing of this worker's sandbox behind."""
    while _sandboxes:
        _sandboxes.pop().close()


@shared_task(name="grading.grade")
def grade(tenant: str, job: str) -> str:
    """Judge an attempt, this one or whichever has its turn: claim it, run it, record what came of it."""
    tenant_id, settings = uuid.UUID(tenant), adapters.installed().settings
    lease = dt.timedelta(seconds=settings.grading_lease_seconds)
    with transaction(tenant_id):
        work = operations.claim(turns.next_job(uuid.UUID(job), at=_now()), at=_now(), lease=lease)
    if work is None:
        return "nothing to do"
    progress = _Progress(tenant_id, work, lease)
    try:
        graded = judge(work, progress, lease)
        with transaction(tenant_id):
            if graded.trouble:
                operations.give_back(work, graded.trouble, most_tries=settings.grading_max_tries, at=_now())
            else:
                operations.record(work, graded, at=_now())
    except (StorageUnavailable, SandboxUnavailable) as error:
        log.warning("job %s cannot be judged now: %s", work.job_id, error)
        with transaction(tenant_id):
            operations.give_back(work, str(error), most_tries=settings.grading_max_tries, at=_now())
    except LostLease as error:
        log.warning("job %s: %s", work.job_id, error)
        return "lost the lease"
    progress.tell("completed")
    return "done"


class Progress(Protocol):
    """What is told of a judging while it goes on."""

    def tell(self, kind: str, **more: object) -> None:
        """Tell whoever watches."""

    def hold_for(self, lease: dt.timedelta) -> None:
        """Keep the work for `lease` from now on each time."""

    def test_done(self, outcome: TestOutcome) -> None:
        """Note a test's outcome, and keep the work."""


def judge(work: Work, progress: Progress, lease: dt.timedelta) -> GradedCode:
    """Judge a program by a version's tests in this worker's sandbox; no transaction may be open.

    Raises
    ------
    SandboxUnavailable, StorageUnavailable
        It cannot be judged here and now.
    LostLease
        Another worker has it.
    """
    blobs = adapters.installed().blobs
    source = blobs.get(work.code_blob_ref)
    if work.quiz is not None:
        return grade_quiz(work.quiz, source, work.groups)
    language = available_languages().get(work.language)
    if language is None:
        raise SandboxUnavailable(
            f"The toolchain of {work.language} is not on this machine; `lti-grader doctor` says more."
        )
    progress.tell("progress")
    if (needed := 1.5 * code.longest_test(language, work.groups, work.harness, checker=work.checker)) > lease:
        progress.hold_for(needed)
    if work.holds_files:
        answer = answer_of_text(source, language, work.harness)
    elif work.main:
        answer = answer_of(_fetched(work.beside), language, work.harness, main=work.main)
    else:
        answer = Answer(source, _fetched(work.beside))
    return code.grade_answer(
        sandbox(), language, answer, work.groups,
        checker=work.checker, fetch=blobs.get, on_test=progress.test_done, harness=work.harness,
        files=_fetched(work.harness.files) if work.harness else {},
    )  # fmt: skip


def _fetched(refs: Mapping[str, str]) -> dict[str, bytes]:
    return {name: adapters.installed().blobs.get(ref) for name, ref in refs.items()}


class _Progress:
    """Tells who watches, and keeps the lease alive while tests go by."""

    def __init__(self, tenant_id: uuid.UUID, work: Work, lease: dt.timedelta) -> None:
        self._tenant_id = tenant_id
        self._work = work
        self._lease = lease
        self._renew_at = _now() + lease / 3
        self._done = 0

    def tell(self, kind: str, **more: object) -> None:
        if not self._work.is_told:
            return
        news = {"event": kind, "tests_done": self._done, "tests_total": self._work.test_count, **more}
        adapters.installed().channels.publish(f"attempt:{self._work.attempt_id}", news)

    def hold_for(self, lease: dt.timedelta) -> None:
        """Keep the job for `lease` from now on each time: one of its tests may take longer than is usual."""
        self._lease = lease
        self._renew()

    def _renew(self) -> None:
        with transaction(self._tenant_id):
            operations.renew(self._work, at=_now(), lease=self._lease)
        self._renew_at = _now() + self._lease / 3

    def test_done(self, outcome: TestOutcome) -> None:
        self._done += 1
        self.tell("test", test_id=str(outcome.test_id), status=outcome.status, time_ms=outcome.time_ms,
                  memory_kb=outcome.memory_kb, passed=outcome.share == Decimal(1))  # fmt: skip
        if _now() >= self._renew_at:
            self._renew()


@shared_task(name="grading.sweep")
def sweep() -> int:
    """Send again what nobody seems to work on, and give up what ends every worker that touches it."""
    settings = adapters.installed().settings
    late = sweeping.overdue(at=_now(), patience=dt.timedelta(seconds=settings.grading_resend_seconds))
    for one in late:
        with transaction(one.tenant_id):
            poisoned = one.is_running and sweeping.give_up_poisoned(
                one.job_id, most_tries=settings.grading_max_tries, at=_now()
            )
            if not poisoned:
                sweeping.resend(one, at=_now())
    return len(late)


@shared_task(name="grading.make_partitions")
def make_partitions() -> int:
    """Make the coming months' partitions."""
    return sweeping.make_partitions(at=_now())
