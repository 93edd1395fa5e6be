"""`lti-grader audit`."""

import json
import uuid

import flask
import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from lti_grader.cli import audit
from lti_grader.core.settings import Settings
from tests.fixtures.world import World


@pytest.fixture
def shell(app: flask.Flask, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    monkeypatch.setattr(audit, "create_app", lambda: app)
    return CliRunner()


def test_a_log_as_it_was_written_has_a_head_to_keep(shell: CliRunner, world: World) -> None:
    world.assignment()
    done = shell.invoke(audit.command, ["verify"])
    assert done.exit_code == 0, done.output
    head = done.output.rsplit("head ", 1)[1].strip()
    world.assignment()
    again = shell.invoke(audit.command, ["verify", "--head", head, "--json"])
    assert again.exit_code == 0, again.output
    assert json.loads(again.output)["flaws"] == []


def test_a_log_that_was_altered_ends_the_command_with_1(shell: CliRunner, world: World, settings: Settings) -> None:
    world.assignment()
    owner = sa.create_engine(str(settings.database_owner_url))
    with owner.begin() as connection:
        connection.execute(sa.text("SELECT set_config('app.tenant_id', :one, true)"), {"one": str(world.tenant_id)})
        connection.execute(sa.text("ALTER TABLE audit_log DISABLE TRIGGER keep_log"))
        connection.execute(sa.text("UPDATE audit_log SET actor_id = :one WHERE number = 2"), {"one": uuid.uuid4()})
        connection.execute(sa.text("ALTER TABLE audit_log ENABLE TRIGGER keep_log"))
    owner.dispose()
    done = shell.invoke(audit.command, ["verify"])
    assert done.exit_code == 1
    assert "row 2: who, what, when or of what it tells was altered" in done.output
    assert "head" not in done.output


def test_a_head_that_is_none_is_refused_in_words(shell: CliRunner) -> None:
    done = shell.invoke(audit.command, ["verify", "--head", "12"])
    assert done.exit_code == 2
    assert "as `audit verify` prints them" in done.output
