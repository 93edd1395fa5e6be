"""What happens to assignments."""

import dataclasses
import datetime as dt
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
class LatenessChanged(Event):
    """What was handed in to an assignment may be late by another time, or count otherwise, from now on."""

    assignment_id: uuid.UUID
    why: str
    """To go after "because"."""
    at: dt.datetime
    student_id: uuid.UUID | None = None
    """Whose work it is; None for more than one student's."""


@dataclasses.dataclass(frozen=True)
class AccessChanged(Event):
    """One student, or those of one section, have other dates or attempts than before for an assignment."""

    assignment_id: uuid.UUID
    user_id: uuid.UUID | None
    section: str | None
    at: dt.datetime


@dataclasses.dataclass(frozen=True)
class PointsChanged(Event):
    """The problems of an assignment are worth other points from now on."""

    assignment_id: uuid.UUID
    change_id: uuid.UUID


@dataclasses.dataclass(frozen=True)
class TaughtCopied(Event):
    """What is taught in one class was copied into another of the institution."""

    from_class_id: uuid.UUID
    class_id: uuid.UUID
    at: dt.datetime
    is_whole: bool = False
    """Whether it is for the class as such, and not for what was copied alone."""
    by: uuid.UUID | None = None
    """Who wished it; None where a copied LMS course did."""
