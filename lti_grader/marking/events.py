import dataclasses
import uuid

from lti_grader.core.events import Event


@dataclasses.dataclass(frozen=True)
class MarkingChanged(Event):
    """What people give for a submission is another now, or is not settled any more."""

    student_id: uuid.UUID
    assignment_id: uuid.UUID
