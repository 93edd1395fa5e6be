"""Bringing what stands in one class into another on a teacher's word, with dates moved by weeks.

Who may take is as docs/decisions/0004 says: staff of both classes, and every teacher where the other class allows it. What comes
is not published until a teacher does so, whatever it was before. Nobody's work comes along, nor anybody's dates or passcodes.
"""

import dataclasses
import datetime as dt
import uuid
from collections.abc import Collection, Sequence

import sqlalchemy as sa

from lti_grader.assignments.copying import Terms, copy_as, note_copy
from lti_grader.assignments.events import ReleaseChanged
from lti_grader.assignments.models import Assignment, AssignmentConfig
from lti_grader.assignments.release import ReleaseRule
from lti_grader.classes import contents
from lti_grader.classes.material_models import Material, MaterialFile
from lti_grader.classes.models import (
    STAFF,
    Class,
    ContentItem,
    CopiedItem,
    Copying,
    Enrollment,
    EnrollmentStatus,
    Module,
)
from lti_grader.classes.operations import module_named
from lti_grader.core.db import current_tenant, session
from lti_grader.core.errors import NotFound, Unprocessable
from lti_grader.core.events import publish

MOST_WEEKS = 260


class BadChoice(Unprocessable):
    code = "bad_choice"


@dataclasses.dataclass(frozen=True)
class Line:
    """Something that may come, and when it would be due."""

    id: uuid.UUID
    title: str
    type: str
    due: dt.datetime | None
    is_here: bool
    """Whether it came before, or, from a file, something of its kind and title stands in the module of that title: it stays as it is."""


@dataclasses.dataclass(frozen=True)
class Part:
    """A module of the other class, or of a file, with what stands in it."""

    title: str
    lines: Sequence[Line]


def sources(user_id: uuid.UUID, into: uuid.UUID) -> Sequence[Class]:
    """Return the classes from which somebody may take something, the newest first."""
    query = sa.select(Class).where(Class.id != into, _may_take(user_id)).order_by(Class.created_at.desc(), Class.id)
    return session().scalars(query).all()


def source(class_id: uuid.UUID, user_id: uuid.UUID) -> Class:
    """Return a class from which somebody may take something, or raise `NotFound`."""
    found = session().scalar(sa.select(Class).where(Class.id == class_id, _may_take(user_id)))
    if found is None:
        raise NotFound(
            "You may take nothing from that class. Its staff may, and can allow it to everybody who teaches."
        )
    return found


def _may_take(user_id: uuid.UUID) -> sa.ColumnElement[bool]:
    of_staff = sa.exists().where(
        Enrollment.class_id == Class.id,
        Enrollment.user_id == user_id,
        Enrollment.status == EnrollmentStatus.ACTIVE,
        Enrollment.role.in_(STAFF),
    )
    return sa.or_(of_staff.correlate(Class), Class.settings["copying"].astext == Copying.INSTITUTION)


def parts(from_class: Class, into: uuid.UUID, weeks: int) -> list[Part]:
    """Return what stands in a class, as it would come into another, in three queries."""
    here = set(session().scalars(sa.select(CopiedItem.original_id).where(CopiedItem.class_id == into)))
    by = dt.timedelta(weeks=weeks)
    return [
        Part(
            one.module.title,
            [
                Line(item.id, item.title, item.type, item.due_date + by if item.due_date else None, item.id in here)
                for item in one.items
            ],
        )
        for one in contents.contents(from_class.id)
    ]


def bring(
    from_class: Class, into: uuid.UUID, chosen: Collection[uuid.UUID], weeks: int, *, at: dt.datetime
) -> list[uuid.UUID]:
    """Copy items of a class into another, behind what stands in modules of the same titles there; return the copies' ids.

    What came before is left as it is.

    Raises
    ------
    BadChoice
        Nothing is chosen that is still to come, or the weeks are too many.
    """
    if abs(weeks) > MOST_WEEKS:
        raise BadChoice(f"Dates are moved by {MOST_WEEKS} weeks at most.")
    # Of two who bring the same at once, one does.
    session().execute(sa.select(Class.id).where(Class.id == into).with_for_update())
    wanted = [
        (part.title, line.id) for part in parts(from_class, into, weeks) for line in part.lines
        if line.id in chosen and not line.is_here
    ]  # fmt: skip
    if not wanted:
        raise BadChoice("Choose at least one thing that has not come before.")
    return [_bring(from_class.id, into, title, id_, dt.timedelta(weeks=weeks), at) for title, id_ in wanted]


def _bring(
    from_class_id: uuid.UUID, into: uuid.UUID, title: str, item_id: uuid.UUID, by: dt.timedelta, at: dt.datetime
) -> uuid.UUID:
    item, module = session().get_one(ContentItem, item_id), module_named(into, title)
    place = contents.next_place(module.id)
    if isinstance(item, Assignment):
        due = item.due_date + by if item.due_date else None
        copied = copy_as(item, module, place, Terms(moved(item.rules, by), due, is_published=False))
        publish(ReleaseChanged(copied))
    else:
        copied = _copy_material(session().get_one(Material, item_id), module, place, at)
    note_copy(copied, item_id, into, from_class_id, at=at)
    return copied


def _copy_material(original: Material, module: Module, place: int, at: dt.datetime) -> uuid.UUID:
    tenant = current_tenant()
    copy = Material(
        tenant_id=tenant,
        module_id=module.id,
        title=original.title,
        description=original.description,
        order_index=place,
        is_published=False,
        body_markdown=original.body_markdown,
    )
    session().add(copy)
    session().flush()
    files = session().scalars(sa.select(MaterialFile).where(MaterialFile.material_id == original.id))
    session().add_all(
        MaterialFile(
            tenant_id=tenant, material_id=copy.id, name=one.name, blob_ref=one.blob_ref, size=one.size,
            media_type=one.media_type, added_at=at,
        )
        for one in files.all()
    )  # fmt: skip
    session().flush()
    return copy.id


def moved(rules: AssignmentConfig, by: dt.timedelta) -> AssignmentConfig:
    """Return an assignment's rules with each of their dates moved."""

    def later(moment: dt.datetime | None) -> dt.datetime | None:
        return moment + by if moment is not None else None

    def of(rule: ReleaseRule) -> ReleaseRule:
        return rule.model_copy(update={"date": later(rule.date)})

    return rules.model_copy(
        update={
            "opens_at": later(rules.opens_at),
            "closes_at": later(rules.closes_at),
            "marks": of(rules.marks),
            "feedback": of(rules.feedback),
        }
    )
