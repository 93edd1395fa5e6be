import dataclasses
import datetime as dt
import uuid

from lti_grader.core.events import Event


@dataclasses.dataclass(frozen=True)
class ScoreChanged(Event):
    """A gradebook entry has a new score, or one of which more may be known, under a new revision."""

    entry_id: uuid.UUID
    at: dt.datetime
