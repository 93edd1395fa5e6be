"""The tree of errors that a person may see.

GraderError
├── BadInput            400  what was sent cannot be read
├── NotSignedIn         401  no session, or one that ended
├── Forbidden           403  signed in, but not for this
├── NotFound            404  no such thing, or not for you
├── Conflict            409  right in itself, but not in the present state
├── TooLarge            413
├── Unprocessable       422  readable, but not acceptable
├── TooManyRequests     429
└── Unavailable         503  a part we depend on does not answer: try again
"""

from typing import Any, ClassVar


class GraderError(Exception):
    """An error with a message for the person and a code for the program.

    Parameters
    ----------
    message
        One or two sentences: what happened, and what to do about it.
    extra
        JSON-able values for the program that asked, such as the draft that is newer.
    """

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal_error"
    retryable: ClassVar[bool] = False

    def __init__(self, message: str, **extra: Any) -> None:
        super().__init__(message)
        self.message = message
        self.extra = extra


class BadInput(GraderError):
    status, code = 400, "bad_input"


class NotSignedIn(GraderError):
    status, code = 401, "session_ended"


class Forbidden(GraderError):
    status, code = 403, "forbidden"


class NotFound(GraderError):
    status, code = 404, "not_found"


class Conflict(GraderError):
    status, code = 409, "conflict"


class TooLarge(GraderError):
    status, code = 413, "too_large"


class Unprocessable(GraderError):
    status, code = 422, "unprocessable"


class TooManyRequests(GraderError):
    status, code, retryable = 429, "too_many_requests", True


class Unavailable(GraderError):
    status, code, retryable = 503, "unavailable", True


class SettingsError(GraderError):
    """A setting is missing or cannot be used; the message names it and says what it should be."""

    code = "bad_setting"
