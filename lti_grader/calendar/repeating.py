"""When an event takes place, once or week after week. Pure."""

import dataclasses
import datetime as dt
from collections.abc import Iterator
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr

from lti_grader.calendar.errors import BadEvent

LONGEST = dt.timedelta(days=31)
FURTHEST = dt.timedelta(days=3 * 366)
"""How long after its beginning an event may repeat."""
_END_OF_DAY = dt.time(23, 59, 59)


@dataclasses.dataclass(frozen=True)
class Span:
    """From when to when one occurrence lasts; as long as nothing, where it is a moment."""

    starts_at: dt.datetime
    ends_at: dt.datetime
    day: dt.date
    """On which it begins, in the event's own time zone."""
    last_day: dt.date
    """On which it ends."""


@dataclasses.dataclass(frozen=True)
class Times:
    """When an event takes place. It keeps its time of day when clocks change."""

    starts_at: dt.datetime
    ends_at: dt.datetime
    zone: str
    is_all_day: bool = False
    rule: str | None = None
    """An RRULE of RFC 5545; UNTIL is in UTC, and on whole days a date."""
    left_out: frozenset[dt.date] = frozenset()

    def spans(self) -> Iterator[Span]:
        """Yield every occurrence in order, at most one a week for three years."""
        yield from (one for one in self._all() if one.day not in self.left_out)

    def _all(self) -> Iterator[Span]:
        zone = ZoneInfo(self.zone)
        first, end = self.starts_at.astimezone(zone), self.ends_at.astimezone(zone)
        if self.is_all_day:
            days = (end.date() - first.date()).days
            for start in _repeated(first.replace(tzinfo=None), self.rule):
                after = start.date() + dt.timedelta(days=days)
                yield Span(
                    midnight(start.date(), zone), midnight(after, zone), start.date(), after - dt.timedelta(days=1)
                )
            return
        for start in _repeated(first, self.rule):
            begins = start.astimezone(dt.UTC)
            ends = begins + (self.ends_at - self.starts_at)
            yield Span(begins, ends, start.date(), ends.astimezone(zone).date())

    @property
    def over_at(self) -> dt.datetime:
        """When the last occurrence ends, those that are left out among them."""
        return max(one.ends_at for one in self._all())

    @property
    def repeats_until(self) -> dt.date | None:
        """The last date on which it may begin; None where it takes place once."""
        until = _parts(self.rule).get("UNTIL")
        if until is None:
            return None
        if self.is_all_day:
            return dt.datetime.strptime(until, "%Y%m%d").date()  # noqa: DTZ007 - a date has no zone
        return dt.datetime.strptime(until, "%Y%m%dT%H%M%S%z").astimezone(ZoneInfo(self.zone)).date()

    @property
    def every(self) -> int:
        """After how many weeks it takes place again."""
        return int(_parts(self.rule).get("INTERVAL", "1"))


def _parts(rule: str | None) -> dict[str, str]:
    return dict(part.split("=", 1) for part in rule.split(";")) if rule else {}


def _repeated(first: dt.datetime, rule: str | None) -> Iterator[dt.datetime]:
    yield from [first] if rule is None else rrulestr(rule, dtstart=first)


def midnight(day: dt.date, zone: ZoneInfo) -> dt.datetime:
    """Return when a day begins in a zone, in UTC: where its first hour is left out, that is at one o'clock."""
    return dt.datetime.combine(day, dt.time(), zone).astimezone(dt.UTC)


def moment(day: dt.date, time: dt.time, zone: ZoneInfo) -> dt.datetime:
    """Return a time of day in a zone, in UTC.

    Raises
    ------
    BadEvent
        Clocks are put forward over it on that day.
    """
    local = dt.datetime.combine(day, time, zone)
    found = local.astimezone(dt.UTC)
    if found.astimezone(zone).replace(tzinfo=None) != local.replace(tzinfo=None):
        raise BadEvent(f"There is no {time:%H:%M} on {day:%-d %B %Y} in {zone.key}: clocks are put forward over it.")
    return found


def weekly(times: Times, until: dt.date, *, every: int = 1) -> Times:
    """Return the times of an event that takes place again each week, or each so many weeks.

    Parameters
    ----------
    until
        The last date on which it may begin, in the event's zone.

    Raises
    ------
    BadEvent
        That is before the first time, or years after it.
    """
    zone = ZoneInfo(times.zone)
    first = times.starts_at.astimezone(zone).date()
    if until < first:
        raise BadEvent("The last date is before the first: let it repeat until a later one.")
    if until - first > FURTHEST:
        raise BadEvent("An event repeats for three years at most.")
    if times.is_all_day:
        end = f"{until:%Y%m%d}"
    else:
        end = f"{dt.datetime.combine(until, _END_OF_DAY, zone).astimezone(dt.UTC):%Y%m%dT%H%M%SZ}"
    interval = f";INTERVAL={every}" if every > 1 else ""
    return dataclasses.replace(times, rule=f"FREQ=WEEKLY{interval};UNTIL={end}")
