"""What a platform's answer to a request for a column means, with the cure."""

from lti_grader.core.owed import back_off
from lti_grader.lti import answers
from lti_grader.lti.answers import Answer, Meaning
from lti_grader.lti.errors import ServiceError, TokenRefused

_CURES = {
    400: "The LMS refused the column as wrong in form. Its answer is kept below; report it to the maintainers of this tool.",
    401: "The LMS does not let this tool in (401): its administrator grants the scope for line items to the tool.",
    403: "The LMS does not let this tool make or change this column. Its administrator grants the scope for line items to the"
    " tool; else set it in the LMS itself.",
    404: "The LMS does not know this course, or this column of it, any more. Open the tool from the course once, then try"
    " again.",
    405: "This LMS takes no such change from a tool: set it in the LMS itself.",
    412: "The LMS wants the item to be an assignment of its own: place it in the course with points.",
    422: "The LMS refused the column; its answer, kept below, says why.",
}


def understand(error: ServiceError, *, tries: int) -> Answer:
    """Return what a failed request for a column means.

    Parameters
    ----------
    tries
        How often it was tried, this time included.
    """
    status = error.status_code
    if status is not None and answers.is_throttled(status, error.body):
        wait = max(error.retry_after or 0.0, back_off(tries))
        return Answer(Meaning.AGAIN, "The LMS asks us to slow down; it will be tried again.", wait, is_outage=True)
    if status is None or isinstance(error, TokenRefused) or status >= 500 or status in (408, 425):
        return answers.understand(error, tries=tries)
    words = _CURES.get(status, f"The LMS refused the column ({status}). Its answer is kept below.")
    return Answer(Meaning.FAILED, words)
