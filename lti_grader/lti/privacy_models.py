"""What was done with people's data on behalf of their institution."""

import datetime as dt
import enum
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from lti_grader.core.db import Base, Json, Row, Tenanted, one_of


class ActKind(enum.StrEnum):
    LOOKED = "looked"
    EXPORTED = "exported"
    ERASED = "erased"


class PrivacyAct(Row, Tenanted, Base):
    """One act of an institution's privacy person. Rows are added, and never changed or removed."""

    __tablename__ = "privacy_acts"
    __table_args__ = (one_of("kind", ActKind),)

    actor_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("users.id", ondelete="RESTRICT"), index=True)
    subject_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("users.id", ondelete="RESTRICT"), index=True)
    kind: Mapped[str]
    at: Mapped[dt.datetime]
    counts: Mapped[Json] = mapped_column(default=dict, server_default="{}")
    """How much was held at the time, by kind: no personal data."""
