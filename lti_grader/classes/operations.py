"""Writes to classes and their rosters."""

import dataclasses
import datetime as dt
import uuid
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, insert

from lti_grader.classes.events import SectionsChanged
from lti_grader.classes.models import Class, Copying, Enrollment, EnrollmentSource, EnrollmentStatus, Module, Role
from lti_grader.core.db import current_tenant, session
from lti_grader.core.events import publish
from lti_grader.core.ids import new_code, new_id


def create_class(name: str, *, owner_id: uuid.UUID | None) -> Class:
    """Make a class with a join code of its own."""
    created = Class(
        tenant_id=current_tenant(),
        name=name,
        owner_id=owner_id,
        join_code=new_code(6),
    )
    session().add(created)
    session().flush()
    return created


@dataclasses.dataclass(frozen=True)
class Place:
    """What somebody is in a class, and how that is known."""

    role: Role
    source: EnrollmentSource
    sections: Sequence[str] = ()


def enroll(
    class_id: uuid.UUID,
    user_id: uuid.UUID,
    role: Role,
    *,
    source: EnrollmentSource,
    sections: Sequence[str] | None = None,
    lists_know_assistants: bool = False,
) -> Place:
    """Put a person into a class, or change what they are there. Two at once do no harm.

    Parameters
    ----------
    sections
        Those that they are in; None where nothing is said of them, which leaves them as they are.
    lists_know_assistants
        Whom the LMS's list made an assistant stays one, though they come as a teacher.

    Returns
    -------
    What they are now. How they came stays as it was, unless they had left; then it is how they came back.
    """
    values: dict[str, Any] = {"role": role, "status": EnrollmentStatus.ACTIVE, "dropped_at": None}
    if sections is not None:
        values["sections"] = list(sections)
    # What the statement reads beside what it writes is as it was.
    before = sa.orm.aliased(Enrollment)
    had_left = Enrollment.status == EnrollmentStatus.DROPPED
    known = sa.select(before.sections).where(before.class_id == class_id, before.user_id == user_id)
    changes = {**values, "source": sa.case((had_left, source), else_=Enrollment.source)}
    if lists_know_assistants and role == Role.TEACHER:
        is_assistant = sa.and_(Enrollment.role == Role.ASSISTANT, Enrollment.source == EnrollmentSource.ROSTER)
        changes["role"] = sa.case((is_assistant, Role.ASSISTANT), else_=role)
    made = session().execute(
        insert(Enrollment)
        .values(tenant_id=current_tenant(), class_id=class_id, user_id=user_id, source=source, **values)
        .on_conflict_do_update(index_elements=["class_id", "user_id"], set_=changes)
        .returning(Enrollment.role, Enrollment.source, Enrollment.sections, known.scalar_subquery().label("known"))
    )
    row = made.one()
    if row.known is not None and set(row.known) != set(row.sections):
        publish(SectionsChanged(class_id, (user_id,), dt.datetime.now(dt.UTC)))
    return Place(Role(row.role), EnrollmentSource(row.source), row.sections)


# No name of a section has it: `words` leaves no such sign.
_BETWEEN = "\x1f"


def enroll_listed(class_id: uuid.UUID, places: Mapping[uuid.UUID, Place]) -> None:
    """Put those whom an LMS's list names into a class, or change what they are there, in one statement.

    The rows are written in one order for all, so that no two writers wait for each other in a circle.
    """
    if not places:
        return
    listed = sorted(places)
    columns = {
        "id": sa.cast([new_id() for _ in listed], ARRAY(sa.UUID)),
        "user_id": sa.cast(listed, ARRAY(sa.UUID)),
        "role": sa.cast([places[one].role for one in listed], ARRAY(sa.Text)),
        "source": sa.cast([places[one].source for one in listed], ARRAY(sa.Text)),
        "sections": sa.cast([_BETWEEN.join(places[one].sections) for one in listed], ARRAY(sa.Text)),
    }
    given = sa.func.unnest(*columns.values()).table_valued(*columns).render_derived(name="given")
    fixed: dict[str, sa.ColumnElement[Any]] = {
        "tenant_id": sa.literal(current_tenant()), "class_id": sa.literal(class_id),
        "status": sa.literal(EnrollmentStatus.ACTIVE),
    }  # fmt: skip
    values: list[sa.ColumnElement[Any]] = [
        *(given.c[name] for name in ("id", "user_id", "role", "source")),
        sa.func.string_to_array(given.c.sections, _BETWEEN),
        *fixed.values(),
    ]
    statement = insert(Enrollment).from_select([*columns, *fixed], sa.select(*values).order_by(given.c.user_id))
    changes = {name: statement.excluded[name] for name in ("role", "status", "source", "sections")}
    session().execute(
        statement.on_conflict_do_update(index_elements=["class_id", "user_id"], set_={**changes, "dropped_at": None})
    )


def lock(class_id: uuid.UUID, user_ids: Collection[uuid.UUID]) -> None:
    """Have these people's enrollments for oneself until the transaction ends.

    Everybody takes them in this order: two at once never wait for each other in a circle.
    """
    session().execute(
        sa.select(Enrollment.id)
        .where(Enrollment.class_id == class_id, Enrollment.user_id.in_(user_ids))
        .order_by(Enrollment.user_id)
        .with_for_update(key_share=True)
    )


def drop(class_id: uuid.UUID, gone: Collection[uuid.UUID], *, at: dt.datetime) -> list[uuid.UUID]:
    """Mark people as dropped, and return whom of them it was news about. Their work is kept."""
    if not gone:
        return []
    lock(class_id, gone)
    dropped = session().scalars(
        sa.update(Enrollment)
        .where(
            Enrollment.class_id == class_id,
            Enrollment.user_id.in_(gone),
            Enrollment.status == EnrollmentStatus.ACTIVE,
        )
        .values(status=EnrollmentStatus.DROPPED, dropped_at=at)
        .returning(Enrollment.user_id)
    )
    return list(dropped)


def module_named(class_id: uuid.UUID, title: str) -> Module:
    """Return the class's module of that title, made at the end of the class if there is none."""
    session().execute(sa.select(Class.id).where(Class.id == class_id).with_for_update())
    found = session().scalar(sa.select(Module).where(Module.class_id == class_id, Module.title == title))
    if found is None:
        last = session().scalar(sa.select(sa.func.max(Module.order_index)).where(Module.class_id == class_id))
        found = Module(
            tenant_id=current_tenant(), class_id=class_id, title=title, order_index=0 if last is None else last + 1
        )
        session().add(found)
        session().flush()
    return found


def set_copying(class_: Class, copying: Copying) -> None:
    """Say who may copy what stands in a class."""
    class_.choose(copying=copying)
