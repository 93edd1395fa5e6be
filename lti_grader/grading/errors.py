"""What can go wrong in judging."""

from lti_grader.core.errors import Conflict


class LostLease(Conflict):
    """The job was given to another worker meanwhile: this result is dropped, theirs stands."""

    code = "lost_lease"
