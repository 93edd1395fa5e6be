"""What can be wrong with a sign-in."""

from lti_grader.core.errors import Conflict, NotFound, Unprocessable


class SignInGone(Conflict):
    """The address was used, has expired or was taken back; the message says which."""

    code = "sign_in_gone"


class SignInUnknown(NotFound):
    code = "sign_in_unknown"


class NoSuchInstitution(Unprocessable):
    code = "no_such_institution"
