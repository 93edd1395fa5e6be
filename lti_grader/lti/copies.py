"""Reads about copied courses."""

import dataclasses
import uuid

import sqlalchemy as sa

from lti_grader.assignments.copying import is_empty
from lti_grader.assignments.models import Assignment
from lti_grader.classes.models import Class, CopiedItem, Module
from lti_grader.core.db import session
from lti_grader.lti.models import ClassContext, CopyState, CourseCopy, ResourceLink
from lti_grader.people.models import User


@dataclasses.dataclass(frozen=True)
class CopyNotice:
    """What was copied into a class and has not been put away."""

    from_name: str
    titles: list[str]
    held_back: int
    """How many of them are not published, since a date or an exam held them back."""


def notices(class_id: uuid.UUID) -> list[CopyNotice]:
    """Return what the staff of a class are to be told about copies made for it."""
    rows = (
        session()
        .execute(
            sa.select(Class.id, Class.name, Assignment.title, Assignment.is_published)
            .select_from(CourseCopy)
            .join(ClassContext, ClassContext.id == CourseCopy.class_context_id)
            .join(Class, Class.id == CourseCopy.from_class_id)
            .join(
                CopiedItem,
                sa.and_(
                    CopiedItem.class_id == ClassContext.class_id, CopiedItem.from_class_id == CourseCopy.from_class_id
                ),
            )
            .join(Assignment, Assignment.id == CopiedItem.copy_id)
            .where(
                ClassContext.class_id == class_id,
                sa.or_(CourseCopy.told_at.is_(None), CopiedItem.copied_at > CourseCopy.told_at),
            )
            .distinct()
            .order_by(Class.name, Class.id, Assignment.title)
        )
        .all()
    )
    found: dict[uuid.UUID, CopyNotice] = {}
    for home, name, title, published in rows:
        before = found.get(home, CopyNotice(name, [], 0))
        found[home] = CopyNotice(name, [*before.titles, title], before.held_back + (not published))
    return list(found.values())


@dataclasses.dataclass(frozen=True)
class CopyQuestion:
    """That a teacher of another course asks to copy a class."""

    id: uuid.UUID
    course: str
    asker: str


def questions(class_id: uuid.UUID) -> list[CopyQuestion]:
    """Return who asks to copy a class, the first first."""
    rows = session().execute(
        sa.select(CourseCopy.id, ClassContext.title, User)
        .join(ClassContext, ClassContext.id == CourseCopy.class_context_id)
        .outerjoin(User, User.id == CourseCopy.asked_by)
        .where(CourseCopy.from_class_id == class_id, CourseCopy.state == CopyState.ASKED)
        .order_by(CourseCopy.created_at)
    )
    return [
        CopyQuestion(copy_id, title or "another course", user.display_name if user else "Somebody")
        for copy_id, title, user in rows
    ]


def waits(link: ResourceLink) -> str | None:
    """Return how it stands with a link that came from another class and waits: a `CopyState`, or "unasked"."""
    if link.assignment_id is not None or link.original_id is None:
        return None
    home = (
        sa.select(Module.class_id)
        .join(Assignment, Assignment.module_id == Module.id)
        .where(Assignment.id == link.original_id)
    )
    state = session().scalar(
        sa.select(CourseCopy.state).where(
            CourseCopy.class_context_id == link.class_context_id, CourseCopy.from_class_id == home.scalar_subquery()
        )
    )
    return state if state in (CopyState.ASKED, CopyState.REFUSED) else "unasked"


@dataclasses.dataclass(frozen=True)
class CourseLine:
    """An LMS course that feeds a class."""

    id: uuid.UUID
    title: str
    joined: bool
    """Whether it came by the class's code, and may leave again."""


@dataclasses.dataclass(frozen=True)
class Courses:
    """What the staff of a class are told about the LMS courses behind it."""

    lines: list[CourseLine]
    copied: list[CopyNotice]
    questions: list[CopyQuestion]
    may_join: bool
    """Whether it may become part of another class: nothing stands in it yet."""


def courses_of(class_id: uuid.UUID) -> Courses:
    """Return what the page of a class says about its courses."""
    query = sa.select(ClassContext).where(ClassContext.class_id == class_id).order_by(ClassContext.id)
    lines = [
        CourseLine(one.id, one.title or "A course", one.joined_from_id is not None) for one in session().scalars(query)
    ]
    return Courses(lines, notices(class_id), questions(class_id), is_empty(class_id) and bool(lines))
