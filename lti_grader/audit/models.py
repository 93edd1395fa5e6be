"""The log of changes: who changed what, written by the database's own triggers."""

import datetime as dt
import enum
import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from lti_grader.core.db import Base, Tenanted, one_of


class Action(enum.StrEnum):
    """What became of a row."""

    INSERT = "insert"
    UPDATE = "update"
    DELETE = "delete"


_FILTERS = ("class_id", "content_item_id", "problem_id", "student_id")


class AuditEntry(Tenanted, Base):
    """One change of one row, with what was changed of it.

    Triggers write these and chain them: each is sealed with the hash of the one before it as its transaction commits. They
    lead to rows by their ids alone, for they outlive those.
    """

    __tablename__ = "audit_log"
    __table_args__ = (
        sa.UniqueConstraint("tenant_id", "number"),
        one_of("action", Action),
        sa.CheckConstraint("num_nonnulls(number, previous_hash, hash) IN (0, 3)", name="sealed_whole"),
        *(
            sa.Index(
                f"ix_audit_log_{column}_number", column, "number", postgresql_where=sa.text(f"{column} IS NOT NULL")
            )
            for column in _FILTERS
        ),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, server_default=sa.text("gen_random_uuid()"))
    number: Mapped[int | None] = mapped_column(sa.BigInteger)
    """Its place in the institution's log, from 1; None until its transaction commits."""
    at: Mapped[dt.datetime] = mapped_column(server_default=sa.func.now())
    actor_id: Mapped[uuid.UUID | None]
    """The person who did it; None where nobody was signed in: the tool itself, or a hand in the database."""
    role: Mapped[str] = mapped_column(server_default=sa.text("session_user"))
    """The database's role: another than the application's own worked on the tables themselves."""
    action: Mapped[str]
    subject: Mapped[str]
    """The table."""
    subject_id: Mapped[uuid.UUID]
    class_id: Mapped[uuid.UUID | None]
    content_item_id: Mapped[uuid.UUID | None]
    problem_id: Mapped[uuid.UUID | None]
    student_id: Mapped[uuid.UUID | None]
    """Whom it is about, if it is about one student."""
    before: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    """What changed, as it was; texts of more than 2,000 characters by their length and SHA-256."""
    after: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    salt: Mapped[bytes | None]
    """Hashed with the content, so that what was erased cannot be guessed from the hash."""
    content_hash: Mapped[bytes]
    previous_hash: Mapped[bytes | None]
    hash: Mapped[bytes | None]
    erased_at: Mapped[dt.datetime | None]
    """When its content was taken out, as the person whom it is about was erased; the chain holds all the same."""
