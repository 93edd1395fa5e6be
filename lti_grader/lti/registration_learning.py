"""What launches show of a platform that its registration did not say: deployments, and where its pages are.

A deployment is taken in by itself only for a platform that registered by invitation without telling one, for a while,
and only where each institution has a client of its own. Everything else waits for an administrator's word: whoever's
pages may hold ours in a frame can lay things over them, and an unknown deployment may be another institution's.
"""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from lti_grader.core.db import current_tenant, session, transaction
from lti_grader.core.errors import NotFound
from lti_grader.core.ids import new_id
from lti_grader.lti import claims as c
from lti_grader.lti.models import Deployment, Platform
from lti_grader.lti.products import product_of
from lti_grader.lti.registration import origin_of
from lti_grader.lti.registration_models import ProposalKind, RegistrationProposal

_MOST_DEPLOYMENTS = 20
_MOST_PROPOSALS = 50


def learn_deployment(platform: Platform, deployment_id: str, *, at: dt.datetime) -> Deployment | None:
    """Take in a deployment that a verified launch shows, None where that is not allowed."""
    if platform.learns_deployments_until is None or platform.learns_deployments_until <= at:
        return None
    known = session().scalar(
        sa.select(sa.func.count()).select_from(Deployment).where(Deployment.platform_id == platform.id)
    )
    if (known or 0) >= _MOST_DEPLOYMENTS or not deployment_id.isprintable():
        return None
    session().execute(
        insert(Deployment)
        .values(id=new_id(), tenant_id=current_tenant(), platform_id=platform.id, deployment_id=deployment_id)
        .on_conflict_do_nothing(index_elements=["platform_id", "deployment_id"])
    )
    return session().scalar(
        sa.select(Deployment).where(Deployment.platform_id == platform.id, Deployment.deployment_id == deployment_id)
    )


def propose_deployment(platform: Platform, claims: Mapping[str, Any], *, at: dt.datetime) -> None:
    """Note the deployment of a launch that was refused because nobody had registered it."""
    deployment_id = c.identifier(claims.get(c.DEPLOYMENT_ID))
    if deployment_id is not None and deployment_id.isprintable():
        with transaction(platform.tenant_id):
            _propose(platform, ProposalKind.DEPLOYMENT, deployment_id, at=at)


def note_origins(platform: Platform, claims: Mapping[str, Any], *, at: dt.datetime) -> None:
    """Note where a verified launch shows the platform's pages to be, if that is not known."""
    shown = {origin_of(url) for url in product_of(platform).page_origins(claims)}
    for value in sorted(one for one in shown if one and one not in platform.frame_origins):
        _propose(platform, ProposalKind.FRAME_ORIGIN, value, at=at)


def _propose(platform: Platform, kind: ProposalKind, value: str, *, at: dt.datetime) -> None:
    there = session().scalar(
        sa.select(sa.func.count())
        .select_from(RegistrationProposal)
        .where(RegistrationProposal.platform_id == platform.id, RegistrationProposal.kind == kind)
    )
    if (there or 0) < _MOST_PROPOSALS:
        session().execute(
            insert(RegistrationProposal)
            .values(
                id=new_id(), tenant_id=current_tenant(), platform_id=platform.id, kind=kind, value=value, first_seen_at=at
            )
            .on_conflict_do_nothing(index_elements=["platform_id", "kind", "value"])
        )  # fmt: skip


def proposals(platform_id: uuid.UUID) -> Sequence[RegistrationProposal]:
    """Return what waits for a word."""
    return (
        session()
        .scalars(
            sa.select(RegistrationProposal)
            .where(RegistrationProposal.platform_id == platform_id, RegistrationProposal.declined_at.is_(None))
            .order_by(RegistrationProposal.kind, RegistrationProposal.first_seen_at)
        )
        .all()
    )


def accept(platform_id: uuid.UUID, proposal_id: uuid.UUID) -> RegistrationProposal:
    """Make what was proposed part of the registration.

    Raises
    ------
    NotFound
    """
    row = _found(platform_id, proposal_id)
    platform = session().get_one(Platform, row.platform_id, with_for_update=True, populate_existing=True)
    if row.kind == ProposalKind.FRAME_ORIGIN:
        platform.frame_origins = list(dict.fromkeys([*platform.frame_origins, row.value]))
    else:
        session().execute(
            insert(Deployment)
            .values(id=new_id(), tenant_id=current_tenant(), platform_id=platform.id, deployment_id=row.value)
            .on_conflict_do_nothing(index_elements=["platform_id", "deployment_id"])
        )
    session().delete(row)
    return row


def decline(platform_id: uuid.UUID, proposal_id: uuid.UUID, *, at: dt.datetime) -> RegistrationProposal:
    """Put a proposal aside for good: the row stays, so that the next launch does not bring it again.

    Raises
    ------
    NotFound
    """
    row = _found(platform_id, proposal_id)
    row.declined_at = at
    return row


def _found(platform_id: uuid.UUID, proposal_id: uuid.UUID) -> RegistrationProposal:
    row = session().get(RegistrationProposal, proposal_id)
    if row is None or row.platform_id != platform_id:
        raise NotFound("This proposal was decided already.")
    return row
