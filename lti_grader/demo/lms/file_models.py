"""Assignments of the LMS itself, where students hand in files, and what a tool says of those."""

import datetime as dt
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from lti_grader.demo.lms.models import Base, _name


class Activity(Base):
    """A place to hand files in; a tool may be asked to look at them."""

    __tablename__ = "activities"
    id: Mapped[str] = mapped_column(primary_key=True, default=_name)
    course_id: Mapped[str] = mapped_column(sa.ForeignKey("courses.id"))
    title: Mapped[str]
    client_id: Mapped[str | None] = mapped_column(sa.ForeignKey("tools.client_id"))
    """The tool that looks at the files."""
    url: Mapped[str | None]
    custom: Mapped[dict[str, Any]]
    made_at: Mapped[dt.datetime] = mapped_column(default=lambda: dt.datetime.now(dt.UTC))


class HandedIn(Base):
    """A file as a student handed it in; its id is that of the asset."""

    __tablename__ = "handed_in"
    id: Mapped[str] = mapped_column(primary_key=True, default=_name)
    activity_id: Mapped[str] = mapped_column(sa.ForeignKey("activities.id"))
    person_id: Mapped[str] = mapped_column(sa.ForeignKey("people.id"))
    attempt: Mapped[int]
    filename: Mapped[str]
    media_type: Mapped[str]
    content: Mapped[bytes]
    at: Mapped[dt.datetime] = mapped_column(default=lambda: dt.datetime.now(dt.UTC))


class Report(Base):
    """What a tool said of a file; the latest by its own time counts."""

    __tablename__ = "reports"
    asset_id: Mapped[str] = mapped_column(sa.ForeignKey("handed_in.id"), primary_key=True)
    type: Mapped[str] = mapped_column(primary_key=True)
    timestamp: Mapped[str]
    body: Mapped[dict[str, Any]]


class Handler(Base):
    """Where a tool wants to be told of one kind of thing."""

    __tablename__ = "notice_handlers"
    client_id: Mapped[str] = mapped_column(sa.ForeignKey("tools.client_id"), primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    url: Mapped[str]


class Reviewable(Base):
    """A column whose tool can show the work behind a score (Submission Review 1.0)."""

    __tablename__ = "reviewable"
    column_id: Mapped[str] = mapped_column(sa.ForeignKey("columns.id", ondelete="CASCADE"), primary_key=True)
    label: Mapped[str]
    url: Mapped[str | None]
