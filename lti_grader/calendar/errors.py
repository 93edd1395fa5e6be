"""What can be wrong with an event or a feed."""

from lti_grader.core.errors import NotFound, Unprocessable


class BadEvent(Unprocessable):
    code = "bad_event"


class NoSuchFeed(NotFound):
    code = "no_such_feed"
