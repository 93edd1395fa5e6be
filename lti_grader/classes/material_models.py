"""Materials: what students read in a class, with files beside it."""

import datetime as dt
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, column_property, mapped_column

from lti_grader.classes.models import ContentItem, ContentType
from lti_grader.core.db import Base, Row, Tenanted


class Material(ContentItem):
    """A content item that is read."""

    __tablename__ = "materials"
    __mapper_args__ = {"polymorphic_identity": ContentType.MATERIAL}  # noqa: RUF012

    id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("content_items.id", ondelete="CASCADE"), primary_key=True)
    # Row-level security needs the tenant in each table, so the joined one carries it too.
    tenant_id: Mapped[uuid.UUID] = column_property(
        sa.Column(
            "tenant_id",
            sa.UUID(as_uuid=True),
            sa.ForeignKey("tenants.id", ondelete="RESTRICT"),
            nullable=False,
            index=True,
        ),
        ContentItem.tenant_id,
    )
    body_markdown: Mapped[str] = mapped_column(default="", server_default="")
    revision: Mapped[int] = mapped_column(default=0, server_default="0")
    """How often it was written: of two who write at once, the second is told."""


class MaterialFile(Row, Tenanted, Base):
    """A file beside a material, by which name its text calls it."""

    __tablename__ = "material_files"
    __table_args__ = (
        sa.UniqueConstraint("material_id", "name"),
        sa.CheckConstraint("name <> '' AND name NOT LIKE '%/%'", name="name_is_plain"),
        sa.CheckConstraint("size >= 0", name="size_not_negative"),
    )

    material_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("materials.id", ondelete="CASCADE"))
    name: Mapped[str]
    blob_ref: Mapped[str]
    size: Mapped[int] = mapped_column(sa.BigInteger)
    """In bytes."""
    media_type: Mapped[str]
    added_at: Mapped[dt.datetime]


class MaterialOpening(Tenanted, Base):
    """That a student has opened a material."""

    __tablename__ = "material_openings"

    material_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("materials.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[uuid.UUID] = mapped_column(
        sa.ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    opened_at: Mapped[dt.datetime]
    """For the first time."""
