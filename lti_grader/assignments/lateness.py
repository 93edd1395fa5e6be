"""What work counts that comes after its due date: steps by hours, each with its credit. Pure."""

import dataclasses
import datetime as dt
import itertools
from collections.abc import Iterator
from decimal import Decimal

from pydantic import BaseModel, ConfigDict, model_validator

MOST_STEPS = 6
MOST_HOURS = 24 * 365
MOST_GRACE_MINUTES = 24 * 60
MOST_LATE_DAYS = 100


class LateStep(BaseModel):
    """Work that is late by no more than so many hours counts so many per cent of its points."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    hours: int | None
    """After the due date; None for as long as work is accepted."""
    credit: int
    """In per cent."""

    @property
    def until(self) -> str:
        """Until when that is, in words."""
        return "after the due date" if self.hours is None else f"up to {hours_in_words(self.hours)} after the due date"


class LatePolicy(BaseModel):
    """What late work counts. Without steps it counts in full; after the last step it counts nothing."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    steps: tuple[LateStep, ...] = ()
    grace_minutes: int = 0
    """Late by no more than this is not late."""
    late_days: int = 0
    """How many late days a student may spend on it: each moves their due date by 24 hours."""

    @model_validator(mode="after")
    def _makes_sense(self) -> "LatePolicy":
        for words in itertools.chain(_of_steps(self.steps), _of_order(self.steps), _of_grace(self)):
            raise ValueError(words)
        return self

    def late(self, submitted_at: dt.datetime, due: dt.datetime | None) -> "Late | None":
        """Return how late something is; None where it is in time, within the grace, or late work counts in full anyway.

        Parameters
        ----------
        due
            Of whoever submitted it; None where they have no due date.
        """
        if due is None or not self.steps:
            return None
        by = submitted_at - due
        if by <= dt.timedelta(minutes=self.grace_minutes):
            return None
        fitting = (one.credit for one in self.steps if one.hours is None or by <= dt.timedelta(hours=one.hours))
        return Late(by, next(fitting, 0))

    def stages(self, due: dt.datetime) -> list[tuple[dt.datetime, int]]:
        """Return from when something is late, and what it counts from then on, in per cent, in order."""
        begins = due + dt.timedelta(minutes=self.grace_minutes)
        found: list[tuple[dt.datetime, int]] = []
        for one in self.steps:
            ends = None if one.hours is None else due + dt.timedelta(hours=one.hours)
            if ends is not None and ends <= begins:
                continue
            found.append((begins, one.credit))
            if ends is None:
                return found
            begins = ends
        return [*found, (begins, 0)] if self.steps else []

    @property
    def in_words(self) -> list[str]:
        """Each step in a sentence; none where late work counts in full."""
        said: list[str] = []
        for one in self.steps:
            until = "later" if said and one.hours is None else one.until
            said.append(f"{until}: {credit_in_words(one.credit)}")
        if self.steps and self.steps[-1].hours is not None:
            said.append("later: none of the points")
        if self.steps and self.grace_minutes:
            said.insert(0, f"up to {length_in_words(dt.timedelta(minutes=self.grace_minutes))} late: all of its points")
        return said


@dataclasses.dataclass(frozen=True)
class Late:
    """How late something was handed in, and what it counts."""

    by: dt.timedelta
    percent: int
    """Of its points."""

    @property
    def credit(self) -> Decimal:
        """What its points are multiplied by."""
        return Decimal(self.percent) / 100

    @property
    def in_words(self) -> str:
        """How late, and what follows, as a sentence: "Late by 5 h 20 min: 80 % of the points."."""
        return f"Late by {length_in_words(self.by)}: {credit_in_words(self.percent)}."


def credit_of(late: Late | None) -> Decimal:
    """Return what a submission's points are multiplied by; 1 where it is not late."""
    return Decimal(1) if late is None else late.credit


def credit_in_words(percent: int) -> str:
    """Return what counts of the points: "80 % of the points"."""
    return {0: "none of the points", 100: "all of its points"}.get(percent, f"{percent} % of the points")


def hours_in_words(hours: int) -> str:
    """Return "36 hours", or "2 days" where they are whole ones."""
    number, unit = (hours // 24, "day") if hours % 24 == 0 else (hours, "hour")
    return f"{number} {unit}" if number == 1 else f"{number} {unit}s"


def length_in_words(length: dt.timedelta, *, seconds: bool = False) -> str:
    """Return a length of time by its two greatest units, "5 h 20 min"; what is begun counts, so that nothing is 0 min.

    Parameters
    ----------
    seconds
        Whether seconds are told, too.
    """
    least = 1 if seconds else 60
    whole = max(1, -(-length // dt.timedelta(seconds=least))) * least
    minutes = whole // 60
    parts = [(minutes // 1440, "day"), (minutes % 1440 // 60, "h"), (minutes % 60, "min"), (whole % 60, "s")]
    said = [f"{number} {unit}{'s' if unit == 'day' and number > 1 else ''}" for number, unit in parts if number]
    return " ".join(said[:2])


def _of_steps(steps: tuple[LateStep, ...]) -> Iterator[str]:
    """Yield what is wrong with steps, in words that say what to do."""
    if len(steps) > MOST_STEPS:
        yield f"Late work has {MOST_STEPS} steps at most: leave some out."
    for number, one in enumerate(steps, start=1):
        if one.hours is not None and not 1 <= one.hours <= MOST_HOURS:
            yield f"Step {number}: give the time after the due date in hours or days, a year at most."
        if not 0 <= one.credit <= 100:
            yield f"Step {number}: what late work counts is a number from 0 to 100 per cent."
        if one.hours is None and number < len(steps):
            yield f"Step {number} has no end, so nothing can come after it: give it one, or make it the last."


def _of_order(steps: tuple[LateStep, ...]) -> Iterator[str]:
    for number, (before, after) in enumerate(itertools.pairwise(steps), start=2):
        if before.hours is not None and after.hours is not None and after.hours <= before.hours:
            yield f"Step {number} ends no later than the one before it: put the steps in order, the shortest time first."
        if after.credit >= before.credit:
            yield f"Step {number} counts no less than the one before it: later work must count less, or the step be left out."


def _of_grace(policy: LatePolicy) -> Iterator[str]:
    if not 0 <= policy.late_days <= MOST_LATE_DAYS:
        yield f"The late days for one assignment are a number from 0 to {MOST_LATE_DAYS}."
    if policy.late_days and not policy.steps:
        yield "Late days help only where late work counts less: say what late work counts, or allow none."
    if not 0 <= policy.grace_minutes <= MOST_GRACE_MINUTES:
        yield f"The grace is a number of minutes from 0 to {MOST_GRACE_MINUTES}."
    if policy.grace_minutes and not policy.steps:
        yield "A grace helps only where late work counts less: say what late work counts, or leave the grace empty."
