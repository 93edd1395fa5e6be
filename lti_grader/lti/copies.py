"""Reads about copied courses."""

import dataclasses
import uuid

import sqlalchemy as sa

from lti_grader.assignments.models import Assignment
from lti_grader.classes.models import Class, CopiedItem
from lti_grader.core.db import session
from lti_grader.lti.models import ClassContext, CourseCopy


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
