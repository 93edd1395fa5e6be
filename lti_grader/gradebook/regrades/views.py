"""Regrades: who is to be judged once more, how it goes, who would gain and lose, and then whether it counts."""

import datetime as dt
import uuid
from collections.abc import Mapping
from typing import Any, Protocol

import flask
from flask.typing import ResponseReturnValue

from lti_grader.assignments.queries import OpenedAssignment, ProblemLine, open_assignment
from lti_grader.classes.models import Role
from lti_grader.classes.queries import Membership, sections
from lti_grader.core.db import transaction
from lti_grader.core.errors import BadInput, Forbidden
from lti_grader.core.web import viewer
from lti_grader.gradebook.regrades import applying, choosing, effects, judging, queries
from lti_grader.gradebook.regrades.errors import BadRegrade, OtherState
from lti_grader.gradebook.regrades.judging import Wanted
from lti_grader.gradebook.regrades.models import Regrade, RegradeState, Which
from lti_grader.gradebook.regrades.queries import RegradeLine

blueprint = flask.Blueprint("regrades", __name__)


class _Act(Protocol):
    def __call__(self, regrade: Regrade, *, by: uuid.UUID, at: dt.datetime) -> None: ...


_ACTS: Mapping[str, _Act] = {
    "pause": judging.pause,
    "go_on": judging.resume,
    "try_again": judging.try_again,
    "cancel": judging.cancel,
}


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


@blueprint.get("/assignments/<uuid:assignment_id>/regrades")
def page(assignment_id: uuid.UUID) -> ResponseReturnValue:
    """The regrades of an assignment, and the form for another."""
    me = viewer()
    with transaction(me.tenant_id):
        opened = open_assignment(assignment_id, me.user_id)
        opened.membership.require_staff()
        return _form(opened, opened.problem(flask.request.args.get("problem")))


@blueprint.post("/assignments/<uuid:assignment_id>/regrades")
def start(assignment_id: uuid.UUID) -> ResponseReturnValue:
    """Judge submissions once more; nothing is changed by that."""
    me, form = viewer(), flask.request.form
    with transaction(me.tenant_id):
        opened = open_assignment(assignment_id, me.user_id)
        opened.membership.require_staff()
        problem = opened.problem(form.get("problem"))
        if form.get("do") == "search":
            return _form(opened, problem)
        try:
            regrade = judging.start(opened.membership, problem.item.id, _wanted(), at=_now())
        except (BadRegrade, OtherState) as error:
            return flask.make_response(_form(opened, problem, error=error.message), error.status)
        regrade_id = regrade.id
    return flask.redirect(flask.url_for("regrades.regrade", regrade_id=regrade_id), 303)


def _wanted() -> Wanted:
    """Return what the form asks for.

    Raises
    ------
    BadRegrade
        It says nothing that makes sense.
    """
    form = flask.request.form
    whose = form.get("whose", "everybody")
    try:
        wanted = Wanted(
            uuid.UUID(form.get("version", "")),
            Which(form.get("which", "")),
            form.getlist("section") if whose == "sections" else (),
            [uuid.UUID(one) for one in form.getlist("student")] if whose == "students" else (),
        )
    except ValueError:
        raise BadRegrade("Say with which version, and which submissions.") from None
    if whose != "everybody" and not (wanted.sections or wanted.student_ids):
        raise BadRegrade(f"Choose {whose}, or everybody.")
    return wanted


def _form(opened: OpenedAssignment, problem: ProblemLine, *, error: str = "") -> str:
    place, said = opened.membership, flask.request.values
    everybody = choosing.who_handed_in(problem.item, within=place.within)
    return flask.render_template(
        "gradebook/regrades.html",
        opened=opened,
        problem=problem,
        regrades=queries.regrades_of(opened),
        versions=choosing.versions_for(problem.item),
        students=choosing.candidates(everybody, chosen=said.getlist("student"), find=said.get("find", "")),
        sections=sections(place.class_id, within=place.within),
        may_start=place.role == Role.TEACHER,
        within=place.within,
        error=error,
        form=said,
    )


@blueprint.get("/regrades/<uuid:regrade_id>")
def regrade(regrade_id: uuid.UUID) -> ResponseReturnValue:
    """How a regrade goes; what it would do, or did."""
    me = viewer()
    with transaction(me.tenant_id):
        return _shown(*queries.opened(regrade_id, me.user_id))


@blueprint.post("/regrades/<uuid:regrade_id>")
def act(regrade_id: uuid.UUID) -> ResponseReturnValue:
    """Pause a regrade, go on with it, cancel it, or let it count."""
    me, form = viewer(), flask.request.form
    with transaction(me.tenant_id):
        line, opened = queries.opened(regrade_id, me.user_id)
        judging.require_say(opened.membership, line.row)
        row = judging.locked(regrade_id)
        try:
            if form.get("do") == "apply":
                applying.apply(
                    row, form.get("reason", "")[:1000], is_told="told" in form, by=me.user_id, at=_now()
                )  # fmt: skip
            elif do := _ACTS.get(form.get("do", "")):
                do(row, by=me.user_id, at=_now())
            else:
                raise BadInput("Say what is to be done with this regrade.")
        except (BadRegrade, OtherState) as error:
            return flask.make_response(_shown(line, opened, error=error.message), error.status)
    return flask.redirect(flask.url_for("regrades.regrade", regrade_id=regrade_id), 303)


def _shown(line: RegradeLine, opened: OpenedAssignment, *, error: str = "") -> str:
    row, place = line.row, opened.membership
    is_judged = row.state in (RegradeState.READY, RegradeState.APPLYING, RegradeState.APPLIED)
    found = effects.of_regrade(row, place) if is_judged else []
    everybody = "all" in flask.request.args
    return flask.render_template(
        "gradebook/regrade.html",
        line=line,
        opened=opened,
        progress=queries.progress(row, place),
        is_judged=is_judged,
        lines=[one for one in found if everybody or one.effect.is_changed],
        everybody=everybody,
        sums=effects.sums(one.effect for one in found),
        came_since=queries.came_since(line),
        failures=queries.could_not_be_judged(row, place),
        steps=queries.steps_of(row),
        names=queries.names_of(row),
        error=error,
        form=flask.request.form,
        **_say(place, row),
    )


def _say(place: Membership, row: Regrade) -> dict[str, Any]:
    """Return whether somebody decides on a regrade, and why not."""
    try:
        judging.require_say(place, row)
    except Forbidden as error:
        return {"may_act": False, "why_not": error.message}
    return {"may_act": True, "why_not": ""}


@blueprint.get("/regrades/<uuid:regrade_id>/marks.csv")
def marks_csv(regrade_id: uuid.UUID) -> ResponseReturnValue:
    """What a regrade would do to each student, or did, as a table."""
    me = viewer()
    with transaction(me.tenant_id):
        line, opened = queries.opened(regrade_id, me.user_id)
        lines = effects.of_regrade(line.row, opened.membership)
        table = b"".join(queries.as_csv(lines, opened.membership.class_id))
    said = f'attachment; filename="regrade-{line.row.started_at:%Y-%m-%d}.csv"'
    return flask.Response(table, headers={"Content-Type": "text/csv; charset=utf-8", "Content-Disposition": said})
