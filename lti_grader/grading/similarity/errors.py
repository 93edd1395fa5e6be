"""What can stand in the way of comparing submissions."""

from lti_grader.core.errors import Conflict, Unavailable, Unprocessable


class BadReport(Unprocessable):
    code = "bad_similarity_report"


class OtherState(Conflict):
    """What was asked for belongs to another state of the report."""

    code = "similarity_report_in_other_state"


class CannotCompare(Unavailable):
    """The program that compares is not here, or did not come to an end."""

    code, retryable = "cannot_compare", False


class Stopped(Conflict):
    """The report was cancelled, or another worker has it by now: what this one found is dropped."""

    code = "similarity_report_stopped"
