"""What else a class's file holds: people, marks, dates of their own, requests, announcements, events, and the log of changes."""

import datetime as dt
import uuid
from collections.abc import Iterator, Mapping
from typing import Any

import sqlalchemy as sa

from lti_grader.assignments.late_day_models import LateDayGrant, LateDaysSpent
from lti_grader.assignments.models import AccessOverride
from lti_grader.audit.models import AuditEntry
from lti_grader.calendar.models import CalendarEvent
from lti_grader.classes.groups.models import GroupSet, StudentGroup, StudentGroupMember
from lti_grader.classes.models import ContentItem, Enrollment, Module, Role
from lti_grader.classes.queries import Membership
from lti_grader.core.db import Base, session, transaction
from lti_grader.core.tables import csv_line, safe
from lti_grader.gradebook.models import GradebookEntry
from lti_grader.gradebook.requests.models import RegradeRequest, RegradeRequestMessage
from lti_grader.gradebook.tables import table
from lti_grader.marking.models import SavedComment
from lti_grader.notifications.models import Announcement
from lti_grader.people.models import User
from lti_grader.transfer.packing import Archive, Writer

BATCH = 1000
_BOM = b"\xef\xbb\xbf"
"""By which spreadsheets recognise UTF-8."""
_ROSTER = (
    "Person id", "Name", "Given name", "Family name", "E-mail", "LMS user id", "Role", "Sections", "State", "Came by",
    "Since", "Left",
)  # fmt: skip


def everybody(class_id: uuid.UUID) -> Membership:
    """Return the place of whoever sees the whole class, for what is asked of one: a file of it is no one person's view."""
    return Membership(class_id, uuid.UUID(int=0), Role.TEACHER)


def writers(tenant_id: uuid.UUID, class_id: uuid.UUID, at: dt.datetime) -> list[Writer]:
    """Return what writes everything but attempts into a class's file."""
    items = (
        sa.select(ContentItem.id).join(Module, Module.id == ContentItem.module_id).where(Module.class_id == class_id)
    )
    requests = sa.select(RegradeRequest.id).where(RegradeRequest.assignment_id.in_(items))
    lines: Mapping[str, tuple[Any, sa.ColumnElement[bool]]] = {
        "marks/entries": (GradebookEntry.id, GradebookEntry.content_item_id.in_(items)),
        "marks/regrade_requests": (RegradeRequest.id, RegradeRequest.assignment_id.in_(items)),
        "marks/regrade_request_messages": (
            RegradeRequestMessage.id, RegradeRequestMessage.request_id.in_(requests),
        ),
        "marks/comment_bank": (SavedComment.id, SavedComment.class_id == class_id),
        "people/dates": (AccessOverride.id, AccessOverride.assignment_id.in_(items)),
        "people/late_days_spent": (LateDaysSpent.id, LateDaysSpent.assignment_id.in_(items)),
        "people/late_days_given": (LateDayGrant.id, LateDayGrant.class_id == class_id),
        "people/group_sets": (GroupSet.id, GroupSet.class_id == class_id),
        "people/groups": (StudentGroup.id, StudentGroup.class_id == class_id),
        "people/group_members": (StudentGroupMember.id, StudentGroupMember.class_id == class_id),
        "announcements": (Announcement.id, Announcement.class_id == class_id),
        "calendar": (CalendarEvent.id, CalendarEvent.class_id == class_id),
        "audit": (AuditEntry.number, sa.and_(AuditEntry.number.is_not(None), AuditEntry.class_id == class_id)),
    }  # fmt: skip

    def tables(archive: Archive) -> Iterator[None]:
        yield from archive.add_parts("people/roster.csv", _roster(tenant_id, class_id))
        with transaction(tenant_id):
            marks = b"".join([_BOM, *table(everybody(class_id), at=at)])
        archive.add("marks/gradebook.csv", marks)
        yield

    def rows(archive: Archive) -> Iterator[None]:
        for name, (key, condition) in lines.items():
            yield from archive.add_lines(f"{name}.jsonl", _rows(tenant_id, key, condition))

    return [tables, rows]


def _rows(tenant_id: uuid.UUID, key: Any, condition: sa.ColumnElement[bool]) -> Iterator[dict[str, Any]]:
    """Yield the rows of a table, by a column that is another in each, a batch at a time."""
    after: Any = None
    while True:
        query = sa.select(key.class_).where(condition).order_by(key).limit(BATCH)
        with transaction(tenant_id):
            batch = session().scalars(query if after is None else query.where(key > after)).all()
        for one in batch:
            yield _columns(one)
        if len(batch) < BATCH:
            return
        after = getattr(batch[-1], key.key)


def _columns(row: Base) -> dict[str, Any]:
    named = {column.key: getattr(row, column.key) for column in sa.inspect(type(row)).column_attrs}
    return {
        name: value.hex() if isinstance(value, bytes) else value
        for name, value in named.items()
        if name not in ("tenant_id", "salt")
    }


def _roster(tenant_id: uuid.UUID, class_id: uuid.UUID) -> Iterator[bytes]:
    yield _BOM + csv_line(_ROSTER)
    after = uuid.UUID(int=0)
    while True:
        with transaction(tenant_id):
            batch = session().execute(
                sa.select(Enrollment, User)
                .join(User, User.id == Enrollment.user_id)
                .where(Enrollment.class_id == class_id, Enrollment.id > after)
                .order_by(Enrollment.id)
                .limit(BATCH)
            ).all()  # fmt: skip
        for one, user in batch:
            yield csv_line([
                str(user.id), safe(user.display_name), safe(user.given_name), safe(user.family_name), safe(user.email),
                safe(user.sub), one.role, safe(", ".join(one.sections)), one.status, one.source, _moment(one.created_at),
                _moment(one.dropped_at),
            ])  # fmt: skip
        if len(batch) < BATCH:
            return
        after = batch[-1][0].id


def _moment(value: dt.datetime | None) -> str:
    return "" if value is None else value.astimezone(dt.UTC).isoformat(timespec="seconds")
