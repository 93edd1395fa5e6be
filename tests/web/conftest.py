"""Fixtures of tests of pages."""

import uuid

import flask
import pytest
from flask.testing import FlaskClient

from tests.fixtures.world import World
from tests.web.desk import Desk
from tests.web.two_sections import Term, Visit


@pytest.fixture
def term(world: World) -> Term:
    return Term(world)


@pytest.fixture
def visit(app: flask.Flask, world: World) -> Visit:
    app.config["WTF_CSRF_ENABLED"] = False

    def open_browser(user_id: uuid.UUID) -> FlaskClient:
        client = app.test_client()
        with client.session_transaction() as kept:
            kept.update(user=str(user_id), tenant=str(world.tenant_id), platform=str(world.platform_id), frames=[])
        return client

    return open_browser


@pytest.fixture
def desk(world: World, visit: Visit) -> Desk:
    return Desk(world, visit)
