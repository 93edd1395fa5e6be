"""Rosters: bringing a class up to date with its LMS course."""

import contextlib
import datetime as dt
import logging
import uuid
import zlib
from urllib.parse import urlencode, urlsplit

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from lti_grader.adapters import Adapters
from lti_grader.core.db import current_tenant, session, transaction
from lti_grader.core.ids import new_id
from lti_grader.lti import enrolling, groups, memberships
from lti_grader.lti.enrolling import Course, Synced
from lti_grader.lti.errors import RosterBusy, ServiceError, TokenRefused
from lti_grader.lti.memberships import Reading
from lti_grader.lti.models import ClassContext, Deployment, Platform
from lti_grader.lti.products import product_of
from lti_grader.lti.roster_models import Roster
from lti_grader.lti.tokens import Services

__all__ = ["Synced", "sync"]

# A worker's task ends after ten minutes, whatever it does.
_LEASE = dt.timedelta(minutes=10)
FIRST_WAIT = dt.timedelta(minutes=15)
"""How long a roster that could not be read is left alone after the first time; each further time twice as long."""
_UNKNOWN_QUERY = (400, 404, 422)
log = logging.getLogger(__name__)


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
        since = _differences_since(context_id, dt.timedelta(days=held.settings.roster_full_days), at=at)
    lasts, rhythm = dt.timedelta(hours=held.settings.session_hours), dt.timedelta(hours=held.settings.roster_hours)
    course = Course(
        tenant_id, context_id, context.class_id, platform, lasts, url, context.context_id, context.groups_url,
        context.group_sets_url,
    )  # fmt: skip
    try:
        services = Services(platform, held)
        reading = _read(course, since, services)
        listed = _read_groups(course, services)
        synced = enrolling.take_in(course, reading, at=at)
        if listed is not None:
            with transaction(tenant_id):
                groups.keep(context_id, platform.id, listed, reading.members)
    except ServiceError as error:
        with transaction(tenant_id):
            _note_failure(context_id, claim, error, rhythm, at=at)
        raise
    except BaseException:
        with contextlib.suppress(sa.exc.SQLAlchemyError), transaction(tenant_id):
            _release(claim)
        raise
    with transaction(tenant_id):
        _note_success(context_id, claim, synced, reading.differences_url, rhythm, at=at)
    return synced


def _read(course: Course, since: str | None, services: Services) -> Reading:
    """Read what has changed where the platform tells it, and everything where it does not or will not."""
    product = product_of(course.platform)
    if since is not None:
        try:
            return memberships.read(since, services, product, is_whole=False)
        except ServiceError as error:
            log.info("differences not read, so all is: %s %s", error, error.body)
    more = product.roster_query(course.lms_context_id) | ({"groups": "true"} if course.groups_url else {})
    if more:
        try:
            return memberships.read(_with_query(course.url, more), services, product)
        except ServiceError as error:
            if error.status_code not in _UNKNOWN_QUERY:
                raise
            log.info("roster not read with %s, so without: %s %s", more, error, error.body)
    return memberships.read(course.url, services, product)


def _read_groups(course: Course, services: Services) -> list[groups.Group] | None:
    """Read the course's groups where there are such; where that fails they stay as they are, and people come in."""
    if course.groups_url is None:
        return None
    try:
        return groups.read(course.groups_url, course.group_sets_url, services)
    except ServiceError as error:
        log.warning("groups not read: %s %s", error, error.body)
        return None


def _with_query(url: str, more: dict[str, str]) -> str:
    parts = urlsplit(url)
    return parts._replace(query="&".join(part for part in (parts.query, urlencode(more)) if part)).geturl()


def _differences_since(context_id: uuid.UUID, most: dt.timedelta, *, at: dt.datetime) -> str | None:
    """Return where differences are told, None where everything is to be read."""
    state = session().scalars(sa.select(Roster).where(Roster.class_context_id == context_id)).one()
    if state.read_in_full_at is None or state.held_since is not None or at - state.read_in_full_at >= most:
        return None
    return state.differences_url


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


def _note_failure(
    context_id: uuid.UUID, claim: uuid.UUID, error: ServiceError, rhythm: dt.timedelta, *, at: dt.datetime
) -> None:
    state = session().scalars(sa.select(Roster).where(Roster.class_context_id == context_id)).one()
    state.failures += 1
    state.is_refused = isinstance(error, TokenRefused) or error.status_code in (401, 403)
    state.next_read_at = at + min(rhythm, FIRST_WAIT * 2 ** min(state.failures - 1, 10))
    session().flush()
    _release(claim)
    session().get_one(ClassContext, context_id).roster_error = f"{error.message} {error.body}".strip()[:1000]


def _note_success(
    context_id: uuid.UUID,
    claim: uuid.UUID,
    synced: Synced,
    differences_url: str | None,
    rhythm: dt.timedelta,
    *,
    at: dt.datetime,
) -> None:
    state = session().scalars(sa.select(Roster).where(Roster.class_context_id == context_id)).one()
    state.failures, state.is_refused = 0, False
    state.joined, state.dropped = synced.joined, synced.dropped
    state.members = synced.members if synced.is_whole else state.members + synced.joined - synced.dropped
    # Who was held back is not told again: everything has to be read.
    state.differences_url = None if synced.held else differences_url
    state.read_in_full_at = at if synced.is_whole else state.read_in_full_at
    state.next_read_at = at + _spread(context_id, rhythm)
    session().flush()
    _release(claim)
    context = session().get_one(ClassContext, context_id)
    context.roster_synced_at, context.roster_error = at, None


def _spread(context_id: uuid.UUID, rhythm: dt.timedelta) -> dt.timedelta:
    """Return a wait of about `rhythm`, another for each course: those that were read together drift apart."""
    return rhythm * (0.9 + 0.2 * zlib.crc32(context_id.bytes) / 2**32)
