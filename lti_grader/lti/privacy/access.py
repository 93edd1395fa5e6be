"""Who may act on people's data: whom the platform has just launched as an administrator, and for an hour."""

import dataclasses
import datetime as dt
import json
import secrets
import uuid
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from lti_grader.adapters import Adapters
from lti_grader.core.db import session
from lti_grader.core.errors import NotFound
from lti_grader.lti import claims as c
from lti_grader.lti.errors import LaunchRefused
from lti_grader.lti.models import Deployment, Platform
from lti_grader.lti.operations import upsert_user
from lti_grader.lti.roles import is_institution_admin, may_see_personal_data
from lti_grader.lti.verification import unknown_deployment
from lti_grader.people.models import User

_SECONDS = 3600


@dataclasses.dataclass(frozen=True)
class Granted:
    """The name of an hour's access, who has it, and whom the launch was about where it said so."""

    name: str
    user_id: uuid.UUID
    about_id: uuid.UUID | None


def grant(claims: Mapping[str, Any], platform: Platform, held: Adapters, *, at: dt.datetime) -> Granted:
    """Let an administrator in who was launched by a data-privacy launch; no course is looked for or made.

    Raises
    ------
    LaunchRefused
        The platform does not call this person an administrator.
    NotRegistered
        The deployment is not known.
    """
    if not may_see_personal_data(claims[c.ROLES]):
        raise LaunchRefused(
            "not_privacy_staff",
            "These pages are for the administrators of your institution. Ask them, or whoever answers for data"
            " protection there, about what this tool holds of you.",
        )
    known = sa.select(Deployment.id).where(
        Deployment.platform_id == platform.id, Deployment.deployment_id == claims[c.DEPLOYMENT_ID]
    )
    if session().scalar(known) is None:
        raise unknown_deployment(claims[c.DEPLOYMENT_ID], platform.issuer, platform.client_id)
    user_id = upsert_user(platform.id, claims, institution_admin=is_institution_admin(claims[c.ROLES]), launched_at=at)
    about = c.about(claims)
    about_id = session().scalar(sa.select(User.id).where(User.platform_id == platform.id, User.sub == about))
    name = secrets.token_urlsafe(24)
    held.kv.put(f"lti:privacy:{name}", json.dumps({"user_id": str(user_id)}), _SECONDS)
    return Granted(name, user_id, about_id)


def require(name: str, user_id: uuid.UUID, held: Adapters) -> None:
    """Raise `NotFound` unless this person was let in under this name, and the hour has not passed."""
    text = held.kv.get(f"lti:privacy:{name}")
    if not text or json.loads(text)["user_id"] != str(user_id):
        raise NotFound("This page is open for an hour after its launch. Open it again from your LMS.")
