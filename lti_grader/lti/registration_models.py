"""How a platform's registration comes about, and what its launches told that an administrator has yet to accept."""

import datetime as dt
import enum
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from lti_grader.core.db import Base, Row, Tenanted, one_of


class ProposalKind(enum.StrEnum):
    DEPLOYMENT = "deployment"
    FRAME_ORIGIN = "frame_origin"


class RegistrationInvitation(Row, Tenanted, Base):
    """A one-time address by which an LMS registers itself (LTI Dynamic Registration 1.0)."""

    __tablename__ = "registration_invitations"

    token_hash: Mapped[str] = mapped_column(unique=True)
    """SHA-256 of what the address carries; the address itself is kept nowhere."""
    administrator_id: Mapped[uuid.UUID | None] = mapped_column(
        sa.ForeignKey("administrators.id", ondelete="SET NULL"), index=True
    )
    """Who made it; None where the operator did, at the shell."""
    created_at: Mapped[dt.datetime]
    expires_at: Mapped[dt.datetime]
    claimed_at: Mapped[dt.datetime | None]
    """Since when somebody is registering with it; a claim that came to nothing is given back."""
    used_at: Mapped[dt.datetime | None]
    revoked_at: Mapped[dt.datetime | None]
    platform_id: Mapped[uuid.UUID | None] = mapped_column(
        sa.ForeignKey("platforms.id", ondelete="SET NULL"), index=True
    )
    last_error: Mapped[str | None]
    """Why the last try did not come through, in plain words."""


class RegistrationProposal(Row, Tenanted, Base):
    """What a verified launch showed of a platform, and an administrator accepts or declines."""

    __tablename__ = "registration_proposals"
    __table_args__ = (sa.UniqueConstraint("platform_id", "kind", "value"), one_of("kind", ProposalKind))

    platform_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("platforms.id", ondelete="CASCADE"))
    kind: Mapped[str]
    value: Mapped[str]
    first_seen_at: Mapped[dt.datetime]
    declined_at: Mapped[dt.datetime | None]
