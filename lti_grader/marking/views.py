"""Pages of marking: what waits in a class, and one submission after the other."""

import dataclasses
import datetime as dt
import uuid
from collections.abc import Callable
from typing import Any

import flask
from flask.typing import ResponseReturnValue

from lti_grader import adapters
from lti_grader.assignments.models import Assignment
from lti_grader.assignments.queries import open_assignment
from lti_grader.classes.apart import require_everybody
from lti_grader.classes.queries import Membership, get_class, membership
from lti_grader.core.db import session, transaction
from lti_grader.core.errors import BadInput, GraderError
from lti_grader.core.web import viewer
from lti_grader.grading.queries import current_job, results_of
from lti_grader.marking import bank, commenting, forms, locking, operations, queue, rules
from lti_grader.marking.errors import BadMarking, HeldByAnother, MarkedMeanwhile
from lti_grader.marking.models import Marking
from lti_grader.marking.overview import overview
from lti_grader.marking.queries import Marks, OpenedMarking, marks_of, open_marking
from lti_grader.marking.scripts import files_in
from lti_grader.marking.second import MODERATED, SECOND
from lti_grader.people.models import User

blueprint = flask.Blueprint("marking", __name__)
REFUSED = (BadMarking, HeldByAnother, MarkedMeanwhile)


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def order_args() -> dict[str, Any]:
    """Return what of an address says in which order somebody marks, to be carried on."""
    return {name: value for name in ("item", "order") if (value := flask.request.args.get(name, "")[:64])}


def order_of(assignment: Assignment) -> queue.Order:
    """Return in which order somebody marks an assignment; where names are hidden, by chance."""
    return forms.order(flask.request.args, is_anonymous=assignment.rules.marking.is_anonymous)


def queue_of(place: Membership, assignment: Assignment, order: queue.Order) -> list[queue.QueueLine]:
    is_blind = assignment.rules.marking.is_blind
    return queue.queue_of(place, assignment.id, order, is_blind=is_blind, at=now())


@blueprint.get("/classes/<uuid:class_id>/marking")
def of_class(class_id: uuid.UUID) -> ResponseReturnValue:
    """What waits to be marked in a class, and who has marked what."""
    me = viewer()
    with transaction(me.tenant_id):
        place = membership(class_id, me.user_id)
        place.require_staff()
        return _class_page(place)


def _class_page(place: Membership, error: str = "") -> str:
    return flask.render_template(
        "marking/class.html",
        class_=get_class(place.class_id),
        place=place,
        within=place.within,
        assignments=overview(place),
        nothing_left="done" in flask.request.args,
        error=error,
    )


@blueprint.get("/assignments/<uuid:assignment_id>/marking")
def next_one(assignment_id: uuid.UUID) -> ResponseReturnValue:
    """Lead to the next submission of an assignment that waits for its marking."""
    me = viewer()
    with transaction(me.tenant_id):
        opened = open_assignment(assignment_id, me.user_id)
        opened.membership.require_staff()
        assignment, order = opened.assignment, order_of(opened.assignment)
        found = queue.way(queue_of(opened.membership, assignment, order), None)
        class_id = opened.membership.class_id
    return flask.redirect(_onward(found.waiting, class_id), 303)


@blueprint.post("/assignments/<uuid:assignment_id>/marking")
def set_rules(assignment_id: uuid.UUID) -> ResponseReturnValue:
    """Say how an assignment is marked."""
    me = viewer()
    with transaction(me.tenant_id):
        place = open_assignment(assignment_id, me.user_id).membership
        place.require_staff()
        require_everybody(place, "How an assignment is marked is set")
        try:
            wanted = forms.rules(flask.request.form)
        except BadMarking as refused:
            return flask.make_response(_class_page(place, refused.message), refused.status)
        rules.set_rules(assignment_id, wanted, at=now())
    return flask.redirect(flask.url_for("marking.of_class", class_id=place.class_id), 303)


def _onward(marking_id: uuid.UUID | None, class_id: uuid.UUID) -> str:
    if marking_id is None:
        return flask.url_for("marking.of_class", class_id=class_id, done=1)
    return flask.url_for("marking.script", marking_id=marking_id, **order_args())


@blueprint.get("/marking/<uuid:marking_id>")
def script(marking_id: uuid.UUID) -> ResponseReturnValue:
    """A submission and the rubric that it is marked by. Whoever opens it holds it, if nobody does."""
    me = viewer()
    with transaction(me.tenant_id):
        opened = open_marking(marking_id, me.user_id)
        if opened.may_mark and locking.hold(operations.locked(marking_id), me.user_id, at=now()):
            locking.let_others_go(opened.marking, me.user_id)
        shown = _shown(opened)
    return _page(shown)


def _shown(opened: OpenedMarking) -> dict[str, Any]:
    """Return what the page of a marking shows, but for the text that was handed in."""
    marking, place, rounds = opened.marking, opened.place, opened.rounds
    order = dataclasses.replace(order_of(opened.assignment), round=marking.round)
    beside = [] if rounds.is_blind else _beside(opened)
    holder = locking.holder(marking, at=now())
    job = current_job(opened.attempt.id)
    return {
        "opened": opened,
        "class_": get_class(place.class_id),
        "marking": marking,
        "is_anonymous": opened.assignment.rules.marking.is_anonymous,
        "marks": marks_of(marking),
        "saved": bank.offered(place, marking.problem_version_id),
        "holder": session().get(User, holder) if holder not in (None, place.user_id) else None,
        "way": queue.way(queue_of(place, opened.assignment, order), marking.id),
        "beside": beside,
        "job": job,
        "results": results_of(job.id) if job else [],
    }


def _beside(opened: OpenedMarking) -> list[tuple[Marking, Marks]]:
    """Return the markings that are shown beside this one: beside a second the first, beside a teacher's own both."""
    rounds = opened.rounds
    others: dict[int, list[Marking | None]] = {SECOND: [rounds.first], MODERATED: [rounds.first, rounds.second]}
    return [(one, marks_of(one)) for one in others.get(opened.marking.round, []) if one is not None]


def _page(shown: dict[str, Any], *, error: str = "", status: int = 200) -> ResponseReturnValue:
    # The store is asked while no transaction is open.
    content = adapters.installed().blobs.get(shown["opened"].attempt.code_blob_ref)
    page = flask.render_template(
        "marking/script.html", **shown, files=files_in(content), error=error, order=order_args(),
        form=flask.request.form if error else {}, heartbeat=locking.HEARTBEAT_SECONDS,
    )  # fmt: skip
    return flask.make_response(page, status)


@blueprint.post("/marking/<uuid:marking_id>")
def save(marking_id: uuid.UUID) -> ResponseReturnValue:
    """Write what is given, and with it perhaps that it is done, or who holds it."""
    me, form = viewer(), flask.request.form
    act = form.get("do", "save")
    with transaction(me.tenant_id):
        opened = open_marking(marking_id, me.user_id)
        if act not in _ACTS:
            raise BadInput("Choose from the page what is to be done.")
        opened.require_may_mark()
        marking = operations.locked(marking_id)
        refused = _tried(lambda: _ACTS[act](marking, me.user_id))
        opened = open_marking(marking_id, me.user_id)
        onward = _way_on(opened) if act == "next" and refused is None else None
        shown = _shown(opened)
    if "HX-Request" in flask.request.headers:
        return flask.render_template("marking/state.html", **shown, error=refused.message if refused else "")
    if refused is not None:
        return _page(shown, error=refused.message, status=refused.status)
    return flask.redirect(onward or flask.url_for("marking.script", marking_id=marking_id, **order_args()), 303)


def _way_on(opened: OpenedMarking) -> str:
    locking.let_go(opened.marking, opened.place.user_id)
    order = dataclasses.replace(order_of(opened.assignment), round=opened.marking.round)
    found = queue_of(opened.place, opened.assignment, order)
    return _onward(queue.way(found, opened.marking.id).waiting, opened.place.class_id)


def _tried(act: Callable[[], object]) -> GraderError | None:
    """Do something, and return why it was refused; then nothing of it is kept."""
    try:
        with session().begin_nested():
            act()
    except REFUSED as refused:
        session().expire_all()
        return refused
    return None


def _save(marking: Marking, by: uuid.UUID) -> None:
    form = flask.request.form
    operations.save(marking, forms.given(form), revision=forms.revision(form), by=by, at=now())


def _finish(marking: Marking, by: uuid.UUID) -> None:
    _save(marking, by)
    operations.finish(marking, by=by, at=now())


def _ask(marking: Marking, by: uuid.UUID) -> None:
    _save(marking, by)
    operations.ask_second(marking, asked=True)


def _ask_no_more(marking: Marking, by: uuid.UUID) -> None:
    _save(marking, by)
    operations.ask_second(marking, asked=False)


_ACTS: dict[str, Callable[[Marking, uuid.UUID], object]] = {
    "save": _save,
    "finish": _finish,
    "next": _finish,
    "reopen": lambda marking, by: operations.reopen(marking, by=by, at=now()),
    "ask": _ask,
    "ask_no_more": _ask_no_more,
    "take": lambda marking, by: locking.take_over(marking, by, at=now()),
}


@blueprint.post("/marking/<uuid:marking_id>/hold")
def hold(marking_id: uuid.UUID) -> ResponseReturnValue:
    """Go on holding a marking whose page is open; tell where somebody else holds it by now."""
    me = viewer()
    with transaction(me.tenant_id):
        opened = open_marking(marking_id, me.user_id)
        opened.require_may_mark()
        locking.hold(operations.locked(marking_id), me.user_id, at=now())
        holder = locking.holder(opened.marking, at=now())
        other = session().get(User, holder) if holder != me.user_id else None
        return flask.render_template("marking/held.html", holder=other)


@blueprint.post("/marking/<uuid:marking_id>/comments")
def comment(marking_id: uuid.UUID) -> ResponseReturnValue:
    """Write, change or remove a comment."""
    me, form = viewer(), flask.request.form
    with transaction(me.tenant_id):
        opened = open_marking(marking_id, me.user_id)
        opened.require_may_mark()
        place = opened.place
        marking = operations.locked(marking_id)
        refused = _tried(lambda: _comment(marking, place))
        shown = _shown(open_marking(marking_id, me.user_id))
    if refused is not None:
        return _page(
            shown, error=refused.message, status=200 if "HX-Request" in flask.request.headers else refused.status
        )
    if "HX-Request" in flask.request.headers:
        return _page(shown)
    anchor = f"line-{form['first']}" if form.get("first", "").isdecimal() else "comments-head"
    return flask.redirect(flask.url_for("marking.script", marking_id=marking_id, **order_args(), _anchor=anchor), 303)


def _comment(marking: Marking, place: Membership) -> None:
    form, by = flask.request.form, place.user_id
    match form.get("do", "add"):
        case "add":
            commenting.add_comment(marking, forms.comment(form), by=by, at=now())
        case "use":
            lines, criterion = forms.where(form)
            saved = forms.an_id(form.get("saved", ""))
            bank.use(marking, saved, place, lines=lines, criterion_id=criterion, at=now())
        case "keep":
            bank.keep_written(marking, forms.an_id(form.get("comment", "")), place, at=now())
        case "change":
            said, points = form.get("text", ""), forms.comment_points(form)
            commenting.change_comment(marking, forms.an_id(form.get("comment", "")), said, points, by=by, at=now())
        case "remove":
            commenting.remove_comment(marking, forms.an_id(form.get("comment", "")), by=by, at=now())
        case _:
            raise BadInput("Choose from the page what is to be done with the comment.")
