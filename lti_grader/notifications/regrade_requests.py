"""Students are told what became of their regrade requests, and staff, once a day for an assignment, that there are some."""

import sqlalchemy as sa

from lti_grader.classes.apart import staff_who_see
from lti_grader.classes.models import ContentItem, Module
from lti_grader.core.db import session
from lti_grader.gradebook.events import RegradeRequestChanged
from lti_grader.gradebook.requests.models import RegradeRequest, RequestStatus
from lti_grader.notifications.kinds import REQUEST_CHANGED, REQUESTED
from lti_grader.notifications.operations import News, tell

_OUTCOMES = {
    RequestStatus.ANSWERED: "answered",
    RequestStatus.ACCEPTED: "accepted",
    RequestStatus.DECLINED: "declined",
}


def request_changed(event: RegradeRequestChanged) -> None:
    """Tell whoever has to read a request now: the student what the staff has said, the staff that a student waits."""
    items = ContentItem.__table__.c
    request, title, class_id = (
        session()
        .execute(
            sa.select(RegradeRequest, items.title, Module.class_id)
            .join(ContentItem.__table__, items.id == RegradeRequest.assignment_id)
            .join(Module, Module.id == items.module_id)
            .where(RegradeRequest.id == event.request_id)
        )
        .one()
    )
    status = RequestStatus(request.status)
    parts = {"item": title, "class_id": str(class_id), "request_id": str(request.id)}
    if status is RequestStatus.OPEN:
        key = f"requests:{request.assignment_id}:{event.at.date()}"
        news = News(REQUESTED, key, parts, class_id, request.assignment_id)
        tell(news, staff_who_see(class_id, request.student_id), at=event.at)
    elif outcome := _OUTCOMES.get(status):
        # That a judging which it led to is over is told with the mark.
        key = f"request:{request.id}:{status}" + (f":{request.revision}" if status is RequestStatus.ANSWERED else "")
        news = News(REQUEST_CHANGED, key, {**parts, "outcome": outcome}, class_id, request.assignment_id)
        tell(news, [request.student_id], at=event.at)
