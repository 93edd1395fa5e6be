"""Bringing what stands in one class into another on a teacher's word, with dates moved by weeks.

Who may take is as docs/decisions/0004 says: staff of both classes, and every teacher where the other class allows it. What comes
is not published until a teacher does so, whatever it was before. Nobody's work comes along, nor anybody's dates or passcodes, nor who
is in which group.
"""

import dataclasses
import datetime as dt
import uuid
from collections.abc import Collection, Sequence

import sqlalchemy as sa

from lti_grader.assignments.copying import Terms, copy_as, note_copy
from lti_grader.assignments.events import ReleaseChanged, TaughtCopied
from lti_grader.assignments.models import Assignment, AssignmentConfig
from lti_grader.assignments.release import ReleaseRule
from lti_grader.classes import contents
from lti_grader.classes.groups.copying import SetTerms, sets_like, take_over, terms_of
from lti_grader.classes.groups.models import GroupSet
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
    group_set: str = ""
    """The name of the groups that hand it in, which come along without anybody in them."""


@dataclasses.dataclass(frozen=True)
class Part:
    """A module of the other class, or of a file, with what stands in it."""

    title: str
    lines: Sequence[Line]


@dataclasses.dataclass(frozen=True)
class SetLine:
    """A set of groups that no assignment uses, and that may come by itself."""

    terms: SetTerms
    is_here: bool
    """Whether the class has groups of that name: they stay as they are."""


@dataclasses.dataclass(frozen=True)
class Beside:
    """What comes beside items: nothing, if nothing is said."""

    sets: Collection[str] = ()
    """Names of sets of groups."""
    comments_for: uuid.UUID | None = None
    """Who keeps the comments of the bank that come along from then on; None for no comments."""


NOTHING_BESIDE = Beside()


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
    """Return what stands in a class, as it would come into another, in four queries."""
    sets = _sets_by_item(from_class.id)
    here = set(session().scalars(sa.select(CopiedItem.original_id).where(CopiedItem.class_id == into)))
    by = dt.timedelta(weeks=weeks)
    return [
        Part(
            one.module.title,
            [
                Line(
                    item.id, item.title, item.type, item.due_date + by if item.due_date else None, item.id in here,
                    sets.get(item.id, ""),
                )
                for item in one.items
            ],
        )
        for one in contents.contents(from_class.id)
    ]  # fmt: skip


def _sets_by_item(class_id: uuid.UUID) -> dict[uuid.UUID, str]:
    rows = session().execute(
        sa.select(Assignment.id, GroupSet.name)
        .join(GroupSet, GroupSet.id == Assignment.group_set_id)
        .where(GroupSet.class_id == class_id)
    )
    found: dict[uuid.UUID, str] = dict(rows.all())
    return found


def spare_sets(from_class: Class, into: uuid.UUID, listed: Sequence[Part]) -> list[SetLine]:
    """Return the sets of groups of a class that nothing of what is listed uses, by name, in two queries."""
    used = {line.group_set for part in listed for line in part.lines}
    here = {one.name for one in sets_like(into)}
    return [SetLine(terms_of(one), one.name in here) for one in sets_like(from_class.id) if one.name not in used]


def bring(
    from_class: Class, into: uuid.UUID, chosen: Collection[uuid.UUID], weeks: int, *, at: dt.datetime,
    beside: Beside = NOTHING_BESIDE,
) -> list[uuid.UUID]:  # fmt: skip
    """Copy items of a class into another, behind what stands in modules of the same titles there; return the copies' ids.

    What came before is left as it is. Sets of groups come with what they hand in.

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
    sets = [one for one in sets_like(from_class.id, beside.sets) if not sets_like(into, [one.name])]
    if not (wanted or sets or beside.comments_for):
        raise BadChoice("Choose at least one thing that has not come before.")
    copied = [_bring(from_class.id, into, title, id_, dt.timedelta(weeks=weeks), at) for title, id_ in wanted]
    for one in sets:
        take_over(into, terms_of(one), at=at)
    if beside.comments_for:
        publish(TaughtCopied(from_class.id, into, at, is_whole=True, by=beside.comments_for))
    return copied


def _bring(
    from_class_id: uuid.UUID, into: uuid.UUID, title: str, item_id: uuid.UUID, by: dt.timedelta, at: dt.datetime
) -> uuid.UUID:
    item, module = session().get_one(ContentItem, item_id), module_named(into, title)
    place = contents.next_place(module.id)
    if isinstance(item, Assignment):
        due = item.due_date + by if item.due_date else None
        copied = copy_as(item, module, place, Terms(moved(item.rules, by), due, is_published=False), at=at)
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
