import dataclasses
import datetime as dt
import uuid

from lti_grader.core.events import Event


@dataclasses.dataclass(frozen=True)
class MarkingChanged(Event):
    """What people give for a submission is another now, or is not settled any more."""

    student_id: uuid.UUID
    assignment_id: uuid.UUID


@dataclasses.dataclass(frozen=True)
class MarkingRulesChanged(Event):
    """Which submissions of an assignment are marked twice, or how far two markings may differ, is another from now on."""

    assignment_id: uuid.UUID
    at: dt.datetime
