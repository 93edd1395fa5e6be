"""Rows that say what is still owed to or by a platform (`core.owed`): what its answers mean for them."""

from lti_grader.core.owed import Owed, claim, close, due, put
from lti_grader.lti.answers import is_throttled
from lti_grader.lti.errors import ServiceError, TokenRefused
from lti_grader.lti.models import Platform

__all__ = ["Owed", "claim", "close", "due", "is_final", "put", "require_enabled"]


def require_enabled(platform: Platform) -> None:
    """Put off what is owed to a platform that is switched off here.

    Raises
    ------
    ServiceError
    """
    if platform.disabled_at is not None:
        raise ServiceError(f"{platform.name} is switched off here.")


def is_final(error: ServiceError) -> bool:
    """Return whether a platform's answer will not change by asking again: it understood, and said no."""
    status = error.status_code
    if status is None or isinstance(error, TokenRefused):
        return False
    if is_throttled(status, error.body):
        return False
    return 400 <= status < 500 and status not in (401, 408, 425)
