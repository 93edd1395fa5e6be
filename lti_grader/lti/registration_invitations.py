"""One-time addresses by which an LMS registers itself: made, used by one, taken back."""

import dataclasses
import datetime as dt
import secrets
import uuid
from collections.abc import Sequence

import sqlalchemy as sa

from lti_grader.core.db import current_tenant, session, system_transaction
from lti_grader.lti.errors import InvitationGone, InvitationUnknown
from lti_grader.lti.registration_models import RegistrationInvitation
from lti_grader.people.models import Administrator
from lti_grader.people.operations import note
from lti_grader.people.queries import hash_of

LASTS = dt.timedelta(days=3)
# Far longer than an LMS may take to answer: who claimed it is not coming back.
_CLAIM_LASTS = dt.timedelta(minutes=2)
_ASK = "Ask whoever gave it to you for a new one."


@dataclasses.dataclass(frozen=True)
class Invitation:
    """An invitation with the name of who made it."""

    row: RegistrationInvitation
    made_by: str | None

    def state(self, at: dt.datetime) -> str:
        """Return one word: used, revoked, expired or open."""
        row = self.row
        ended = ((row.used_at, "used"), (row.revoked_at, "revoked"), (row.expires_at <= at, "expired"))
        return next((word for is_so, word in ended if is_so), "open")


def make(*, administrator_id: uuid.UUID | None, at: dt.datetime, lasts: dt.timedelta = LASTS) -> str:
    """Return the token of a new registration address of the open transaction's institution.

    Parameters
    ----------
    administrator_id
        Who makes it; None for the operator.
    """
    token = secrets.token_urlsafe(32)
    session().add(
        RegistrationInvitation(
            tenant_id=current_tenant(),
            token_hash=hash_of(token),
            administrator_id=administrator_id,
            created_at=at,
            expires_at=at + lasts,
        )
    )
    return token


def find(token: str, *, at: dt.datetime) -> RegistrationInvitation:
    """Return the invitation of an address.

    Raises
    ------
    InvitationUnknown
        There is none.
    InvitationGone
        It is used, expired or taken back.
    """
    with system_transaction() as opened:
        row = opened.scalar(
            sa.select(RegistrationInvitation).where(RegistrationInvitation.token_hash == hash_of(token))
        )
    if row is None:
        raise InvitationUnknown(
            "This is no registration address of this tool: copy it whole into the LMS, or ask for a new one."
        )
    _require_open(row, at)
    return row


def _require_open(row: RegistrationInvitation, at: dt.datetime) -> None:
    if row.used_at is not None:
        raise InvitationGone(f"An LMS has registered with this address already, and it is good for one. {_ASK}")
    if row.revoked_at is not None:
        raise InvitationGone(f"This registration address was taken back. {_ASK}")
    if row.expires_at <= at:
        raise InvitationGone(f"This registration address has expired. {_ASK}")


def claim(invitation_id: uuid.UUID, *, at: dt.datetime) -> None:
    """Take an invitation for the registration that follows: of two at once, one goes on.

    Raises
    ------
    InvitationGone
    """
    row = session().get_one(RegistrationInvitation, invitation_id, with_for_update=True, populate_existing=True)
    _require_open(row, at)
    if row.claimed_at is not None and row.claimed_at > at - _CLAIM_LASTS:
        raise InvitationGone("Somebody is registering with this address just now. If that was you, wait a moment.")
    row.claimed_at = at


def give_back(invitation_id: uuid.UUID, why: str) -> None:
    """Let an invitation be used again after a registration that came to nothing."""
    row = session().get_one(RegistrationInvitation, invitation_id)
    row.claimed_at, row.last_error = None, why


def use(invitation_id: uuid.UUID, platform_id: uuid.UUID, name: str, *, at: dt.datetime) -> None:
    """Use an invitation up, and note it under the name of who made it."""
    row = session().get_one(RegistrationInvitation, invitation_id)
    row.used_at, row.platform_id, row.last_error = at, platform_id, None
    if row.administrator_id is not None:
        words = f"{name} registered itself with their registration address."
        note(row.administrator_id, "invitation.used", words, at=at, id=str(platform_id))


def revoke(invitation_id: uuid.UUID, *, at: dt.datetime) -> bool:
    """Take an invitation back; return whether there was one to take."""
    return (
        session().scalar(
            sa.update(RegistrationInvitation)
            .where(
                RegistrationInvitation.id == invitation_id,
                RegistrationInvitation.used_at.is_(None),
                RegistrationInvitation.revoked_at.is_(None),
            )
            .values(revoked_at=at)
            .returning(RegistrationInvitation.id)
        )
        is not None
    )


def listed(limit: int = 20) -> Sequence[Invitation]:
    """Return the institution's latest invitations, the latest first."""
    found = session().execute(
        sa.select(RegistrationInvitation, Administrator.name)
        .outerjoin(Administrator, Administrator.id == RegistrationInvitation.administrator_id)
        .order_by(RegistrationInvitation.created_at.desc(), RegistrationInvitation.id.desc())
        .limit(limit)
    )
    return [Invitation(row[0], row[1]) for row in found]
