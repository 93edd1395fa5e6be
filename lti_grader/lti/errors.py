"""Why a launch or a service call was refused.

LtiError
├── LaunchRefused        401  the launch does not hold: whoever sees it can only start again, or tell the admin
│   └── NotRegistered    403  this platform, client or deployment is not known here
└── ServiceError              a platform's service did not do what was asked
    ├── MoreThanAllowed       ... within the limits of this tool
    └── TokenRefused          ... because it gave no token to ask with
"""

from typing import Any

from lti_grader.core.errors import Conflict, GraderError, NotFound, TooManyRequests, Unprocessable


class LtiError(GraderError):
    status, code = 400, "lti_error"


class LaunchRefused(LtiError):
    """A launch that does not hold.

    Parameters
    ----------
    reason
        A short name for logs and tests, such as "nonce_mismatch".
    """

    status, code = 401, "launch_refused"

    def __init__(self, reason: str, message: str, **extra: Any) -> None:
        super().__init__(message, reason=reason, **extra)
        self.reason = reason


class NotRegistered(LaunchRefused):
    status, code = 403, "not_registered"


class BadRegistration(Unprocessable):
    code = "bad_registration"


class InvitationGone(Conflict):
    """A registration address that was used, has expired, was taken back, or is being used just now."""

    code = "invitation_gone"


class InvitationUnknown(NotFound):
    code = "invitation_unknown"


class RegistrationFailed(Unprocessable):
    """What an LMS said while it registered cannot be used; the message says what, and where to look."""

    code = "registration_failed"


class ServiceError(LtiError):
    """A platform's service failed.

    Parameters
    ----------
    status_code
        What it answered, None where it did not.
    body
        The beginning of its words.
    retry_after
        Seconds that it asked us to wait.
    """

    status, code, retryable = 502, "lms_error", True

    def __init__(
        self, message: str, *, status_code: int | None = None, body: str = "", retry_after: float | None = None
    ) -> None:
        super().__init__(message)
        self.status_code = status_code
        self.body = body
        self.retry_after = retry_after


class MoreThanAllowed(ServiceError):
    """What a platform has is larger than this tool takes."""


class TokenRefused(ServiceError):
    """The platform answered a request for an access token, and not with one."""


class NoticeUnusable(Unprocessable):
    """A notice that says too little to act upon, and will not say more."""

    code = "notice_unusable"


class CannotResend(Conflict):
    code = "cannot_resend"


class RosterBusy(Conflict):
    code = "roster_busy"


class ReconciliationBusy(Conflict):
    code, retryable = "reconciliation_busy", True


class CannotFreeze(Conflict):
    code = "cannot_freeze"


class CannotRelease(Conflict):
    code = "cannot_release"


class ColumnInUse(Conflict):
    code = "column_in_use"


class CannotMakeColumn(Conflict):
    code = "cannot_make_column"


class CannotJoin(Unprocessable):
    code = "cannot_join"


class CannotLeave(Conflict):
    code = "cannot_leave"


class TooManyGuesses(TooManyRequests):
    code = "too_many_guesses"


class KeyTooNew(Conflict):
    """The key that would sign has not been shown for long enough."""

    code = "key_too_new"
