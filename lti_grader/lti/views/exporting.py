"""The board taken out, of a class and of the whole institution."""

import uuid
from collections.abc import Iterator, Sequence

import flask
from flask.typing import ResponseReturnValue

from lti_grader.lti import exports
from lti_grader.lti.board import Filter
from lti_grader.lti.views.blueprint import blueprint, now
from lti_grader.lti.views.board import read_filter
from lti_grader.lti.views.clerks import at_board, at_institution


@blueprint.get("/classes/<uuid:class_id>/deliveries.csv")
def class_csv(class_id: uuid.UUID) -> ResponseReturnValue:
    """What the board of a class shows, as a table."""
    with at_board(class_id) as clerk:
        pass
    return _csv(clerk.tenant_id, [class_id], clerk.limited(read_filter(flask.request.args)))


@blueprint.get("/classes/<uuid:class_id>/oneroster.zip")
def class_one_roster(class_id: uuid.UUID) -> ResponseReturnValue:
    """A class's scores as OneRoster results."""
    with at_board(class_id) as clerk:
        pass
    return _one_roster(clerk.tenant_id, [class_id], clerk.limited(Filter()))


@blueprint.get("/registrar/deliveries.csv")
def institution_csv() -> ResponseReturnValue:
    """The boards of all classes, as one table."""
    with at_institution() as clerk:
        pass
    return _csv(clerk.tenant_id, exports.classes_with_scores(clerk.tenant_id), Filter())


@blueprint.get("/registrar/oneroster.zip")
def institution_one_roster() -> ResponseReturnValue:
    """The scores of all classes as OneRoster results."""
    with at_institution() as clerk:
        pass
    return _one_roster(clerk.tenant_id, exports.classes_with_scores(clerk.tenant_id), Filter())


def _csv(tenant_id: uuid.UUID, class_ids: Sequence[uuid.UUID], asked: Filter) -> ResponseReturnValue:
    lines = exports.board_csv(tenant_id, class_ids, asked, bom=flask.request.args.get("bom") == "1")
    return _file(lines, "text/csv; charset=utf-8", "scores", "csv")


def _one_roster(tenant_id: uuid.UUID, class_ids: Sequence[uuid.UUID], asked: Filter) -> ResponseReturnValue:
    by_email = flask.request.args.get("student") == "email"
    parts = exports.one_roster(tenant_id, class_ids, asked, by_email=by_email, at=now())
    return _file(parts, "application/zip", "oneroster", "zip")


def _file(parts: Iterator[bytes], kind: str, name: str, ending: str) -> ResponseReturnValue:
    said = f'attachment; filename="{name}-{now():%Y-%m-%d}.{ending}"'
    return flask.Response(flask.stream_with_context(parts), headers={"Content-Type": kind, "Content-Disposition": said})
