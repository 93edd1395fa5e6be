"""The worker's side of writing problems."""

import datetime as dt
import logging
import time
import uuid

from celery import shared_task

from lti_grader import adapters
from lti_grader.adapters.storage import StorageUnavailable
from lti_grader.authoring import importing, judging, owing
from lti_grader.core.db import transaction
from lti_grader.core.errors import GraderError
from lti_grader.core.messages import send
from lti_grader.grading.errors import LostLease
from lti_grader.grading.graders.code import GradedCode, TestOutcome
from lti_grader.grading.operations import Work
from lti_grader.grading.sandbox import SandboxUnavailable
from lti_grader.grading.tasks import judge as judge_work
from lti_grader.grading.tasks import sandbox

log = logging.getLogger(__name__)
_NOTE_EVERY_SECONDS = 0.5
# Authors wait for the answer, and mostly it is their validator.
_TROUBLE_TRIES = 2


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


@shared_task(name=owing.TASK)
def judge(tenant: str, judging_id: str) -> str:
    """Judge a program by a version's tests: claim it, run it, record what came of it."""
    tenant_id, settings = uuid.UUID(tenant), adapters.installed().settings
    lease = dt.timedelta(seconds=settings.grading_lease_seconds)
    with transaction(tenant_id):
        work = judging.claim(uuid.UUID(judging_id), at=_now(), lease=lease)
    if work is None:
        return "nothing to do"
    progress = _Progress(tenant_id, work, lease)
    try:
        graded, trouble, most_tries = _judged(work, progress, lease)
        with transaction(tenant_id):
            if graded is None:
                judging.give_back(work, trouble, most_tries=most_tries, at=_now())
            else:
                judging.record(work, graded, at=_now())
    except LostLease as error:
        log.info("judging %s: %s", judging_id, error)
        return "lost the lease"
    progress.tell("completed")
    return "given back" if graded is None else "done"


def _judged(work: Work, progress: "_Progress", lease: dt.timedelta) -> tuple[GradedCode | None, str, int]:
    """Return a judging, or what went wrong and how often it is tried."""
    settings = adapters.installed().settings
    try:
        graded = judge_work(work, progress, lease)
    except (StorageUnavailable, SandboxUnavailable) as error:
        return None, error.message, settings.grading_max_tries
    except LostLease:
        raise
    except GraderError as error:
        # The draft itself is wrong, and stays so until it is edited.
        return None, error.message, 1
    return (None, graded.trouble, _TROUBLE_TRIES) if graded.trouble else (graded, "", 0)


class _Progress:
    """Tells who watches, and notes now and then how far it is, which keeps the lease alive."""

    def __init__(self, tenant_id: uuid.UUID, work: Work, lease: dt.timedelta) -> None:
        self._tenant_id = tenant_id
        self._work = work
        self._lease = lease
        self._noted_at = time.monotonic()
        self._done = 0

    def tell(self, kind: str, **more: object) -> None:
        news = {"event": kind, "tests_done": self._done, "tests_total": self._work.test_count, **more}
        adapters.installed().channels.publish(f"try:{self._work.job_id}", news)

    def hold_for(self, lease: dt.timedelta) -> None:
        self._lease = lease
        self._note()

    def test_done(self, outcome: TestOutcome) -> None:
        self._done += 1
        self.tell("test", test_id=str(outcome.test_id), status=outcome.status, time_ms=outcome.time_ms)
        if time.monotonic() >= self._noted_at + _NOTE_EVERY_SECONDS:
            self._note()

    def _note(self) -> None:
        with transaction(self._tenant_id):
            judging.go_on(self._work, self._done, at=_now(), lease=self._lease)
        self._noted_at = time.monotonic()


@shared_task(name=importing.TASK)
def carry_import(tenant: str, import_: str) -> str:
    """Read a file with problems, or keep what was chosen of it."""
    held = adapters.installed()
    return str(importing.carry_out(uuid.UUID(tenant), uuid.UUID(import_), _now, blobs=held.blobs, sandbox=sandbox))


@shared_task(name="authoring.sweep")
def sweep() -> int:
    """Send again what nobody seems to work on."""
    settings = adapters.installed().settings
    late = judging.overdue(at=_now(), patience=dt.timedelta(seconds=settings.grading_resend_seconds))
    for one in late:
        with transaction(one.tenant_id):
            judging.send_again(one, most_tries=settings.grading_max_tries, at=_now())
    imports = importing.due(at=_now())
    for tenant_id, import_id in imports:
        send(importing.TASK, tenant_id, import_id, queue=importing.QUEUE, priority=importing.PRIORITY)
    return len(late) + len(imports)
