"""What can stand in the way of working on an assignment."""

from lti_grader.core.errors import Conflict, Forbidden, Unprocessable


class AssignmentClosed(Conflict):
    code = "assignment_closed"


class AssignmentNotOpen(Conflict):
    code = "assignment_not_open"


class AttemptsUsedUp(Conflict):
    code = "attempts_used_up"


class UnknownLanguage(Unprocessable):
    code = "unknown_language"


class NotPublished(Forbidden):
    code = "not_published"


class PasscodeNeeded(Forbidden):
    code = "passcode_needed"


class WrongPasscode(Unprocessable):
    code = "wrong_passcode"


class BadAssignment(Unprocessable):
    code = "bad_assignment"
