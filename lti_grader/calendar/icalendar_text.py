"""A calendar as RFC 5545 writes it. Pure."""

import dataclasses
import datetime as dt
import hashlib
from collections.abc import Iterable, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, vRecur

from lti_grader.calendar.entries import DateOf, Entry
from lti_grader.calendar.models import CalendarEvent

REFRESH = dt.timedelta(hours=1)
"""How often programs are asked to come back."""
_PRODUCT = "-//lti_grader//calendar//EN"


@dataclasses.dataclass(frozen=True)
class Told:
    """What was said of an event last."""

    digest: str
    """Of everything but what is said here."""
    sequence: int
    """How often it was changed."""
    changed_at: dt.datetime


@dataclasses.dataclass(frozen=True)
class Feed:
    """A calendar, and what has to be kept so that the next one tells changes as changes."""

    body: bytes
    told: dict[str, Told]


def feed(
    dates: Iterable[Entry],
    events: Iterable[CalendarEvent],
    class_names: Mapping[Any, str],
    before: Mapping[str, Told],
    *,
    at: dt.datetime,
) -> Feed:
    """Return a calendar with dates of assignments and with events, each under a UID that stays.

    Parameters
    ----------
    before
        What was said last, by UID: what says the same keeps its sequence and the time of its last change.
    at
        Now, to the second.
    """
    found = [_date(one) for one in dates] + [_event(one, class_names.get(one.class_id, "")) for one in events]
    told = {}
    whole = Calendar()
    whole.add("prodid", _PRODUCT)
    whole.add("version", "2.0")
    whole.add("calscale", "GREGORIAN")
    whole.add("name", "Courses")
    whole.add("x-wr-calname", "Courses")
    whole.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    whole.add("x-published-ttl", REFRESH, parameters={"VALUE": "DURATION"})
    for one in found:
        uid = str(one["uid"])
        told[uid] = now = _told(one, before.get(uid), at)
        # In a calendar that is published without a method this is the time of the last change (RFC 5545, 3.8.7.2).
        one.add("dtstamp", now.changed_at)
        one.add("last-modified", now.changed_at)
        one.add("sequence", now.sequence)
        whole.add_component(one)
    whole.add_missing_timezones()
    return Feed(whole.to_ical(), told)


def _told(event: Event, before: Told | None, at: dt.datetime) -> Told:
    digest = hashlib.sha256(event.to_ical()).hexdigest()[:24]
    if before is None:
        return Told(digest, 0, at)
    return before if before.digest == digest else Told(digest, before.sequence + 1, at)


def _date(entry: Entry) -> Event:
    found = Event()
    found.add("uid", f"{entry.item_id}-{entry.what}")
    found.add("summary", f"{entry.title}: {_VERBS[DateOf(entry.what)]}")
    found.add("categories", [entry.class_name])
    found.add("description", f"{entry.class_name}. Open it from your course page.")
    found.add("dtstart", entry.starts_at.astimezone(dt.UTC))
    # It takes up no time of anybody's day.
    found.add("transp", "TRANSPARENT")
    return found


_VERBS = {DateOf.OPENS: "opens", DateOf.DUE: "due", DateOf.CLOSES: "closes"}


def _event(event: CalendarEvent, class_name: str) -> Event:
    found = Event()
    found.add("uid", str(event.id))
    found.add("summary", event.title)
    for name, text in (("location", event.place), ("description", event.description)):
        if text:
            found.add(name, text)
    if class_name:
        found.add("categories", [class_name])
    zone = ZoneInfo(event.zone)
    begins, ends = event.starts_at.astimezone(zone), event.ends_at.astimezone(zone)
    if event.is_all_day:
        found.add("dtstart", begins.date())
        found.add("dtend", ends.date())
    elif event.rule is None:
        found.add("dtstart", event.starts_at.astimezone(dt.UTC))
        found.add("dtend", event.ends_at.astimezone(dt.UTC))
    else:
        found.add("dtstart", begins)
        found.add("dtend", ends)
    if event.rule is not None:
        found.add("rrule", vRecur.from_ical(event.rule))
        if event.left_out:
            found.add("exdate", [_left_out(day, begins, is_all_day=event.is_all_day) for day in event.left_out])
    return found


def _left_out(day: dt.date, begins: dt.datetime, *, is_all_day: bool) -> dt.date | dt.datetime:
    return day if is_all_day else begins.replace(year=day.year, month=day.month, day=day.day)
