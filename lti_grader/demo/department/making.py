"""The whole department, from an empty institution to a gradebook."""

import dataclasses
import datetime as dt
import random
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

import flask
import sqlalchemy as sa

from lti_grader.adapters.storage import Blobs
from lti_grader.core.db import session, transaction
from lti_grader.demo.department import founding, students
from lti_grader.demo.department.courses import COURSES, WEEKS, plan, term_start
from lti_grader.demo.department.drafts import SAMPLES, TESTS
from lti_grader.demo.department.filling import Ids, Worked, Writer, write
from lti_grader.demo.department.founding import Laid, People, Taught
from lti_grader.demo.department.marks import enter
from lti_grader.demo.department.students import Try
from lti_grader.demo.department.tallies import Tally
from lti_grader.demo.department.texts import text
from lti_grader.grading.sweeping import make_partitions
from lti_grader.lti.models import Platform

RESULTS_PER_STUDENT = 250
_MONTHS = 3
_AT_ONCE = 2
_REGRADED_WEEK = 3


@dataclasses.dataclass(frozen=True)
class Wish:
    """What is to be made.

    Attributes
    ----------
    seed
        The same people and the same work for the same seed, at the same time of the term.
    test_results
        About how many, by more or fewer tries of each student; None for 250 a student.
    weeks
        Of the term's fourteen: fewer for a try.
    """

    institution: str
    students: int
    seed: int
    now: dt.datetime
    test_results: int | None = None
    weeks: int = WEEKS

    @property
    def wanted(self) -> int:
        return self.test_results or RESULTS_PER_STUDENT * self.students


@dataclasses.dataclass(frozen=True)
class Made:
    """What was made."""

    tenant_id: uuid.UUID
    classes: Sequence[Taught]
    tally: Tally


Progress = Callable[[str, int, int], None]
"""Told what is being done, how much of it is done, and of how much."""


def make(wish: Wish, blobs: Blobs, progress: Progress) -> Made:
    """Make the department.

    Raises
    ------
    InstitutionExists
    """
    tally, start = Tally(), term_start(wish.now)
    make_partitions(at=start, months=_MONTHS)
    tenant_id = founding.open_institution(wish.institution, at=wish.now)
    classes = _found(wish, tenant_id, start, tally, progress)
    works = {id(laid): list(_term(wish, taught, laid)) for taught in classes for laid in taught.assignments}
    kept = _keep_texts([one for rows in works.values() for _, worked in rows for one in worked.tries], blobs, progress)
    factor = wish.wanted / max(1, sum(_results(one.tries) for rows in works.values() for _, one in rows))
    app = flask.current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001

    def fill(one: tuple[Taught, Laid]) -> dict[str, int]:
        taught, laid = one
        with app.app_context(), transaction(tenant_id):
            return _fill(wish, kept, taught, laid, works.pop(id(laid)), factor)

    listed = [(taught, laid) for taught in classes for laid in taught.assignments]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for done, counts in enumerate(pool.map(fill, listed), start=1):
            tally.add(**counts)
            progress("Attempts and their results", done, len(listed))
    return Made(tenant_id, classes, tally)


def _keep_texts(tries: Iterable[Try], blobs: Blobs, progress: Progress) -> dict[str, str]:
    """Keep each program text that is handed in; return the blobs' names by text."""
    texts = sorted({text(program, style) for program, style in {(one.program, one.style) for one in tries}})
    kept = {}
    with ThreadPoolExecutor(8) as pool:
        refs = pool.map(lambda one: blobs.put(one.encode()), texts)
        for done, (code, ref) in enumerate(zip(texts, refs, strict=True), start=1):
            kept[code] = ref
            if done % 50 == 0 or done == len(texts):
                progress("Program texts", done, len(texts))
    return kept


def _found(wish: Wish, tenant_id: uuid.UUID, start: dt.datetime, tally: Tally, progress: Progress) -> list[Taught]:
    plans = {one.key: plan(one, start, weeks=wish.weeks) for one in COURSES}
    wanted = {one.slug: one for listed in plans.values() for planned in listed for one in planned.problems}
    with transaction(tenant_id):
        platform_id = session().scalars(sa.select(Platform.id)).one()
        published = founding.publish_problems(wanted.values(), at=start - dt.timedelta(days=21))
    folk = People(random.Random(f"people:{wish.seed}"), platform_id)
    counts = _shared_out(wish.students)
    found: list[Taught] = []
    for place, (course, count) in enumerate(zip(COURSES, counts, strict=True)):
        progress("Classes and assignments", place, len(COURSES))
        rng = random.Random(f"{course.key}:{wish.seed}")
        with transaction(tenant_id):
            taught = founding.open_class(course, folk, count, rng, start=start)
        for planned in plans[course.key]:
            with transaction(tenant_id):
                assignment_id, items = founding.set_assignment(taught.class_id, course, planned, published)
                extra = (
                    founding.extend(assignment_id, planned, taught.members, taught.teacher_id, rng)
                    if planned.opens_at < wish.now
                    else {}
                )
            taught.assignments.append(Laid(assignment_id, planned, items, extra))
            tally.add(assignments=1, problems_set=len(items), extensions=len(extra))
        tally.add(classes=1, students=count)
        found.append(taught)
    tally.add(problems=len(published), people=folk.made, sections=sum(len(one.sections) for one in COURSES))
    progress("Classes and assignments", len(COURSES), len(COURSES))
    return found


def _shared_out(count: int) -> list[int]:
    """Return how many of the students take each course."""
    first = [round(count * one.share) for one in COURSES[:-1]]
    return [*first, count - sum(first)]


def _term(wish: Wish, taught: Taught, laid: Laid) -> Iterator[tuple[int, Worked]]:
    """Give what each student did with each problem of an assignment, with the problem's place."""
    if laid.planned.opens_at >= wish.now:
        return
    for number, member in enumerate(taught.members):
        rng = random.Random(f"{wish.seed}:{taught.course.key}:{laid.planned.title}:{number}")
        for place, (_, published) in enumerate(laid.items):
            tries = students.tries(
                member.student, laid.planned, published.problem, rng, now=wish.now, extra=laid.extra.get(member.user_id)
            )
            yield place, Worked(member.user_id, tries)


def _results(tries: Iterable[Try]) -> int:
    return sum(SAMPLES if one.is_run else TESTS for one in tries)


def _fill(
    wish: Wish, kept: Mapping[str, str], taught: Taught, laid: Laid, works: list[tuple[int, Worked]], factor: float
) -> dict[str, int]:
    """Write what was done for one assignment, and return how much of what that is. A transaction is open."""
    rng = random.Random(f"{wish.seed}:{taught.course.key}:{laid.planned.title}:more")
    writer = Writer(Ids(random.Random(f"{laid.assignment_id}:{wish.seed}")), kept)
    scaled = [
        (place, Worked(one.student_id, _scaled(one.tries, factor, laid.planned.opens_at, rng))) for place, one in works
    ]
    regraded = 0 if laid.planned.title == f"Homework {_REGRADED_WEEK}" else None
    rows = writer.rows(laid, scaled, regraded=regraded)
    results = write(rows)
    entered = enter(laid, taught, rng, at=wish.now)
    late = sum(any(one.at > laid.planned.due and not one.is_run for one in work.tries) for _, work in scaled)
    return {
        "attempts": len(rows.attempts), "judgings": len(rows.jobs), "regraded": len(rows.jobs) - len(rows.attempts),
        "test_results": results, "drafts": len(rows.progress), **entered, "handed_in_late": late,
    }  # fmt: skip


def _scaled(tries: Sequence[Try], factor: float, opens_at: dt.datetime, rng: random.Random) -> list[Try]:
    """Return so many times as many tries: the last of them where it is fewer, and some of them earlier as well where it is more."""
    if not tries:
        return []
    count = int(len(tries) * factor + rng.random())
    if count <= len(tries):
        return list(tries[len(tries) - count :])
    room = max((tries[0].at - opens_at).total_seconds() - 60, 1)
    earlier = [
        dataclasses.replace(one, at=opens_at + dt.timedelta(seconds=rng.uniform(0, room)))
        for one in rng.choices(tries, k=count - len(tries))
    ]
    return sorted([*earlier, *tries], key=lambda one: one.at)
