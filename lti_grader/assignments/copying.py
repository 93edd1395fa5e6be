"""Copying what stands in one class into another: modules, assignments, problems by version, the sets of groups that hand them in.
Never anybody's work, nor who is in which group.

Dates belong to the term that they were made for, so a copy has none. What an opening date or a date of publishing held back, and
an exam, would stand open without one: such a copy is not published until a teacher does so. What was to be released
on a date is released by hand in the copy, and a release of the original is none of the copy.
"""

import dataclasses
import datetime as dt
import uuid

import sqlalchemy as sa

from lti_grader.assignments.events import TaughtCopied
from lti_grader.assignments.models import Assignment, AssignmentConfig, AssignmentProblem, Mode
from lti_grader.assignments.release import ReleaseRule, When
from lti_grader.classes.groups.copying import take_over, terms_of
from lti_grader.classes.groups.models import GroupSet
from lti_grader.classes.models import Class, ContentItem, CopiedItem, Module
from lti_grader.classes.operations import module_named
from lti_grader.core.db import current_tenant, session
from lti_grader.core.events import publish


def copy_of(original_id: uuid.UUID, class_id: uuid.UUID) -> uuid.UUID | None:
    """Return the copy of an item that stands in a class, None where it was not copied there."""
    return session().scalar(
        sa.select(CopiedItem.copy_id).where(CopiedItem.class_id == class_id, CopiedItem.original_id == original_id)
    )


def copy_into(original: Assignment, class_id: uuid.UUID, *, at: dt.datetime) -> uuid.UUID:
    """Bring an assignment into another class, once; return the copy that stands there.

    A class that has nothing in it yet takes over everything of the original's class: its course is a copy of
    the other. One that has takes this assignment alone, into a module of the same title.
    """
    _one_at_a_time(class_id)
    known = copy_of(original.id, class_id)
    if known is None and is_empty(class_id):
        return _copy_everything(original, class_id, at)
    return known or take_one(original, class_id, at=at)


def take_one(original: Assignment, class_id: uuid.UUID, *, at: dt.datetime) -> uuid.UUID:
    """Bring one assignment alone into another class, once; return the copy that stands there."""
    _one_at_a_time(class_id)
    if (known := copy_of(original.id, class_id)) is not None:
        return known
    module = session().get_one(Module, original.module_id)
    into = module_named(class_id, module.title)
    last = session().scalar(sa.select(sa.func.max(ContentItem.order_index)).where(ContentItem.module_id == into.id))
    copied = _copy(original, into, 0 if last is None else last + 1, class_id, module.class_id, at)
    publish(TaughtCopied(module.class_id, class_id, at=at))
    return copied


def _one_at_a_time(class_id: uuid.UUID) -> None:
    """Of many launches that want the same copy, let one make it and the others find it."""
    session().execute(sa.select(Class.id).where(Class.id == class_id).with_for_update())


def is_empty(class_id: uuid.UUID) -> bool:
    """Return whether nothing stands in a class."""
    there = (
        sa.select(ContentItem.id).join(Module, Module.id == ContentItem.module_id).where(Module.class_id == class_id)
    )
    return session().scalar(there.limit(1)) is None


def _copy_everything(wanted: Assignment, class_id: uuid.UUID, at: dt.datetime) -> uuid.UUID:
    from_class_id = session().get_one(Module, wanted.module_id).class_id
    modules = session().scalars(sa.select(Module).where(Module.class_id == from_class_id).order_by(Module.order_index))
    into = {}
    for old in modules.all():
        into[old.id] = module_named(class_id, old.title)
        into[old.id].is_published = old.is_published and old.publish_at is None
    originals = session().scalars(
        sa.select(Assignment)
        .join(Module, Module.id == Assignment.module_id)
        .where(Module.class_id == from_class_id)
        .order_by(Module.order_index, Assignment.order_index)
    )
    places: dict[uuid.UUID, int] = {}
    found: uuid.UUID | None = None
    for one in originals.all():
        module = into[one.module_id]
        places[module.id] = place = places.get(module.id, -1) + 1
        copied = _copy(one, module, place, class_id, from_class_id, at)
        found = copied if one.id == wanted.id else found
    publish(TaughtCopied(from_class_id, class_id, at=at, is_whole=True))
    assert found is not None
    return found


def _copy(
    original: Assignment, module: Module, place: int, class_id: uuid.UUID, from_class_id: uuid.UUID, at: dt.datetime
) -> uuid.UUID:
    rules = original.rules
    waits = original.mode == Mode.EXAM or rules.opens_at is not None or original.publish_at is not None
    terms = Terms(_without_dates(rules), None, original.is_published and not waits)
    copied = copy_as(original, module, place, terms, at=at)
    note_copy(copied, original.id, class_id, from_class_id, at=at)
    return copied


@dataclasses.dataclass(frozen=True)
class Terms:
    """What of an assignment belongs to the term in which it is set."""

    rules: AssignmentConfig
    due_date: dt.datetime | None
    is_published: bool


def copy_as(original: Assignment, module: Module, place: int, terms: Terms, *, at: dt.datetime) -> uuid.UUID:
    """Copy an assignment with its problems, by their versions, into a module of any class, and return the copy's id.

    Where groups hand it in, those of the same name in that class do; it gets a set of them without groups if it has none.
    """
    tenant = current_tenant()
    groups = session().get_one(GroupSet, original.group_set_id) if original.group_set_id else None
    copy = Assignment(
        tenant_id=tenant,
        module_id=module.id,
        title=original.title,
        description=original.description,
        order_index=place,
        is_published=terms.is_published,
        due_date=terms.due_date,
        mode=original.mode,
        difficulty=original.difficulty,
        points_total=original.points_total,
        config=terms.rules.model_dump(mode="json"),
        group_set_id=take_over(module.class_id, terms_of(groups), at=at).id if groups else None,
    )
    session().add(copy)
    session().flush()
    problems = session().scalars(
        sa.select(AssignmentProblem)
        .where(AssignmentProblem.assignment_id == original.id)
        .order_by(AssignmentProblem.order_index)
    )
    session().add_all(
        AssignmentProblem(
            tenant_id=tenant,
            assignment_id=copy.id,
            problem_version_id=one.problem_version_id,
            order_index=one.order_index,
            points=one.points,
            config=one.config,
        )
        for one in problems.all()
    )
    session().flush()
    return copy.id


def note_copy(
    copy_id: uuid.UUID, original_id: uuid.UUID, class_id: uuid.UUID, from_class_id: uuid.UUID, *, at: dt.datetime
) -> None:
    """Note that an item of a class is a copy of one of another: it is not copied there a second time."""
    session().add(
        CopiedItem(
            tenant_id=current_tenant(),
            copy_id=copy_id,
            original_id=original_id,
            class_id=class_id,
            from_class_id=from_class_id,
            copied_at=at,
        )
    )
    session().flush()


def _without_dates(rules: AssignmentConfig) -> AssignmentConfig:
    return rules.model_copy(
        update={
            "opens_at": None,
            "closes_at": None,
            "marks": _without_date(rules.marks),
            "feedback": _without_date(rules.feedback),
        }
    )


def _without_date(rule: ReleaseRule) -> ReleaseRule:
    # Last year's date has passed: by it, everything would be out from the first day.
    return ReleaseRule(when=When.BY_HAND) if rule.when is When.ON_DATE else rule
