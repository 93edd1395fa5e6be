"""Deep linking: the page where a teacher chooses or makes what goes into the course."""

import uuid
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

import flask
from flask.typing import ResponseReturnValue

from lti_grader import adapters
from lti_grader.assignments.errors import BadAssignment
from lti_grader.assignments.models import Assignment
from lti_grader.classes.material_models import Material
from lti_grader.classes.queries import get_class, items, membership
from lti_grader.core.db import session, transaction
from lti_grader.core.web import viewer
from lti_grader.lti import deep_linking, kept_requests
from lti_grader.lti.deep_linking import Choice
from lti_grader.lti.models import Platform
from lti_grader.lti.views import assignment_form
from lti_grader.lti.views.blueprint import blueprint, now


@blueprint.get("/lti/choose/<name>")
def choose(name: str) -> ResponseReturnValue:
    """The page where a teacher chooses or makes what goes into the course."""
    me = viewer()
    request = kept_requests.asked(deep_linking.KIND, name, me.user_id, adapters.installed())
    with transaction(me.tenant_id):
        membership(uuid.UUID(request["class_id"]), me.user_id).require_staff()
        return _picker(name, request)


def _picker(name: str, request: dict[str, Any], error: str = "") -> str:
    class_id, settings = uuid.UUID(request["class_id"]), request["settings"]
    return flask.render_template(
        "lti/deep_linking.html",
        name=name,
        class_=get_class(class_id),
        takes_links=deep_linking.takes_links(settings),
        several=deep_linking.takes_several(settings),
        makes_column=deep_linking.takes_columns(settings),
        adds_at_once=deep_linking.adds_at_once(settings),
        asked=deep_linking.prefilled(settings),
        materials=items(class_id, only_materials=True),
        error=error,
        **assignment_form.shown(class_id, uuid.UUID(request["user_id"])),
    )


@blueprint.post("/lti/choose/<name>")
def place(name: str) -> ResponseReturnValue:
    """Send the choice back to the LMS."""
    me, held = viewer(), adapters.installed()
    request = kept_requests.asked(deep_linking.KIND, name, me.user_id, held)
    class_id = uuid.UUID(request["class_id"])
    with transaction(me.tenant_id):
        membership(class_id, me.user_id).require_staff()
        if assignment_form.is_search():
            return _picker(name, request)
        try:
            with session().begin_nested():
                choice = _choice(class_id, me.user_id, request["settings"])
        except BadAssignment as error:
            return flask.make_response(_picker(name, request, error=error.message), 422)
        platform = session().get_one(Platform, me.platform_id)
        token = deep_linking.response(request, platform, choice, held.settings.public_url, at=now())
        # The last thing before the commit: of two presses at once, one makes an assignment and the other none.
        kept_requests.use(deep_linking.KIND, name, held)
    back = request["settings"]["deep_link_return_url"]
    parts = urlsplit(back)
    flask.g.form_origins = [f"{parts.scheme}://{parts.netloc}"]
    return flask.render_template("lti/auto_post.html", action=back, fields={"JWT": token})


def _choice(class_id: uuid.UUID, user_id: uuid.UUID, settings: dict[str, Any]) -> Choice:
    if not deep_linking.takes_links(settings):
        return Choice(
            [],
            errormsg="This place in the LMS takes no LTI links, and that is all that the tool has to place.",
            errorlog=f"accept_types has no {deep_linking.KIND}: {settings['accept_types']!r}"[:500],
        )
    if flask.request.form.get("do") == "cancel":
        return Choice([], msg="Nothing was added.")
    several = deep_linking.takes_several(settings)
    placed: Sequence[Assignment | Material] = (
        _materials(class_id, several=several)
        if flask.request.form.get("what") == "material"
        else assignment_form.chosen(class_id, user_id, several=several, at=now())
    )
    titles = ", ".join(f"“{one.title}”" for one in placed)
    return Choice(placed, msg=f"Added {titles}."[:500], log=f"placed {len(placed)} in class {class_id}")


def _materials(class_id: uuid.UUID, *, several: bool) -> list[Material]:
    """Return the materials of a class that were chosen, in their order.

    Raises
    ------
    BadAssignment
        In words for the page.
    """
    wanted = flask.request.form.getlist("material")
    if not wanted:
        raise BadAssignment("Choose a material from the list.")
    if len(wanted) > 1 and not several:
        raise BadAssignment("Your LMS takes one link at a time here.")
    found = [one for one in items(class_id, only_materials=True) if str(one.id) in wanted]
    if len(found) != len(set(wanted)):
        raise BadAssignment("That material is not there any more: choose another.")
    return [session().get_one(Material, one.id) for one in found]
