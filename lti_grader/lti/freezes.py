"""Scores held back, as after an exam board: a class, an item, or one student's item.

What is graded meanwhile waits as `frozen`. One person asks for the release, and another one confirms it within a day.
"""

import dataclasses
import datetime as dt
import uuid
from collections.abc import Collection, Iterator, Sequence
from typing import Any

import sqlalchemy as sa

from lti_grader.classes.apart import students_within
from lti_grader.classes.models import ContentItem, Enrollment, Module
from lti_grader.core.db import current_tenant, session
from lti_grader.core.errors import NotFound
from lti_grader.lti import trail
from lti_grader.lti.board_models import EventKind, ScoreFreeze
from lti_grader.lti.errors import CannotFreeze, CannotRelease
from lti_grader.lti.models import DeliveryStatus, LineItem, ScoreDelivery
from lti_grader.lti.trail import Actor
from lti_grader.people.models import User

ASKING_LASTS = dt.timedelta(days=1)


def covering(line_item_id: Any, user_id: Any) -> sa.ColumnElement[bool]:
    """Return the condition that scores of a student for a column are held back."""
    return sa.exists().where(
        ScoreFreeze.released_at.is_(None),
        ScoreFreeze.class_id == Module.class_id,
        Module.id == ContentItem.module_id,
        ContentItem.id == LineItem.content_item_id,
        LineItem.id == line_item_id,
        sa.or_(ScoreFreeze.content_item_id.is_(None), ScoreFreeze.content_item_id == LineItem.content_item_id),
        sa.or_(ScoreFreeze.student_id.is_(None), ScoreFreeze.student_id == user_id),
    )


def are_held(line_item_id: uuid.UUID, user_id: uuid.UUID) -> bool:
    """Return whether scores of a student for a column are held back."""
    return bool(session().scalar(sa.select(covering(sa.literal(line_item_id), sa.literal(user_id)))))


@dataclasses.dataclass(frozen=True)
class FreezeLine:
    """A hold on scores, as people read it."""

    row: ScoreFreeze
    item: str | None
    student: str | None

    @property
    def scope(self) -> str:
        if self.student is not None:
            return f"{self.student}, {self.item}"
        return self.item or "The whole class"


def of_class(
    class_id: uuid.UUID, within: Collection[str] | None = None, *, also_released: bool = False
) -> list[FreezeLine]:
    """Return what is held back in a class, the newest first; with what was, where that is asked for.

    Parameters
    ----------
    within
        Of single students, those of these sections only; None for all.
    """
    query = (
        sa.select(ScoreFreeze, ContentItem.title, User)
        .outerjoin(ContentItem, ContentItem.id == ScoreFreeze.content_item_id)
        .outerjoin(User, User.id == ScoreFreeze.student_id)
        .where(ScoreFreeze.class_id == class_id)
        .order_by(ScoreFreeze.released_at.desc().nulls_first(), ScoreFreeze.frozen_at.desc())
        .limit(200)
    )
    if not also_released:
        query = query.where(ScoreFreeze.released_at.is_(None))
    if within is not None:
        theirs = ScoreFreeze.student_id.in_(students_within(class_id, within))
        query = query.where(sa.or_(ScoreFreeze.student_id.is_(None), theirs))
    return [
        FreezeLine(row, title, user.display_name if user is not None else None)
        for row, title, user in session().execute(query)
    ]


def freeze(
    class_id: uuid.UUID, *, item_id: uuid.UUID | None, student_id: uuid.UUID | None, reason: str, by: Actor,
    at: dt.datetime,
) -> ScoreFreeze:  # fmt: skip
    """Hold scores back from now on. What is in the LMS stays there; what waits to be sent waits on.

    Parameters
    ----------
    item_id, student_id
        None for all items, and for all students; a student without an item is not to be had.

    Raises
    ------
    CannotFreeze
        It is held back already, or no reason is given.
    NotFound
        The class has no such item or student.
    """
    reason = reason.strip()
    if not reason:
        raise CannotFreeze("Say why the scores are held back: whoever is to release them reads it.")
    if student_id is not None and item_id is None:
        raise CannotFreeze("Choose the item as well: one student's scores are held back item by item.")
    _check(class_id, item_id, student_id)
    # Of two at once one makes it, and the other is told.
    session().execute(
        sa.text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 2))"),
        {"key": f"{class_id}:{item_id}:{student_id}"},
    )
    there = session().scalar(
        sa.select(ScoreFreeze.id).where(
            ScoreFreeze.class_id == class_id,
            ScoreFreeze.content_item_id.is_not_distinct_from(item_id),
            ScoreFreeze.student_id.is_not_distinct_from(student_id),
            ScoreFreeze.released_at.is_(None),
        )
    )
    if there is not None:
        raise CannotFreeze("These scores are held back already.")
    row = ScoreFreeze(
        tenant_id=current_tenant(), class_id=class_id, content_item_id=item_id, student_id=student_id,
        reason=reason[:500], frozen_at=at, frozen_by=by.key, frozen_by_name=trail.name_of(by),
    )  # fmt: skip
    session().add(row)
    session().flush()
    for held in session().scalars(_waiting(row, DeliveryStatus.PENDING)):
        held.status, held.last_error = DeliveryStatus.FROZEN, words(row)
        trail.note(held, EventKind.FROZEN, at=at, by=by)
    return row


def _check(class_id: uuid.UUID, item_id: uuid.UUID | None, student_id: uuid.UUID | None) -> None:
    if item_id is not None:
        there = session().scalar(
            sa.select(ContentItem.id)
            .join(Module, Module.id == ContentItem.module_id)
            .where(ContentItem.id == item_id, Module.class_id == class_id)
        )
        if there is None:
            raise NotFound("There is no such item in this class.")
    if student_id is not None:
        there = session().scalar(
            sa.select(Enrollment.id).where(Enrollment.class_id == class_id, Enrollment.user_id == student_id)
        )
        if there is None:
            raise NotFound("There is no such student in this class.")


def words(row: ScoreFreeze) -> str:
    """Return what a score that is held back says of itself."""
    return f"Held back by {row.frozen_by_name}: {row.reason}"


def hold(row: ScoreDelivery, *, at: dt.datetime) -> bool:
    """Hold a delivery back that was about to be sent, if a freeze covers it; return whether one does."""
    return bool(hold_all([row], at=at))


def hold_all(rows: Sequence[ScoreDelivery], *, at: dt.datetime) -> set[uuid.UUID]:
    """Do as `hold`, for many with one question; return the ids of those that are held back."""
    found = session().execute(
        sa.select(ScoreDelivery.id, ScoreFreeze)
        .join(LineItem, LineItem.id == ScoreDelivery.line_item_id)
        .join(ContentItem, ContentItem.id == LineItem.content_item_id)
        .join(Module, Module.id == ContentItem.module_id)
        .join(ScoreFreeze, ScoreFreeze.class_id == Module.class_id)
        .where(
            ScoreDelivery.id.in_([row.id for row in rows]),
            ScoreFreeze.released_at.is_(None),
            sa.or_(ScoreFreeze.content_item_id.is_(None), ScoreFreeze.content_item_id == ContentItem.id),
            sa.or_(ScoreFreeze.student_id.is_(None), ScoreFreeze.student_id == ScoreDelivery.user_id),
        )
        # Of several the first speaks for all.
        .order_by(ScoreFreeze.frozen_at.desc())
    )
    freezes = dict(found.all())
    for row in rows:
        if row.id in freezes:
            row.status, row.last_error = DeliveryStatus.FROZEN, words(freezes[row.id])
            trail.note(row, EventKind.FROZEN, at=at)
    return set(freezes)


def ask_release(class_id: uuid.UUID, freeze_id: uuid.UUID, *, by: Actor, at: dt.datetime) -> None:
    """Ask for the release; somebody else has a day to confirm it. Asking anew begins the day anew.

    Raises
    ------
    CannotRelease, NotFound
    """
    row = _locked(class_id, freeze_id)
    if is_asked(row, at=at) and row.release_asked_by != by.key:
        raise CannotRelease(f"{row.release_asked_by_name} has asked for it already: confirm it, or leave it.")
    row.release_asked_at, row.release_asked_by, row.release_asked_by_name = at, by.key, trail.name_of(by)


def is_asked(row: ScoreFreeze, *, at: dt.datetime) -> bool:
    """Return whether the release was asked for, and may still be confirmed."""
    return row.release_asked_at is not None and at - row.release_asked_at <= ASKING_LASTS


def release(class_id: uuid.UUID, freeze_id: uuid.UUID, *, by: Actor, at: dt.datetime) -> int:
    """Confirm the release: the newest score of each student is owed to the LMS again. Return how many they are.

    Raises
    ------
    CannotRelease
        Nobody has asked for it within a day, or the same person has.
    NotFound
    """
    row = _locked(class_id, freeze_id)
    if not is_asked(row, at=at):
        raise CannotRelease("Nobody has asked for this release within the last day: ask for it first.")
    if row.release_asked_by == by.key:
        raise CannotRelease("You have asked for this release yourself: a second person confirms it.")
    row.released_at, row.released_by, row.released_by_name = at, by.key, trail.name_of(by)
    session().flush()
    released = 0
    for held in session().scalars(_waiting(row, DeliveryStatus.FROZEN)):
        held.status, held.last_error, held.next_try_at, held.tries = DeliveryStatus.PENDING, None, at, 0
        trail.note(held, EventKind.UNFROZEN, at=at, by=by)
        released += 1
    return released


def _locked(class_id: uuid.UUID, freeze_id: uuid.UUID) -> ScoreFreeze:
    row = session().scalar(
        sa.select(ScoreFreeze)
        .where(ScoreFreeze.id == freeze_id, ScoreFreeze.class_id == class_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise NotFound("There is no such hold on scores of this class.")
    if row.released_at is not None:
        raise CannotRelease(f"{row.released_by_name} has released these scores already.")
    return row


def _waiting(row: ScoreFreeze, status: DeliveryStatus) -> sa.Select[ScoreDelivery]:
    """Return the newest deliveries in the freeze's reach that are in `status`, and that no other freeze holds."""
    return (
        sa.select(ScoreDelivery)
        .where(ScoreDelivery.status == status, ScoreDelivery.is_newest, *_reach(row))
        .order_by(ScoreDelivery.line_item_id, ScoreDelivery.user_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def _reach(row: ScoreFreeze) -> Iterator[sa.ColumnElement[bool]]:
    items = (
        sa.select(LineItem.id)
        .join(ContentItem, ContentItem.id == LineItem.content_item_id)
        .join(Module, Module.id == ContentItem.module_id)
        .where(Module.class_id == row.class_id)
    )
    if row.content_item_id is not None:
        items = items.where(ContentItem.id == row.content_item_id)
    yield ScoreDelivery.line_item_id.in_(items)
    if row.student_id is not None:
        yield ScoreDelivery.user_id == row.student_id
    if row.released_at is not None:
        yield ~covering(ScoreDelivery.line_item_id, ScoreDelivery.user_id)
