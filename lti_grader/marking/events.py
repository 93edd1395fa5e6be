import dataclasses
import datetime as dt
import enum
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


class Awaited(enum.StrEnum):
    """What people have to do about a submission that somebody has marked."""

    SECOND = "second"
    """A second marking, by another person than the first."""
    DECISION = "decision"
    """A teacher's word between two markings that differ."""


@dataclasses.dataclass(frozen=True)
class AwaitedChanged(Event):
    """Second markings or decisions are awaited that were not before, or some are not awaited any more."""

    assignment_id: uuid.UUID
    what: Awaited
    anew: tuple[uuid.UUID, ...]
    """The submissions of which it is awaited from now on; none where it is only that some are not any more."""
