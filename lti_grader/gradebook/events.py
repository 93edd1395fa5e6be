import dataclasses
import uuid

from lti_grader.core.events import Event


@dataclasses.dataclass(frozen=True)
class ScoreChanged(Event):
    """A gradebook entry has a new score, under a new revision."""

    entry_id: uuid.UUID
