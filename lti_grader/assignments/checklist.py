"""What would go wrong with an assignment if its students saw it now: policy alone, from facts."""

import dataclasses
import datetime as dt
import enum
from collections.abc import Collection, Iterator, Sequence
from decimal import Decimal

from lti_grader.assignments.models import Mode
from lti_grader.problems.models import VersionState


class Mend(enum.StrEnum):
    """Where something is put right."""

    DATES = "dates"
    POINTS = "points"
    PROBLEM = "problem"
    REGRADE = "regrade"
    OVERRIDES = "overrides"
    COLUMNS = "columns"
    CONTENTS = "contents"
    GROUPS = "groups"


@dataclasses.dataclass(frozen=True)
class Finding:
    """Something that would go wrong, or that somebody should have looked at."""

    stops: bool
    """Whether students could not work, or not be marked."""
    text: str
    mend: Mend
    problem: "ProblemFacts | None" = None


@dataclasses.dataclass(frozen=True)
class ProblemFacts:
    """A problem of the assignment."""

    title: str
    problem_id: object
    points: Decimal
    state: str
    """Of the version that it is set with."""
    number: int
    newest: int | None
    """The number of the newest published version."""
    draft: int | None
    """The number of the draft, where there is one."""
    answered_in: Sequence[str]
    """The languages that it can be answered in; none for whatever the assignment takes."""


@dataclasses.dataclass(frozen=True)
class OverrideFacts:
    """Other dates of a section or a student."""

    name: str
    due: dt.datetime | None
    has_anybody: bool


@dataclasses.dataclass(frozen=True)
class Facts:
    """All that the list is made from."""

    mode: str
    points_total: Decimal
    opens: dt.datetime | None
    due: dt.datetime | None
    closes: dt.datetime | None
    module: str
    module_is_out: bool
    languages: Sequence[str]
    problems: Sequence[ProblemFacts]
    overrides: Sequence[OverrideFacts]
    columns: Sequence[str]
    """What there is to say of its columns in the LMS, in sentences."""
    without_group: int = 0
    """How many students are in none of the groups that hand it in."""
    groups: str = ""
    """What those groups are called."""


def checklist(facts: Facts, available: Collection[str], *, at: dt.datetime) -> list[Finding]:
    """Return what would go wrong, what stops students first.

    Parameters
    ----------
    available
        The languages whose toolchain there is.
    """
    found = [
        *_problems(facts, available),
        *_points(facts),
        *_dates(facts, at),
        *_overrides(facts, at),
        *_groups(facts),
        *_around(facts),
    ]
    return sorted(found, key=lambda one: not one.stops)


def _problems(facts: Facts, available: Collection[str]) -> Iterator[Finding]:
    if not facts.problems:
        yield Finding(stops=True, text="It has no problem: there is nothing to work on.", mend=Mend.CONTENTS)
    missing = [one for one in facts.languages if one not in available]
    if missing and facts.problems:
        stops = len(missing) == len(facts.languages)
        text = f"No toolchain is on this machine for {', '.join(missing)}: what is handed in in it may not be judged."
        yield Finding(stops=stops, text=text, mend=Mend.CONTENTS)
    for one in facts.problems:
        yield from _problem(one, facts.languages)


def _problem(one: ProblemFacts, languages: Sequence[str]) -> Iterator[Finding]:
    if one.state == VersionState.DRAFT:
        text = f"“{one.title}” is set with a draft: check and publish it."
        yield Finding(stops=True, text=text, mend=Mend.PROBLEM, problem=one)
    if one.newest is not None and one.newest > one.number:
        text = f"“{one.title}” is set with version {one.number}, and version {one.newest} is published."
        yield Finding(stops=False, text=text, mend=Mend.REGRADE, problem=one)
    if one.draft is not None and one.draft > one.number and one.state != VersionState.DRAFT:
        text = f"“{one.title}” has a draft that is newer than the version it is set with."
        yield Finding(stops=False, text=text, mend=Mend.PROBLEM, problem=one)
    if one.answered_in and not set(one.answered_in) & set(languages):
        text = f"“{one.title}” is answered in {', '.join(one.answered_in)} only, which this assignment does not take."
        yield Finding(stops=True, text=text, mend=Mend.PROBLEM, problem=one)


def _points(facts: Facts) -> Iterator[Finding]:
    if facts.points_total <= 0:
        yield Finding(stops=True, text="It is worth no points at all.", mend=Mend.POINTS)
    for one in facts.problems:
        if one.points == 0 and facts.points_total > 0:
            yield Finding(stops=False, text=f"“{one.title}” is worth no points.", mend=Mend.POINTS)


def _dates(facts: Facts, at: dt.datetime) -> Iterator[Finding]:
    end = facts.closes or (facts.due if facts.mode == Mode.EXAM else None)
    if end is not None and end <= at:
        yield Finding(stops=True, text="It is closed already: nothing is accepted any more.", mend=Mend.DATES)
    elif facts.due is not None and facts.due <= at:
        yield Finding(stops=False, text="It was due already: whatever is handed in is late.", mend=Mend.DATES)
    if facts.due is not None and facts.closes is not None and facts.closes < facts.due:
        yield Finding(stops=True, text="It closes before it is due.", mend=Mend.DATES)
    if facts.due is not None and facts.opens is not None and facts.due <= facts.opens:
        yield Finding(stops=True, text="It is due before it opens.", mend=Mend.DATES)
    if facts.mode == Mode.EXAM and end is None:
        yield Finding(stops=True, text="It is an exam that never closes.", mend=Mend.DATES)
    elif facts.mode == Mode.HOMEWORK and facts.due is None and facts.closes is None:
        yield Finding(stops=False, text="It has no due date.", mend=Mend.DATES)


def _overrides(facts: Facts, at: dt.datetime) -> Iterator[Finding]:
    for one in facts.overrides:
        if not one.has_anybody:
            text = f"The other dates of {one.name} hold for nobody who is in the class."
            yield Finding(stops=False, text=text, mend=Mend.OVERRIDES)
        elif one.due is not None and one.due <= at:
            text = f"The work of {one.name} was due already, by dates of their own."
            yield Finding(stops=False, text=text, mend=Mend.OVERRIDES)
        elif one.due is not None and facts.closes is not None and one.due > facts.closes:
            text = (
                f"The work of {one.name} is due after the assignment has closed: give them another closing date, too."
            )
            yield Finding(stops=False, text=text, mend=Mend.OVERRIDES)


def _groups(facts: Facts) -> Iterator[Finding]:
    if facts.without_group:
        who = "1 student is" if facts.without_group == 1 else f"{facts.without_group} students are"
        text = f"{who} in no group of “{facts.groups}”, by which it is handed in: they cannot submit."
        yield Finding(stops=False, text=text, mend=Mend.GROUPS)


def _around(facts: Facts) -> Iterator[Finding]:
    if not facts.module_is_out:
        text = f"Its module “{facts.module}” is not shown: students do not see it, whatever is said of itself."
        yield Finding(stops=True, text=text, mend=Mend.CONTENTS)
    for one in facts.columns:
        yield Finding(stops=False, text=one, mend=Mend.COLUMNS)
