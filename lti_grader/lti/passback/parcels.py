"""A score in a worker's hands, with all that carrying it takes; it holds no transaction."""

import dataclasses
import datetime as dt
import uuid
from decimal import Decimal

from lti_grader.lti.models import Platform


@dataclasses.dataclass(frozen=True)
class Parcel:
    """A claimed delivery, as its row was when it was claimed."""

    delivery_id: uuid.UUID
    line_item_id: uuid.UUID
    user_id: uuid.UUID
    platform: Platform
    url: str
    sub: str
    status: str
    until: dt.datetime
    """Until when it is left to the worker. The row says so too, so that it tells whose hands it is in."""
    terms: str | None
    """What the release of the marks went by: see `withholding.TERMS`."""
    score: Decimal | None
    """None while the work waits for a person's look, or its marks for their release."""
    is_withheld: bool
    """It has no points because its marks are not released."""
    clears: bool
    """It takes away what the LMS was told before, since there is nothing to be graded any more: the student is excused."""
    maximum: Decimal
    timestamp: dt.datetime
    activity_progress: str
    grading_progress: str
    submitted_at: dt.datetime | None
    is_new_submission: bool
    """Whether the LMS has not been told of this work before; a changed mark for the same work is none."""
    attempt_id: uuid.UUID | None
    comment: str
    """"" also where the LMS has it from before."""
    comments: frozenset[str]
    """All of ours that the LMS may have."""
    has_new_comment: bool
    """The LMS took this student's scores before, with another comment or with none."""
    tries: int
    """This one included."""
    forced: bool
    interrupted: bool
    """It was tried before with this time, and how that ended is not known: the LMS may hold it already."""
    was_sent: bool
    """The LMS has taken it; only the look is still owed."""
    is_of_old_maximum: bool
    """The LMS took nothing of this score since its column has another maximum."""
    may_hold: frozenset[Decimal]
    """What the LMS may hold of our own: what it was last seen to hold, and whatever was sent after that."""
    told_at: dt.datetime | None
    """When the LMS last took a score of this student for this column: what was read there before is old."""
    channel: str
