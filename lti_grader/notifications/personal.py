"""What is a person's own of all this, and how it is forgotten."""

import uuid

import sqlalchemy as sa

from lti_grader.core.db import session
from lti_grader.notifications.models import Mail, MailChoice, Notification


def forget(user_id: uuid.UUID) -> None:
    """Take away all that somebody was told, and how they wanted it."""
    session().execute(sa.delete(Notification).where(Notification.recipient_id == user_id))
    session().execute(sa.delete(Mail).where(Mail.recipient_id == user_id))
    session().execute(sa.delete(MailChoice).where(MailChoice.user_id == user_id))
