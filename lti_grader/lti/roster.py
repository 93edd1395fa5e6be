"""Rosters: bringing a class up to date with its LMS course."""

import contextlib
import datetime as dt
import uuid

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from lti_grader.adapters import Adapters
from lti_grader.core.db import current_tenant, session, transaction
from lti_grader.core.ids import new_id
from lti_grader.lti import enrolling, memberships
from lti_grader.lti.enrolling import Course, Synced
from lti_grader.lti.errors import RosterBusy, ServiceError, TokenRefused
from lti_grader.lti.models import ClassContext, Deployment, Platform
from lti_grader.lti.roster_models import Roster
from lti_grader.lti.tokens import Services

__all__ = ["Synced", "sync"]

# A worker's task ends after ten minutes, whatever it does.
_LEASE = dt.timedelta(minutes=10)


def sync(tenant_id: uuid.UUID, context_id: uuid.UUID, held: Adapters, *, at: dt.datetime) -> Synced | None:
    """Bring a class's roster up to date with its LMS course; None where the LMS offers no roster.

    Raises
    ------
    ServiceError
        The roster could not be read whole; nothing was changed, and nobody dropped.
    RosterBusy
        It is being read at this moment.
    """
    with transaction(tenant_id):
        context = session().get_one(ClassContext, context_id)
        url = context.memberships_url
        if url is None:
            return None
        platform = (
            session().scalars(sa.select(Platform).join(Deployment).where(Deployment.id == context.deployment_id)).one()
        )
        claim = _claim(context_id, at=at)
    lasts = dt.timedelta(hours=held.settings.session_hours)
    course = Course(tenant_id, context_id, context.class_id, platform, lasts)
    try:
        synced = enrolling.take_in(course, memberships.read(url, Services(platform, held)), at=at)
    except ServiceError as error:
        with transaction(tenant_id):
            _note_failure(context_id, claim, error)
        raise
    except BaseException:
        with contextlib.suppress(sa.exc.SQLAlchemyError), transaction(tenant_id):
            _release(claim)
        raise
    with transaction(tenant_id):
        _note_success(context_id, claim, synced, at=at)
    return synced


def _claim(context_id: uuid.UUID, *, at: dt.datetime) -> uuid.UUID:
    """Take a roster for reading: of two who come at once, one gets it.

    Raises
    ------
    RosterBusy
    """
    session().execute(
        insert(Roster)
        .values(id=new_id(), tenant_id=current_tenant(), class_context_id=context_id)
        .on_conflict_do_nothing(index_elements=["class_context_id"])
    )
    claim = new_id()
    taken = session().scalar(
        sa.update(Roster)
        .where(
            Roster.class_context_id == context_id,
            sa.or_(Roster.claimed_until.is_(None), Roster.claimed_until <= at),
        )
        .values(claim=claim, claimed_until=at + _LEASE)
        .returning(Roster.id)
    )
    if taken is None:
        raise RosterBusy("The roster is being read at this moment: look again in a minute.")
    return claim


def _release(claim: uuid.UUID) -> None:
    session().execute(sa.update(Roster).where(Roster.claim == claim).values(claim=None, claimed_until=None))


def _note_failure(context_id: uuid.UUID, claim: uuid.UUID, error: ServiceError) -> None:
    refused = isinstance(error, TokenRefused) or error.status_code in (401, 403)
    session().execute(
        sa.update(Roster)
        .where(Roster.class_context_id == context_id)
        .values(failures=Roster.failures + 1, is_refused=refused)
    )
    _release(claim)
    session().get_one(ClassContext, context_id).roster_error = f"{error.message} {error.body}".strip()[:1000]


def _note_success(context_id: uuid.UUID, claim: uuid.UUID, synced: Synced, *, at: dt.datetime) -> None:
    session().execute(
        sa.update(Roster)
        .where(Roster.class_context_id == context_id)
        .values(
            failures=0,
            is_refused=False,
            members=synced.members,
            joined=synced.joined,
            dropped=synced.dropped,
            read_in_full_at=at,
        )
    )
    _release(claim)
    context = session().get_one(ClassContext, context_id)
    context.roster_synced_at, context.roster_error = at, None
