"""How students work: a small model of skill, diligence and beliefs, and the term that follows from it. Pure.

Whoever believes something that is not so (`Program.misconception`) makes that mistake in one problem after another, so that tests
fail together and wrong programs lie in heaps, as they do in real classes. With each try the belief loses ground.
"""

import dataclasses
import datetime as dt
import math
import random
from collections.abc import Iterator, Sequence

from lti_grader.assignments.models import Mode
from lti_grader.demo.department.catalogue import Problem, Program, every_problem
from lti_grader.demo.department.courses import WEEKS, Course, Planned
from lti_grader.demo.department.texts import STYLES

_DROPPED_OUT = 0.06
_EXTENDED = 0.015
_PER_TRY = 0.7
_MOST_TRIES = 6
_BELIEF_WEIGHS = 9


@dataclasses.dataclass(frozen=True)
class Student:
    """Somebody who takes a course. `skill` is on the scale of `Problem.difficulty`, `diligence` from 0 to 1."""

    skill: float
    diligence: float
    beliefs: frozenset[str]
    language: str
    style: int
    leaves_in_week: int | None
    section: str


@dataclasses.dataclass(frozen=True)
class Try:
    """A press of Run or Submit."""

    program: Program
    style: int
    is_run: bool
    at: dt.datetime
    focused_seconds: int


def student(course: Course, rng: random.Random) -> Student:
    """Make somebody up."""
    skill = rng.gauss(course.ahead, 0.9)
    beliefs = sorted({one.misconception for problem in every_problem() for one in problem.programs} - {""})
    held = [one for one in beliefs if rng.random() < 0.32 / (1 + math.exp(skill - course.ahead))]
    return Student(
        skill,
        min(1.0, max(0.05, rng.betavariate(4, 1.8) + 0.05 * (skill - course.ahead))),
        frozenset(held),
        rng.choice(course.languages),
        rng.randrange(STYLES),
        rng.randint(2, WEEKS - 4) if rng.random() < _DROPPED_OUT else None,
        rng.choice(course.sections),
    )


def has_extension(rng: random.Random) -> bool:
    """Return whether somebody was given more time for an assignment."""
    return rng.random() < _EXTENDED


def tries(
    one: Student,
    planned: Planned,
    problem: Problem,
    rng: random.Random,
    *,
    now: dt.datetime,
    extra: dt.timedelta | None,
) -> list[Try]:
    """Return what somebody hands in for a problem of an assignment, in order of time.

    Parameters
    ----------
    extra
        How much longer they have than the others; None for no longer.
    now
        Nothing is handed in after it.
    """
    if not _takes_part(one, planned, rng):
        return []
    handed = list(_sequence(one, planned, problem, rng))
    times = _times(one, planned, len(handed), rng, extra or dt.timedelta())
    made = [
        Try(program, style, is_run, at, rng.randint(60, 1500))
        for (program, style, is_run), at in zip(handed, times, strict=True)
    ]
    return [made_at for made_at in made if made_at.at < now]


def _takes_part(one: Student, planned: Planned, rng: random.Random) -> bool:
    if one.leaves_in_week is not None and planned.week >= one.leaves_in_week:
        return False
    shares = {
        Mode.EXAM: 0.85 + 0.15 * one.diligence,
        Mode.HOMEWORK: 0.45 + 0.55 * one.diligence,
        Mode.PRACTICE: 0.1 + 0.7 * one.diligence,
    }
    return rng.random() < shares[planned.mode]


def _sequence(
    one: Student, planned: Planned, problem: Problem, rng: random.Random
) -> Iterator[tuple[Program, int, bool]]:
    """Give (program, hand, whether it is a run of the samples) until it is solved, or given up."""
    language = one.language if one.language in problem.languages else problem.languages[0]
    own = [program for program in problem.programs if program.language == language]
    right = [program for program in own if not program.misconception]
    wrong = [program for program in own if program.misconception]
    learnt = one.skill + 0.08 * planned.week - problem.difficulty - (0.4 if planned.mode is Mode.EXAM else 0.0)
    for made in range(_MOST_TRIES):
        solved = rng.random() < 1 / (1 + math.exp(-1.4 * (learnt + _PER_TRY * made)))
        program = rng.choice(right) if solved else _mistake(one, wrong, made, rng)
        if rng.random() < 0.3:
            yield program, one.style, True
        yield program, one.style, False
        if solved or rng.random() < 0.12 + 0.4 * (1 - one.diligence):
            return


def _mistake(one: Student, wrong: Sequence[Program], made: int, rng: random.Random) -> Program:
    weights = [1 + (_BELIEF_WEIGHS / (1 + made) if program.misconception in one.beliefs else 0) for program in wrong]
    return rng.choices(wrong, weights)[0]


def _times(one: Student, planned: Planned, count: int, rng: random.Random, extra: dt.timedelta) -> list[dt.datetime]:
    """Return when they work: the last thing before the deadline for many, some time after it for a few."""
    due = planned.due + extra
    closes = (planned.closes_at or planned.due) + extra
    if planned.mode is Mode.EXAM:
        room = (planned.due - planned.opens_at).total_seconds()
        return sorted(planned.opens_at + dt.timedelta(seconds=rng.uniform(300, room - 60)) for _ in range(count))
    is_late = closes > due and rng.random() < 0.16 * (1 - one.diligence) + 0.01
    if is_late:
        begins = due + dt.timedelta(seconds=rng.uniform(600, (closes - due).total_seconds() * 0.8))
    else:
        hours = rng.expovariate(1 / (6 + 48 * one.diligence))
        begins = max(due - dt.timedelta(hours=hours, minutes=rng.uniform(5, 90)), planned.opens_at)
    ends = closes if is_late else due
    found, at = [], begins
    for _ in range(count):
        found.append(min(at, ends - dt.timedelta(seconds=rng.uniform(5, 240))))
        at += dt.timedelta(seconds=rng.expovariate(1 / 900) + 45)
    return sorted(found)
