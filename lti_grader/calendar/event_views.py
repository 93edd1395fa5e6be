"""Events: added, looked at, changed, left out on a day, and removed."""

import datetime as dt
import uuid
from zoneinfo import ZoneInfo

import flask
from flask.typing import ResponseReturnValue

from lti_grader.calendar import forms, operations
from lti_grader.calendar.entries import WORDS
from lti_grader.calendar.errors import BadEvent
from lti_grader.calendar.models import CalendarEvent, EventType
from lti_grader.calendar.operations import Draft
from lti_grader.calendar.queries import OpenedEvent, Place, open_event, places_of
from lti_grader.calendar.views import now, require_places, time_zone
from lti_grader.classes.queries import items, membership, sections
from lti_grader.core.db import session, transaction
from lti_grader.core.web import viewer
from lti_grader.people import zones
from lti_grader.people.models import User

blueprint = flask.Blueprint("events", __name__)
_OF_CLASSES = [one for one in EventType if one is not EventType.OWN]


def _own(user_id: uuid.UUID) -> None:
    require_places(user_id)


def _of_class(class_id: uuid.UUID, user_id: uuid.UUID) -> Place:
    membership(class_id, user_id).require_staff()
    return places_of(user_id, class_id=class_id)[0]


@blueprint.get("/calendar/events/new")
def new_own() -> ResponseReturnValue:
    """The form for an event of one's own."""
    me = viewer()
    with transaction(me.tenant_id):
        _own(me.user_id)
        return _form(None, time_zone(me.user_id))


@blueprint.post("/calendar/events/new")
def add_own() -> ResponseReturnValue:
    """Put an event into one's own calendar."""
    me = viewer()
    try:
        with transaction(me.tenant_id):
            _own(me.user_id)
            event = operations.add_own(me.user_id, _draft(_zone()), at=now())
    except BadEvent as why:
        with transaction(me.tenant_id):
            return flask.make_response(_form(None, _zone(), refused=why), why.status)
    return _to_calendar(event)


@blueprint.get("/classes/<uuid:class_id>/calendar/events/new")
def new_for_class(class_id: uuid.UUID) -> ResponseReturnValue:
    """The form for an event of a class."""
    me = viewer()
    with transaction(me.tenant_id):
        return _form(_of_class(class_id, me.user_id), time_zone(me.user_id))


@blueprint.post("/classes/<uuid:class_id>/calendar/events/new")
def add_to_class(class_id: uuid.UUID) -> ResponseReturnValue:
    """Put an event into the calendar of a class."""
    me = viewer()
    try:
        with transaction(me.tenant_id):
            event = operations.add_to_class(_of_class(class_id, me.user_id), _draft(_zone()), at=now())
    except BadEvent as why:
        with transaction(me.tenant_id):
            answer = _form(_of_class(class_id, me.user_id), _zone(), refused=why)
            return flask.make_response(answer, why.status)
    return _to_calendar(event)


@blueprint.get("/calendar/events/<uuid:event_id>")
def show(event_id: uuid.UUID) -> ResponseReturnValue:
    """An event: for those who may change it, its form."""
    me = viewer()
    with transaction(me.tenant_id):
        opened = open_event(event_id, me.user_id)
        return _event_page(opened, me.user_id)


@blueprint.post("/calendar/events/<uuid:event_id>")
def change(event_id: uuid.UUID) -> ResponseReturnValue:
    """Change an event, leave it out on a day, or remove it."""
    me, do = viewer(), flask.request.form.get("do", "")
    try:
        with transaction(me.tenant_id):
            opened = open_event(event_id, me.user_id, locked=True)
            if do == "remove":
                operations.remove(opened)
            elif do == "leave-out":
                operations.leave_out(opened, _day(), at=now())
            else:
                # Who may not change it is told that, whatever they sent.
                operations.require_change(opened)
                operations.change(opened, _draft(ZoneInfo(opened.event.zone)), at=now())
            event = opened.event
    except BadEvent as why:
        with transaction(me.tenant_id):
            answer = _event_page(open_event(event_id, me.user_id), me.user_id, refused=why)
            return flask.make_response(answer, why.status)
    if do == "leave-out":
        return flask.redirect(flask.url_for("events.show", event_id=event_id), 303)
    return _to_calendar(event)


def _event_page(opened: OpenedEvent, user_id: uuid.UUID, *, refused: BadEvent | None = None) -> str:
    event = opened.event
    if opened.may_change:
        return _form(opened.place, ZoneInfo(event.zone), event=event, refused=refused)
    lines = {one.id: one for one in items(opened.place.class_id)} if opened.place else {}
    about = lines.get(event.reference_id) if event.reference_id else None
    return flask.render_template(
        "calendar/event.html",
        event=event,
        word=WORDS[EventType(event.type)],
        place=opened.place,
        about=about if about is not None and about.is_published else None,
        by=session().get_one(User, event.owner_id),
        zone=time_zone(user_id),
        spans=[one for one in event.times.spans() if one.ends_at >= now()][:8] or list(event.times.spans())[-1:],
    )


def _form(
    place: Place | None, zone: ZoneInfo, *, event: CalendarEvent | None = None, refused: BadEvent | None = None
) -> str:
    typed, given = flask.request.form, flask.request.args
    if refused is not None and typed.get("do") != "leave-out":
        fields, ticked = typed.to_dict(), typed.getlist("sections")
    elif event is not None:
        fields, ticked = forms.fields_of(event), event.sections
    else:
        fields, ticked = {"day": given.get("on", "")[:10]}, sorted((place and place.membership.within) or ())
    return flask.render_template(
        "calendar/event_form.html",
        event=event,
        place=place,
        zone=zone,
        fields=fields,
        ticked=ticked,
        error=refused.message if refused else "",
        types=[(one, WORDS[one]) for one in _OF_CLASSES],
        sections=sections(place.class_id, within=place.membership.within) if place else [],
        must_tick=place is not None and place.membership.within is not None,
        items=items(place.class_id) if place else [],
        spans=list(event.times.spans()) if event is not None and event.rule else [],
        most=operations,
    )


def _draft(zone: ZoneInfo) -> Draft:
    form = flask.request.form
    return forms.read(form, zone, sections=form.getlist("sections"))


def _zone() -> ZoneInfo:
    """Return the zone in which the form was filled in: the person may have chosen another meanwhile."""
    return zones.zone(flask.request.form.get("zone", zones.USUAL))


def _day() -> dt.date:
    try:
        return dt.date.fromisoformat(flask.request.form.get("day", ""))
    except ValueError:
        raise BadEvent("Choose from the page on which day it does not take place.") from None


def _to_calendar(event: CalendarEvent) -> ResponseReturnValue:
    on = event.starts_at.astimezone(ZoneInfo(event.zone)).date()
    where = (
        flask.url_for("calendar.of_class", class_id=event.class_id, on=on)
        if event.class_id is not None
        else flask.url_for("calendar.mine", on=on)
    )
    return flask.redirect(where, 303)
