"""Groups of an LMS course, as its platform lists them (Course Groups Service 1.0)."""

import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from lti_grader.core.db import Base, Row, Tenanted


class ClassGroup(Row, Tenanted, Base):
    """A group of people in an LMS course."""

    __tablename__ = "class_groups"
    __table_args__ = (sa.UniqueConstraint("class_context_id", "group_id"),)

    class_context_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("class_contexts.id", ondelete="CASCADE"))
    group_id: Mapped[str]
    """As the LMS names it."""
    name: Mapped[str]
    set_name: Mapped[str | None]
    """The set of groups that it is one of, such as all groups of one project."""


class ClassGroupMember(Tenanted, Base):
    """A person in a group."""

    __tablename__ = "class_group_members"

    class_group_id: Mapped[uuid.UUID] = mapped_column(
        sa.ForeignKey("class_groups.id", ondelete="CASCADE"), primary_key=True
    )
    user_id: Mapped[uuid.UUID] = mapped_column(
        sa.ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, index=True
    )
