"""What can be wrong with what a student hands in."""

from lti_grader.core.errors import Conflict, TooLarge, TooManyRequests, Unprocessable


class StaleRevision(Conflict):
    """Another tab or device has saved since: the answer carries its text, and neither is lost."""

    code = "stale_revision"


class CodeTooLarge(TooLarge):
    code = "code_too_large"


class InvalidText(Unprocessable):
    code = "invalid_text"


class BadKey(Unprocessable):
    code = "bad_key"


class TooSoon(Conflict):
    """The assignment wants a pause between two submissions: the answer says how many seconds are left."""

    code = "too_soon"


class TooManyOpen(TooManyRequests):
    code = "too_many_open"
