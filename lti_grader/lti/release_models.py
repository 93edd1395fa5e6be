"""What is kept about releases: that scores of an assignment are to be owed to the LMS at a time."""

import datetime as dt
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from lti_grader.core.db import Base
from lti_grader.lti.owed import Owed


class OwedRelease(Owed, Base):
    """That the marks of an assignment come out at `next_try_at`, and their scores go to the LMS then."""

    __tablename__ = "owed_releases"
    __table_args__ = (sa.Index("ix_owed_releases_owed", "next_try_at", postgresql_where=sa.text("done_at IS NULL")),)

    assignment_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("assignments.id", ondelete="CASCADE"), unique=True)
    done_at: Mapped[dt.datetime | None]
