"""Figures for whoever watches the installation."""

from collections.abc import Iterator
from decimal import Decimal

import flask
import pytest
from click.testing import CliRunner
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr

from lti_grader.app import create_app
from lti_grader.assignments.models import Mode
from lti_grader.cli import load as shell
from lti_grader.core.db import db
from lti_grader.core.settings import Settings, SettingsError
from tests.fixtures.servers import settings_for
from tests.fixtures.world import World

TOKEN = "long enough to be one"


@pytest.fixture
def watched(settings: Settings, app: flask.Flask) -> Iterator[flask.Flask]:
    made = create_app(settings.model_copy(update={"metrics_token": SecretStr(TOKEN)}))
    yield made
    with made.app_context():
        db.engine.dispose()


def test_who_knows_the_token_reads_what_waits_and_what_is_owed(watched: flask.Flask, world: World) -> None:
    assignment = world.assignment(mode=Mode.EXAM)
    world.column(assignment)
    item = world.items(assignment)[0]
    for _ in range(3):
        world.hand_in(world.user(), item)
    world.judge(world.hand_in(world.user(), item), Decimal(4))
    answer = watched.test_client().get("/-/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200
    assert answer.content_type.startswith("text/plain; version=0.0.4")
    found = {
        (sample.name.removeprefix("lti_grader_"), *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }
    assert found["judging_jobs", "exam", "waiting"] == 3
    assert found["judging_jobs", "homework", "waiting"] == 0
    assert found["judging_workers_wanted",] == 1
    assert found["judging_given_up",] == 0
    assert found["scores_on_their_way", "pending"] == 1
    assert found["judging_oldest_seconds", "exam"] > 0


@pytest.mark.parametrize("header", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": TOKEN}])
def test_nobody_else_reads_them(watched: flask.Flask, header: dict[str, str]) -> None:
    assert watched.test_client().get("/-/metrics", headers=header).status_code == 401


def test_without_a_token_there_is_nothing_to_read(app: flask.Flask) -> None:
    assert app.test_client().get("/-/metrics").status_code == 404


def test_a_token_that_can_be_guessed_stops_the_start(servers: object) -> None:
    with pytest.raises(SettingsError, match="METRICS_TOKEN: must be at least 16 characters"):
        settings_for(servers, "any", metrics_token="short")  # type: ignore[arg-type]


def test_the_shell_says_the_same_in_words(app: flask.Flask, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.hand_in(world.user(), world.items(world.assignment())[0])
    monkeypatch.setattr(shell, "create_app", lambda: app)
    said = CliRunner().invoke(shell.command).output
    assert "homework          1        0" in said
    assert "To have all of it judged within 30 s: 1 workers." in said
