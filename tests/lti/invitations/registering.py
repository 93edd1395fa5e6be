"""An LMS that registers itself by an address that an administrator gave it."""

import datetime as dt
import re
import uuid
from collections.abc import Callable
from html import unescape
from typing import Any

import flask
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric import rsa
from werkzeug.test import TestResponse

from lti_grader.core.db import session, system_transaction, transaction
from lti_grader.lti import claims as c
from lti_grader.lti import registration_invitations as invitations
from lti_grader.lti.models import Deployment, Platform
from lti_grader.lti.registration_dynamic import TOOL_CONFIGURATION
from tests.lti.scripted import Asked, ScriptedPlatform

PLATFORM = "https://purl.imsglobal.org/spec/lti-platform-configuration"
CANVAS = "https://canvas.instructure.com/lti/"


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def configuration(url: str, **more: Any) -> dict[str, Any]:
    return {
        "issuer": url, "authorization_endpoint": f"{url}/auth", "token_endpoint": f"{url}/token",
        "jwks_uri": f"{url}/jwks", "registration_endpoint": f"{url}/register",
        "scopes_supported": ["openid", *c.SCOPES], "response_types_supported": ["id_token"],
        PLATFORM: {
            "product_family_code": "moodle",
            "messages_supported": [
                {"type": "LtiResourceLinkRequest"}, {"type": "LtiDeepLinkingRequest", "placements": ["ContentArea"]},
            ],
        },
    } | more  # fmt: skip


class Registering(ScriptedPlatform):
    """A platform that takes tools in."""

    def __init__(self, key: rsa.RSAPrivateKey) -> None:
        super().__init__(key)
        self.configured = configuration(self.url)
        self.answered: dict[str, Any] = {"client_id": "client-9", TOOL_CONFIGURATION: {"deployment_id": "5"}}

    def answer(self, asked: Asked) -> Any:
        if asked.path == "/configuration":
            return 200, {}, self.configured
        if asked.path == "/register":
            return 200, {}, self.answered
        return super().answer(asked)


def invite(tenant: uuid.UUID, **more: Any) -> str:
    with transaction(tenant):
        return f"/lti/register/{invitations.make(administrator_id=None, **{'at': now(), **more})}"


Visit = Callable[..., TestResponse]


def press(app: flask.Flask, address: str, page: TestResponse, **more: Any) -> TestResponse:
    """Press the button of the page, in a browser that keeps no cookie."""
    found = re.search(r'name="offer" value="([^"]+)"', page.text)
    assert found, page.text
    chosen = [unescape(one) for one in re.findall(r'name="placement" value="([^"]+)"[^>]*checked', page.text)]
    form = {"offer": unescape(found[1]), "privacy": "names_and_email", "placement": chosen} | more
    return app.test_client().post(address, data=form)


def registered(issuer: str) -> Platform:
    with system_transaction() as opened:
        return opened.scalars(sa.select(Platform).where(Platform.issuer == issuer)).one()


def deployments(platform: Platform) -> list[str]:
    with transaction(platform.tenant_id):
        return list(session().scalars(sa.select(Deployment.deployment_id).order_by(Deployment.deployment_id)))


BASE = "https://lms.example.edu"
