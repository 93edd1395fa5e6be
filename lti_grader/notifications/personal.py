"""What is a person's own of all this, and how it is forgotten."""

import uuid

import sqlalchemy as sa

from lti_grader.core.db import session
from lti_grader.notifications.models import Notification


def forget(user_id: uuid.UUID) -> None:
    """Take away all that somebody was told."""
    session().execute(sa.delete(Notification).where(Notification.recipient_id == user_id))
