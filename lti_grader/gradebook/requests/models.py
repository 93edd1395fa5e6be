"""Regrade requests: a student doubts a result and says why; the staff answers, and what comes of it stays visible."""

import datetime as dt
import enum
import uuid
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from lti_grader.core.db import Base, Row, Tenanted, one_of


class RequestStatus(enum.StrEnum):
    OPEN = "open"
    """The staff has to say something."""
    ANSWERED = "answered"
    """The staff has written, and has not decided: the student may say more."""
    ACCEPTED = "accepted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


UNDECIDED = (RequestStatus.OPEN, RequestStatus.ANSWERED)
"""There is one such at most for each student and problem of an assignment."""


class Effect(enum.StrEnum):
    """What a request that was accepted led to."""

    POINTS = "points"
    """Points by hand, of the whole assignment."""
    JUDGED = "judged"
    """The submission was judged once more."""


class RegradeRequest(Row, Tenanted, Base):
    """One request."""

    __tablename__ = "regrade_requests"
    __table_args__ = (
        one_of("status", RequestStatus),
        one_of("effect", Effect),
        sa.CheckConstraint("(status = 'accepted') = (effect IS NOT NULL)", name="accepted_has_effect"),
        sa.CheckConstraint(
            "(status IN ('accepted', 'declined', 'withdrawn')) = (decided_at IS NOT NULL)", name="decided_has_time"
        ),
        sa.CheckConstraint("revision >= 0", name="revision_not_negative"),
        sa.Index(
            "uq_regrade_requests_one_undecided",
            "student_id",
            "assignment_problem_id",
            unique=True,
            postgresql_where=sa.text("status IN ('open', 'answered')"),
        ),
        sa.Index("ix_regrade_requests_assignment_id_status", "assignment_id", "status"),
        sa.Index("ix_regrade_requests_student_id_assignment_id", "student_id", "assignment_id"),
    )

    assignment_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("assignments.id", ondelete="CASCADE"))
    assignment_problem_id: Mapped[uuid.UUID] = mapped_column(
        sa.ForeignKey("assignment_problems.id", ondelete="CASCADE"), index=True
    )
    attempt_id: Mapped[uuid.UUID] = mapped_column(
        sa.ForeignKey("submission_attempts.id", ondelete="CASCADE"), index=True
    )
    """The submission whose result is doubted."""
    student_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("users.id", ondelete="CASCADE"))
    about: Mapped[str] = mapped_column(default="", server_default="")
    """The test that it is about, as its student sees it called; "" for all of the result."""
    status: Mapped[str] = mapped_column(default=RequestStatus.OPEN)
    revision: Mapped[int] = mapped_column(default=0, server_default="0")
    """Rises with everything that is written or decided: nobody decides on what they have not read."""
    opened_at: Mapped[dt.datetime]
    changed_at: Mapped[dt.datetime]
    decided_by: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("users.id", ondelete="SET NULL"), index=True)
    decided_at: Mapped[dt.datetime | None]
    effect: Mapped[str | None]
    job_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("grading_jobs.id", ondelete="SET NULL"), index=True)
    """The judging that it led to."""
    mark_before: Mapped[Decimal | None] = mapped_column(sa.Numeric(10, 4))
    """Of the whole assignment, when it was accepted."""
    mark_after: Mapped[Decimal | None] = mapped_column(sa.Numeric(10, 4))
    """None until the judging is over."""

    @property
    def is_undecided(self) -> bool:
        return self.status in UNDECIDED


class RegradeRequestMessage(Row, Tenanted, Base):
    """What somebody wrote in a request."""

    __tablename__ = "regrade_request_messages"

    request_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("regrade_requests.id", ondelete="CASCADE"), index=True)
    author_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("users.id", ondelete="CASCADE"), index=True)
    at: Mapped[dt.datetime]
    text: Mapped[str]
    """"" where its student was erased."""
