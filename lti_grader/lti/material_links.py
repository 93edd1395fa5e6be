"""Links in LMS courses that open a material: by the custom parameter that deep linking wrote into them."""

import datetime as dt
import uuid
from collections.abc import Mapping
from typing import Any

from lti_grader.assignments import bringing, copying
from lti_grader.classes.material_models import Material
from lti_grader.classes.models import STAFF, Class, Module
from lti_grader.core.db import session
from lti_grader.lti import claims as c
from lti_grader.lti.course_copy import Launcher, may_copy
from lti_grader.lti.errors import LaunchRefused
from lti_grader.lti.operations import Arrival


def named_material(claims: Mapping[str, Any]) -> uuid.UUID | None:
    """Return the material that a link's custom parameters name."""
    custom = claims.get(c.CUSTOM)
    named = custom.get(c.OWN_MATERIAL) if isinstance(custom, dict) else None
    try:
        return uuid.UUID(str(named))
    except ValueError:
        return None


def opened(claims: Mapping[str, Any], arrival: Arrival, *, at: dt.datetime) -> uuid.UUID | None:
    """Return the material that a link opens in the class of its course; None where it names none.

    In a copy of the course that is the copy of the material, made if whoever opens the link may take it: what a link says
    shows where it wants to go and not that it may (see docs/decisions/0004).

    Raises
    ------
    LaunchRefused
        It is gone, or stands in another class and may not be taken from there.
    """
    named = named_material(claims)
    if named is None:
        return None
    material = session().get(Material, copying.copy_of(named, arrival.class_id) or named)
    if material is None:
        raise LaunchRefused("no_such_material", "This material is not there any more. Tell your teacher.")
    home = session().get_one(Module, material.module_id).class_id
    if home == arrival.class_id:
        return material.id
    if not may_copy(home, arrival.context_id, Launcher(arrival.user_id, arrival.role)):
        raise LaunchRefused("material_elsewhere", _words(arrival))
    (copied,) = bringing.bring(session().get_one(Class, home), arrival.class_id, {material.id}, 0, at=at)
    return copied


def _words(arrival: Arrival) -> str:
    if arrival.role in STAFF:
        return (
            "This material stands in a class that you are not on the staff of. Ask its teachers to allow copying on their settings"
            " page, or make a material of your own and link to that."
        )
    return "This material is not in your class yet. It comes as soon as your teacher has opened this link once."
