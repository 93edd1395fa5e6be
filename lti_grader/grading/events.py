import dataclasses
import uuid

from lti_grader.core.events import Event


@dataclasses.dataclass(frozen=True)
class AttemptGraded(Event):
    """A judging is complete and is the attempt's current one."""

    attempt_id: uuid.UUID
    job_id: uuid.UUID


@dataclasses.dataclass(frozen=True)
class JudgedAgain(Event):
    """A judging of a regrade is over, whatever came of it: the next may go."""

    regrade_id: uuid.UUID
