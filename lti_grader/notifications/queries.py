"""Reads of what somebody was told."""

import dataclasses
import datetime as dt
import uuid
from collections.abc import Sequence

import sqlalchemy as sa

from lti_grader.classes.apart import whose_work
from lti_grader.classes.models import Class, Enrollment, EnrollmentStatus, Role
from lti_grader.classes.queries import Membership
from lti_grader.core.db import session
from lti_grader.core.errors import NotFound
from lti_grader.notifications.kinds import REGISTRY, Kind
from lti_grader.notifications.models import Mail, MailState, Notification
from lti_grader.people.models import User

PAGE = 30
_SHOWN_FOR = dt.timedelta(days=30)


@dataclasses.dataclass(frozen=True)
class Line:
    """A notification as the list shows it."""

    row: Notification
    class_name: str | None
    kind: Kind | None
    """None for one of a kind that this version does not know."""

    @property
    def text(self) -> str:
        return self.row.payload.get(self.kind.text, "") if self.kind else ""

    @property
    def when(self) -> dt.datetime | None:
        text = self.row.payload.get(self.kind.when, "") if self.kind else ""
        return dt.datetime.fromisoformat(text) if text else None


@dataclasses.dataclass(frozen=True)
class Inbox:
    """A page of what somebody was told, the latest first."""

    lines: Sequence[Line]
    classes: Sequence[tuple[uuid.UUID, str]]
    """Those that anything was told of, by name."""
    unread: int
    """On all pages, of the class that is looked at."""
    older: uuid.UUID | None
    """What the next page begins after; None where this is the last."""


def inbox(user_id: uuid.UUID, *, class_id: uuid.UUID | None = None, before: uuid.UUID | None = None) -> Inbox:
    """Return a page of what somebody was told, in three queries.

    Parameters
    ----------
    class_id
        Of this class only.
    before
        What was told before this one.
    """
    mine = Notification.recipient_id == user_id
    shown = [mine] if class_id is None else [mine, Notification.class_id == class_id]
    order = sa.tuple_(Notification.created_at, Notification.id)
    query = sa.select(Notification, Class.name).outerjoin(Class, Class.id == Notification.class_id).where(*shown)
    if before is not None:
        last = sa.select(Notification.created_at, Notification.id).where(mine, Notification.id == before)
        query = query.where(order < last.scalar_subquery())
    query = query.order_by(Notification.created_at.desc(), Notification.id.desc()).limit(PAGE + 1)
    rows = session().execute(query).all()
    classes = session().execute(
        sa.select(Class.id, Class.name)
        .where(sa.exists().where(mine, Notification.class_id == Class.id))
        .order_by(Class.name, Class.id)
    )
    unread = session().scalars(sa.select(sa.func.count()).where(*shown, ~Notification.is_read)).one()
    lines = [Line(row, name, REGISTRY.get(row.type)) for row, name in rows[:PAGE]]
    return Inbox(
        lines, [(one, name) for one, name in classes], unread, lines[-1].row.id if len(rows) > PAGE else None
    )  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Undelivered:
    """An e-mail that somebody never had."""

    user_id: uuid.UUID
    name: str
    address: str | None
    at: dt.datetime | None
    error: str


def undelivered(place: Membership, *, at: dt.datetime) -> list[Undelivered]:
    """Return the last e-mail of a month to each student that did not go out, as far as somebody of the staff sees them."""
    rows = session().execute(
        sa.select(User, Mail.ended_at, Mail.error)
        .join(Mail, Mail.recipient_id == User.id)
        .join(Enrollment, Enrollment.user_id == User.id)
        .where(
            Enrollment.class_id == place.class_id,
            Enrollment.role == Role.STUDENT,
            Enrollment.status == EnrollmentStatus.ACTIVE,
            whose_work(place, User.id),
            Mail.state == MailState.REFUSED,
            Mail.ended_at > at - _SHOWN_FOR,
        )
        .order_by(Mail.ended_at)
    )
    # The later of one person's takes the place of the earlier.
    last = {
        user.id: Undelivered(user.id, user.display_name, user.email, when, error or "") for user, when, error in rows
    }
    return sorted(last.values(), key=lambda one: one.name)


def notification(notification_id: uuid.UUID, recipient_id: uuid.UUID) -> Notification:
    """Return a notification of somebody.

    Raises
    ------
    NotFound
        It is none of theirs, or is there no more.
    """
    found = session().get(Notification, notification_id)
    if found is None or found.recipient_id != recipient_id:
        raise NotFound("This notification is there no more. What it was about may have changed.")
    return found
