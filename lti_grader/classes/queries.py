"""Reads about classes and who is in them."""

import dataclasses
import datetime as dt
import uuid
from collections.abc import Collection, Sequence

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from lti_grader.classes.models import (
    STAFF,
    Apart,
    Class,
    ClassSettings,
    ContentItem,
    ContentType,
    Enrollment,
    EnrollmentStatus,
    Module,
    Role,
)
from lti_grader.classes.publishing import seen_by_students
from lti_grader.core.acting import is_changing, look
from lti_grader.core.db import session
from lti_grader.core.errors import Conflict, Forbidden, NotFound
from lti_grader.people.models import User


class ClassArchived(Conflict):
    code = "class_archived"


@dataclasses.dataclass(frozen=True)
class Membership:
    """A person's place in a class."""

    class_id: uuid.UUID
    user_id: uuid.UUID
    role: Role
    within: frozenset[str] | None = None
    """The sections whose work they see, where they are staff and those are kept apart; None for the whole class."""
    is_archived: bool = False
    """Whether the class is: nothing of it is changed."""

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
    ClassArchived
        They are about to change something, and the class is archived. Every page of a class asks here first.
    """
    looks = look()
    if looks is not None and looks.class_id != class_id:
        raise NotFound("You look at another class as this student sees it. Leave that first.")
    found = (
        session()
        .execute(
            sa.select(
                Enrollment.role,
                Enrollment.status,
                Enrollment.sections,
                Class.settings,
                Class.owner_id,
                Class.archived_at,
            )
            .join(Class, Class.id == Enrollment.class_id)
            .where(Enrollment.class_id == class_id, Enrollment.user_id == user_id)
        )
        .one_or_none()
    )
    if found is None:
        raise NotFound("You are not in this class. Open it from your course page.")
    if found.status != EnrollmentStatus.ACTIVE:
        raise NotFound(
            "You are not in this class any more, says your LMS. Your work is kept; if this is a mistake, tell your teacher."
        )
    if found.archived_at is not None and is_changing():
        raise ClassArchived(
            "This class is archived: everything in it can be read, and nothing changed. Its teachers can take it out of the archive"
            " on its settings page."
        )
    role, is_owner = Role(found.role), found.owner_id == user_id
    within = limit(ClassSettings.model_validate(found.settings).apart, role, found.sections, is_owner=is_owner)
    return Membership(class_id, user_id, role, within, is_archived=found.archived_at is not None)


def limit(apart: Apart, role: Role, own: Collection[str], *, is_owner: bool) -> frozenset[str] | None:
    """Return the sections to which somebody of the staff is limited; None where they see the whole class.

    Parameters
    ----------
    own
        The sections that they are in. Whoever is in none sees everybody: of them the LMS tells none.
    """
    limited = {Apart.NOBODY: (), Apart.ASSISTANTS: (Role.ASSISTANT,), Apart.STAFF: (Role.ASSISTANT, Role.TEACHER)}
    return frozenset(own) if own and not is_owner and role in limited[apart] else None


def is_staff_anywhere(user_id: uuid.UUID) -> bool:
    """Return whether somebody is a teacher or an assistant of any class."""
    query = sa.select(Enrollment.id).where(
        Enrollment.user_id == user_id, Enrollment.role.in_(STAFF), Enrollment.status == EnrollmentStatus.ACTIVE
    )
    return session().scalar(query.limit(1)) is not None


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
    class_id: uuid.UUID,
    role: Role | None = None,
    *,
    section: str = "",
    with_left: bool = False,
    within: Collection[str] | None = None,
    only: Collection[uuid.UUID] | None = None,
) -> Sequence[sa.Row[Enrollment, User]]:
    """Return the members of a class with their enrollment, by name.

    Parameters
    ----------
    section
        Of this section only; "" for all.
    with_left
        Those too who have left the class.
    within
        Of these sections only, and staff; None for all.
    only
        Of these users only; None for all.
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
    if within is not None:
        query = query.where(listed_within(within))
    if only is not None:
        query = query.where(User.id.in_(only))
    return session().execute(query).all()


def listed_within(within: Collection[str]) -> sa.ColumnElement[bool]:
    """Return the condition that an `Enrollment` is in one of these sections, or of the staff, whom everybody knows."""
    return sa.or_(Enrollment.role.in_(STAFF), in_any_section(within))


def in_any_section(within: Collection[str]) -> sa.ColumnElement[bool]:
    """Return the condition that an `Enrollment` is in one of these sections."""
    found: sa.ColumnElement[bool] = Enrollment.sections.overlap(sa.cast(sorted(within), ARRAY(sa.Text)))
    return found


def sections(class_id: uuid.UUID, *, within: Collection[str] | None = None) -> list[str]:
    """Return the sections that people of a class are in, by name; those of `within` only, where that is given."""
    one = sa.func.unnest(Enrollment.sections).label("one")
    found = session().scalars(sa.select(one).where(Enrollment.class_id == class_id).distinct().order_by(one))
    return [name for name in found if within is None or name in within]


def has_sections(class_id: uuid.UUID) -> bool:
    """Return whether anybody of a class is in a section."""
    known = sa.exists().where(Enrollment.class_id == class_id, Enrollment.section.is_not(None))
    return bool(session().scalar(sa.select(known)))


def in_section(section: str) -> sa.ColumnElement[bool]:
    """Return the condition that an `Enrollment` is in a section."""
    return Enrollment.sections.any_() == section


def how_many_left(class_id: uuid.UUID, *, within: Collection[str] | None = None) -> int:
    """Return how many students have left a class; of these sections only, where some are given."""
    query = sa.select(sa.func.count()).where(
        Enrollment.class_id == class_id,
        Enrollment.role == Role.STUDENT,
        Enrollment.status == EnrollmentStatus.DROPPED,
    )
    return session().scalars(query if within is None else query.where(in_any_section(within))).one()


@dataclasses.dataclass(frozen=True)
class ItemLine:
    """A content item as a list shows it."""

    id: uuid.UUID
    title: str
    type: str
    module_title: str
    due_date: dt.datetime | None
    is_published: bool


def items(class_id: uuid.UUID, *, only_graded: bool = False, only_materials: bool = False) -> list[ItemLine]:
    """Return the content items of a class in their order; materials are not graded."""
    is_material = ContentItem.type == ContentType.MATERIAL
    kinds = ~is_material if only_graded else is_material if only_materials else sa.true()
    rows = session().execute(
        sa.select(
            ContentItem.id,
            ContentItem.title,
            ContentItem.type,
            Module.title,
            ContentItem.due_date,
            seen_by_students(),
        )
        .join(Module, Module.id == ContentItem.module_id)
        .where(Module.class_id == class_id, kinds)
        .order_by(Module.order_index, ContentItem.order_index)
    )
    return [ItemLine(*row) for row in rows]


def find_students(
    class_id: uuid.UUID, words: str, *, most: int, within: Collection[str] | None = None
) -> Sequence[User]:
    """Return the students who are in a class and have these words in their name or e-mail, by name.

    Parameters
    ----------
    within
        Of these sections only; None for all.
    """
    names = (User.name, User.given_name, User.family_name, User.email)
    query = (
        sa.select(User)
        .join(Enrollment, Enrollment.user_id == User.id)
        .where(
            Enrollment.class_id == class_id,
            Enrollment.role == Role.STUDENT,
            Enrollment.status == EnrollmentStatus.ACTIVE,
            sa.or_(*(one.icontains(words, autoescape=True) for one in names)),
        )
        .order_by(User.family_name, User.given_name, User.name, User.id)
        .limit(most)
    )
    return session().scalars(query if within is None else query.where(in_any_section(within))).all()
