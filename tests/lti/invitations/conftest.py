"""An LMS that registers itself, the institution that invites it, and a visit to the address."""

import uuid
from collections.abc import Iterator
from urllib.parse import urlencode

import flask
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from werkzeug.test import TestResponse

from lti_grader.core.db import session, transaction
from lti_grader.core.ids import new_id
from lti_grader.lti.keysets import keysets
from lti_grader.people.models import Tenant
from tests.lti.invitations.registering import Registering, Visit


@pytest.fixture
def platform(app: flask.Flask, platform_key: rsa.RSAPrivateKey) -> Iterator[Registering]:
    keysets.forget()
    found = Registering(platform_key)
    yield found
    found.close()


@pytest.fixture
def tenant(app: flask.Flask) -> uuid.UUID:
    made = new_id()
    with transaction(made):
        session().add(Tenant(id=made, name="North University"))
    return made


@pytest.fixture
def visit(app: flask.Flask, platform: Registering) -> Visit:
    """Open a registration address as the LMS does."""

    def go(address: str, **more: str) -> TestResponse:
        query = {"openid_configuration": f"{platform.url}/configuration", "registration_token": "one-time"} | more
        return app.test_client().get(f"{address}?{urlencode(query)}")

    return go
