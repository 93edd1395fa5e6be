from lti_grader.core.errors import Conflict, Unprocessable


class BadMarking(Unprocessable):
    """What was sent cannot be given; the message says what to change."""

    code = "bad_marking"


class MarkedMeanwhile(Conflict):
    """Somebody else has changed the marking since the page was opened."""

    code = "marked_meanwhile"


class HeldByAnother(Conflict):
    """Somebody else is marking this at the moment."""

    code = "held_by_another"
