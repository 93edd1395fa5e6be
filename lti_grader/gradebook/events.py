import dataclasses
import datetime as dt
import uuid

from lti_grader.core.events import Event


@dataclasses.dataclass(frozen=True)
class ScoreChanged(Event):
    """Gradebook entries have a new score, or one of which more may be known, each under a new revision."""

    entry_ids: tuple[uuid.UUID, ...]
    at: dt.datetime
    regrade_id: uuid.UUID | None = None
    """The regrade that changed them; None for whatever else did."""


@dataclasses.dataclass(frozen=True)
class RegradeRequestChanged(Event):
    """Something was written in a regrade request, or decided, or the judging that it led to is over."""

    request_id: uuid.UUID
    at: dt.datetime
