"""A mentor and whom they mentor, and the mentor's browser."""

import pytest
from flask.testing import FlaskClient

from tests.fixtures.world import World
from tests.lti.conftest import Browser
from tests.lti.mentors.family import Family


@pytest.fixture
def family(world: World) -> Family:
    return Family(world)


@pytest.fixture
def at_home(family: Family, browser_of: Browser) -> FlaskClient:
    return browser_of(family.mentor)
