"""Institutions and the people in them."""

import datetime as dt
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from lti_grader.core.db import Base, Json, Row, Tenanted


class Tenant(Row, Base):
    """An institution. Everything else belongs to one, and none sees another's."""

    __tablename__ = "tenants"

    name: Mapped[str] = mapped_column(unique=True)
    settings: Mapped[Json] = mapped_column(default=dict, server_default="{}")
    created_at: Mapped[dt.datetime] = mapped_column(server_default=sa.func.now())
    generated_at: Mapped[dt.datetime | None]
    """When it was made up, with all that belongs to it (`demo.department`); None for a real one. A trigger keeps it so."""


class User(Row, Tenanted, Base):
    """A person as one platform knows them: the platform's `sub` is their identity."""

    __tablename__ = "users"
    __table_args__ = (sa.UniqueConstraint("platform_id", "sub"),)

    platform_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("platforms.id", ondelete="RESTRICT"))
    sub: Mapped[str]
    name: Mapped[str | None]
    given_name: Mapped[str | None]
    family_name: Mapped[str | None]
    email: Mapped[str | None]
    avatar_url: Mapped[str | None]
    locale: Mapped[str | None]
    is_test_user: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    """The platform's own Student View user: graded, but no score of theirs is ever delivered."""
    is_institution_admin: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    """Whether their last launch named them an administrator of the institution."""
    erased_at: Mapped[dt.datetime | None]
    """When everything that says who they are was taken away; what they did stays."""
    settings: Mapped[Json] = mapped_column(default=dict, server_default="{}")
    created_at: Mapped[dt.datetime] = mapped_column(server_default=sa.func.now())
    last_launch_at: Mapped[dt.datetime | None]

    @property
    def display_name(self) -> str:
        """The name to show; platforms may keep names to themselves."""
        if self.erased_at is not None:
            return "Erased person"
        joined = " ".join(part for part in (self.given_name, self.family_name) if part)
        return self.name or joined or self.email or f"Person {self.sub[:8]}"


class EndedSession(Tenanted, Base):
    """That a session was ended before its time, or all that a person had: a copy of its cookie is no good any more."""

    __tablename__ = "ended_sessions"
    __table_args__ = (sa.PrimaryKeyConstraint("tenant_id", "key"),)

    key: Mapped[str]
    """The session, or the person whose sessions until then are all ended (see `people.endings`)."""
    user_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("users.id", ondelete="CASCADE"), index=True)
    ended_at: Mapped[dt.datetime]
    forget_at: Mapped[dt.datetime]
    """When every session from before it has run out by itself."""


class Administrator(Row, Tenanted, Base):
    """Who looks after this tool for an institution, by a name that the operator gave; not a person of any LMS."""

    __tablename__ = "administrators"
    __table_args__ = (sa.UniqueConstraint("tenant_id", "name"),)

    name: Mapped[str]
    created_at: Mapped[dt.datetime]


class AdministratorSignIn(Row, Tenanted, Base):
    """A one-time address that gives a browser an administrator's session, and that session."""

    __tablename__ = "administrator_sign_ins"

    administrator_id: Mapped[uuid.UUID] = mapped_column(
        sa.ForeignKey("administrators.id", ondelete="CASCADE"), index=True
    )
    token_hash: Mapped[str] = mapped_column(unique=True)
    """SHA-256 of what the address carries; the address itself is kept nowhere."""
    created_at: Mapped[dt.datetime]
    expires_at: Mapped[dt.datetime]
    """Until when it may be used."""
    used_at: Mapped[dt.datetime | None]
    ended_at: Mapped[dt.datetime | None]
    """When the session was ended, or the address taken back, before its time."""


class AdministratorAction(Row, Tenanted, Base):
    """What an administrator did. Rows are added, and never changed or removed."""

    __tablename__ = "administrator_actions"

    administrator_id: Mapped[uuid.UUID] = mapped_column(
        sa.ForeignKey("administrators.id", ondelete="RESTRICT"), index=True
    )
    at: Mapped[dt.datetime]
    action: Mapped[str]
    """Such as "platform.disabled"."""
    words: Mapped[str]
    """One sentence for people."""
    details: Mapped[Json] = mapped_column(default=dict, server_default="{}")
