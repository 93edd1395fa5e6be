"""How soon each person wants e-mails of each kind of notification."""

import datetime as dt
import uuid
from collections.abc import Collection, Mapping

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from lti_grader import adapters
from lti_grader.core.db import current_tenant, session
from lti_grader.notifications.kinds import REGISTRY, Pace
from lti_grader.notifications.mail_times import mail_due
from lti_grader.notifications.models import MailChoice, Notification
from lti_grader.people.models import User

MailTimes = Mapping[tuple[uuid.UUID, str], dt.datetime | None]
"""When an e-mail goes out, by person and kind."""


def mail_times(wanted: Collection[tuple[uuid.UUID, str]], *, at: dt.datetime) -> MailTimes:
    """Return when people have e-mails of what they are told at `at`, in one query; none where the site sends no e-mails.

    Parameters
    ----------
    wanted
        (person, name of the kind).
    """
    held = adapters.installed()
    if not held.mail.is_configured or not wanted:
        return {}
    people, hour = {person for person, _ in wanted}, held.settings.mail_hour
    rows = session().execute(
        sa.select(User.id, MailChoice.type, MailChoice.pace)
        .outerjoin(MailChoice, MailChoice.user_id == User.id)
        .where(User.id.in_(people), User.email.is_not(None), User.email != "")
    )
    reachable, chosen = set(), {}
    for user_id, kind, pace in rows:
        reachable.add(user_id)
        chosen[user_id, kind] = Pace(pace) if pace else None
    return {
        (person, kind): mail_due(chosen.get((person, kind)) or REGISTRY[kind].pace, at=at, hour=hour)
        for person, kind in wanted
        if person in reachable
    }


def choices(user_id: uuid.UUID) -> dict[str, Pace]:
    """Return how soon somebody has e-mails of each kind, chosen or not."""
    rows = session().execute(sa.select(MailChoice.type, MailChoice.pace).where(MailChoice.user_id == user_id))
    chosen = {kind: Pace(pace) for kind, pace in rows}
    return {name: chosen.get(name, kind.pace) for name, kind in REGISTRY.items()}


def choose(user_id: uuid.UUID, paces: Mapping[str, Pace], *, at: dt.datetime) -> None:
    """Let somebody have e-mails of these kinds so soon; what is not sent yet follows that too."""
    if not paces:
        return
    rows = [
        {"tenant_id": current_tenant(), "user_id": user_id, "type": kind, "pace": pace} for kind, pace in paces.items()
    ]
    added = insert(MailChoice).values(rows)
    session().execute(
        added.on_conflict_do_update(index_elements=["user_id", "type"], set_={"pace": added.excluded.pace})
    )
    hour = adapters.installed().settings.mail_hour
    for kind, pace in paces.items():
        waiting = (
            Notification.recipient_id == user_id, Notification.type == kind, Notification.mail_id.is_(None),
            Notification.mail_due_at.is_not(None),
        )  # fmt: skip
        session().execute(sa.update(Notification).where(*waiting).values(mail_due_at=mail_due(pace, at=at, hour=hour)))


def stop_all(user_id: uuid.UUID, *, at: dt.datetime) -> None:
    """Let somebody have no e-mails at all."""
    choose(user_id, dict.fromkeys(REGISTRY, Pace.OFF), at=at)
