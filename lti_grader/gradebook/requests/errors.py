"""What can be wrong with a regrade request."""

from lti_grader.core.errors import Conflict, Unprocessable


class BadRequest(Unprocessable):
    code = "bad_regrade_request"


class NotNow(Conflict):
    """Nothing can be asked now: it is too early, too late, or asked already."""

    code = "no_regrade_request_now"


class Answered(Conflict):
    """Somebody else wrote or decided meanwhile."""

    code = "regrade_request_changed"
