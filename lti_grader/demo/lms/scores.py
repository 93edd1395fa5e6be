"""Scores in and results out (Assignment and Grade Services 2.0, sections 3.3 and 3.4)."""

from typing import Any

import flask
import sqlalchemy as sa
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from lti_grader.demo.lms import wire
from lti_grader.demo.lms.line_items import item_url, own_item, required_type
from lti_grader.demo.lms.models import Grade, Installation, LineItem, Membership, Role
from lti_grader.demo.lms.products import Product
from lti_grader.demo.lms.scoring import Score, Standing, Taken, judge, read_score
from lti_grader.demo.lms.services import authorised, installation, services
from lti_grader.demo.lms.store import store

_LEARNERS = (Role.STUDENT, Role.TEST_STUDENT)


def post_score(course_id: str, item_id: int) -> Response:
    """Take a score, or refuse it, as the product would."""
    with store().writing() as session:
        here = installation(session)
        tool = authorised(session, wire.SCORE)
        item = own_item(session, tool, course_id, item_id)
        score = read_score(wire.read_object(required_type(here, wire.SCORE_TYPE)))
        member = session.get(Membership, (course_id, score.user_id))
        grade = session.get(Grade, (item.id, score.user_id))
        taken = judge(here.product, score, _standing(item, member, grade, here.product), at=wire.now())
        grade = grade or _empty(session, item, score.user_id)
        _write(grade, score, taken)
        return _thanks(here, item, score, taken)


def _standing(item: LineItem, member: Membership | None, grade: Grade | None, product: Product) -> Standing:
    # A teaching assistant arrives at a Moodle tool as an instructor but holds a learner's place in its roster.
    role = member.role if member is not None and member.active else None
    learner = role in _LEARNERS or (product == Product.MOODLE and role == Role.ASSISTANT)
    return Standing(
        column_maximum=item.score_maximum,
        known=member is not None,
        learner=learner,
        locked=item.locked or (grade is not None and grade.locked),
        overridden=grade is not None and grade.override is not None,
        latest=grade.timestamp if grade is not None else None,
    )


def _empty(session: Session, item: LineItem, person_id: str) -> Grade:
    grade = Grade(line_item_id=item.id, person_id=person_id, submissions=0)
    session.add(grade)
    return grade


def _write(grade: Grade, score: Score, taken: Taken) -> None:
    if not taken.keeps_result:
        grade.result, grade.score_given, grade.score_maximum = taken.result, score.given, score.maximum
    if taken.clears_override:
        grade.override, grade.override_comment = None, ""
    if score.comment is not None:
        grade.comment = score.comment
    grade.activity_progress, grade.grading_progress = score.activity, score.grading
    grade.timestamp = score.timestamp
    grade.submitted_at = score.submitted_at or grade.submitted_at
    grade.submissions += 1 if taken.new_submission else 0


def _thanks(here: Installation, item: LineItem, score: Score, taken: Taken) -> Response:
    if here.product == Product.MOODLE:
        return Response(status=taken.status, content_type="text/html; charset=utf-8")
    if here.product == Product.CANVAS:
        return wire.answer({"resultUrl": f"{item_url(item, here)}/results/{score.user_id}"}, wire.SCORE_TYPE, taken.status)
    return wire.answer(flask.request.get_json(force=True), wire.SCORE_TYPE, taken.status)


def list_results(course_id: str, item_id: int) -> Response:
    """List what the gradebook holds in one column, in pages."""
    with store().reading() as session:
        here = installation(session)
        tool = authorised(session, wire.RESULT)
        wire.require_accept(here, wire.RESULTS_TYPE)
        item = own_item(session, tool, course_id, item_id)
        wanted = sa.select(Grade).where(Grade.line_item_id == item.id).order_by(Grade.person_id)
        # Open edX knows no filter by user: who asks for one person gets everybody.
        if "user_id" in flask.request.args and here.product != Product.GENERIC:
            wanted = wanted.where(Grade.person_id == flask.request.args["user_id"])
        shown, link = wire.page(session.scalars(wanted).all(), here, _results_url(item, here))
        response = wire.answer([_result(grade, item, here) for grade in shown], wire.RESULTS_TYPE)
    if link:
        response.headers["Link"] = link
    return response


def _results_url(item: LineItem, here: Installation) -> str:
    return item_url(item, here).partition("?")[0] + "/results"


def _result(grade: Grade, item: LineItem, here: Installation) -> dict[str, Any]:
    found: dict[str, Any] = {
        "id": f"{_results_url(item, here)}/{grade.person_id}",
        "scoreOf": item_url(item, here),
        "userId": grade.person_id,
        "resultMaximum": item.score_maximum,
    }
    if grade.final is not None and not (grade.final == 0 and wire.manner(here).zero_is_omitted):
        found["resultScore"] = grade.final
    if comment := grade.override_comment or grade.comment:
        found["comment"] = comment
    return found


for _item in (
    "/api/lti/courses/<course_id>/line_items/<int:item_id>",
    "/mod/lti/services.php/<course_id>/lineitems/<int:item_id>/lineitem",
):
    services.add_url_rule(f"{_item}/scores", "scores", post_score, methods=["POST"])
    services.add_url_rule(f"{_item}/results", "results", list_results, methods=["GET"])
