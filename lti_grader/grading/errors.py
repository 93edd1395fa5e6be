"""What can go wrong in judging."""

from lti_grader.core.errors import Conflict


class LostLease(Conflict):
    """The job was given to another worker meanwhile: this result is dropped, theirs stands."""

    code = "lost_lease"


class JudgedAlready(Conflict):
    """A Run whose turn has come cannot be taken back any more."""

    code = "judged_already"


class BeingJudged(Conflict):
    """A submission waits for its judging, or is in a worker's hands."""

    code = "being_judged"


class OnlyRuns(Conflict):
    """What was submitted is submitted."""

    code = "only_runs"


class NotGradedAtOnce(Conflict):
    """Answers that a worker has to look at."""

    code = "not_graded_at_once"
