"""Fills the demo: three problems and a quiz, four assignments placed by deep linking, and some weeks of students' work.

Nothing is made up: expected outputs come from the reference solutions, attempts go through the grader,
and scores travel to the LMS as any other.
"""

import datetime as dt
import sys
import time
import uuid
from collections.abc import Callable
from decimal import Decimal

import sqlalchemy as sa

from lti_grader import adapters
from lti_grader.app import create_app
from lti_grader.assignments.access import dates_of
from lti_grader.assignments.languages import available_languages
from lti_grader.assignments.models import Assignment, AssignmentConfig, AssignmentProblem, Counts, Mode
from lti_grader.assignments.operations import create_assignment
from lti_grader.attempts import drafts
from lti_grader.attempts.models import AttemptStatus, AttemptType, SubmissionAttempt
from lti_grader.attempts.operations import Handed, submit
from lti_grader.classes.models import Class
from lti_grader.core.db import session, system_transaction, transaction
from lti_grader.core.settings import Settings
from lti_grader.demo import problems
from lti_grader.demo.lms.client import Control, Person, csrf_token, forms
from lti_grader.demo.tries import tries
from lti_grader.grading.sandbox import Limits, Sandbox, open_sandbox
from lti_grader.lti.models import ClassContext, DeliveryStatus, Platform, ScoreDelivery
from lti_grader.lti.registration import Registration, add_platform, own_addresses
from lti_grader.people.models import User
from lti_grader.problems.models import Problem, ProblemVersion
from lti_grader.problems.operations import create_problem, publish

TENANT = "Demo University"
_LANGUAGES = ("python", "cpp", "java", "javascript")
_ASSIGNMENTS = (
    ("Week 1: Pairs that add up", "two-sum-count", Counts.BEST, -15.0, None),
    ("Week 2: Balanced brackets", "balanced-brackets", Counts.LATEST, -8.0, None),
    ("Week 3: Shortest way home", "shortest-path", Counts.BEST, 6.0, None),
    ("Week 4: What it costs", problems.QUIZ, Counts.BEST, 13.0, 3),
)
"""Title, problem, which submission counts, days until it is due, and how many submissions there may be."""
_GRADING_SECONDS = 240


def ensure_seeded(settings: Settings, lms_url: str, say: Callable[[str], None]) -> None:
    """Register the demo LMS and fill its course, as far as that has not happened yet."""
    with create_app(settings).app_context():
        control = Control(lms_url)
        registration = control.register(own_addresses(settings.public_url))
        platform_id = add_platform(Registration.model_validate(registration), tenant_name=TENANT)
        with system_transaction() as opened:
            tenant_id = opened.scalars(sa.select(Platform.tenant_id).where(Platform.id == platform_id)).one()
        _ensure_problems(tenant_id, say)
        if not control.state()["links"]:
            say("Placing four assignments in the course by deep linking.")
            _place_assignments(tenant_id, lms_url, registration["client_id"])
        _ensure_attempts(tenant_id, lms_url, control, say)
        control.close()


def _ensure_problems(tenant_id: uuid.UUID, say: Callable[[str], None]) -> None:
    with transaction(tenant_id):
        there = set(session().scalars(sa.select(Problem.slug)))
    if problems.QUIZ not in there:
        with transaction(tenant_id):
            publish(create_problem(problems.quiz()), at=dt.datetime.now(dt.UTC))
    missing = [slug for slug in problems.SLUGS if slug not in there]
    if not missing:
        return
    say("Writing the problems' expected outputs with their reference solutions.")
    sandbox = open_sandbox()
    try:
        drafts = [problems.draft(slug, _Reference(sandbox, slug)) for slug in missing]
    finally:
        sandbox.close()
    with transaction(tenant_id):
        for draft in drafts:
            publish(create_problem(draft), at=dt.datetime.now(dt.UTC))


class _Reference:
    """Gives the reference solution's answer to an input."""

    def __init__(self, sandbox: Sandbox, slug: str) -> None:
        self._sandbox = sandbox
        self._program = sandbox.build(available_languages()["python"], problems.solution(slug, "python").encode())
        if not self._program.ok:
            raise RuntimeError(f"the reference solution of {slug} does not compile: {self._program.compiler_output}")

    def __call__(self, given: bytes) -> bytes:
        outcome = self._sandbox.run(self._program, given, limits=Limits(cpu_ms=20_000, memory_kb=524_288))
        if outcome.exit_code != 0:
            raise RuntimeError(f"a reference solution fails: {outcome.stderr.decode(errors='replace')}")
        return outcome.stdout


def _place_assignments(tenant_id: uuid.UUID, lms_url: str, client_id: str) -> None:
    teacher = Person(lms_url, "person-teacher")
    # The teacher's first arrival makes the class that the assignments go into.
    picker = teacher.begin_deep_link(client_id)
    with transaction(tenant_id):
        class_id = session().scalars(sa.select(Class.id)).one()
        versions = dict(session().execute(sa.select(Problem.slug, ProblemVersion.id).join(ProblemVersion)).all())
        now = dt.datetime.now(dt.UTC)
        offered = [name for name in _LANGUAGES if name in available_languages()]
        made = [
            create_assignment(
                class_id,
                title=title,
                problems=[(versions[slug], Decimal(10))],
                config=AssignmentConfig(languages=offered, counts=counts, attempts_allowed=allowed),
                mode=Mode.HOMEWORK,
                due_date=(now + dt.timedelta(days=days)).replace(hour=21, minute=59, second=0, microsecond=0),
                module_title=title.partition(":")[0],
            ).id
            for title, slug, counts, days, allowed in _ASSIGNMENTS
        ]
    answer = teacher.send(
        "POST",
        str(picker.url),
        data={"csrf_token": csrf_token(picker), "what": "existing", "assignment": [str(one) for one in made]},
        headers={"Referer": str(picker.url)},
    )
    placed = teacher.submit(forms(answer)[0])
    if placed.status_code != 200:
        raise RuntimeError(f"the demo LMS did not take the assignments: {placed.text[:500]}")
    teacher.close()


def _ensure_attempts(tenant_id: uuid.UUID, lms_url: str, control: Control, say: Callable[[str], None]) -> None:
    planned = [one for one in tries() if one[4] in available_languages()]
    with transaction(tenant_id):
        made = set(session().scalars(sa.select(SubmissionAttempt.idempotency_key)))
    # Where a first start was cut short, the next one goes on from there.
    missing = [(key, one) for number, one in enumerate(planned) if (key := f"seed-{number:04d}") not in made]
    if not missing:
        return
    links = control.state()["links"]
    for person_id in ("person-amina", "person-ben", "person-chloe"):
        student = Person(lms_url, person_id)
        for link in links:
            student.launch(link["id"])
        student.close()
    say(f"Handing in {len(missing)} programs of three students, and grading them.")
    for key, one in missing:
        _hand_in(tenant_id, key, *one)
        _wait_for_grading(tenant_id, most_open=1)
    _wait_for_grading(tenant_id, most_open=0)
    _wait_for_deliveries(tenant_id)


def _hand_in(
    tenant_id: uuid.UUID, key: str, person_id: str, days_ago: float, slug: str, kind: str, language: str, code: str
) -> None:
    held = adapters.installed()
    ref = held.blobs.put(code.encode())
    with transaction(tenant_id):
        user_id = session().scalars(sa.select(User.id).where(User.sub == person_id)).one()
        item, assignment = session().execute(
            sa.select(AssignmentProblem, Assignment)
            .join(Assignment, Assignment.id == AssignmentProblem.assignment_id)
            .join(ProblemVersion, ProblemVersion.id == AssignmentProblem.problem_version_id)
            .join(Problem, Problem.id == ProblemVersion.problem_id)
            .where(Problem.slug == slug)
            .order_by(Assignment.id)
        ).first() or (None, None)
        if item is None or assignment is None:
            return
        handed = Handed(AttemptType(kind), ref, len(code.encode()), language, key, 600)
        at = dt.datetime.now(dt.UTC) - dt.timedelta(days=days_ago)
        submit(user_id, assignment, item, handed, at=at, held_to=dates_of(assignment, user_id))
        before = drafts.load(held.kv, user_id, item.id)
        revision = before.revision if before else 0
        drafts.save(held.kv, user_id, item.id, drafts.Change(code, language, revision, key, 600), at=at)


def _wait_for_grading(tenant_id: uuid.UUID, *, most_open: int) -> None:
    ends = time.monotonic() + _GRADING_SECONDS
    while time.monotonic() < ends:
        with transaction(tenant_id):
            waiting = (
                session()
                .scalars(
                    sa.select(sa.func.count())
                    .select_from(SubmissionAttempt)
                    .where(SubmissionAttempt.status.in_([AttemptStatus.QUEUED, AttemptStatus.PROCESSING]))
                )
                .one()
            )
        if waiting <= most_open:
            return
        time.sleep(0.05)
    raise RuntimeError("the seeded programs are not being graded: look into the log of worker-code")


def _wait_for_deliveries(tenant_id: uuid.UUID) -> None:
    ends = time.monotonic() + 30
    while time.monotonic() < ends:
        with transaction(tenant_id):
            waiting = (
                session()
                .scalars(
                    sa.select(sa.func.count())
                    .select_from(ScoreDelivery)
                    .where(
                        ScoreDelivery.status.in_([DeliveryStatus.PENDING, DeliveryStatus.SENDING, DeliveryStatus.SENT])
                    )
                )
                .one()
            )
            known = session().scalar(sa.select(ClassContext.id).limit(1)) is not None
        if known and not waiting:
            return
        time.sleep(0.1)


if __name__ == "__main__":
    ensure_seeded(Settings.read(), sys.argv[1], lambda words: print(words, flush=True))
