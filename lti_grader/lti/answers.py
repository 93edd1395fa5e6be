"""What a platform's answer to a score means: taken, to be tried again, or a matter for a person."""

import dataclasses
import enum

from lti_grader.core.owed import back_off
from lti_grader.lti.errors import ServiceError, TokenRefused


class Meaning(enum.StrEnum):
    TAKEN = "taken"
    """The platform has this score already, or one as new: reading it back tells."""
    AGAIN = "again"
    FAILED = "failed"


@dataclasses.dataclass(frozen=True)
class Answer:
    """`after` is in seconds; `words` say what happened and what to do."""

    meaning: Meaning
    words: str
    after: float = 0.0
    is_outage: bool = False
    """It is not about this score: the platform does not answer, or takes nothing from anybody just now."""


_CURES = {
    400: "The LMS refused the score as wrong in form. Its answer is kept below; report it to the maintainers of this tool.",
    403: "The LMS does not let this tool post scores. Its administrator grants the scope for scores to the tool.",
    404: "The LMS no longer has this column or this student. Restore the link in the course, or resend after the next roster sync.",
    410: "The column was deleted in the LMS. Place the assignment in the course again.",
    422: "The LMS refused the score: often the person is not a student of the course there any more.",
}
# What gateways and pages of maintenance answer, whatever was asked.
_OUTAGES = frozenset({502, 503, 504})
_LEARNER_WORDS = ("not a learner", "not a student", "not a user", "no learner", "incorrect user", "unknown user")


def understand(error: ServiceError, *, tries: int) -> Answer:
    """Return what a failed post means.

    Parameters
    ----------
    tries
        How often it was tried, this time included.
    """
    status, body = error.status_code, error.body.lower()
    if status is None:
        return Answer(Meaning.AGAIN, f"{error.message} It will be tried again.", back_off(tries), is_outage=True)
    if is_throttled(status, body):
        wait = max(error.retry_after or 0.0, back_off(tries))
        return Answer(
            Meaning.AGAIN, "The LMS asks us to slow down; the score waits for its turn.", wait, is_outage=True
        )
    if isinstance(error, TokenRefused):
        return _without_token(error, status, tries)
    if status == 409 or (status == 400 and ("timestamp" in body or "newer" in body)):
        return Answer(Meaning.TAKEN, "The LMS says that it has a score as new as this one.")
    if status == 401:
        # With a token made anew as well, so that it is no old one.
        words = "The LMS does not let this tool in (401): its administrator grants the scope for scores to the tool."
        return Answer(Meaning.AGAIN, f"{words} It will be tried again.", back_off(tries))
    if status >= 500 or status in (408, 425):
        return _fault(error, status, tries)
    if status in (400, 404, 422) and any(words in body for words in _LEARNER_WORDS):
        return Answer(
            Meaning.FAILED,
            "The LMS says that this person is not a student of the course there. Check the roster, then resend.",
        )
    words = _CURES.get(status, f"The LMS refused the score ({status}). Its answer is kept below.")
    return Answer(Meaning.FAILED, words)


def is_throttled(status: int, body: str) -> bool:
    """Return whether a platform asks to slow down: some do so by 403, and say why in the body."""
    body = body.lower()
    return status == 429 or (status == 403 and ("rate limit" in body or "throttl" in body))


def _fault(error: ServiceError, status: int, tries: int) -> Answer:
    wait = error.retry_after or back_off(tries)
    words = f"The LMS has a fault of its own ({status}). It will be tried again."
    return Answer(Meaning.AGAIN, words, wait, is_outage=status in _OUTAGES)


def _without_token(error: TokenRefused, status: int, tries: int) -> Answer:
    if status >= 500:
        return _fault(error, status, tries)
    # Not for good: it is so as well until an LMS has read our keyset again after a rotation.
    return Answer(
        Meaning.AGAIN,
        f"The LMS gives this tool no access token ({status}). Its administrator looks whether the client is switched on,"
        " has the scopes for grades, and knows this tool's keyset address. It will be tried again.",
        back_off(tries),
        is_outage=True,
    )
