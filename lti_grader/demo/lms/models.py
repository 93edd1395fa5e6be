"""What the LMS keeps, in a SQLite file of its own."""

import contextlib
import datetime as dt
import uuid
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker


def _name() -> str:
    return uuid.uuid4().hex


class Base(DeclarativeBase):
    type_annotation_map = {dict[str, Any]: sa.JSON, list[str]: sa.JSON, dt.datetime: sa.DateTime}  # noqa: RUF012


class Setting(Base):
    __tablename__ = "settings"
    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[dict[str, Any]]


class Key(Base):
    """A signing key; the newest signs, all are published."""

    __tablename__ = "keys"
    kid: Mapped[str] = mapped_column(primary_key=True, default=_name)
    pem: Mapped[str]
    made_at: Mapped[dt.datetime] = mapped_column(default=lambda: dt.datetime.now(dt.UTC))


class Tool(Base):
    """A tool as registered: where it answers, and what it may see and do."""

    __tablename__ = "tools"
    client_id: Mapped[str] = mapped_column(primary_key=True, default=_name)
    name: Mapped[str]
    login_url: Mapped[str]
    redirect_urls: Mapped[list[str]]
    jwks_url: Mapped[str]
    deep_linking_url: Mapped[str]
    deployment_id: Mapped[str] = mapped_column(default="1")
    shares_names: Mapped[bool] = mapped_column(default=True)
    shares_email: Mapped[bool] = mapped_column(default=True)
    scopes: Mapped[list[str]]


class Person(Base):
    __tablename__ = "people"
    id: Mapped[str] = mapped_column(primary_key=True, default=_name)
    login: Mapped[str] = mapped_column(unique=True)
    given_name: Mapped[str]
    family_name: Mapped[str]

    @property
    def name(self) -> str:
        return f"{self.given_name} {self.family_name}"

    @property
    def email(self) -> str:
        return f"{self.login}@university.example"


class Course(Base):
    __tablename__ = "courses"
    id: Mapped[str] = mapped_column(primary_key=True, default=_name)
    code: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str]


class CourseTool(Base):
    """That a course came with a tool, which is offered in no other."""

    __tablename__ = "course_tools"
    course_id: Mapped[str] = mapped_column(sa.ForeignKey("courses.id"), primary_key=True)
    client_id: Mapped[str] = mapped_column(sa.ForeignKey("tools.client_id"), primary_key=True)


class Member(Base):
    __tablename__ = "members"
    course_id: Mapped[str] = mapped_column(sa.ForeignKey("courses.id"), primary_key=True)
    person_id: Mapped[str] = mapped_column(sa.ForeignKey("people.id"), primary_key=True)
    role: Mapped[str]
    """teacher, assistant, student, observer or registrar."""
    active: Mapped[bool] = mapped_column(default=True)


class SectionMember(Base):
    """A person in a section of a course."""

    __tablename__ = "section_members"
    course_id: Mapped[str] = mapped_column(sa.ForeignKey("courses.id"), primary_key=True)
    person_id: Mapped[str] = mapped_column(sa.ForeignKey("people.id"), primary_key=True)
    section: Mapped[str] = mapped_column(primary_key=True)


class Observed(Base):
    """Whom an observer watches over in a course: the mentored of LTI."""

    __tablename__ = "observed"
    course_id: Mapped[str] = mapped_column(sa.ForeignKey("courses.id"), primary_key=True)
    mentor_id: Mapped[str] = mapped_column(sa.ForeignKey("people.id"), primary_key=True)
    person_id: Mapped[str] = mapped_column(sa.ForeignKey("people.id"), primary_key=True)


class GroupMember(Base):
    """A person in a group of a course; a group is there as long as somebody is in it."""

    __tablename__ = "group_members"
    course_id: Mapped[str] = mapped_column(sa.ForeignKey("courses.id"), primary_key=True)
    person_id: Mapped[str] = mapped_column(sa.ForeignKey("people.id"), primary_key=True)
    group: Mapped[str] = mapped_column(primary_key=True)


class MembershipChange(Base):
    """That something changed about a member, so that differences can be told from any time on."""

    __tablename__ = "membership_changes"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    course_id: Mapped[str] = mapped_column(sa.ForeignKey("courses.id"))
    person_id: Mapped[str] = mapped_column(sa.ForeignKey("people.id"))


class Link(Base):
    """A resource link in a course."""

    __tablename__ = "links"
    id: Mapped[str] = mapped_column(primary_key=True, default=_name)
    course_id: Mapped[str] = mapped_column(sa.ForeignKey("courses.id"))
    client_id: Mapped[str] = mapped_column(sa.ForeignKey("tools.client_id"))
    title: Mapped[str]
    url: Mapped[str]
    custom: Mapped[dict[str, Any]]
    made_at: Mapped[dt.datetime] = mapped_column(default=lambda: dt.datetime.now(dt.UTC))


class CopiedThing(Base):
    """That a course or a link was copied from another, as an LMS that keeps count of copies remembers it."""

    __tablename__ = "copied_things"
    id: Mapped[str] = mapped_column(primary_key=True)
    original_id: Mapped[str]


class Column(Base):
    """A line item: a column of the gradebook."""

    __tablename__ = "columns"
    id: Mapped[str] = mapped_column(primary_key=True, default=_name)
    course_id: Mapped[str] = mapped_column(sa.ForeignKey("courses.id"))
    client_id: Mapped[str | None] = mapped_column(sa.ForeignKey("tools.client_id"))
    """The tool that made it: no other one sees it."""
    link_id: Mapped[str | None] = mapped_column(sa.ForeignKey("links.id"))
    label: Mapped[str]
    maximum: Mapped[float]
    resource_id: Mapped[str | None]
    tag: Mapped[str | None]
    made_at: Mapped[dt.datetime] = mapped_column(default=lambda: dt.datetime.now(dt.UTC))


class Grade(Base):
    """A cell of the gradebook."""

    __tablename__ = "grades"
    column_id: Mapped[str] = mapped_column(sa.ForeignKey("columns.id"), primary_key=True)
    person_id: Mapped[str] = mapped_column(sa.ForeignKey("people.id"), primary_key=True)
    score: Mapped[float | None]
    """In points of the column's maximum, as the tool posted it."""
    timestamp: Mapped[str | None]
    activity: Mapped[str | None]
    grading: Mapped[str | None]
    comment: Mapped[str | None]
    submitted_at: Mapped[str | None]
    override: Mapped[float | None]
    locked: Mapped[bool] = mapped_column(default=False)
    posts: Mapped[int] = mapped_column(default=0)
    """How many posts were taken: what would be attempts in some products."""


class Submission(Base):
    """What a student handed in, as a tool told it with a score; only Canvas keeps such."""

    __tablename__ = "submissions"
    column_id: Mapped[str] = mapped_column(sa.ForeignKey("columns.id"), primary_key=True)
    person_id: Mapped[str] = mapped_column(sa.ForeignKey("people.id"), primary_key=True)
    attempt: Mapped[int] = mapped_column(primary_key=True)
    """From 1 on."""
    kind: Mapped[str]
    data: Mapped[str | None]
    files: Mapped[list[dict[str, Any]]] = mapped_column(sa.JSON)
    submitted_at: Mapped[str | None]

    @property
    def link(self) -> str | None:
        """Where it can be looked at; an address that a browser would run as a script is none."""
        return self.data if self.data and self.data.startswith(("https://", "http://")) else None


class Request(Base):
    """A service request, for whoever wants to see what passed."""

    __tablename__ = "requests"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    at: Mapped[dt.datetime] = mapped_column(default=lambda: dt.datetime.now(dt.UTC))
    method: Mapped[str]
    path: Mapped[str]
    status: Mapped[int]
    body: Mapped[str]
    answer: Mapped[str]


class UsedAssertion(Base):
    __tablename__ = "used_assertions"
    jti: Mapped[str] = mapped_column(primary_key=True)


class Store:
    """Sessions on the LMS's file: `store()` to read, `store.begin()` to change something.

    A change holds SQLite's write lock from its beginning, so that nothing it has read is old when it writes.
    """

    def __init__(self, file: Path) -> None:
        self._engines = [_engine(file, "DEFERRED"), _engine(file, "IMMEDIATE")]
        Base.metadata.create_all(self._engines[1])
        self._read, self._write = (sessionmaker(one, expire_on_commit=False) for one in self._engines)

    def __call__(self) -> Session:
        return self._read()

    def begin(self) -> contextlib.AbstractContextManager[Session]:
        """Return a session that commits at its end."""
        return self._write.begin()

    def dispose(self) -> None:
        """Let go of the file."""
        for engine in self._engines:
            engine.dispose()


def _engine(file: Path, kind: str) -> sa.Engine:
    engine = sa.create_engine(f"sqlite:///{file}", connect_args={"timeout": 30})

    @sa.event.listens_for(engine, "connect")
    def configure(connection: Any, _: Any) -> None:
        # The driver would begin transactions on its own, and later than we want.
        connection.isolation_level = None
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.execute("PRAGMA foreign_keys=ON")

    @sa.event.listens_for(engine, "begin")
    def begin(connection: sa.Connection) -> None:
        connection.exec_driver_sql(f"BEGIN {kind}")

    return engine


def open_store(folder: Path) -> Store:
    """Open, and make if need be, the LMS's file in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    return Store(folder / "lms.sqlite")
