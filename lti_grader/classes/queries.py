"""Reads about classes and who is in them."""

import dataclasses
import datetime as dt
import uuid
from collections.abc import Sequence

import sqlalchemy as sa

from lti_grader.classes.models import STAFF, Class, ContentItem, Enrollment, EnrollmentStatus, Module, Role
from lti_grader.core.db import session
from lti_grader.core.errors import Forbidden, NotFound
from lti_grader.people.models import User


@dataclasses.dataclass(frozen=True)
class Membership:
    """A person's place in a class."""

    class_id: uuid.UUID
    user_id: uuid.UUID
    role: Role

    @property
    def is_staff(self) -> bool:
        return self.role in STAFF

    def require_staff(self) -> None:
        """Raise `Forbidden` unless this is a teacher or an assistant."""
        if not self.is_staff:
            raise Forbidden("This page is for teachers and assistants of the class.")

    def require_work(self) -> None:
        """Raise `Forbidden` for those who only look: observers, such as advisers and parents."""
        if self.role == Role.OBSERVER:
            raise Forbidden("You may look at this class; handing in work is for its students.")


def membership(class_id: uuid.UUID, user_id: uuid.UUID) -> Membership:
    """Return a person's place in a class.

    Raises
    ------
    NotFound
        They have none: to them the class does not exist.
    """
    found = (
        session()
        .execute(
            sa.select(Enrollment.role, Enrollment.status).where(
                Enrollment.class_id == class_id, Enrollment.user_id == user_id
            )
        )
        .one_or_none()
    )
    if found is None:
        raise NotFound("You are not in this class. Open it from your course page.")
    if found.status != EnrollmentStatus.ACTIVE:
        raise NotFound(
            "You are not in this class any more, says your LMS. Your work is kept; if this is a mistake, tell your teacher."
        )
    return Membership(class_id, user_id, Role(found.role))


def was_ever_in(class_id: uuid.UUID, user_id: uuid.UUID) -> bool:
    """Return whether a person is or was in a class: the work of those who left is kept."""
    query = sa.select(Enrollment.id).where(Enrollment.class_id == class_id, Enrollment.user_id == user_id)
    return session().scalar(query) is not None


def class_of_item(content_item_id: uuid.UUID) -> uuid.UUID:
    """Return the class that a content item stands in.

    Raises
    ------
    NotFound
        There is no such item in this tenant.
    """
    found = session().scalar(
        sa.select(Module.class_id)
        .join(ContentItem, ContentItem.module_id == Module.id)
        .where(ContentItem.id == content_item_id)
    )
    if found is None:
        raise NotFound("There is no such assignment. Open it again from your course page.")
    return found


def get_class(class_id: uuid.UUID) -> Class:
    """Return a class, or raise `NotFound`."""
    found = session().get(Class, class_id)
    if found is None:
        raise NotFound("There is no such class.")
    return found


def roster(
    class_id: uuid.UUID, role: Role | None = None, *, section: str = "", with_left: bool = False
) -> Sequence[sa.Row[Enrollment, User]]:
    """Return the members of a class with their enrollment, by name.

    Parameters
    ----------
    section
        Of this section only; "" for all.
    with_left
        Those too who have left the class.
    """
    query = (
        sa.select(Enrollment, User)
        .join(User, User.id == Enrollment.user_id)
        .where(Enrollment.class_id == class_id)
        .order_by(User.family_name, User.given_name, User.name, User.id)
    )
    if role is not None:
        query = query.where(Enrollment.role == role)
    if section:
        query = query.where(in_section(section))
    if not with_left:
        query = query.where(Enrollment.status == EnrollmentStatus.ACTIVE)
    return session().execute(query).all()


def sections(class_id: uuid.UUID) -> list[str]:
    """Return the sections that people of a class are in, by name."""
    one = sa.func.unnest(Enrollment.sections).label("one")
    return list(session().scalars(sa.select(one).where(Enrollment.class_id == class_id).distinct().order_by(one)))


def in_section(section: str) -> sa.ColumnElement[bool]:
    """Return the condition that an `Enrollment` is in a section."""
    return Enrollment.sections.any_() == section


def how_many_left(class_id: uuid.UUID) -> int:
    """Return how many students have left a class."""
    return (
        session()
        .scalars(
            sa.select(sa.func.count()).where(
                Enrollment.class_id == class_id,
                Enrollment.role == Role.STUDENT,
                Enrollment.status == EnrollmentStatus.DROPPED,
            )
        )
        .one()
    )


def require_known(class_id: uuid.UUID, user_id: uuid.UUID) -> None:
    """Raise `NotFound` unless this person is in the class, or was: what those have done who left is kept."""
    known = sa.select(Enrollment.id).where(Enrollment.class_id == class_id, Enrollment.user_id == user_id)
    if session().scalar(known) is None:
        raise NotFound("There is no such student.")


@dataclasses.dataclass(frozen=True)
class ItemLine:
    """A content item as a list shows it."""

    id: uuid.UUID
    title: str
    type: str
    module_title: str
    due_date: dt.datetime | None
    is_published: bool


def items(class_id: uuid.UUID) -> list[ItemLine]:
    """Return the content items of a class in their order."""
    rows = session().execute(
        sa.select(
            ContentItem.id,
            ContentItem.title,
            ContentItem.type,
            Module.title,
            ContentItem.due_date,
            sa.and_(ContentItem.is_published, Module.is_published),
        )
        .join(Module, Module.id == ContentItem.module_id)
        .where(Module.class_id == class_id)
        .order_by(Module.order_index, ContentItem.order_index)
    )
    return [ItemLine(*row) for row in rows]
