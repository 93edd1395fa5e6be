"""Groups of a class's students, in sets: a student is in one group of a set at most."""

import datetime as dt
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from lti_grader.core.db import Base, Row, Tenanted

MOST_MEMBERS = 100


class GroupSet(Row, Tenanted, Base):
    """A way to divide a class, such as the teams of one project."""

    __tablename__ = "group_sets"
    __table_args__ = (
        sa.UniqueConstraint("class_id", "name"),
        sa.UniqueConstraint("id", "class_id"),
        sa.CheckConstraint("name <> ''", name="named"),
        sa.CheckConstraint(f"most_members BETWEEN 1 AND {MOST_MEMBERS}", name="size_in_bounds"),
    )

    class_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("classes.id", ondelete="CASCADE"))
    name: Mapped[str]
    students_join: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    """Whether students choose their group themselves."""
    most_members: Mapped[int | None]
    """As many can join one group by themselves; None for any number. Staff put in whom they want."""
    seed: Mapped[int | None]
    """The number by which chance made groups here last: the same students come out in the same groups by it."""
    created_at: Mapped[dt.datetime]


class StudentGroup(Row, Tenanted, Base):
    """A group of students."""

    __tablename__ = "student_groups"
    __table_args__ = (
        sa.UniqueConstraint("group_set_id", "name"),
        sa.UniqueConstraint("id", "group_set_id", "class_id"),
        sa.ForeignKeyConstraint(
            ["group_set_id", "class_id"], ["group_sets.id", "group_sets.class_id"], ondelete="CASCADE"
        ),
        sa.CheckConstraint("name <> ''", name="named"),
    )

    group_set_id: Mapped[uuid.UUID]
    class_id: Mapped[uuid.UUID] = mapped_column(index=True)
    name: Mapped[str]


class StudentGroupMember(Row, Tenanted, Base):
    """That a student is in a group."""

    __tablename__ = "student_group_members"
    __table_args__ = (
        sa.UniqueConstraint("group_set_id", "student_id"),
        sa.ForeignKeyConstraint(
            ["group_id", "group_set_id", "class_id"],
            ["student_groups.id", "student_groups.group_set_id", "student_groups.class_id"],
            ondelete="CASCADE",
        ),
    )

    group_id: Mapped[uuid.UUID] = mapped_column(index=True)
    student_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("users.id", ondelete="CASCADE"), index=True)
    group_set_id: Mapped[uuid.UUID]
    class_id: Mapped[uuid.UUID] = mapped_column(index=True)
    joined_at: Mapped[dt.datetime]
