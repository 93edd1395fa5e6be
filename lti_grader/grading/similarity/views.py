"""Similarity: which submissions are alike, side by side, and what staff make of it."""

import datetime as dt
import uuid

import flask
from flask.typing import ResponseReturnValue

from lti_grader import adapters
from lti_grader.assignments.queries import OpenedAssignment, ProblemLine, open_assignment
from lti_grader.classes.models import Role
from lti_grader.core.db import transaction
from lti_grader.core.errors import BadInput, NotFound
from lti_grader.core.web import viewer
from lti_grader.grading.similarity import choosing, findings, noting, queries, reports
from lti_grader.grading.similarity.beside import lines_of
from lti_grader.grading.similarity.errors import BadReport, OtherState
from lti_grader.grading.similarity.findings import OpenedPair, Show
from lti_grader.grading.similarity.models import ActKind, ReportState
from lti_grader.grading.similarity.queries import ReportLine
from lti_grader.grading.similarity.sides import NoteLine, notes_of
from lti_grader.grading.similarity.sight import Sight
from lti_grader.problems.answer_text import one_text

blueprint = flask.Blueprint("similarity", __name__)

_AT_ONCE = 100
"""As many pairs stand on a page, unless somebody asks for all."""


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


@blueprint.get("/assignments/<uuid:assignment_id>/similarity")
def page(assignment_id: uuid.UUID) -> ResponseReturnValue:
    """The reports on an assignment, and the form for another."""
    me = viewer()
    with transaction(me.tenant_id):
        opened = open_assignment(assignment_id, me.user_id)
        opened.membership.require_staff()
        return _form(opened, opened.problem(flask.request.args.get("problem")))


@blueprint.post("/assignments/<uuid:assignment_id>/similarity")
def start(assignment_id: uuid.UUID) -> ResponseReturnValue:
    """Have the submissions to a problem compared."""
    me, form = viewer(), flask.request.form
    with transaction(me.tenant_id):
        opened = open_assignment(assignment_id, me.user_id)
        opened.membership.require_staff()
        problem = opened.problem(form.get("problem"))
        try:
            report = reports.start(
                opened.membership, problem.item.id, with_earlier="earlier" in form, without_solution="solution" in form,
                at=_now(),
            )  # fmt: skip
        except (BadReport, OtherState) as error:
            return flask.make_response(_form(opened, problem, error=error.message), error.status)
        report_id = report.id
    return flask.redirect(flask.url_for("similarity.report", report_id=report_id), 303)


def _form(opened: OpenedAssignment, problem: ProblemLine, *, error: str = "") -> str:
    return flask.render_template(
        "similarity/reports.html",
        opened=opened,
        problem=problem,
        reports=queries.reports_of(opened),
        there=choosing.comparable(problem.item),
        may_start=opened.membership.role == Role.TEACHER,
        error=error,
    )


@blueprint.get("/similarity/<uuid:report_id>")
def report(report_id: uuid.UUID) -> ResponseReturnValue:
    """How far a report has come, or what it found."""
    me = viewer()
    with transaction(me.tenant_id):
        line, opened = queries.opened(report_id, me.user_id)
        if line.row.state == ReportState.DONE:
            reports.note(report_id, ActKind.OPENED, by=me.user_id, at=_now())
        return _shown(line, opened)


@blueprint.post("/similarity/<uuid:report_id>")
def act(report_id: uuid.UUID) -> ResponseReturnValue:
    """Cancel a report."""
    me = viewer()
    with transaction(me.tenant_id):
        line, opened = queries.opened(report_id, me.user_id)
        reports.require_teacher(opened.membership)
        if flask.request.form.get("do") != "cancel":
            raise BadInput("Say what is to be done with this report.")
        try:
            reports.cancel(reports.locked(report_id), by=me.user_id, at=_now())
        except OtherState as error:
            return flask.make_response(_shown(line, opened, error=error.message), error.status)
    return flask.redirect(flask.url_for("similarity.report", report_id=report_id), 303)


def _shown(line: ReportLine, opened: OpenedAssignment, *, error: str = "") -> str:
    place, args = opened.membership, flask.request.args
    show = Show(args["show"]) if args.get("show") in [*Show] else Show.ALL
    most = None if "all" in args else _AT_ONCE
    is_done = line.row.state == ReportState.DONE
    return flask.render_template(
        "similarity/report.html",
        line=line,
        opened=opened,
        found=findings.findings(line.row, place, show=show, most=most) if is_done else None,
        show=show,
        compared=queries.compared_until_now(line.row),
        may_act=place.role == Role.TEACHER,
        error=error,
    )


@blueprint.get("/similarity/<uuid:report_id>/pairs.csv")
def pairs_csv(report_id: uuid.UUID) -> ResponseReturnValue:
    """The pairs of a report as a table."""
    me = viewer()
    with transaction(me.tenant_id):
        line, opened = queries.opened(report_id, me.user_id)
        if line.row.state != ReportState.DONE:
            raise NotFound("This report is not finished.")
        reports.note(report_id, ActKind.EXPORTED, by=me.user_id, at=_now())
        table = b"".join(findings.as_csv(findings.findings(line.row, opened.membership, show=Show.ALL).pairs))
    said = f'attachment; filename="similarity-{line.row.started_at:%Y-%m-%d}.csv"'
    return flask.Response(table, headers={"Content-Type": "text/csv; charset=utf-8", "Content-Disposition": said})


@blueprint.get("/similarity/pairs/<uuid:pair_id>")
def pair(pair_id: uuid.UUID) -> ResponseReturnValue:
    """Two programs side by side."""
    me = viewer()
    with transaction(me.tenant_id):
        opened = findings.opened_pair(pair_id, me.user_id)
        reports.note(opened.report.row.id, ActKind.COMPARED, by=me.user_id, at=_now(), pair_id=pair_id)
        notes = notes_of(opened.line.left, opened.line.right)
    return _beside(opened, notes)


@blueprint.post("/similarity/pairs/<uuid:pair_id>")
def decide(pair_id: uuid.UUID) -> ResponseReturnValue:
    """Keep what somebody makes of two programs."""
    me, form = viewer(), flask.request.form
    with transaction(me.tenant_id):
        opened = findings.opened_pair(pair_id, me.user_id)
        notes = notes_of(opened.line.left, opened.line.right)
        error = None
        try:
            noting.decide(opened, form.get("decision", ""), form.get("words", ""), by=me.user_id, at=_now())
        except BadReport as refused:
            error = refused
    if error is not None:
        return flask.make_response(_beside(opened, notes, error=error.message), error.status)
    return flask.redirect(flask.url_for("similarity.pair", pair_id=pair_id, _anchor="note"), 303)


def _beside(opened: OpenedPair, notes: list[NoteLine], *, error: str = "") -> str:
    line, blobs = opened.line, adapters.installed().blobs
    passages = line.row.passages
    halves = []
    for side, first in ((line.left, 0), (line.right, 2)):
        text = one_text(blobs.get(side.attempt.code_blob_ref), named=True)
        halves.append(
            lines_of(text, [(one[first], one[first + 1]) for one in passages], everything=side.sight is Sight.ALL)
        )
    return flask.render_template(
        "similarity/pair.html",
        opened=opened,
        line=line,
        halves=halves,
        notes=notes,
        error=error,
        form=flask.request.form,
        most_characters=noting.MOST_CHARACTERS,
    )
