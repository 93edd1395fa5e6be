"""The course that a notice is about."""

from lti_grader.core.db import session
from lti_grader.lti import claims as c
from lti_grader.lti.errors import NoticeUnusable
from lti_grader.lti.models import ClassContext, Deployment
from lti_grader.lti.notice_models import Notice
from lti_grader.lti.operations import context_named


def course_of(notice: Notice) -> ClassContext:
    """Return the course of a notice; one that nobody has launched from yet gets its class now.

    Raises
    ------
    NoticeUnusable
        It names none.
    """
    described = notice.payload.get(c.CONTEXT)
    given = described if isinstance(described, dict) else {}
    context_id = c.identifier(given.get("id"))
    if context_id is None:
        raise NoticeUnusable("The notice does not say which course it is about.")
    title = c.words(given.get("title")) or c.words(given.get("label")) or "Course"
    return context_named(session().get_one(Deployment, notice.deployment_id), context_id, title)
