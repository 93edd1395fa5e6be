"""What an administrator changes about a registered platform, each noted under their name."""

import datetime as dt
import uuid

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from lti_grader.core.db import current_tenant, session
from lti_grader.core.errors import Conflict, NotFound
from lti_grader.core.ids import new_id
from lti_grader.lti import registration_learning as learning
from lti_grader.lti.errors import BadRegistration
from lti_grader.lti.models import ClassContext, Deployment, Platform
from lti_grader.lti.registration import Registration, keep, other_institution, printable
from lti_grader.lti.registration_models import ProposalKind
from lti_grader.people.operations import note

_CHANGED = ("name", "product_family", "auth_login_url", "auth_token_url", "auth_audience", "jwks_url", "frame_origins")


def require_free(wanted: Registration, tenant_id: uuid.UUID) -> None:
    """Raise `BadRegistration` for what another institution has registered. No transaction may be open.

    One client of one issuer belongs to one institution here: at its login a platform need not say which deployment
    it is, and whose keys, people and classes a launch belongs to has to be known before anything of it is believed.
    """
    if other_institution(wanted.issuer, wanted.client_id, tenant_id) is not None:
        raise BadRegistration(
            "Another institution has registered this issuer and client id here. Each institution needs a client of its own:"
            " make another in the LMS."
        )


def platform(platform_id: uuid.UUID) -> Platform:
    """Return a platform of the open transaction's institution.

    Raises
    ------
    NotFound
    """
    found = session().get(Platform, platform_id)
    if found is None:
        raise NotFound("There is no such platform.")
    return found


def add(wanted: Registration, administrator_id: uuid.UUID, *, at: dt.datetime) -> uuid.UUID:
    """Register a platform by hand, and return its id.

    Raises
    ------
    Conflict
        It is registered already.
    """
    known = session().scalar(
        sa.select(Platform.name).where(Platform.issuer == wanted.issuer, Platform.client_id == wanted.client_id)
    )
    if known is not None:
        raise Conflict(f"This issuer and client id are registered as {known}: change that one.")
    platform_id = keep(wanted, current_tenant())
    note(administrator_id, "platform.added", f"Registered {platform(platform_id).name}.", at=at, id=str(platform_id))
    return platform_id


def change(platform_id: uuid.UUID, wanted: Registration, administrator_id: uuid.UUID, *, at: dt.datetime) -> None:
    """Change a registration; issuer and client id stay, as people and classes are known by them."""
    row = platform(platform_id)
    values = wanted.model_dump(mode="json") | {"frame_origins": wanted.origins(), "name": wanted.name or row.name}
    before = {name: getattr(row, name) for name in _CHANGED}
    after = {name: values[name] for name in _CHANGED}
    changed = [name for name in _CHANGED if before[name] != after[name]]
    for name in changed:
        setattr(row, name, after[name])
    if changed:
        words = f"Changed {row.name}: {', '.join(name.replace('_', ' ') for name in changed)}."
        note(
            administrator_id, "platform.changed", words, at=at, id=str(row.id),
            before={name: before[name] for name in changed}, after={name: after[name] for name in changed},
        )  # fmt: skip


def set_disabled(platform_id: uuid.UUID, administrator_id: uuid.UUID, *, disabled: bool, at: dt.datetime) -> None:
    """Refuse a platform's launches from now on, or take them again. Nothing is deleted."""
    row = platform(platform_id)
    if (row.disabled_at is not None) == disabled:
        return
    row.disabled_at = at if disabled else None
    done = "Switched off" if disabled else "Switched on"
    note(
        administrator_id, "platform.disabled" if disabled else "platform.enabled", f"{done} {row.name}.", at=at,
        id=str(row.id),
    )  # fmt: skip


def add_deployment(platform_id: uuid.UUID, deployment_id: str, administrator_id: uuid.UUID, *, at: dt.datetime) -> None:
    """Let launches of a deployment in.

    Raises
    ------
    BadRegistration
    """
    row, wanted = platform(platform_id), deployment_id.strip()
    try:
        printable(wanted)
    except ValueError as error:
        raise BadRegistration(f"The deployment id {error}.") from None
    if not 0 < len(wanted) <= 255:
        raise BadRegistration("Enter the deployment id as the LMS shows it, of at most 255 characters.")
    made = session().scalar(
        insert(Deployment)
        .values(id=new_id(), tenant_id=current_tenant(), platform_id=row.id, deployment_id=wanted)
        .on_conflict_do_nothing(index_elements=["platform_id", "deployment_id"])
        .returning(Deployment.id)
    )
    if made is not None:
        _note_deployment(administrator_id, "added", row, wanted, at=at)


def remove_deployment(
    platform_id: uuid.UUID, row_id: uuid.UUID, administrator_id: uuid.UUID, *, at: dt.datetime
) -> None:
    """Refuse launches of a deployment from now on.

    Raises
    ------
    Conflict
        Courses have come through it: their classes and grades hang on it.
    NotFound
    """
    row, found = platform(platform_id), session().get(Deployment, row_id)
    if found is None or found.platform_id != row.id:
        raise NotFound("This deployment is gone already.")
    used = session().scalar(
        sa.select(sa.func.count()).select_from(ClassContext).where(ClassContext.deployment_id == found.id)
    )
    if used:
        raise Conflict(
            f"{used} of its courses have classes here, which would be lost with it. To refuse all launches, switch the platform"
            " off."
        )
    session().delete(found)
    _note_deployment(administrator_id, "removed", row, found.deployment_id, at=at)


def _note_deployment(administrator_id: uuid.UUID, done: str, row: Platform, value: str, *, at: dt.datetime) -> None:
    words = f"Deployment {value} of {row.name} {done}."
    note(administrator_id, f"deployment.{done}", words, at=at, id=str(row.id), deployment=value)


def decide(
    platform_id: uuid.UUID, proposal_id: uuid.UUID, administrator_id: uuid.UUID, *, accepted: bool, at: dt.datetime
) -> None:
    """Accept or decline what a launch showed.

    Raises
    ------
    NotFound
    """
    row = platform(platform_id)
    proposal = learning.accept(row.id, proposal_id) if accepted else learning.decline(row.id, proposal_id, at=at)
    what = "Pages at" if proposal.kind == ProposalKind.FRAME_ORIGIN else "Deployment"
    done = "accepted" if accepted else "declined"
    note(
        administrator_id, f"proposal.{done}", f"{what} {proposal.value} of {row.name} {done}.", at=at, id=str(row.id),
        kind=proposal.kind, value=proposal.value,
    )  # fmt: skip
