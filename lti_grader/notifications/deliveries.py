"""Staff are told where the LMS does not accept scores: once a day for an assignment and a kind of failure, however many scores it is."""

import datetime as dt
import hashlib
import uuid
from collections.abc import Iterable

import sqlalchemy as sa

from lti_grader.classes.models import ContentItem, Module
from lti_grader.core.db import session
from lti_grader.notifications.kinds import NOT_ACCEPTED
from lti_grader.notifications.operations import News, staff_of, tell


def not_accepted(failures: Iterable[tuple[uuid.UUID, str]], *, at: dt.datetime) -> None:
    """Tell the staff of the classes.

    Parameters
    ----------
    failures
        The item, and the kind of failure in words, with the cure.
    """
    kinds = set(failures)
    if not kinds:
        return
    items = ContentItem.__table__.c
    rows = session().execute(
        sa.select(items.id, items.title, Module.class_id)
        .join(Module, Module.id == items.module_id)
        .where(items.id.in_({item_id for item_id, _ in kinds}))
    )
    places = {item_id: (title, class_id) for item_id, title, class_id in rows}
    for item_id, words in sorted(kinds):
        title, class_id = places[item_id]
        key = f"lms:{item_id}:{at.date()}:{hashlib.sha256(words.encode()).hexdigest()[:16]}"
        parts = {"item": title, "class_id": str(class_id), "words": words}
        tell(News(NOT_ACCEPTED, key, parts, class_id, item_id), staff_of(class_id), at=at)
