"""What is known of the reading of rosters."""

import datetime as dt
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from lti_grader.core.db import Base, Row, Tenanted


class Roster(Row, Tenanted, Base):
    """How the reading of an LMS course's list of members stands. Launches never lock it."""

    __tablename__ = "rosters"

    class_context_id: Mapped[uuid.UUID] = mapped_column(
        sa.ForeignKey("class_contexts.id", ondelete="CASCADE"), unique=True
    )
    claimed_until: Mapped[dt.datetime | None]
    """Until when whoever reads it now has it to themselves; a reader that died is not waited for longer."""
    claim: Mapped[uuid.UUID | None]
    next_read_at: Mapped[dt.datetime | None] = mapped_column(index=True)
    read_in_full_at: Mapped[dt.datetime | None]
    differences_url: Mapped[str | None]
    """Where the platform tells what has changed since (NRPS 2.0, section 2.4.3)."""
    failures: Mapped[int] = mapped_column(default=0, server_default="0")
    """How often in a row it could not be read."""
    is_refused: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    """The last failure was the LMS's refusal, which a switch there cures."""
    members: Mapped[int] = mapped_column(default=0, server_default="0")
    joined: Mapped[int] = mapped_column(default=0, server_default="0")
    dropped: Mapped[int] = mapped_column(default=0, server_default="0")
    held_since: Mapped[dt.datetime | None]
    """Since when more people are missing than a person should be asked about first."""
    held_gone: Mapped[int] = mapped_column(default=0, server_default="0")
    held_of: Mapped[int] = mapped_column(default=0, server_default="0")
    drops_allowed_until: Mapped[dt.datetime | None]
    """A person has said that those who are missing have left."""
    drops_allowed_by: Mapped[uuid.UUID | None] = mapped_column(
        sa.ForeignKey("users.id", ondelete="SET NULL"), index=True
    )
