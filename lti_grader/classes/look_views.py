"""Looking at a class as one of its students: the choice of one, the way in and back, and what holds for each page between."""

import dataclasses
import datetime as dt
import uuid

import flask
from flask.typing import ResponseReturnValue

from lti_grader.classes import looks
from lti_grader.classes.looks import NotWhileLooking
from lti_grader.classes.queries import class_of_item, get_class, membership
from lti_grader.core.acting import Look, set_look
from lti_grader.core.db import session, transaction
from lti_grader.core.errors import BadInput
from lti_grader.core.looking import asked_look, url_outside, url_within
from lti_grader.core.web import viewer
from lti_grader.people.models import User

blueprint = flask.Blueprint("looks", __name__)
AT = "/classes/<uuid:class_id>/as-student"
_READS = frozenset({"GET", "HEAD"})
_FRAME = frozenset({"static"})
SHOWN = frozenset(
    {
        "gradebook.home", "gradebook.review", "own_marks.mine", "work.overview", "work.page", "work.notebook",
        "results.attempt", "results.code", "results.files_zip", "results.diff", "results.history", "results.events",
        "materials.page", "materials.file", "announcements.of_class", "calendar.of_class", "groups.of_class", "requests.new", "requests.thread",
        "passcodes.page", "late_days.page",
    }
)  # fmt: skip
"""The pages that are shown as a student finds them: of their class, and reading only. A new page is none of them until it says so."""


@dataclasses.dataclass(frozen=True)
class Banner:
    """What stands above each page meanwhile."""

    id: uuid.UUID
    student: str
    class_id: uuid.UUID
    student_id: uuid.UUID


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


@blueprint.before_app_request
def look_as_student() -> None:
    """Let the pages of a look be its student's, and refuse what is none of its pages."""
    look_id, endpoint = asked_look(), flask.request.endpoint
    if look_id is None or endpoint in _FRAME:
        return
    me = viewer()
    with transaction(me.tenant_id):
        row = looks.current(look_id, me.user_id, at=_now())
        student = session().get_one(User, row.student_id).display_name
        flask.g.look = Banner(row.id, student, row.class_id, row.student_id)
    if flask.request.method not in _READS:
        raise NotWhileLooking(
            f"You look as {student} does: nothing is handed in or changed. Go back to your own pages to change something."
        )
    if endpoint not in SHOWN:
        raise NotWhileLooking(
            f"This page is not among those that are shown as {student} finds them. Go back, or leave to your own pages."
        )
    set_look(Look(row.class_id, row.student_id))


@blueprint.get(AT)
def choose(class_id: uuid.UUID) -> ResponseReturnValue:
    """The choice of a student as whom to look at the class, or at one assignment of it."""
    me = viewer()
    with transaction(me.tenant_id):
        place = membership(class_id, me.user_id)
        place.require_staff()
        return flask.render_template(
            "classes/as_student.html",
            class_=get_class(class_id),
            within=place.within,
            students=looks.students(place),
            assignment=_asked("assignment", flask.request.args.get("assignment", "")),
            hours=int(looks.LASTS.total_seconds() // 3600),
        )


@blueprint.post(AT)
def begin(class_id: uuid.UUID) -> ResponseReturnValue:
    """Begin to look as a student."""
    me, form = viewer(), flask.request.form
    with transaction(me.tenant_id):
        place = membership(class_id, me.user_id)
        place.require_staff()
        student_id = _asked("student", form.get("student", ""))
        if student_id is None:
            raise BadInput("Choose a student from the list.")
        assignment_id = _asked("assignment", form.get("assignment", ""))
        if assignment_id is not None and class_of_item(assignment_id) != class_id:
            raise BadInput("Choose an assignment of this class.")
        look_id = looks.begin(place, student_id, at=_now())
    if assignment_id is not None:
        return flask.redirect(url_within(look_id, "work.overview", assignment_id=assignment_id), 303)
    return flask.redirect(url_within(look_id, "gradebook.home", class_id=class_id), 303)


@blueprint.post("/looks/<uuid:look_id>/end")
def end(look_id: uuid.UUID) -> ResponseReturnValue:
    """Go back to one's own pages."""
    me = viewer()
    with transaction(me.tenant_id):
        class_id = looks.end(look_id, me.user_id, at=_now())
    return flask.redirect(flask.url_for("gradebook.home", class_id=class_id), 303)


def _asked(what: str, text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text) if text else None
    except ValueError:
        raise BadInput(f"Choose the {what} from the page.") from None


def banner() -> Banner | None:
    """Return what stands above the page that is being written; None outside of a look."""
    found: Banner | None = flask.g.get("look")
    return found if found is not None and found.id == asked_look() else None


blueprint.add_app_template_global(banner, "look_banner")
blueprint.add_app_template_global(url_outside, "url_outside")
