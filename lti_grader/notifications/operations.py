"""Telling people something, once; and their reading it."""

import dataclasses
import datetime as dt
import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import islice
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from lti_grader import adapters
from lti_grader.classes.models import STAFF, Enrollment, EnrollmentStatus, Role
from lti_grader.classes.queries import in_any_section
from lti_grader.core.db import current_tenant, session
from lti_grader.core.ids import new_id
from lti_grader.notifications import unread
from lti_grader.notifications.kinds import Kind
from lti_grader.notifications.mail_choices import MailTimes, mail_times
from lti_grader.notifications.models import Notification
from lti_grader.people.models import User

# As many rows in one statement: each has twelve parameters, of which PostgreSQL takes 65,535.
_CHUNK = 1000


@dataclasses.dataclass(frozen=True)
class News:
    """Something to be told, to whom it may concern."""

    kind: Kind
    key: str
    """Whoever was told by this key is not told again."""
    parts: Mapping[str, str]
    """What the kind's words and address are made of. `student_id` is the recipient where nothing else is said."""
    class_id: uuid.UUID | None = None
    item_id: uuid.UUID | None = None


def tell(news: News, recipients: Iterable[uuid.UUID], *, at: dt.datetime) -> int:
    """Tell many people one thing, and return how many had not been told."""
    return tell_each([(one, news) for one in recipients], at=at)


def tell_each(told: Sequence[tuple[uuid.UUID, News]], *, at: dt.datetime) -> int:
    """Tell each person something, and return how many had not been told: in a few statements, however many they are.

    Nobody is told whom the LMS made for looking at pages as a student, or who was erased.
    """
    people = {person for person, _ in told}
    reachable, mails = _reachable(people), mail_times({(person, news.kind.name) for person, news in told}, at=at)
    rows = (_row(person, news, mails, at) for person, news in told if person in reachable)
    fresh: set[uuid.UUID] = set()
    number = 0
    while chunk := list(islice(rows, _CHUNK)):
        statement = insert(Notification).values(chunk).on_conflict_do_nothing(index_elements=["recipient_id", "key"])
        found = session().scalars(statement.returning(Notification.recipient_id)).all()
        fresh.update(found)
        number += len(found)
    unread.changed(fresh, adapters.installed().kv)
    return number


def _reachable(user_ids: Collection[uuid.UUID]) -> set[uuid.UUID]:
    query = sa.select(User.id).where(User.id.in_(user_ids), ~User.is_test_user, User.erased_at.is_(None))
    return set(session().scalars(query)) if user_ids else set()


def _row(person: uuid.UUID, news: News, mails: MailTimes, at: dt.datetime) -> dict[str, Any]:
    parts = {"student_id": str(person), **news.parts}
    return {
        "id": new_id(), "tenant_id": current_tenant(), "recipient_id": person, "type": news.kind.name,
        "title": news.kind.title_of(parts), "payload": parts, "key": news.key, "class_id": news.class_id,
        "content_item_id": news.item_id, "is_read": False, "created_at": at,
        "mail_due_at": mails.get((person, news.kind.name)),
    }  # fmt: skip


def students_of(class_id: uuid.UUID, within: Collection[str] | None = None) -> list[uuid.UUID]:
    """Return the students who are in a class, or in these sections of it."""
    query = sa.select(Enrollment.user_id).where(
        Enrollment.class_id == class_id, Enrollment.role == Role.STUDENT, Enrollment.status == EnrollmentStatus.ACTIVE
    )
    return list(session().scalars(query if within is None else query.where(in_any_section(within))))


def staff_of(class_id: uuid.UUID) -> list[uuid.UUID]:
    """Return the teachers and assistants of a class."""
    query = sa.select(Enrollment.user_id).where(
        Enrollment.class_id == class_id, Enrollment.role.in_(STAFF), Enrollment.status == EnrollmentStatus.ACTIVE
    )
    return list(session().scalars(query))


def take_back(*which: sa.ColumnElement[bool]) -> None:
    """Take away what is not so any more."""
    gone = sa.delete(Notification).where(*which).returning(Notification.recipient_id)
    unread.changed(set(session().scalars(gone)), adapters.installed().kv)


def settle_unread(*which: sa.ColumnElement[bool]) -> None:
    """Let nobody be told any more what is over before they read it: what an e-mail has carried counts as read from now on."""
    unread_ones = (*which, ~Notification.is_read)
    take_back(*unread_ones, Notification.mail_id.is_(None))
    carried = sa.update(Notification).where(*unread_ones).values(is_read=True).returning(Notification.recipient_id)
    unread.changed(set(session().scalars(carried)), adapters.installed().kv)


def read(one: Notification) -> None:
    """Note that its recipient has read a notification."""
    if not one.is_read:
        one.is_read = True
        session().flush()
        unread.changed([one.recipient_id], adapters.installed().kv)


def read_all(by: uuid.UUID, class_id: uuid.UUID | None) -> None:
    """Mark everything as read that somebody was told, or what they were told of one class."""
    query = sa.update(Notification).where(Notification.recipient_id == by, ~Notification.is_read)
    session().execute(
        (query if class_id is None else query.where(Notification.class_id == class_id)).values(is_read=True)
    )
    unread.changed([by], adapters.installed().kv)
