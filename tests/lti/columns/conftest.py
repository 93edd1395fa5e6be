"""A class without columns, its gradebook in the LMS, and its teacher."""

import pytest
from flask.testing import FlaskClient

from lti_grader.core.db import session, transaction
from lti_grader.lti import claims as c
from lti_grader.lti.models import ClassContext
from tests.fixtures.world import World
from tests.lti.columns.bench import ITEMS, Bench, Gradebook, press
from tests.lti.conftest import Browser
from tests.lti.scripted import ScriptedPlatform


@pytest.fixture
def book(world: World, lms: ScriptedPlatform) -> Gradebook:
    with transaction(world.tenant_id):
        context = session().get_one(ClassContext, world.context_id)
        context.line_items_url = f"{lms.url}{ITEMS}"
        context.ags_scopes = [c.LINE_ITEM, c.RESULT, c.SCORE]
    return Gradebook(lms)


@pytest.fixture
def bench(world: World, lms: ScriptedPlatform, book: Gradebook) -> Bench:
    return Bench(world, lms)


@pytest.fixture
def teacher(bench: Bench, browser_of: Browser) -> FlaskClient:
    return browser_of(bench.world.teacher_id)


@pytest.fixture
def filled(bench: Bench, book: Gradebook, teacher: FlaskClient) -> Bench:
    """A column that was made, and has a score."""
    bench.score_now(8)
    press(bench, teacher)
    bench.tend()
    bench.pump()
    assert bench.last.status == "verified"
    return bench
