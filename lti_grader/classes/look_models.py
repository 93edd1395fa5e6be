"""Who of the staff looked at a class as which of its students sees it."""

import datetime as dt
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from lti_grader.core.db import Base, Row, Tenanted


class StudentLook(Row, Tenanted, Base):
    """That somebody of a class's staff looks at it as one of its students sees it, or did; they change nothing while they do."""

    __tablename__ = "student_looks"
    __table_args__ = (sa.Index("ix_student_looks_class_id_began_at", "class_id", "began_at"),)

    class_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("classes.id", ondelete="CASCADE"))
    viewer_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("users.id", ondelete="CASCADE"), index=True)
    student_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("users.id", ondelete="CASCADE"), index=True)
    began_at: Mapped[dt.datetime]
    ended_at: Mapped[dt.datetime | None]
    """When they went back to their own pages; where they did not, it is over after some hours."""
