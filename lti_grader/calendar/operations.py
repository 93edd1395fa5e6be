"""Events put into calendars, changed and taken out again."""

import dataclasses
import datetime as dt
import uuid
from collections.abc import Sequence

import sqlalchemy as sa

from lti_grader.calendar.errors import BadEvent
from lti_grader.calendar.models import CalendarEvent, CalendarFeed, EventType
from lti_grader.calendar.queries import OpenedEvent, Place
from lti_grader.calendar.repeating import LONGEST, Times
from lti_grader.classes.models import ContentItem, Module
from lti_grader.classes.queries import sections
from lti_grader.core.db import current_tenant, session
from lti_grader.core.errors import Forbidden

LONGEST_TITLE = 250
LONGEST_DESCRIPTION = 4000
MOST_OWN, MOST_OF_CLASS = 1000, 2000


@dataclasses.dataclass(frozen=True)
class Draft:
    """An event as somebody wants it."""

    title: str
    times: Times
    type: EventType = EventType.OWN
    place: str = ""
    description: str = ""
    sections: Sequence[str] = ()
    """Of its class; none for everybody."""
    reference_id: uuid.UUID | None = None
    """What of its class it is about."""


def add_own(owner_id: uuid.UUID, draft: Draft, *, at: dt.datetime) -> CalendarEvent:
    """Put an event into a person's own calendar.

    Raises
    ------
    BadEvent
        It cannot be, or there are very many already.
    """
    _require_room(sa.and_(CalendarEvent.owner_id == owner_id, CalendarEvent.type == EventType.OWN), MOST_OWN)
    return _add(CalendarEvent(owner_id=owner_id, class_id=None), dataclasses.replace(draft, type=EventType.OWN), at)


def add_to_class(place: Place, draft: Draft, *, at: dt.datetime) -> CalendarEvent:
    """Put an event into the calendar of a class, or of some of its sections.

    Raises
    ------
    Forbidden
        Somebody else asks for it than staff, or for sections that they do not see.
    BadEvent
    """
    _require_theirs(place, draft)
    _require_room(CalendarEvent.class_id == place.class_id, MOST_OF_CLASS)
    return _add(CalendarEvent(owner_id=place.membership.user_id, class_id=place.class_id), draft, at)


def change(opened: OpenedEvent, draft: Draft, *, at: dt.datetime) -> None:
    """Change an event in all that it says; raises what putting one in raises."""
    event = opened.event
    require_change(opened)
    if opened.place is not None:
        _require_theirs(opened.place, draft)
    else:
        draft = dataclasses.replace(draft, type=EventType.OWN)
    kept = frozenset(event.left_out) if draft.times.rule is not None else frozenset()
    _write(event, dataclasses.replace(draft, times=dataclasses.replace(draft.times, left_out=kept)), at)


def leave_out(opened: OpenedEvent, day: dt.date, *, at: dt.datetime) -> None:
    """Let an event that repeats not take place on one day.

    Raises
    ------
    BadEvent
        It takes place on no such day, or on no other.
    """
    require_change(opened)
    times = opened.event.times
    days = [one.day for one in times.spans()]
    if times.rule is None or day not in days:
        raise BadEvent("It does not take place on that day. Reload the page.")
    if len(days) == 1:
        raise BadEvent("That is the only day that is left: remove the event.")
    opened.event.left_out = sorted({*opened.event.left_out, day})
    opened.event.changed_at = at
    session().flush()


def remove(opened: OpenedEvent) -> None:
    """Take an event out of the calendar, on all its days."""
    require_change(opened)
    session().delete(opened.event)
    session().flush()


def forget(user_id: uuid.UUID) -> None:
    """Remove a person's own events and the address of their feed; what they made for classes stays."""
    mine = sa.and_(CalendarEvent.owner_id == user_id, CalendarEvent.type == EventType.OWN)
    session().execute(sa.delete(CalendarEvent).where(mine))
    session().execute(sa.delete(CalendarFeed).where(CalendarFeed.user_id == user_id))


def require_change(opened: OpenedEvent) -> None:
    """Raise `Forbidden` for who may not change an event."""
    if not opened.may_change:
        raise Forbidden("Events of a class are changed by its staff, for the sections that they see.")


def _require_theirs(place: Place, draft: Draft) -> None:
    place.membership.require_staff()
    if not place.may_arrange(draft.sections):
        within = ", ".join(sorted(place.membership.within or ()))
        raise Forbidden(f"Choose sections that you see: {within}.")
    if unknown := set(draft.sections) - set(sections(place.class_id)):
        raise BadEvent(f"Nobody of this class is in section {', '.join(sorted(unknown))}.")
    if draft.reference_id is not None:
        query = sa.select(Module.class_id).join(ContentItem, ContentItem.module_id == Module.id)
        if session().scalar(query.where(ContentItem.id == draft.reference_id)) != place.class_id:
            raise BadEvent("The assignment that it is about is not in this class any more. Choose another.")


def _require_room(condition: sa.ColumnElement[bool], most: int) -> None:
    if session().scalars(sa.select(sa.func.count()).where(condition)).one() >= most:
        raise BadEvent(f"There are {most} events here already: remove some of those that are over.")


def _add(event: CalendarEvent, draft: Draft, at: dt.datetime) -> CalendarEvent:
    event.tenant_id, event.created_at = current_tenant(), at
    _write(event, draft, at)
    session().add(event)
    session().flush()
    return event


def _write(event: CalendarEvent, draft: Draft, at: dt.datetime) -> None:
    title = " ".join(draft.title.split())
    if not 1 <= len(title) <= LONGEST_TITLE:
        raise BadEvent(f"An event has a title of 1 to {LONGEST_TITLE} characters.")
    if len(draft.description) > LONGEST_DESCRIPTION or len(draft.place) > LONGEST_TITLE:
        raise BadEvent(
            f"A description has {LONGEST_DESCRIPTION} characters at most, and a place {LONGEST_TITLE}: shorten it."
        )
    times = draft.times
    if times.ends_at < times.starts_at:
        raise BadEvent("It would end before it begins: set a later end.")
    if times.ends_at - times.starts_at > LONGEST:
        raise BadEvent(f"An event lasts {LONGEST.days} days at most.")
    event.title, event.description, event.place = title, draft.description.strip(), " ".join(draft.place.split())
    event.type, event.sections, event.reference_id = draft.type, sorted(set(draft.sections)), draft.reference_id
    event.starts_at, event.ends_at, event.zone = times.starts_at, times.ends_at, times.zone
    event.is_all_day, event.rule, event.left_out = times.is_all_day, times.rule, sorted(times.left_out)
    event.over_at, event.changed_at = times.over_at, at
    session().flush()
