"""How the marks of a class become totals: its rules, its categories, and what is in each."""

import uuid
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from lti_grader.core.db import Base, Json, Row, Tenanted


class GradebookRules(Row, Tenanted, Base):
    """The rules of a class's totals; a class without them has the usual ones."""

    __tablename__ = "gradebook_rules"

    class_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("classes.id", ondelete="CASCADE"), unique=True)
    config: Mapped[Json]
    """As `totals.rules.Rules` reads and checks it."""


class GradebookCategory(Row, Tenanted, Base):
    """A part of the total, such as homework."""

    __tablename__ = "gradebook_categories"
    __table_args__ = (
        sa.UniqueConstraint("class_id", "name", deferrable=True, initially="DEFERRED"),
        sa.CheckConstraint("weight >= 0", name="weight_not_negative"),
        sa.CheckConstraint("drop_lowest >= 0", name="drop_not_negative"),
    )

    class_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("classes.id", ondelete="CASCADE"))
    name: Mapped[str]
    weight: Mapped[Decimal] = mapped_column(sa.Numeric(7, 3))
    """Beside those of the others; what they add up to is the whole."""
    drop_lowest: Mapped[int]
    order_index: Mapped[int]


class GradebookFiling(Row, Tenanted, Base):
    """That an item is in a category."""

    __tablename__ = "gradebook_filings"

    content_item_id: Mapped[uuid.UUID] = mapped_column(
        sa.ForeignKey("content_items.id", ondelete="CASCADE"), unique=True
    )
    category_id: Mapped[uuid.UUID] = mapped_column(
        sa.ForeignKey("gradebook_categories.id", ondelete="CASCADE"), index=True
    )
