"""What can stand in the way of a regrade."""

from lti_grader.core.errors import Conflict, Unprocessable


class BadRegrade(Unprocessable):
    code = "bad_regrade"


class OtherState(Conflict):
    """What was asked for belongs to another state of the regrade."""

    code = "regrade_in_other_state"
