"""A report on similarity: how long a thousand submissions take, read from the store, compared and written down."""

import datetime as dt
import random
import resource
import time

import sqlalchemy as sa

from benchmarks.scores import application
from lti_grader import adapters
from lti_grader.assignments.models import AssignmentProblem
from lti_grader.attempts.models import AttemptStatus, AttemptType, SubmissionAttempt
from lti_grader.classes.models import Enrollment, EnrollmentSource, Role
from lti_grader.classes.queries import membership
from lti_grader.core.db import session, transaction
from lti_grader.core.ids import new_id
from lti_grader.grading.similarity import reports
from lti_grader.grading.similarity.findings import Show, findings
from lti_grader.grading.similarity.models import SimilarityPair, SimilarityReport
from lti_grader.people.models import User
from tests.fixtures.world import NOW, World, make_world

_LINES = (
    "value = value + 1", "items.append(value * 2)", "total += sum(items[:3])", "print(value, total)", "items = sorted(items)",
    "if value > total:\n        total = value - 1", "for one in items:\n        total += one % 7", "while value > 90:\n        value //= 2",
    "found = {one: items.count(one) for one in items}", "total = max(found.values(), default=0)", "value, total = total, value",
    "try:\n        total = int(input())\n    except EOFError:\n        return total", "items = [one for one in items if one != value]",
)  # fmt: skip


def _program(chance: random.Random) -> str:
    body = "\n    ".join(chance.choice(_LINES) for _ in range(45))
    return f"def solve(value, items):\n    total = 0\n    {body}\n    return total\n\nprint(solve(1, [1, 2, 3]))\n"


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def _submitted(world: World, item_id: object, count: int) -> int:
    """Let so many students have submitted, one in twenty the same as somebody before; return the bytes."""
    chance, blobs, texts = random.Random(1), adapters.installed().blobs, []
    for number in range(count):
        texts.append(_program(chance) if number % 20 else chance.choice(texts or [_program(chance)]))
    refs = [blobs.put(one.encode()) for one in texts]
    with transaction(world.tenant_id):
        item = session().get_one(AssignmentProblem, item_id)
        shared = {"tenant_id": world.tenant_id}
        people = [
            {"id": new_id(), "platform_id": world.platform_id, "sub": f"s{one}", "name": f"Student {one}", **shared}
            for one in range(count)
        ]
        session().execute(sa.insert(User), people)
        session().execute(
            sa.insert(Enrollment),
            [
                {
                    "class_id": world.class_id,
                    "user_id": one["id"],
                    "role": Role.STUDENT,
                    "source": EnrollmentSource.ROSTER,
                    **shared,
                }
                for one in people
            ],
        )
        session().execute(
            sa.insert(SubmissionAttempt),
            [
                {
                    "type": AttemptType.FINAL_SUBMISSION, "student_id": one["id"], "assignment_problem_id": item.id,
                    "problem_version_id": item.problem_version_id, "attempt_number": 1, "idempotency_key": f"press-{number}",
                    "code_blob_ref": ref, "code_bytes": len(text), "language": "python", "status": AttemptStatus.COMPLETED,
                    "created_at": NOW, **shared,
                }
                for number, (one, ref, text) in enumerate(zip(people, refs, texts, strict=True))
            ],
        )  # fmt: skip
    return sum(map(len, texts))


def report(count: int) -> None:
    """Print how long a report on `count` submissions takes, and its page."""
    with application():
        _measure(make_world(), count)


def _measure(world: World, count: int) -> None:
    item = world.items(world.assignment())[0]
    size = _submitted(world, item, count)
    with transaction(world.tenant_id):
        place = membership(world.class_id, world.teacher_id)
        made = reports.start(place, item, with_earlier=True, without_solution=False, at=_now()).id
    began = time.perf_counter()
    state = reports.carry_out(world.tenant_id, made, adapters.installed().blobs, _now)
    took = time.perf_counter() - began
    children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    with transaction(world.tenant_id):
        pairs = session().scalar(sa.select(sa.func.count()).select_from(SimilarityPair))
        began = time.perf_counter()
        place = membership(world.class_id, world.teacher_id)
        findings(session().get_one(SimilarityReport, made), place, show=Show.ALL, most=100)
        page = time.perf_counter() - began
    print(
        f"\nSimilarity: {count} submissions of {size / count / 1024:.1f} KiB compared, each with each, in {took:.1f} s ({state}),"
        f" {pairs} pairs kept, {children:.0f} MB at most; its page is read in {page * 1000:.0f} ms"
    )
