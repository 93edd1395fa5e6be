"""Events as forms hold them. Pure."""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from zoneinfo import ZoneInfo

from lti_grader.calendar.days import FIRST, LAST
from lti_grader.calendar.errors import BadEvent
from lti_grader.calendar.models import CalendarEvent, EventType
from lti_grader.calendar.operations import Draft
from lti_grader.calendar.repeating import Times, midnight, moment, weekly

_DAY = dt.timedelta(days=1)


def read(form: Mapping[str, str], zone: ZoneInfo, *, sections: Sequence[str]) -> Draft:
    """Return the event that a form holds.

    Parameters
    ----------
    zone
        Of the form's times.
    sections
        That are ticked.

    Raises
    ------
    BadEvent
        It lacks something, or holds what cannot be read.
    """
    times = _times(form, zone)
    if form.get("repeats", "") in ("1", "2"):
        until = _date(form, "until", "the last date on which it may take place")
        times = weekly(times, until, every=int(form["repeats"]))
    return Draft(
        title=form.get("title", ""),
        times=times,
        type=_type(form),
        place=form.get("place", ""),
        description=form.get("description", ""),
        sections=sections,
        reference_id=_reference(form),
    )


def _times(form: Mapping[str, str], zone: ZoneInfo) -> Times:
    first = _date(form, "day", "the day on which it takes place")
    last = _date(form, "last_day", "the day on which it ends") if form.get("last_day") else first
    if last < first:
        raise BadEvent("It would end before it begins: set a later end.")
    if "all_day" in form:
        return Times(midnight(first, zone), midnight(last + _DAY, zone), zone.key, is_all_day=True)
    begins = moment(first, _time(form, "from", "begins"), zone)
    ends = moment(last, _time(form, "to", "ends"), zone)
    if ends < begins:
        raise BadEvent("It would end before it begins: set a later end, or the day after as its last day.")
    return Times(begins, ends, zone.key)


def _date(form: Mapping[str, str], name: str, what: str) -> dt.date:
    try:
        found = dt.date.fromisoformat(form.get(name, ""))
    except ValueError:
        raise BadEvent(f"Say {what}.") from None
    if not FIRST <= found < LAST:
        raise BadEvent(f"A calendar has dates from {FIRST:%Y} to {LAST:%Y}: set another one.")
    return found


def _time(form: Mapping[str, str], name: str, does: str) -> dt.time:
    try:
        return dt.datetime.strptime(form.get(name, "")[:5], "%H:%M").time()  # noqa: DTZ007 - a time of day
    except ValueError:
        raise BadEvent(f"Say at what time it {does}, or let it last all day.") from None


def _type(form: Mapping[str, str]) -> EventType:
    try:
        return EventType(form.get("type", EventType.OWN))
    except ValueError:
        raise BadEvent("Choose from the list what kind of event it is.") from None


def _reference(form: Mapping[str, str]) -> uuid.UUID | None:
    try:
        return uuid.UUID(form["about"]) if form.get("about") else None
    except ValueError:
        raise BadEvent("Choose from the list what it is about.") from None


def fields_of(event: CalendarEvent) -> dict[str, str]:
    """Return what the form of an event holds before anybody types in it, sections aside."""
    zone, times = ZoneInfo(event.zone), event.times
    begins, ends = event.starts_at.astimezone(zone), event.ends_at.astimezone(zone)
    last = ends.date() - _DAY if event.is_all_day else ends.date()
    found = {
        "title": event.title, "type": event.type, "place": event.place, "description": event.description,
        "about": str(event.reference_id or ""), "day": begins.date().isoformat(),
        "last_day": "" if last == begins.date() else last.isoformat(), "from": f"{begins:%H:%M}", "to": f"{ends:%H:%M}",
    }  # fmt: skip
    if event.is_all_day:
        found.update({"all_day": "1", "from": "", "to": ""})
    if (until := times.repeats_until) is not None:
        found.update(repeats=str(times.every), until=until.isoformat())
    return found
