"""What staff tell a class, or some of its sections: made, read, and taken back."""

import dataclasses
import datetime as dt
import uuid
from collections.abc import Collection, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from lti_grader.classes.models import Class, Enrollment
from lti_grader.classes.queries import Membership, sections
from lti_grader.core.db import current_tenant, session
from lti_grader.core.errors import Conflict, Forbidden, NotFound, Unprocessable
from lti_grader.notifications.kinds import ANNOUNCED
from lti_grader.notifications.models import Announcement, Notification
from lti_grader.notifications.operations import News, students_of, take_back, tell
from lti_grader.people.models import User

LONGEST_TITLE, LONGEST_BODY = 200, 20_000
_MOST_SHOWN = 100


class BadAnnouncement(Unprocessable):
    code = "bad_announcement"


@dataclasses.dataclass(frozen=True)
class AnnouncementLine:
    """An announcement as a class reads it."""

    row: Announcement
    author: str | None
    may_withdraw: bool


def announce(
    place: Membership, title: str, body: str, to: Collection[str], *, at: dt.datetime
) -> tuple[Announcement, int]:
    """Tell the students of a class something, and return it with how many were told.

    Parameters
    ----------
    to
        The sections that it is for; none for all whom this person of the staff sees.

    Raises
    ------
    Forbidden
        It is for a section whose students they do not see.
    BadAnnouncement
        It has no title or no text, or is for a section that there is not.
    """
    title, body = " ".join(title.split()), body.strip()
    to = frozenset(to) or place.within or frozenset()
    if place.within is not None and not to <= place.within:
        raise Forbidden("You announce to the sections that you see.")
    if not 1 <= len(title) <= LONGEST_TITLE:
        raise BadAnnouncement(f"An announcement has a title of 1 to {LONGEST_TITLE} characters.")
    if not 1 <= len(body) <= LONGEST_BODY:
        raise BadAnnouncement(f"An announcement has a text of 1 to {LONGEST_BODY:,} characters.")
    if not to <= set(sections(place.class_id)):
        raise BadAnnouncement("Nobody of this class is in such a section any more. Choose from the page.")
    row = Announcement(
        tenant_id=current_tenant(), class_id=place.class_id, author_id=place.user_id, title=title, body=body,
        sections=sorted(to), made_at=at,
    )  # fmt: skip
    session().add(row)
    session().flush()
    parts = {
        "class_id": str(place.class_id), "headline": title, "anchor": f"announcement-{row.id}",
        "class_name": session().get_one(Class, place.class_id).name,
    }  # fmt: skip
    news = News(ANNOUNCED, _key(row.id), parts, place.class_id)
    return row, tell(news, students_of(place.class_id, to or None), at=at)


def withdraw(place: Membership, announcement_id: uuid.UUID, *, at: dt.datetime) -> None:
    """Take an announcement back: students do not read it any more.

    Raises
    ------
    NotFound
        There is none in this class that they see.
    Forbidden
        Somebody else made it, for more than the sections that they see.
    Conflict
        It was taken back before.
    """
    row = session().get(Announcement, announcement_id, with_for_update=True)
    if row is None or row.class_id != place.class_id or not _is_seen(row, place):
        raise NotFound("There is no such announcement in this class.")
    if row.withdrawn_at is not None:
        raise Conflict("This announcement was taken back already.")
    if not _may_withdraw(row, place):
        raise Forbidden("It is for students whom you do not see: whoever made it takes it back.")
    row.withdrawn_at = at
    session().flush()
    take_back(Notification.class_id == place.class_id, Notification.key == _key(row.id))


def announcements(place: Membership) -> Sequence[AnnouncementLine]:
    """Return the announcements of a class that somebody in it reads, the latest first."""
    query = (
        sa.select(Announcement, User)
        .outerjoin(User, User.id == Announcement.author_id)
        .where(Announcement.class_id == place.class_id)
        .order_by(Announcement.made_at.desc(), Announcement.id.desc())
        .limit(_MOST_SHOWN)
    )
    if not place.is_staff:
        own = (
            sa.select(Enrollment.sections)
            .where(Enrollment.class_id == place.class_id, Enrollment.user_id == place.user_id)
            .scalar_subquery()
        )
        query = query.where(Announcement.withdrawn_at.is_(None), _is_for(own))
    elif place.within is not None:
        query = query.where(_is_for(sa.cast(sorted(place.within), ARRAY(sa.Text))))
    return [
        AnnouncementLine(row, author.display_name if author else None, _may_withdraw(row, place))
        for row, author in session().execute(query)
    ]


def _is_for(some: Any) -> sa.ColumnElement[bool]:
    """Return the condition that it is for everybody, or for one of these sections.

    Parameters
    ----------
    some
        An expression for an array of their names.
    """
    return sa.or_(sa.func.cardinality(Announcement.sections) == 0, Announcement.sections.overlap(some))


def _is_seen(row: Announcement, place: Membership) -> bool:
    return place.within is None or not row.sections or not place.within.isdisjoint(row.sections)


def _may_withdraw(row: Announcement, place: Membership) -> bool:
    if not place.is_staff or row.withdrawn_at is not None:
        return False
    sees_all = place.within is None or (bool(row.sections) and place.within >= set(row.sections))
    return sees_all or row.author_id == place.user_id


def _key(announcement_id: uuid.UUID) -> str:
    return f"announcement:{announcement_id}"
