"""Reads about registered platforms, for those who look after them."""

import dataclasses
import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from lti_grader.core.db import session
from lti_grader.lti.models import ClassContext, Deployment, Platform
from lti_grader.lti.products import product_of
from lti_grader.lti.registration_models import RegistrationProposal
from lti_grader.people.models import User


@dataclasses.dataclass(frozen=True)
class DeploymentLine:
    """A deployment, and how many courses have come through it."""

    id: uuid.UUID
    deployment_id: str
    courses: int


@dataclasses.dataclass(frozen=True)
class PlatformLine:
    """A platform at a glance."""

    platform: Platform
    label: str
    last_launch_at: dt.datetime | None
    deployments: int
    proposals: int


def platform_lines() -> list[PlatformLine]:
    """Return the institution's platforms, by name."""
    platforms = session().scalars(sa.select(Platform).order_by(Platform.name, Platform.id)).all()
    launched = _by_platform(sa.select(User.platform_id, sa.func.max(User.last_launch_at)).group_by(User.platform_id))
    deployed = _by_platform(sa.select(Deployment.platform_id, sa.func.count()).group_by(Deployment.platform_id))
    proposed = _by_platform(
        sa.select(RegistrationProposal.platform_id, sa.func.count())
        .where(RegistrationProposal.declined_at.is_(None))
        .group_by(RegistrationProposal.platform_id)
    )
    return [
        PlatformLine(one, product_of(one).label, launched.get(one.id), deployed.get(one.id, 0), proposed.get(one.id, 0))
        for one in platforms
    ]


def _by_platform(query: sa.Select[*tuple[Any, ...]]) -> dict[uuid.UUID, Any]:
    return {row[0]: row[1] for row in session().execute(query)}


def deployment_lines(platform_id: uuid.UUID) -> Sequence[DeploymentLine]:
    """Return a platform's deployments."""
    found = session().execute(
        sa.select(Deployment.id, Deployment.deployment_id, sa.func.count(ClassContext.id))
        .outerjoin(ClassContext, ClassContext.deployment_id == Deployment.id)
        .where(Deployment.platform_id == platform_id)
        .group_by(Deployment.id, Deployment.deployment_id)
        .order_by(Deployment.id)
    )
    return [DeploymentLine(row[0], row[1], row[2]) for row in found]
