"""What the department teaches, week by week: a plan, before anything of it is in the database."""

import dataclasses
import datetime as dt
from collections.abc import Iterator, Sequence

from lti_grader.assignments.lateness import LatePolicy, LateStep
from lti_grader.assignments.models import Counts, Mode
from lti_grader.demo.department.catalogue import Problem, by_course
from lti_grader.problems.models import Difficulty

WEEKS = 14
LATE = LatePolicy(steps=(LateStep(hours=24, credit=90), LateStep(hours=None, credit=70)), grace_minutes=10)
THIS_WEEK = 11
"""The week of term that it is now: most is done, something is due, and the last exam is to come."""
_HOMEWORK = range(1, 12)
_PRACTICE = range(1, 12, 2)
_EXAMS = {5: "Midterm", 9: "Second midterm", 13: "Final exam"}


@dataclasses.dataclass(frozen=True)
class Course:
    """A course; `share` is how many of the students take it, and `ahead` their skill beyond that of beginners."""

    key: str
    code: str
    name: str
    languages: Sequence[str]
    share: float
    sections: Sequence[str]
    ahead: float

    @property
    def title(self) -> str:
        return f"{self.code} {self.name}"


COURSES = (
    Course("intro", "CS 101", "Introduction to Programming", ("python",), 0.42, ("Monday", "Tuesday", "Wednesday", "Thursday"), 0.0),
    Course("structures", "CS 201", "Data Structures", ("java", "cpp"), 0.33, ("Group A", "Group B", "Group C"), 0.7),
    Course("algorithms", "CS 301", "Algorithms", ("python", "cpp"), 0.25, ("Seminar 1", "Seminar 2"), 1.2),
)  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Planned:
    """An assignment as it is planned."""

    title: str
    week: int
    mode: Mode
    difficulty: Difficulty
    counts: Counts
    problems: Sequence[Problem]
    opens_at: dt.datetime
    due: dt.datetime
    closes_at: dt.datetime | None
    attempts_allowed: int | None = None
    late: LatePolicy = dataclasses.field(default_factory=LatePolicy)

    @property
    def module(self) -> str:
        return f"Week {self.week}"


def term_start(now: dt.datetime) -> dt.datetime:
    """Return the Monday, in UTC, with which the term began."""
    monday = now.astimezone(dt.UTC).replace(hour=0, minute=0, second=0, microsecond=0) - dt.timedelta(
        days=now.weekday()
    )
    return monday - dt.timedelta(weeks=THIS_WEEK - 1)


def plan(course: Course, start: dt.datetime, *, weeks: int = WEEKS) -> list[Planned]:
    """Return a course's assignments by week: in a whole term eleven homeworks, six sheets to practise, and three exams."""
    found = []
    for week in range(1, weeks + 1):
        monday = start + dt.timedelta(weeks=week - 1)
        found += list(_of_week(course, week, monday))
    return found


def _of_week(course: Course, week: int, monday: dt.datetime) -> Iterator[Planned]:
    if week in _PRACTICE:
        due = monday + dt.timedelta(days=13, hours=22)
        yield Planned(f"Practice {week // 2 + 1}", week, Mode.PRACTICE, Difficulty.EASY, Counts.BEST,
                      _chosen(course, week, 2, shift=-1), monday + dt.timedelta(hours=8), due, None)  # fmt: skip
    if week in _HOMEWORK:
        due = monday + dt.timedelta(days=6, hours=22)
        counts = Counts.LATEST if week % 4 == 0 else Counts.BEST
        yield Planned(f"Homework {week}", week, Mode.HOMEWORK, Difficulty.MEDIUM, counts, _chosen(course, week, 3),
                      monday + dt.timedelta(hours=8), due, due + dt.timedelta(days=3), late=LATE)  # fmt: skip
    if week in _EXAMS:
        begins = monday + dt.timedelta(days=4, hours=9)
        yield Planned(_EXAMS[week], week, Mode.EXAM, Difficulty.HARD, Counts.BEST, _chosen(course, week, 3, apart=2),
                      begins, begins + dt.timedelta(hours=2), begins + dt.timedelta(hours=2), attempts_allowed=10)  # fmt: skip


def _chosen(course: Course, week: int, count: int, *, shift: int = 0, apart: int = 1) -> list[Problem]:
    """Return problems that suit the week: the term begins with the easy ones."""
    listed = by_course()[course.key]
    room = len(listed) - (count - 1) * apart - 1
    first = min(max(round(room * (week - 1) / (WEEKS - 2)) + shift, 0), room)
    return [listed[first + place * apart] for place in range(count)]
