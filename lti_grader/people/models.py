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
    settings: Mapped[Json] = mapped_column(default=dict, server_default="{}")
    created_at: Mapped[dt.datetime] = mapped_column(server_default=sa.func.now())
    last_launch_at: Mapped[dt.datetime | None]

    @property
    def display_name(self) -> str:
        """The name to show; platforms may keep names to themselves."""
        joined = " ".join(part for part in (self.given_name, self.family_name) if part)
        return self.name or joined or self.email or f"Person {self.sub[:8]}"
