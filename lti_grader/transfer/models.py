"""Files of whole classes that somebody has asked for."""

import datetime as dt
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from lti_grader.core.db import Base
from lti_grader.core.owed import Owed

PREFIX = "exports/"
"""What their names in the store begin with."""


class ClassExport(Owed, Base):
    """That a file of a class is owed, or lies in the store until it is taken away."""

    __tablename__ = "class_exports"
    __table_args__ = (
        # Two at once would read and keep the same.
        sa.Index(
            "uq_class_exports_one_owed",
            "class_id",
            unique=True,
            postgresql_where=sa.text("done_at IS NULL AND failed_at IS NULL"),
        ),
        sa.Index(
            "ix_class_exports_owed", "next_try_at", postgresql_where=sa.text("done_at IS NULL AND failed_at IS NULL")
        ),
        sa.Index(
            "ix_class_exports_kept",
            "remove_at",
            postgresql_where=sa.text("done_at IS NOT NULL AND removed_at IS NULL"),
        ),
        sa.CheckConstraint("num_nonnulls(done_at, failed_at) <= 1", name="ended_once"),
        sa.CheckConstraint(
            "(done_at IS NULL) = (remove_at IS NULL) AND (done_at IS NULL) = (size IS NULL)", name="done_is_kept"
        ),
        sa.CheckConstraint("removed_at IS NULL OR done_at IS NOT NULL", name="removed_was_done"),
        sa.Index("ix_class_exports_class_id_asked_at", "class_id", "asked_at"),
    )

    class_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("classes.id", ondelete="CASCADE"))
    asked_by: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("users.id", ondelete="SET NULL"), index=True)
    asked_at: Mapped[dt.datetime]
    with_work: Mapped[bool] = mapped_column(default=True, server_default=sa.true())
    """Whether people's work is in it, and not only what is taught."""
    done_at: Mapped[dt.datetime | None]
    size: Mapped[int | None] = mapped_column(sa.BigInteger)
    """In bytes."""
    missing: Mapped[int] = mapped_column(default=0, server_default="0")
    """How many files the store did not have any more: the file lists them."""
    failed_at: Mapped[dt.datetime | None]
    error: Mapped[str | None]
    """Why it is not there yet, or never will be."""
    downloaded_at: Mapped[dt.datetime | None]
    """When somebody last took it."""
    remove_at: Mapped[dt.datetime | None]
    removed_at: Mapped[dt.datetime | None]

    @property
    def key(self) -> str:
        """What it is called in the store: each try has a name of its own, so that nobody writes over another's."""
        return f"{PREFIX}{self.id}-{self.tries}.zip"
