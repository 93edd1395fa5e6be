"""Links of a copied LMS course: the assignment they led to, a copy of it here, and who may make one.

What a link's custom parameters say may have been typed by whoever made the link, so it shows where a link
wants to go and not that it may: see docs/decisions/0004-who-may-copy-a-course.md.
"""

import dataclasses
import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import unquote

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from lti_grader.assignments import copying
from lti_grader.assignments.models import Assignment
from lti_grader.classes.models import STAFF, Class, Copying, Enrollment, EnrollmentStatus, Module, Role
from lti_grader.core.db import current_tenant, session
from lti_grader.core.ids import new_id
from lti_grader.lti import claims as c
from lti_grader.lti.columns import fill_column
from lti_grader.lti.models import ClassContext, CopyState, CourseCopy, Deployment, ResourceLink

_MOST_IDS = 50


@dataclasses.dataclass(frozen=True)
class Launcher:
    """Who opens a link, and as what."""

    user_id: uuid.UUID
    role: Role


@dataclasses.dataclass(frozen=True)
class Histories:
    """Ids that a link and its course had in earlier copies, the latest first."""

    links: Sequence[str]
    contexts: Sequence[str]


def histories(claims: Mapping[str, Any]) -> Histories:
    """Read `$ResourceLink.id.history` and `$Context.id.history` (LTI 1.3 Core, appendix D) of a launch.

    A platform that does not know them leaves them as they are written.
    """
    custom = claims.get(c.CUSTOM)
    given = custom if isinstance(custom, dict) else {}
    return Histories(_ids(given.get(c.LINK_HISTORY)), _ids(given.get(c.CONTEXT_HISTORY)))


def _ids(text: object) -> list[str]:
    if not isinstance(text, str) or text.startswith("$"):
        return []
    ids = (unquote(one.strip()) for one in text.split(",")[:_MOST_IDS])
    return [one for one in ids if c.identifier(one)]


def find_assignment(
    claims: Mapping[str, Any], context: ClassContext, link: ResourceLink, launcher: Launcher, *, at: dt.datetime
) -> uuid.UUID | None:
    """Return the assignment of the class that a link without one leads to, copied here if it may be.

    Where it may not be, `link.original_id` keeps what it waits for.
    """
    named = named_assignment(claims)
    if named is not None and (here := _of_class(named, context.class_id)) is not None:
        return here.id
    original = _original(named, context, histories(claims))
    if original is None:
        return None
    home = session().get_one(Module, original.module_id).class_id
    if home == context.class_id:
        return original.id
    known = copying.copy_of(original.id, context.class_id)
    if known is None and may_copy(home, context.id, launcher):
        known = take_copy(original, context, at=at)
    link.original_id = original.id
    return known


def _original(named: uuid.UUID | None, context: ClassContext, past: Histories) -> Assignment | None:
    """Return what a link led to in the nearest of the courses that it came through."""
    platform_id = sa.select(Deployment.platform_id).where(Deployment.id == context.deployment_id).scalar_subquery()
    if (by_link := _by_links(past.links, platform_id)) is not None:
        return by_link
    if named is None:
        return None
    return _by_contexts(named, past.contexts, platform_id) or session().get(Assignment, named)


def named_assignment(claims: Mapping[str, Any]) -> uuid.UUID | None:
    """Return the assignment that a link's custom parameters name."""
    custom = claims.get(c.CUSTOM)
    named = custom.get(c.OWN_ASSIGNMENT) if isinstance(custom, dict) else None
    try:
        return uuid.UUID(str(named))
    except ValueError:
        return None


def named_here(claims: Mapping[str, Any], class_id: uuid.UUID) -> uuid.UUID | None:
    """Return the assignment of a class, or its copy there, that the custom parameters name; None where they name none."""
    named = named_assignment(claims)
    found = _of_class(named, class_id) if named is not None else None
    return found.id if found is not None else None


def _of_class(named: uuid.UUID, class_id: uuid.UUID) -> Assignment | None:
    """Return an assignment, or the copy of it, that stands in a class."""
    wanted = copying.copy_of(named, class_id) or named
    return session().scalar(
        sa.select(Assignment)
        .join(Module, Module.id == Assignment.module_id)
        .where(Assignment.id == wanted, Module.class_id == class_id)
    )


def _by_links(ids: Sequence[str], platform_id: sa.ScalarSelect[Any]) -> Assignment | None:
    if not ids:
        return None
    query = (
        sa.select(ResourceLink.resource_link_id, Assignment)
        .join(Assignment, Assignment.id == ResourceLink.assignment_id)
        .join(Deployment, Deployment.id == ResourceLink.deployment_id)
        .where(Deployment.platform_id == platform_id, ResourceLink.resource_link_id.in_(ids))
    )
    known = dict(session().execute(query).all())
    return next((known[one] for one in ids if one in known), None)


def _by_contexts(named: uuid.UUID, ids: Sequence[str], platform_id: sa.ScalarSelect[Any]) -> Assignment | None:
    """Return the assignment, or the copy of it, that stands in the class of the latest of these courses."""
    if not ids:
        return None
    classes = _classes(ids, platform_id)
    there = (_of_class(named, classes[one]) for one in ids if one in classes)
    return next((found for found in there if found is not None), None)


def _classes(context_ids: Sequence[str], platform_id: sa.ScalarSelect[Any]) -> dict[str, uuid.UUID]:
    """Return the classes of a platform's courses by the courses' ids."""
    query = (
        sa.select(ClassContext.context_id, ClassContext.class_id)
        .join(Deployment, Deployment.id == ClassContext.deployment_id)
        .where(Deployment.platform_id == platform_id, ClassContext.context_id.in_(context_ids))
    )
    return dict(session().execute(query).all())


def may_copy(from_class_id: uuid.UUID, context_id: uuid.UUID, launcher: Launcher) -> bool:
    """Return whether what stands in a class may be copied into an LMS course now that somebody opens a link there."""
    state = session().scalar(
        sa.select(CourseCopy.state).where(
            CourseCopy.class_context_id == context_id, CourseCopy.from_class_id == from_class_id
        )
    )
    if state == CopyState.GRANTED or session().get_one(Class, from_class_id).chosen.copying == Copying.INSTITUTION:
        return True
    return launcher.role in STAFF and is_staff_of(from_class_id, launcher.user_id)


def is_staff_of(class_id: uuid.UUID, user_id: uuid.UUID) -> bool:
    """Return whether somebody teaches or assists in a class."""
    return bool(
        session().scalar(
            sa.select(Enrollment.id).where(
                Enrollment.class_id == class_id,
                Enrollment.user_id == user_id,
                Enrollment.status == EnrollmentStatus.ACTIVE,
                Enrollment.role.in_(STAFF),
            )
        )
    )


def take_copy(original: Assignment, context: ClassContext, *, at: dt.datetime) -> uuid.UUID:
    """Copy what may be copied into the class of an LMS course, and note it for its teachers."""
    home = session().get_one(Module, original.module_id).class_id
    copied = copying.copy_into(original, context.class_id, at=at)
    _note(context.id, home, CopyState.TAKEN, at=at, changes={"copied_at": at})
    return copied


def copy_context(context: ClassContext, origin_context_ids: Sequence[str], *, at: dt.datetime) -> uuid.UUID | None:
    """Take the LMS's own word that a course was copied from others (`LtiContextCopyNotice`).

    Nothing is copied yet: that happens when somebody, a student perhaps, opens the first of the course's links.

    Parameters
    ----------
    context
        The new course, as `operations.context_named` returns it.
    origin_context_ids
        The ids of the courses that it was copied from, the latest first.

    Returns
    -------
    The class that may now be copied from; None where none of these courses is known here.
    """
    platform_id = sa.select(Deployment.platform_id).where(Deployment.id == context.deployment_id).scalar_subquery()
    ids = [one for one in origin_context_ids if c.identifier(one)][:_MOST_IDS]
    classes = _classes(ids, platform_id)
    found = [classes[one] for one in ids if one in classes and classes[one] != context.class_id]
    for class_id in found:
        _note(context.id, class_id, CopyState.GRANTED, at=at, changes={"state": CopyState.GRANTED, "decided_by": None})
        _open_waiting(context, class_id, at=at)
    return found[0] if found else None


def _note(
    context_id: uuid.UUID, from_class_id: uuid.UUID, state: CopyState, *, at: dt.datetime, changes: dict[str, Any]
) -> None:
    values = {"state": state, "created_at": at, **changes}
    session().execute(
        insert(CourseCopy)
        .values(
            id=new_id(), tenant_id=current_tenant(), class_context_id=context_id, from_class_id=from_class_id, **values
        )
        .on_conflict_do_update(index_elements=["class_context_id", "from_class_id"], set_=changes)
    )


def _open_waiting(context: ClassContext, from_class_id: uuid.UUID, *, at: dt.datetime) -> None:
    """Let the links of a course that waited for another class lead on."""
    waiting = session().execute(
        sa.select(ResourceLink, Assignment)
        .join(Assignment, Assignment.id == ResourceLink.original_id)
        .join(Module, Module.id == Assignment.module_id)
        .where(
            ResourceLink.class_context_id == context.id,
            ResourceLink.assignment_id.is_(None),
            Module.class_id == from_class_id,
        )
        .order_by(ResourceLink.created_at, ResourceLink.id)
    )
    for link, original in waiting.all():
        link.assignment_id = take_copy(original, context, at=at)
        fill_column(link, at=at)


def ask(link: ResourceLink, user_id: uuid.UUID, *, at: dt.datetime) -> None:
    """Ask the staff of the class that a link came from to let this course copy it. One who was refused may ask again."""
    home = _home_of(link)
    if home is not None:
        _note(link.class_context_id, home, CopyState.ASKED, at=at,
              changes={"state": CopyState.ASKED, "asked_by": user_id, "decided_by": None})  # fmt: skip


def _home_of(link: ResourceLink) -> uuid.UUID | None:
    return session().scalar(
        sa.select(Module.class_id)
        .join(Assignment, Assignment.module_id == Module.id)
        .where(Assignment.id == link.original_id)
    )


def decide(copy: CourseCopy, user_id: uuid.UUID, *, allowed: bool, at: dt.datetime) -> None:
    """Answer who asked; what was waiting is copied at once if it may."""
    copy.state, copy.decided_by = CopyState.GRANTED if allowed else CopyState.REFUSED, user_id
    session().flush()
    if allowed:
        _open_waiting(session().get_one(ClassContext, copy.class_context_id), copy.from_class_id, at=at)


def put_away(class_id: uuid.UUID, *, at: dt.datetime) -> None:
    """Note that the class's staff have read what was copied into it."""
    session().execute(
        sa.update(CourseCopy)
        .where(
            CourseCopy.class_context_id == ClassContext.id,
            ClassContext.class_id == class_id,
            CourseCopy.copied_at.is_not(None),
        )
        .values(told_at=at)
    )
