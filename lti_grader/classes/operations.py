"""Writes to classes and their rosters."""

import datetime as dt
import secrets
import uuid

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from lti_grader.classes.models import Class, Enrollment, EnrollmentSource, EnrollmentStatus, Module, Role
from lti_grader.core.db import current_tenant, session

# Without 0, O, 1 and I, which are read out wrongly.
_CODE_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"


def create_class(name: str, *, owner_id: uuid.UUID | None) -> Class:
    """Make a class with a join code of its own."""
    created = Class(
        tenant_id=current_tenant(),
        name=name,
        owner_id=owner_id,
        join_code="".join(secrets.choice(_CODE_LETTERS) for _ in range(6)),
    )
    session().add(created)
    session().flush()
    return created


def enroll(class_id: uuid.UUID, user_id: uuid.UUID, role: Role, *, source: EnrollmentSource) -> None:
    """Put a person into a class, or change what they are there. Two at once do no harm."""
    values = {"role": role, "status": EnrollmentStatus.ACTIVE, "dropped_at": None}
    session().execute(
        insert(Enrollment)
        .values(tenant_id=current_tenant(), class_id=class_id, user_id=user_id, source=source, **values)
        .on_conflict_do_update(index_elements=["class_id", "user_id"], set_=values)
    )


def drop_absent(class_id: uuid.UUID, present: set[uuid.UUID], candidates: set[uuid.UUID], *, at: dt.datetime) -> int:
    """Mark as dropped who is no longer on the LMS's list. Their work is kept.

    Parameters
    ----------
    present
        The people on the list.
    candidates
        The people whom this list speaks for; others, such as those of a second LMS course, are left alone.

    Returns
    -------
    How many were dropped.
    """
    gone = candidates - present
    if not gone:
        return 0
    dropped = session().scalars(
        sa.update(Enrollment)
        .where(
            Enrollment.class_id == class_id,
            Enrollment.user_id.in_(gone),
            Enrollment.status == EnrollmentStatus.ACTIVE,
        )
        .values(status=EnrollmentStatus.DROPPED, dropped_at=at)
        .returning(Enrollment.id)
    )
    return len(dropped.all())


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
