"""What would go wrong with an assignment if its students saw it, with the ways to mend it."""

import datetime as dt
import uuid
from collections.abc import Sequence

import flask
import sqlalchemy as sa
from flask.typing import ResponseReturnValue

from lti_grader.assignments import access, group_work
from lti_grader.assignments.checklist import Facts, Mend, OverrideFacts, ProblemFacts, checklist
from lti_grader.assignments.languages import available_languages
from lti_grader.assignments.queries import OpenedAssignment, open_assignment
from lti_grader.classes.models import Module
from lti_grader.classes.queries import get_class
from lti_grader.core.db import session, transaction
from lti_grader.core.web import viewer
from lti_grader.problems.models import ProblemVersion, VersionState

blueprint = flask.Blueprint("checklist", __name__)


@blueprint.get("/assignments/<uuid:assignment_id>/checklist")
def page(assignment_id: uuid.UUID) -> ResponseReturnValue:
    """What would go wrong with an assignment if its students saw it now."""
    me, at = viewer(), dt.datetime.now(dt.UTC)
    with transaction(me.tenant_id):
        opened = open_assignment(assignment_id, me.user_id)
        opened.membership.require_staff()
        module = session().get_one(Module, opened.assignment.module_id)
        columns = flask.current_app.extensions["columns_to_mend"](opened.membership.class_id, assignment_id)
        facts = _facts(opened, module, columns, at)
        findings = checklist(facts, available_languages(), at=at)
        return flask.render_template(
            "assignments/checklist.html",
            opened=opened,
            class_=get_class(opened.membership.class_id),
            findings=findings,
            mends={one.mend: _mend_url(one.mend, opened) for one in findings},
            is_out=opened.assignment.is_out(at=at),
        )


def _mend_url(mend: Mend, opened: OpenedAssignment) -> str:
    """Return where something is mended; for a problem the page adds which one."""
    assignment_id, class_id = opened.assignment.id, opened.membership.class_id
    match mend:
        case Mend.DATES:
            return flask.url_for("assignments.settings", assignment_id=assignment_id)
        case Mend.POINTS:
            return flask.url_for("points.page", assignment_id=assignment_id)
        case Mend.OVERRIDES:
            return flask.url_for("access.page", assignment_id=assignment_id)
        case Mend.REGRADE:
            return flask.url_for("regrades.page", assignment_id=assignment_id)
        case Mend.GROUPS:
            return flask.url_for("groups.page", class_id=class_id, set_id=opened.assignment.group_set_id)
        case Mend.COLUMNS:
            return flask.url_for("lti.columns", class_id=class_id)
        case _:
            return flask.url_for("classes.contents", class_id=class_id)


def _facts(opened: OpenedAssignment, module: Module, columns: Sequence[str], at: dt.datetime) -> Facts:
    assignment, rules = opened.assignment, opened.assignment.rules
    overrides = access.overrides_of(assignment.id, opened.membership)
    without_group, groups = group_work.without_group(assignment)
    return Facts(
        mode=assignment.mode,
        points_total=assignment.points_total,
        opens=rules.opens_at,
        due=assignment.due_date,
        closes=rules.closes_at,
        module=module.title,
        module_is_out=module.is_out(at=at),
        languages=rules.languages,
        problems=_problems(opened),
        overrides=[OverrideFacts(one.name, one.row.due_date, one.has_anybody) for one in overrides],
        columns=columns,
        without_group=without_group,
        groups=groups,
    )


def _problems(opened: OpenedAssignment) -> list[ProblemFacts]:
    """Return the problems of an assignment with the versions that there are, in one query however many they are."""
    of = [one.problem_id for one in opened.problems]
    rows = session().execute(
        sa.select(ProblemVersion.id, ProblemVersion.problem_id, ProblemVersion.number, ProblemVersion.state).where(
            ProblemVersion.problem_id.in_(of)
        )
    )
    versions = rows.all()
    used = {row.id: row for row in versions}

    def newest(problem_id: uuid.UUID, state: VersionState) -> int | None:
        return max((row.number for row in versions if (row.problem_id, row.state) == (problem_id, state)), default=None)

    return [
        ProblemFacts(
            one.title, one.problem_id, one.item.points, used[one.item.problem_version_id].state,
            used[one.item.problem_version_id].number, newest(one.problem_id, VersionState.PUBLISHED),
            newest(one.problem_id, VersionState.DRAFT), one.answered_in,
        )
        for one in opened.problems
    ]  # fmt: skip
