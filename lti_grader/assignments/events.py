"""What happens to assignments."""

import dataclasses
import uuid

from lti_grader.core.events import Event


@dataclasses.dataclass(frozen=True)
class AssignmentChanged(Event):
    """An assignment has another title or maximum."""

    assignment_id: uuid.UUID


@dataclasses.dataclass(frozen=True)
class ReleaseChanged(Event):
    """When an assignment's marks or feedback are released may be another time from now on."""

    assignment_id: uuid.UUID


@dataclasses.dataclass(frozen=True)
class PointsChanged(Event):
    """The problems of an assignment are worth other points from now on."""

    assignment_id: uuid.UUID
    change_id: uuid.UUID
