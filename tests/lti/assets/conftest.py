"""A course in which files are handed in."""

import flask
import pytest

from tests.fixtures.world import World
from tests.lti.assets.course import Course
from tests.lti.scripted import ScriptedPlatform


@pytest.fixture
def course(app: flask.Flask, lms: ScriptedPlatform, world: World) -> Course:
    app.config["WTF_CSRF_ENABLED"] = False
    return Course(app, lms, world)
