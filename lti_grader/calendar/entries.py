"""What stands in a calendar: dates of assignments and occurrences of events, each on its days. Pure."""

import dataclasses
import datetime as dt
import enum
import uuid
from zoneinfo import ZoneInfo

from lti_grader.calendar.models import CalendarEvent, EventType
from lti_grader.calendar.repeating import Span

_MOMENT = dt.timedelta(microseconds=1)


class DateOf(enum.StrEnum):
    """What a date of an assignment is."""

    OPENS = "opens"
    DUE = "due"
    CLOSES = "closes"


class Kind(enum.StrEnum):
    """What a calendar can be held to."""

    DATES = "dates"
    """Of assignments."""
    EVENTS = "events"
    """Of classes."""
    OWN = "own"


WORDS = {
    DateOf.OPENS: "Opens", DateOf.DUE: "Due", DateOf.CLOSES: "Closes",
    EventType.LECTURE: "Lecture", EventType.TUTORIAL: "Tutorial", EventType.OFFICE_HOURS: "Office hours",
    EventType.EXAM: "Exam", EventType.OTHER: "Event", EventType.OWN: "Own",
}  # fmt: skip
"""What each is called where people read it."""


@dataclasses.dataclass(frozen=True)
class Entry:
    """One thing that stands in a calendar."""

    what: DateOf | EventType
    title: str
    span: Span | None
    """Of an event; None for a date of an assignment, which is a moment."""
    starts_at: dt.datetime
    class_id: uuid.UUID | None
    class_name: str
    item_id: uuid.UUID | None = None
    """The assignment, of its dates."""
    is_own_date: bool = False
    """Whether this person has another date than the assignment says."""
    event: CalendarEvent | None = None

    @property
    def word(self) -> str:
        return WORDS[self.what]

    @property
    def is_all_day(self) -> bool:
        return self.event is not None and self.event.is_all_day

    @property
    def ends_at(self) -> dt.datetime:
        return self.span.ends_at if self.span else self.starts_at

    def days(self, zone: ZoneInfo) -> tuple[dt.date, dt.date]:
        """Return its first and its last day for who reads times in `zone`; whole days are the same for everybody."""
        if self.span and self.is_all_day:
            return self.span.day, self.span.last_day
        last = max(self.starts_at, self.ends_at - _MOMENT)
        return self.starts_at.astimezone(zone).date(), last.astimezone(zone).date()
