"""When rosters are read without anybody asking: in a rhythm, and when somebody arrives of whom they do not know."""

import datetime as dt
import uuid

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from lti_grader.adapters import Adapters
from lti_grader.classes.models import Class, Enrollment
from lti_grader.core.db import current_tenant, session, system_transaction, transaction
from lti_grader.core.errors import NotFound
from lti_grader.core.ids import new_id
from lti_grader.core.messages import send_after_commit
from lti_grader.lti import roster
from lti_grader.lti.models import ClassContext, Deployment, Platform
from lti_grader.lti.roster_models import Roster
from lti_grader.people.models import User

_A_TURN = 20
"""So many are begun at one turn of the clock: after an outage all would be due at once."""


LAUNCHES_ASK_EVERY = dt.timedelta(minutes=15)


def ask(context: ClassContext, *, at: dt.datetime) -> None:
    """Have a roster read because staff has come, or somebody whom it does not name yet: at most so often."""
    if context.memberships_url is None:
        return
    if context.roster_synced_at is None or at - context.roster_synced_at > LAUNCHES_ASK_EVERY:
        send_after_commit("roster.sync_for_launch", current_tenant(), context.id, queue="passback")


_WORD_HOLDS = dt.timedelta(hours=1)


def read_now(class_id: uuid.UUID, *, at: dt.datetime) -> None:
    """Have the rosters of a class read, on a person's word."""
    contexts = session().scalars(
        sa.select(ClassContext.id)
        .where(ClassContext.class_id == class_id, ClassContext.memberships_url.is_not(None))
        .order_by(ClassContext.id)
    )
    for context_id in contexts:
        _make_due(context_id, at=at)


def allow_drops(class_id: uuid.UUID, context_id: uuid.UUID, *, by: uuid.UUID, at: dt.datetime) -> None:
    """Take a person's word that those who are missing have left: the list is read once more, and then believed.

    Raises
    ------
    NotFound
        No course of that id feeds the class.
    """
    context = session().scalar(
        sa.select(ClassContext).where(ClassContext.id == context_id, ClassContext.class_id == class_id)
    )
    if context is None:
        raise NotFound("That course does not feed this class any more.")
    session().execute(
        sa.update(Roster)
        .where(Roster.class_context_id == context_id, Roster.held_since.is_not(None))
        .values(drops_allowed_until=at + _WORD_HOLDS, drops_allowed_by=by)
    )
    _make_due(context_id, at=at)


def _make_due(context_id: uuid.UUID, *, at: dt.datetime) -> None:
    session().execute(
        insert(Roster)
        .values(id=new_id(), tenant_id=current_tenant(), class_context_id=context_id, next_read_at=at)
        .on_conflict_do_update(index_elements=["class_context_id"], set_={"next_read_at": at})
    )
    send_after_commit("roster.sync_if_due", current_tenant(), context_id, queue="passback", priority=3)


def due(*, at: dt.datetime) -> list[tuple[uuid.UUID, uuid.UUID]]:
    """Return (tenant, LMS course) of the rosters that are due, those never read first."""
    with system_transaction() as opened:
        rows = opened.execute(
            sa.select(ClassContext.tenant_id, ClassContext.id)
            .join(Deployment, Deployment.id == ClassContext.deployment_id)
            .join(Platform, Platform.id == Deployment.platform_id)
            .outerjoin(Roster, Roster.class_context_id == ClassContext.id)
            .where(
                ClassContext.memberships_url.is_not(None),
                Platform.disabled_at.is_(None),
                sa.or_(Roster.next_read_at.is_(None), Roster.next_read_at <= at),
                sa.or_(Roster.claimed_until.is_(None), Roster.claimed_until <= at),
            )
            .order_by(Roster.next_read_at.nulls_first(), ClassContext.id)
            .limit(_A_TURN)
        )
        return [(tenant, context) for tenant, context in rows]


def sync_if_due(tenant_id: uuid.UUID, context_id: uuid.UUID, held: Adapters, *, at: dt.datetime) -> str:
    """Read a roster that is due, unless the class sleeps; return what came of it, for the log.

    Raises
    ------
    ServiceError, RosterBusy
    """
    with transaction(tenant_id):
        state = session().scalar(sa.select(Roster).where(Roster.class_context_id == context_id))
        if state is not None and state.next_read_at is not None and state.next_read_at > at:
            return "not due"
        if state is not None and _sleeps(context_id, dt.timedelta(days=held.settings.roster_idle_days), at=at):
            state.next_read_at = at + dt.timedelta(days=7)
            return "sleeps"
    return str(roster.sync(tenant_id, context_id, held, at=at))


def _sleeps(context_id: uuid.UUID, after: dt.timedelta, *, at: dt.datetime) -> bool:
    """Return whether the class was put away, or nobody of it has launched anything for long."""
    archived, last = (
        session()
        .execute(
            sa.select(Class.archived_at, sa.func.max(User.last_launch_at))
            .join(ClassContext, ClassContext.class_id == Class.id)
            .outerjoin(Enrollment, Enrollment.class_id == Class.id)
            .outerjoin(User, User.id == Enrollment.user_id)
            .where(ClassContext.id == context_id)
            .group_by(Class.id)
        )
        .one()
    )
    return archived is not None or last is None or at - last > after


def failed_lately(tenant_id: uuid.UUID, context_id: uuid.UUID, *, at: dt.datetime) -> bool:
    """Return whether the LMS did not give the roster a moment ago: launches do not ask again before it is due."""
    with transaction(tenant_id):
        return bool(
            session().scalar(
                sa.select(Roster.id).where(
                    Roster.class_context_id == context_id, Roster.failures > 0, Roster.next_read_at > at
                )
            )
        )
