"""Staff are told, once a day for an assignment, that second markings are theirs to make, and teachers that two markings differ."""

import datetime as dt
import uuid
from collections.abc import Collection, Mapping

import sqlalchemy as sa

from lti_grader.classes.apart import staff_places
from lti_grader.classes.models import ContentItem, Module
from lti_grader.classes.queries import Membership
from lti_grader.core.db import session
from lti_grader.marking.events import Awaited, AwaitedChanged
from lti_grader.marking.waiting import waits_for
from lti_grader.notifications.kinds import DECISION_AWAITED, SECOND_AWAITED, Kind
from lti_grader.notifications.models import Notification
from lti_grader.notifications.operations import News, settle_unread, tell

_KINDS: Mapping[Awaited, Kind] = {Awaited.DECISION: DECISION_AWAITED, Awaited.SECOND: SECOND_AWAITED}


def awaited_changed(event: AwaitedChanged) -> None:
    """Tell those of the staff for whom something waits anew, and let it be over for those for whom nothing does any more."""
    items = ContentItem.__table__.c
    title, class_id = (
        session()
        .execute(
            sa.select(items.title, Module.class_id)
            .join(Module, Module.id == items.module_id)
            .where(items.id == event.assignment_id)
        )
        .one()
    )
    at, kind = dt.datetime.now(dt.UTC), _KINDS[event.what]
    key = f"{kind.name}:{event.assignment_id}:{at.date()}"
    staff = staff_places(class_id)
    _settle(event, kind, staff)
    told = _recipients(Notification.key == key, staff)
    fresh = [
        one.user_id
        for one in staff
        if event.anew
        and one.user_id not in told
        and waits_for(one, event.assignment_id, event.what, attempt_ids=event.anew)
    ]
    parts = {"item": title, "assignment_id": str(event.assignment_id), "round": "2", "order": "mixed"}
    tell(News(kind, key, parts, class_id, event.assignment_id), fresh, at=at)


def _settle(event: AwaitedChanged, kind: Kind, staff: Collection[Membership]) -> None:
    """Let it be over for those who have not read that something waits by the time that nothing does."""
    of_it = sa.and_(Notification.content_item_id == event.assignment_id, Notification.type == kind.name)
    unread = _recipients(sa.and_(of_it, ~Notification.is_read), staff)
    over = [
        one.user_id for one in staff if one.user_id in unread and not waits_for(one, event.assignment_id, event.what)
    ]
    if over:
        settle_unread(of_it, Notification.recipient_id.in_(over))


def _recipients(which: sa.ColumnElement[bool], staff: Collection[Membership]) -> set[uuid.UUID]:
    """Return which of these were told something."""
    query = sa.select(Notification.recipient_id).where(
        Notification.recipient_id.in_([one.user_id for one in staff]), which
    )
    return set(session().scalars(query))
