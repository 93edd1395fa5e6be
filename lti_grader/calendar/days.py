"""Months, weeks and days as a calendar shows them. Weeks begin on Monday (ISO 8601). Pure."""

import calendar
import datetime as dt
import enum
from collections.abc import Iterable, Sequence
from zoneinfo import ZoneInfo

from lti_grader.calendar.entries import Entry
from lti_grader.calendar.repeating import midnight

FIRST, LAST = dt.date(2000, 1, 1), dt.date(2199, 12, 31)
"""Between which days one can look."""
AGENDA = 30
"""How many days an agenda has."""
_DAY = dt.timedelta(days=1)


class View(enum.StrEnum):
    MONTH = "month"
    WEEK = "week"
    AGENDA = "agenda"


def days_of(view: View, on: dt.date) -> list[dt.date]:
    """Return the days that are shown around one: of a month the whole weeks that it lies in."""
    if view is View.MONTH:
        return list(calendar.Calendar().itermonthdates(on.year, on.month))
    if view is View.WEEK:
        monday = on - on.weekday() * _DAY
        return [monday + number * _DAY for number in range(7)]
    return [on + number * _DAY for number in range(AGENDA)]


def weeks_of(days: Sequence[dt.date]) -> list[Sequence[dt.date]]:
    """Return days in rows of seven."""
    return [days[at : at + 7] for at in range(0, len(days), 7)]


def step(view: View, on: dt.date, by: int) -> dt.date | None:
    """Return the day from which one looks at the part after (1) or before (-1); None beyond the last or the first."""
    if view is View.MONTH:
        months = on.year * 12 + on.month - 1 + by
        found = dt.date(months // 12, months % 12 + 1, 1)
    else:
        found = on + by * (7 if view is View.WEEK else AGENDA) * _DAY
    return found if FIRST <= found <= LAST else None


def bounds(days: Sequence[dt.date], zone: ZoneInfo) -> tuple[dt.datetime, dt.datetime]:
    """Return when days that follow each other begin, and when they are over."""
    return midnight(days[0], zone), midnight(days[-1] + _DAY, zone)


def by_day(days: Sequence[dt.date], entries: Iterable[Entry], zone: ZoneInfo) -> dict[dt.date, list[Entry]]:
    """Return what stands on each day: whole days first, then by the time at which it begins."""
    found: dict[dt.date, list[Entry]] = {day: [] for day in days}
    for one in sorted(entries, key=lambda one: (not one.is_all_day, one.starts_at, one.word, one.title)):
        first, last = one.days(zone)
        for number in range((min(last, days[-1]) - max(first, days[0])).days + 1):
            found[max(first, days[0]) + number * _DAY].append(one)
    return found


def title_of(view: View, on: dt.date) -> str:
    """Return what the shown part is called."""
    if view is View.MONTH:
        return f"{on:%B %Y}"
    days = days_of(view, on)
    first, last = days[0], days[-1]
    begins = f"{first:%-d}" if (first.year, first.month) == (last.year, last.month) else f"{first:%-d %B}"
    if first.year != last.year:
        begins += f" {first:%Y}"
    return f"{begins} \N{EN DASH} {last:%-d %B %Y}"
