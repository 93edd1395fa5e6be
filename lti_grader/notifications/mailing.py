"""E-mails of what people were told: gathered for each person, claimed by one worker, sent, and written down.

Where a worker dies between sending and writing down, the same e-mail goes out once more, under the same Message-ID: SMTP has no
way to ask whether it was taken.
"""

import dataclasses
import datetime as dt
import json
import logging
import uuid
from collections.abc import Callable
from email.message import EmailMessage
from urllib.parse import urlsplit

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from lti_grader import adapters
from lti_grader.adapters.mail import Connection, ConnectionLost, MailRefused, MailUnavailable
from lti_grader.classes.models import Class, Enrollment
from lti_grader.core import owed
from lti_grader.core.db import current_tenant, session, system_transaction, transaction
from lti_grader.core.errors import NotFound, SettingsError
from lti_grader.core.ids import new_id
from lti_grader.notifications.kinds import REGISTRY
from lti_grader.notifications.mail_texts import Digest, NoAddress, Told, message_of
from lti_grader.notifications.models import Mail, MailState, Notification
from lti_grader.people.models import Tenant, User

log = logging.getLogger(__name__)

IS_OWED = Mail.state == MailState.OWED
# For so many is one transaction; a burst of 900 is gathered in one.
_MOST_GATHERED = 5000
_LEASE_SECONDS = 120.0
MOST_TRIES = 14
"""With the waits between them these are some hours: a mail server that is down for longer loses what was told by then."""
Clock = Callable[[], dt.datetime]


def gather(*, at: dt.datetime) -> int:
    """Make the e-mails that are due, and return how many; one for each person, of all that is due for them."""
    with system_transaction() as opened:
        tenants = list(opened.scalars(sa.select(Tenant.id)))
    made = 0
    for tenant_id in tenants:
        with transaction(tenant_id):
            made += _gather(at)
    return made


def _gather(at: dt.datetime) -> int:
    due = session().execute(
        sa.select(Notification.id, Notification.recipient_id)
        .where(Notification.mail_id.is_(None), Notification.mail_due_at <= at)
        .order_by(Notification.mail_due_at)
        .limit(_MOST_GATHERED)
        # What another worker is gathering is not gathered twice.
        .with_for_update(skip_locked=True)
    )
    of_person: dict[uuid.UUID, list[uuid.UUID]] = {}
    for notification_id, person in due:
        of_person.setdefault(person, []).append(notification_id)
    if not of_person:
        return 0
    mails = {person: new_id() for person in of_person}
    shared = {"tenant_id": current_tenant(), "state": MailState.OWED, "made_at": at, "next_try_at": at}
    session().execute(
        insert(Mail), [{"id": mail_id, "recipient_id": person, **shared} for person, mail_id in mails.items()]
    )
    session().execute(
        sa.update(Notification)
        .where(
            Notification.id.in_([one for some in of_person.values() for one in some]),
            Mail.recipient_id == Notification.recipient_id,
            Mail.id.in_(mails.values()),
        )
        .values(mail_id=Mail.id)
        .execution_options(synchronize_session=False)
    )
    return len(mails)


def send_due(now: Clock) -> int:
    """Send what is owed by now on one connection, and return how many e-mails were sent.

    Raises
    ------
    MailUnavailable
        The mail server cannot be used: nothing was claimed, and everything is still owed.
    """
    found = owed.due(Mail, IS_OWED, at=now())
    if not found or not adapters.installed().mail.is_configured:
        return 0
    sent = 0
    with adapters.installed().mail.connect() as connection:
        for tenant_id, mail_id in found:
            try:
                sent += _send(tenant_id, mail_id, connection, now)
            except ConnectionLost as lost:
                log.warning("%s The others wait for the next round.", lost.message)
                break
    return sent


@dataclasses.dataclass(frozen=True)
class _Claimed:
    message: EmailMessage | None
    """None where there is nothing to be sent any more."""
    tries: int


def _send(tenant_id: uuid.UUID, mail_id: uuid.UUID, connection: Connection, now: Clock) -> bool:
    state, error, lost = MailState.SENT, None, None
    try:
        with transaction(tenant_id):
            claimed = claim(mail_id, at=now())
    except NoAddress as none:
        _record(tenant_id, mail_id, MailState.REFUSED, none.message, at=now())
        return False
    if claimed is None:
        return False
    if claimed.message is None:
        state = MailState.EMPTY
    else:
        try:
            connection.send(claimed.message)
        except MailRefused as refused:
            state, error = MailState.REFUSED, refused.message
        except MailUnavailable as later:
            state, error = MailState.OWED, later.message
            lost = later if isinstance(later, ConnectionLost) else None
            if claimed.tries >= MOST_TRIES:
                state, error = MailState.REFUSED, f"Given up after {claimed.tries} tries. {later.message}"
    _record(tenant_id, mail_id, state, error, at=now())
    if lost is not None:
        raise lost
    return state is MailState.SENT


def claim(mail_id: uuid.UUID, *, at: dt.datetime) -> _Claimed | None:
    """Take an e-mail up and return it; None where it is sent, or another worker has it.

    Raises
    ------
    NoAddress
        It cannot be sent to what the LMS gave as the address.
    """
    row = owed.claim(Mail, mail_id, IS_OWED, at=at, seconds=_LEASE_SECONDS)
    if row is None:
        return None
    user = session().get_one(User, row.recipient_id)
    told = _told(mail_id)
    if not told or not user.email or user.erased_at is not None:
        return _Claimed(None, row.tries)
    held = adapters.installed()
    host = urlsplit(held.settings.public_url).hostname or "localhost"
    digest = Digest(
        f"<{mail_id}@{host}>", held.mail.sender, user.display_name, user.email, told,
        f"{held.settings.public_url}/notifications/stop/{stop_token(user.id)}", row.made_at,
    )  # fmt: skip
    return _Claimed(message_of(digest), row.tries)


def _told(mail_id: uuid.UUID) -> list[Told]:
    """Return what an e-mail carries; what its person has read by now is left out."""
    rows = session().execute(
        sa.select(Notification, Class.name, Enrollment.course_url)
        .outerjoin(Class, Class.id == Notification.class_id)
        .outerjoin(
            Enrollment,
            sa.and_(Enrollment.class_id == Notification.class_id, Enrollment.user_id == Notification.recipient_id),
        )
        .where(Notification.mail_id == mail_id, ~Notification.is_read)
        .order_by(Class.name, Notification.created_at, Notification.id)
    )
    return [Told(row.title, name or "lti_grader", url, _when(row)) for row, name, url in rows]


def _when(row: Notification) -> tuple[str, dt.datetime] | None:
    kind = REGISTRY.get(row.type)
    text = row.payload.get(kind.when) if kind and kind.when else None
    return (kind.when_label, dt.datetime.fromisoformat(text)) if kind and text else None


def _record(tenant_id: uuid.UUID, mail_id: uuid.UUID, state: MailState, error: str | None, *, at: dt.datetime) -> None:
    values: dict[str, object] = {"state": state, "error": error}
    if state is not MailState.OWED:
        values["ended_at"] = at
    with transaction(tenant_id):
        session().execute(sa.update(Mail).where(Mail.id == mail_id, IS_OWED).values(values))
    if error:
        log.info("e-mail %s: %s", mail_id, error)


def stop_token(user_id: uuid.UUID) -> str:
    """Return what an address carries by which somebody stops their e-mails without signing in."""
    return adapters.installed().sealer.seal(json.dumps(["stop", str(current_tenant()), str(user_id)]))


def of_stop_token(token: str) -> tuple[uuid.UUID, uuid.UUID]:
    """Return the tenant and the person of `stop_token`.

    Raises
    ------
    NotFound
        It is none of ours, or was cut off.
    """
    try:
        use, tenant_id, user_id = json.loads(adapters.installed().sealer.open(token))
        if use == "stop":
            return uuid.UUID(tenant_id), uuid.UUID(user_id)
    except (SettingsError, ValueError, TypeError) as error:
        log.info("an address for stopping e-mails that is none: %r", error)
    raise NotFound(
        "This address is not whole. Copy it from the e-mail once more, or choose in the tool, at Notifications."
    )
