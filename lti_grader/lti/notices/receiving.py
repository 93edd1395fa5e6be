"""Taking notices in: each is verified like a launch, and kept before anything is done about it."""

import dataclasses
import datetime as dt
import json
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

import jwt
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from lti_grader.adapters import Adapters
from lti_grader.core.db import current_tenant, session, transaction
from lti_grader.core.errors import BadInput, TooLarge
from lti_grader.core.ids import new_id
from lti_grader.core.messages import send_after_commit
from lti_grader.lti import claims as c
from lti_grader.lti import login
from lti_grader.lti.errors import LaunchRefused, NotRegistered
from lti_grader.lti.keysets import keysets
from lti_grader.lti.models import Deployment, Platform
from lti_grader.lti.notice_models import Notice, NoticeSubscription
from lti_grader.lti.verification import LONGEST_TOKEN, unknown_deployment, verify_notice

TASK, QUEUE = "notices.handle", "default"
MOST = 100


@dataclasses.dataclass(frozen=True)
class Refused:
    """A notice of a batch that was not taken: its place there, and why."""

    index: int
    reason: str
    message: str


@dataclasses.dataclass(frozen=True)
class Taken:
    """What came of a batch."""

    kept: int
    known: int
    """Those that had come before."""
    refused: list[Refused]

    @property
    def may_come_again(self) -> bool:
        """Whether the fault is ours or the keyset's, so that the same batch may pass later."""
        return any(one.reason == "keyset_unavailable" for one in self.refused)


def take(body: object, held: Adapters, *, at: dt.datetime) -> Taken:
    """Keep the notices of a batch: {"notices": [{"jwt": ...}, ...]}. Those that hold are kept whatever the others do.

    Raises
    ------
    BadInput, TooLarge
        It is no batch, or a larger one than was asked for.
    """
    listed = body.get("notices") if isinstance(body, dict) else None
    if not isinstance(listed, list) or not listed:
        raise BadInput('A batch of notices is a JSON object with a list: {"notices": [{"jwt": "..."}]}.')
    if len(listed) > MOST:
        raise TooLarge(f"At most {MOST} notices may come at once.")
    kept, known, refused = 0, 0, []
    for index, one in enumerate(listed):
        try:
            platform, claims = _verified(one.get("jwt") if isinstance(one, dict) else None, held, at)
            with transaction(platform.tenant_id):
                is_new = _keep(platform, claims, at)
        except LaunchRefused as error:
            refused.append(Refused(index, error.reason, error.message))
        else:
            kept, known = kept + is_new, known + (not is_new)
    return Taken(kept, known, refused)


def _verified(token: object, held: Adapters, at: dt.datetime) -> tuple[Platform, dict[str, Any]]:
    if not isinstance(token, str) or not token or len(token) > LONGEST_TOKEN:
        raise LaunchRefused("not_a_token", "The notice carries no usable token.")
    platform = _platform(token)
    claims = verify_notice(
        token,
        platform.issuer,
        platform.client_id,
        lambda kid: keysets.key(held, platform.jwks_url, kid),
        at=at,
        leeway=dt.timedelta(seconds=held.settings.clock_leeway_seconds),
    )
    if not _can_be_kept(claims):
        raise LaunchRefused("unstorable", "The notice holds signs or numbers that cannot be stored.")
    return platform, claims


def _can_be_kept(claims: Mapping[str, Any]) -> bool:
    """Return whether PostgreSQL takes it as JSON: no NUL, no half of a character, no number that is none."""
    try:
        text = json.dumps(claims, ensure_ascii=False, allow_nan=False)
        text.encode()
    except ValueError:
        return False
    return "\\u0000" not in text


def _platform(token: str) -> Platform:
    """Return the platform that a token says it is from and for; nothing of it is believed before it is verified."""
    try:
        said = jwt.decode(token, options={"verify_signature": False})
    except (jwt.PyJWTError, ValueError, RecursionError):
        raise LaunchRefused("not_a_token", "The notice carries no usable token.") from None
    issuer, audience = c.address(said.get("iss")), said.get("aud")
    clients: Sequence[object] = audience if isinstance(audience, list) else [audience]
    for client in clients[:5]:
        if issuer is not None and (client_id := c.identifier(client)):
            try:
                return login.find_platform(issuer, client_id)
            except NotRegistered as error:
                if error.reason == "platform_disabled":
                    raise
    raise NotRegistered("unknown_platform", "The notice is not from a platform that is registered here, or not for us.")


def _keep(platform: Platform, claims: Mapping[str, Any], at: dt.datetime) -> bool:
    """Keep a notice and have it handled; return False where it was kept before."""
    deployment_id = session().scalar(
        sa.select(Deployment.id).where(
            Deployment.platform_id == platform.id, Deployment.deployment_id == claims[c.DEPLOYMENT_ID]
        )
    )
    if deployment_id is None:
        raise unknown_deployment(claims[c.DEPLOYMENT_ID], platform.issuer, platform.client_id)
    notice = claims[c.NOTICE]
    made = session().scalar(
        insert(Notice)
        .values(
            id=new_id(),
            tenant_id=current_tenant(),
            platform_id=platform.id,
            deployment_id=deployment_id,
            notice_id=notice["id"],
            type=notice["type"],
            payload=dict(claims),
            received_at=at,
            next_try_at=at,
        )
        .on_conflict_do_nothing(index_elements=["platform_id", "notice_id"])
        .returning(Notice.id)
    )
    if made is None:
        return False
    _heard(deployment_id, notice["type"], at)
    send_after_commit(TASK, current_tenant(), made, queue=QUEUE)
    return True


def _heard(deployment_id: uuid.UUID, kind: str, at: dt.datetime) -> None:
    session().execute(
        sa.update(NoticeSubscription)
        .where(NoticeSubscription.deployment_id == deployment_id, NoticeSubscription.notice_type == kind)
        .values(heard_at=at)
    )
