import dataclasses
import uuid

from lti_grader.core.events import Event


@dataclasses.dataclass(frozen=True)
class AttemptSubmitted(Event):
    """A student pressed Run or Submit, and the attempt is in its row."""

    attempt_id: uuid.UUID
    content: bytes | None = None
    """What was handed in, where it is at hand and need not be fetched: answers to a quiz are graded at once."""
