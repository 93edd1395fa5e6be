"""What happens to assignments."""

import dataclasses
import uuid

from lti_grader.core.events import Event


@dataclasses.dataclass(frozen=True)
class AssignmentChanged(Event):
    """An assignment has another title or maximum."""

    assignment_id: uuid.UUID
