"""Reads of what stands in a person's calendar. Their number is fixed, whatever there is in it."""

import dataclasses
import datetime as dt
import uuid
from collections.abc import Collection, Iterator, Sequence

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from lti_grader.assignments.access import access
from lti_grader.assignments.models import Assignment
from lti_grader.calendar.entries import DateOf, Entry, Kind
from lti_grader.calendar.models import CalendarEvent, EventType
from lti_grader.classes.models import Class, Enrollment, EnrollmentStatus, Module, Role
from lti_grader.classes.publishing import seen_by_students
from lti_grader.classes.queries import Membership, limit, membership
from lti_grader.core.db import session
from lti_grader.core.errors import NotFound

Between = tuple[dt.datetime, dt.datetime]
# A day begins in one zone long after it ended in another.
_WORLD = dt.timedelta(days=1)


@dataclasses.dataclass(frozen=True)
class Place:
    """A class that somebody is in, as their calendar needs it."""

    membership: Membership
    class_name: str
    sections: frozenset[str]
    """That they are in."""

    @property
    def class_id(self) -> uuid.UUID:
        return self.membership.class_id

    def sees(self, sections: Collection[str]) -> bool:
        """Return whether what is for these sections, or with none for everybody, is in their calendar."""
        seen = self._seen
        return not sections or seen is None or bool(seen & set(sections))

    def may_arrange(self, sections: Collection[str]) -> bool:
        """Return whether they may put something into the calendar of these sections, or with none of everybody."""
        within = self.membership.within
        return self.membership.is_staff and (within is None or (bool(sections) and within >= set(sections)))

    def sees_in_database(self) -> sa.ColumnElement[bool]:
        """Return the condition that an event is one of this class which they see."""
        of_class = CalendarEvent.class_id == self.class_id
        if self._seen is None:
            return of_class
        for_all = sa.func.cardinality(CalendarEvent.sections) == 0
        theirs = CalendarEvent.sections.overlap(sa.cast(sorted(self._seen), ARRAY(sa.Text)))
        return sa.and_(of_class, sa.or_(for_all, theirs))

    @property
    def _seen(self) -> frozenset[str] | None:
        return self.membership.within if self.membership.is_staff else self.sections


def places_of(user_id: uuid.UUID, *, class_id: uuid.UUID | None = None) -> list[Place]:
    """Return the classes that a person is in, by name: those that are not archived, or the one that is asked for."""
    query = (
        sa.select(Enrollment, Class)
        .join(Class, Class.id == Enrollment.class_id)
        .where(Enrollment.user_id == user_id, Enrollment.status == EnrollmentStatus.ACTIVE)
        .order_by(Class.name, Class.id)
    )
    query = query.where(Class.archived_at.is_(None) if class_id is None else Class.id == class_id)
    found = []
    for one, class_ in session().execute(query):
        role = Role(one.role)
        within = limit(class_.chosen.apart, role, one.sections, is_owner=class_.owner_id == user_id)
        found.append(Place(Membership(class_.id, user_id, role, within), class_.name, frozenset(one.sections)))
    return found


def entries(
    user_id: uuid.UUID, places: Sequence[Place], between: Between, *, kinds: Collection[Kind]
) -> Iterator[Entry]:
    """Yield what stands in a person's calendar.

    Parameters
    ----------
    between
        From when, and until when; what only touches this time may be among it.
    """
    since, until = between[0] - _WORLD, between[1] + _WORLD
    if Kind.DATES in kinds:
        yield from (one for one in dates(user_id, places) if since <= one.starts_at <= until)
    for event in events(user_id, places, (since, until), kinds=kinds):
        yield from (one for one in _occurrences(event, places) if one.ends_at >= since and one.starts_at <= until)


def dates(user_id: uuid.UUID, places: Sequence[Place]) -> Iterator[Entry]:
    """Yield when the published assignments of classes open, are due and close for one person."""
    of_class = {one.class_id: one for one in places}
    rows = (
        session()
        .execute(
            sa.select(Assignment, Module.class_id)
            .join(Module, Module.id == Assignment.module_id)
            .where(Module.class_id.in_(of_class), seen_by_students())
            .order_by(Assignment.id)
        )
        .all()
    )
    # Staff, whatever section they are in, look after all of them.
    theirs = access([one for one, class_id in rows if not of_class[class_id].membership.is_staff], user_id)
    for one, class_id in rows:
        found = theirs[one.id].dates if one.id in theirs else one.dates()
        usual = one.dates()
        closes = found.closes_at if found.closes_at != found.due_date else None
        for what, at, otherwise in (
            (DateOf.OPENS, found.opens_at, found.opens_at != usual.opens_at),
            (DateOf.DUE, found.due_date, found.is_due_otherwise),
            (DateOf.CLOSES, closes, found.closes_at != usual.closes_at),
        ):
            if at is not None:
                name = of_class[class_id].class_name
                yield Entry(what, one.title, None, at, class_id, name, item_id=one.id, is_own_date=otherwise)


def events(
    user_id: uuid.UUID, places: Sequence[Place], between: Between, *, kinds: Collection[Kind] = tuple(Kind)
) -> Sequence[CalendarEvent]:
    """Return the events of a person and of their classes of which an occurrence may lie within a time."""
    wanted = [one.sees_in_database() for one in places] if Kind.EVENTS in kinds else []
    if Kind.OWN in kinds:
        wanted.append(sa.and_(CalendarEvent.owner_id == user_id, CalendarEvent.type == EventType.OWN))
    query = sa.select(CalendarEvent).where(
        sa.or_(sa.false(), *wanted), CalendarEvent.over_at >= between[0], CalendarEvent.starts_at <= between[1]
    )
    return session().scalars(query.order_by(CalendarEvent.id)).all()


def _occurrences(event: CalendarEvent, places: Sequence[Place]) -> Iterator[Entry]:
    name = next((one.class_name for one in places if one.class_id == event.class_id), "")
    for span in event.times.spans():
        yield Entry(EventType(event.type), event.title, span, span.starts_at, event.class_id, name, event=event)


@dataclasses.dataclass(frozen=True)
class OpenedEvent:
    """An event, for somebody who sees it."""

    event: CalendarEvent
    place: Place | None
    """Their place in its class; None for their own."""

    @property
    def may_change(self) -> bool:
        return self.place is None or self.place.may_arrange(self.event.sections)


def open_event(event_id: uuid.UUID, user_id: uuid.UUID, *, locked: bool = False) -> OpenedEvent:
    """Return an event for somebody who sees it.

    Raises
    ------
    NotFound
        There is none, or it is not in their calendar.
    ClassArchived
        They are about to change an event of an archived class.
    """
    event = session().get(CalendarEvent, event_id, with_for_update=locked, populate_existing=locked)
    if event is not None and event.class_id is None and event.owner_id == user_id:
        return OpenedEvent(event, None)
    if event is not None and event.class_id is not None:
        membership(event.class_id, user_id)
        for place in places_of(user_id, class_id=event.class_id):
            if place.sees(event.sections):
                return OpenedEvent(event, place)
    raise NotFound("There is no such event in your calendar any more.")
