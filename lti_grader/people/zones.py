"""The time zone in which a person reads times, where the server has to know where their days begin."""

import functools
import uuid
import zoneinfo

from lti_grader.core.db import session
from lti_grader.core.errors import Unprocessable
from lti_grader.people.models import User

USUAL = "UTC"
"""Of those who have said none."""
_SETTING = "time_zone"
_AREAS = (
    "Africa/", "America/", "Antarctica/", "Arctic/", "Asia/", "Atlantic/", "Australia/", "Europe/", "Indian/", "Pacific/",
)  # fmt: skip


class BadZone(Unprocessable):
    code = "bad_time_zone"


@functools.cache
def _known() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())


@functools.cache
def offered() -> list[str]:
    """Return the names of time zones to choose from."""
    return [USUAL, *sorted(one for one in _known() if one.startswith(_AREAS))]


def zone(name: str) -> zoneinfo.ZoneInfo:
    """Return a time zone by its IANA name, such as "Europe/Berlin".

    Raises
    ------
    BadZone
    """
    if name not in _known():
        raise BadZone(f"“{name[:60]}” is no time zone that is known here. Choose one of the list.")
    return zoneinfo.ZoneInfo(name)


def chosen(user_id: uuid.UUID) -> str | None:
    """Return the name of a person's time zone, None where they have said none."""
    found = session().get_one(User, user_id).settings.get(_SETTING)
    # The list of zones changes over the years: a name may have gone since it was chosen.
    return found if found in _known() else None


def choose(user_id: uuid.UUID, name: str) -> None:
    """Let a person read times in a time zone from now on; raises `BadZone`."""
    user = session().get_one(User, user_id, with_for_update=True)
    user.settings = {**user.settings, _SETTING: zone(name).key}
    session().flush()
