"""An LMS registers itself: what is asked of it, and what its answer makes here (LTI Dynamic Registration 1.0)."""

import dataclasses
import datetime as dt
import json
import uuid
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Self

from pydantic import Field

from lti_grader.adapters import Adapters
from lti_grader.core.db import session, transaction
from lti_grader.core.errors import SettingsError
from lti_grader.lti import claims as c
from lti_grader.lti import http, registration_invitations
from lti_grader.lti.errors import InvitationGone, RegistrationFailed, ServiceError
from lti_grader.lti.models import Platform
from lti_grader.lti.products.registering import Placement, Privacy, Wanted
from lti_grader.lti.registration import Registration, keep, logo, origin_of, other_institution, own_addresses
from lti_grader.lti.registration_configuration import PlatformConfiguration

TOOL_CONFIGURATION = "https://purl.imsglobal.org/spec/lti-tool-configuration"
_MOST_BYTES = 256 * 1024
_OFFER_LASTS = dt.timedelta(hours=1)
# Long enough to switch the tool on and open it once; an LMS that tells its deployment needs none of it.
LEARNING_LASTS = dt.timedelta(days=14)


@dataclasses.dataclass(frozen=True)
class Offer:
    """What an LMS came with, as its administrator's page carries it to the button and nobody can change it."""

    invitation_id: uuid.UUID
    configuration: PlatformConfiguration
    registration_token: str | None

    def seal(self, held: Adapters, *, at: dt.datetime) -> str:
        """Return it for a form's field; the LMS's token is a secret."""
        kept = {
            "invitation": str(self.invitation_id),
            "configuration": self.configuration.model_dump(mode="json", by_alias=True),
            "token": self.registration_token,
            "until": (at + _OFFER_LASTS).isoformat(),
        }
        return held.sealer.seal(json.dumps(kept))

    @classmethod
    def unseal(cls, sealed: str, held: Adapters, *, at: dt.datetime) -> Self:
        """Return what a form's field holds.

        Raises
        ------
        RegistrationFailed
            It is not ours, or too old.
        """
        try:
            kept = json.loads(held.sealer.open(sealed))
        except SettingsError:
            raise RegistrationFailed("This page cannot be used any more: start again from the LMS.") from None
        if dt.datetime.fromisoformat(kept["until"]) <= at:
            raise RegistrationFailed("This page is more than an hour old: start again from the LMS.")
        return cls(
            uuid.UUID(kept["invitation"]), PlatformConfiguration.model_validate(kept["configuration"]), kept["token"]
        )

    def placements(self) -> Sequence[Placement]:
        """Return the placements that may be chosen."""
        return self.configuration.product.placements(self.configuration.offered())

    def scopes(self) -> list[str]:
        """Return the scopes to ask for: what is needed, and what is of use where the platform has it."""
        known = self.configuration.scopes_supported
        if not known:
            return list(c.SCOPES)
        return [scope for scope in (*c.SCOPES, *c.FURTHER_SCOPES) if scope in known]

    def origins(self) -> list[str]:
        """Return the origins of the platform's pages, as far as it told them: its own, and where it registers."""
        told = self.configuration
        urls = (told.issuer, told.registration_endpoint, told.authorization_endpoint)
        return list(dict.fromkeys(found for found in map(origin_of, urls) if found))


@dataclasses.dataclass(frozen=True)
class Choice:
    """What the LMS's administrator chose on our page."""

    privacy: Privacy
    placements: Collection[str]


@dataclasses.dataclass(frozen=True)
class _Answer:
    client_id: str
    deployment_id: str | None


def request_body(offer: Offer, choice: Choice, public_url: str) -> dict[str, Any]:
    """Return the registration of this tool (OpenID Connect Dynamic Client Registration, section 3.1)."""
    own = own_addresses(public_url)
    wanted = Wanted(
        target=own["target_link_uri"],
        logo=logo(public_url),
        privacy=choice.privacy,
        placements=[one for one in offer.placements() if one.name in choice.placements],
        offered=offer.configuration.offered(),
    )
    return {
        "application_type": "web",
        "response_types": ["id_token"],
        "grant_types": ["client_credentials", "implicit"],
        "initiate_login_uri": own["login_url"],
        "redirect_uris": [own["redirect_url"]],
        "client_name": "lti_grader",
        "jwks_uri": own["jwks_url"],
        "logo_uri": wanted.logo,
        "client_uri": public_url,
        "token_endpoint_auth_method": "private_key_jwt",
        "scope": " ".join(offer.scopes()),
        TOOL_CONFIGURATION: offer.configuration.product.tool_configuration(wanted),
    }


def complete(offer: Offer, choice: Choice, tenant_id: uuid.UUID, held: Adapters, *, at: dt.datetime) -> uuid.UUID:
    """Register with the LMS, and the LMS here; return the platform's id. No transaction is open meanwhile.

    Raises
    ------
    InvitationGone
        Another was quicker.
    RegistrationFailed
        The LMS refused, or answered something that cannot be used; the invitation can be used again.
    """
    with transaction(tenant_id):
        registration_invitations.claim(offer.invitation_id, at=at)
    try:
        answer = _ask(offer, request_body(offer, choice, held.settings.public_url), held)
        return _record(offer, answer, tenant_id, at=at)
    except RegistrationFailed as error:
        with transaction(tenant_id):
            registration_invitations.give_back(offer.invitation_id, error.message)
        raise


def _ask(offer: Offer, body: Mapping[str, Any], held: Adapters) -> _Answer:
    headers = {"Accept": "application/json"}
    if offer.registration_token:
        headers["Authorization"] = f"Bearer {offer.registration_token}"
    try:
        answer = http.call(
            "POST", offer.configuration.registration_endpoint, timeout=held.settings.lms_timeout_seconds,
            connect=held.settings.lms_connect_timeout_seconds, most_bytes=_MOST_BYTES, headers=headers, json=body,
        )  # fmt: skip
        found = http.as_json(answer)
    except ServiceError as error:
        raise RegistrationFailed(_refused(error), lms_said=error.body[:500]) from error
    return _understand(found)


def _refused(error: ServiceError) -> str:
    if error.status_code in (401, 403):
        return (
            "The LMS does not take this registration any more: its permission is good for one time and a short while."
            " Close this page and start again from the LMS; this address stays good."
        )
    if error.status_code is not None and error.status_code < 500:
        return f"The LMS refused the registration ({error.status_code}). What it said: {error.body[:300] or 'nothing'}"
    return f"The LMS did not register this tool: {error.message} Start again from the LMS; this address stays good."


def _understand(found: object) -> _Answer:
    described = found if isinstance(found, dict) else {}
    client_id = c.identifier(described.get("client_id"))
    if client_id is None or not client_id.isprintable():
        raise RegistrationFailed(
            "The LMS answered the registration without a client id. Look in the LMS whether a tool was made and remove it,"
            " then start again there, or register by hand."
        )
    tool = described.get(TOOL_CONFIGURATION)
    told = tool.get("deployment_id") if isinstance(tool, dict) else None
    deployment_id = c.identifier(told) or c.identifier(described.get("deployment_id"))
    return _Answer(client_id, deployment_id if deployment_id and deployment_id.isprintable() else None)


class _Registered(Registration):
    # Some LMSs know the deployment only later.
    deployments: list[str] = Field(default=[])


def _record(offer: Offer, answer: _Answer, tenant_id: uuid.UUID, *, at: dt.datetime) -> uuid.UUID:
    told, product = offer.configuration, offer.configuration.product
    if other_institution(told.issuer, answer.client_id, tenant_id) is not None:
        raise RegistrationFailed(
            "The LMS gave a client id that another institution has registered here already. Each institution needs a client"
            " of its own: remove the tool in the LMS, and ask its maker for one."
        )
    wanted = _Registered(
        issuer=told.issuer,
        client_id=answer.client_id,
        name=product.institution(told.platform) or "",
        product_family=told.family,
        auth_login_url=told.authorization_endpoint,
        auth_token_url=told.token_endpoint,
        auth_audience=product.audience(told.authorization_server),
        jwks_url=told.jwks_uri,
        frame_origins=offer.origins(),
        deployments=[answer.deployment_id] if answer.deployment_id else [],
    )
    with transaction(tenant_id):
        platform_id = keep(wanted, tenant_id)
        platform = session().get_one(Platform, platform_id)
        learns = answer.deployment_id is None and product.learns_deployments
        platform.learns_deployments_until = at + LEARNING_LASTS if learns else None
        registration_invitations.use(offer.invitation_id, platform_id, platform.name, at=at)
    return platform_id


def require_same(offer: Offer, invitation_id: uuid.UUID) -> None:
    """Raise `InvitationGone` for a page that was made for another address."""
    if offer.invitation_id != invitation_id:
        raise InvitationGone("This page belongs to another registration address: start again from the LMS.")
