"""What stands around the rows of a class's board: what they can be filtered by, and which scores have no row."""

import dataclasses
import uuid
from collections.abc import Collection

import sqlalchemy as sa

from lti_grader.classes.models import ContentItem, Enrollment, EnrollmentStatus, Module, Role
from lti_grader.classes.queries import in_any_section, sections
from lti_grader.core.db import session
from lti_grader.gradebook.models import EntryStatus, GradebookEntry
from lti_grader.lti.models import ClassContext, Deployment, LineItem, Platform, ScoreDelivery


@dataclasses.dataclass(frozen=True)
class Choices:
    """What a class's board can be filtered by."""

    items: list[tuple[uuid.UUID, str]]
    sections: list[str]
    platforms: list[tuple[uuid.UUID, str]]


def choices(class_id: uuid.UUID, within: Collection[str] | None = None) -> Choices:
    """Return what a class's board can be filtered by, for who is limited to these sections."""
    items = session().execute(
        sa.select(ContentItem.id, ContentItem.title)
        .join(Module, Module.id == ContentItem.module_id)
        .where(Module.class_id == class_id, sa.exists().where(LineItem.content_item_id == ContentItem.id))
        .order_by(Module.order_index, ContentItem.order_index)
    )
    platforms = session().execute(
        sa.select(Platform.id, Platform.name)
        .where(
            Platform.id.in_(
                sa.select(Deployment.platform_id)
                .join(ClassContext, ClassContext.deployment_id == Deployment.id)
                .where(ClassContext.class_id == class_id)
            )
        )
        .order_by(Platform.name)
    )
    return Choices(
        [(one, title) for one, title in items],
        sections(class_id, within=within),
        [(one, name) for one, name in platforms],
    )


def without_column(class_id: uuid.UUID, within: Collection[str] | None = None) -> int:
    """Return how many graded scores of a class's students are owed to nobody: no column of an LMS shows their item.

    Parameters
    ----------
    within
        Of students of these sections only; None for all.
    """
    query = (
        sa.select(sa.func.count())
        .select_from(GradebookEntry)
        .join(ContentItem, ContentItem.id == GradebookEntry.content_item_id)
        .join(Module, Module.id == ContentItem.module_id)
        .join(
            Enrollment,
            sa.and_(Enrollment.class_id == Module.class_id, Enrollment.user_id == GradebookEntry.student_id),
        )
        .where(
            Module.class_id == class_id,
            GradebookEntry.status == EntryStatus.GRADED,
            Enrollment.status == EnrollmentStatus.ACTIVE,
            Enrollment.role == Role.STUDENT,
            ~sa.exists()
            .where(ScoreDelivery.user_id == GradebookEntry.student_id, ScoreDelivery.line_item_id == LineItem.id)
            .where(LineItem.content_item_id == GradebookEntry.content_item_id),
        )
    )
    return session().scalars(query if within is None else query.where(in_any_section(within))).one()
