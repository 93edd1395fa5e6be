"""Calendars by month, week and agenda: of all classes of a person, and of one."""

import dataclasses
import datetime as dt
import uuid
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import flask
from flask.typing import ResponseReturnValue

from lti_grader.calendar import days
from lti_grader.calendar.days import View
from lti_grader.calendar.entries import Kind
from lti_grader.calendar.queries import Place, entries, places_of
from lti_grader.classes.queries import get_class, membership
from lti_grader.core.db import transaction
from lti_grader.core.errors import BadInput, NotFound
from lti_grader.core.web import viewer
from lti_grader.people import zones

blueprint = flask.Blueprint("calendar", __name__)


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


@dataclasses.dataclass(frozen=True)
class Asked:
    """Which part of a calendar somebody wants to see."""

    view: View
    on: dt.date
    kind: Kind | None
    """None for all."""
    class_id: uuid.UUID | None = None
    """None for all."""

    def arguments(self, **other: Any) -> dict[str, Any]:
        """Return the query of the address that shows this, or something else in place of what is named."""
        kept = {"view": self.view, "on": self.on, "kind": self.kind, "class": self.class_id, **other}
        return {name: value for name, value in kept.items() if value is not None}


def _asked(today: dt.date) -> Asked:
    given = flask.request.args
    try:
        on = dt.date.fromisoformat(given["on"]) if given.get("on") else today
        class_id = uuid.UUID(given["class"]) if given.get("class") else None
        kind = Kind(given["kind"]) if given.get("kind") else None
        asked = Asked(View(given.get("view", View.MONTH)), on, kind, class_id)
    except ValueError:
        raise BadInput("Choose from the page which part of the calendar to see.") from None
    if not days.FIRST <= on <= days.LAST - dt.timedelta(days=2 * days.AGENDA):
        raise BadInput(f"The calendar goes from {days.FIRST:%Y} to {days.LAST:%Y}.")
    return asked


def time_zone(user_id: uuid.UUID) -> ZoneInfo:
    """Return the time zone in which a person's calendar has its days."""
    return zones.zone(zones.chosen(user_id) or zones.USUAL)


@blueprint.get("/calendar")
def mine() -> ResponseReturnValue:
    """What is in the calendar of a person: of all their classes, and their own."""
    me = viewer()
    with transaction(me.tenant_id):
        places = require_places(me.user_id)
        asked = _asked(now().astimezone(time_zone(me.user_id)).date())
        if asked.class_id is not None and asked.class_id not in {one.class_id for one in places}:
            raise NotFound("You are not in this class. Choose one of the list.")
        shown = [one for one in places if asked.class_id in (None, one.class_id)]
        return _page(me.user_id, asked, shown, lambda **other: flask.url_for("calendar.mine", **asked.arguments(**other)),
                     places=places, class_=None, within=None)  # fmt: skip


@blueprint.get("/classes/<uuid:class_id>/calendar")
def of_class(class_id: uuid.UUID) -> ResponseReturnValue:
    """What is in the calendar of one class."""
    me = viewer()
    with transaction(me.tenant_id):
        place = membership(class_id, me.user_id)
        asked = _asked(now().astimezone(time_zone(me.user_id)).date())
        asked = dataclasses.replace(asked, class_id=None)

        def link(**other: Any) -> str:
            return flask.url_for("calendar.of_class", class_id=class_id, **asked.arguments(**other))

        return _page(me.user_id, asked, places_of(me.user_id, class_id=class_id), link, places=[],
                     class_=get_class(class_id), within=place.within)  # fmt: skip


def require_places(user_id: uuid.UUID) -> list[Place]:
    """Return the classes that a person is in; raises `NotFound` where they are in none."""
    places = places_of(user_id)
    if not places:
        raise NotFound("A calendar is for those who are in a class, and you are in none now.")
    return places


def _page(
    user_id: uuid.UUID, asked: Asked, shown: Sequence[Place], link: Callable[..., str], **more: Any
) -> str:  # fmt: skip
    zone = time_zone(user_id)
    kinds = set(Kind) if asked.kind is None else {asked.kind}
    if more["class_"] is not None or asked.class_id is not None:
        kinds -= {Kind.OWN}
    seen = days.days_of(asked.view, asked.on)
    found = days.by_day(seen, entries(user_id, shown, days.bounds(seen, zone), kinds=kinds), zone)
    listed = [day for day in seen if found[day] and (asked.view is not View.MONTH or day.month == asked.on.month)]
    steps = {by: days.step(asked.view, asked.on, by) for by in (-1, 1)}
    return flask.render_template(
        "calendar/calendar.html",
        asked=asked,
        title=days.title_of(asked.view, asked.on),
        weeks=days.weeks_of(seen) if asked.view is not View.AGENDA else [],
        found=found,
        listed=listed,
        today=now().astimezone(zone).date(),
        zone=zone,
        zones=zones.offered(),
        zone_is_chosen=zones.chosen(user_id) is not None,
        earlier=steps[-1],
        later=steps[1],
        link=link,
        may_add=more["class_"] is None or any(one.membership.is_staff for one in shown),
        here=flask.request.full_path,
        **more,
    )


@blueprint.post("/calendar/time-zone")
def choose_zone() -> ResponseReturnValue:
    """Say in which time zone one reads the calendar."""
    me, form = viewer(), flask.request.form
    with transaction(me.tenant_id):
        require_places(me.user_id)
        zones.choose(me.user_id, form.get("zone", ""))
    return flask.redirect(_back(form.get("back", "")), 303)


def _back(address: str) -> str:
    """Return the calendar's page that somebody came from, and never another site."""
    found = urlsplit(address)
    if found.scheme or found.netloc or not found.path.endswith("/calendar"):
        return flask.url_for("calendar.mine")
    return flask.request.script_root + found.path + (f"?{found.query}" if found.query else "")
