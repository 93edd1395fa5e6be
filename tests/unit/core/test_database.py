"""What the database itself holds to, whatever the program does."""

import datetime as dt

import flask
import flask_migrate
import pytest
import sqlalchemy as sa

from lti_grader.adapters import Adapters
from lti_grader.attempts.models import SubmissionAttempt
from lti_grader.core import tenancy
from lti_grader.core.db import after_commit, db, session, system_transaction, transaction
from lti_grader.core.errors import SettingsError
from lti_grader.core.settings import Settings
from lti_grader.models import metadata
from lti_grader.problems.models import ProblemVersion, TestCase
from tests.fixtures.servers import Servers, settings_for
from tests.fixtures.world import World, make_world


def test_upgrade_downgrade_and_upgrade_again_leave_no_difference(servers: Servers) -> None:
    servers.postgres.provision("to_and_fro")
    with flask_app(settings_for(servers, "to_and_fro")).app_context():
        flask_migrate.upgrade()
        flask_migrate.downgrade(revision="base")
        flask_migrate.upgrade()
        flask_migrate.check()
        db.engine.dispose()


def flask_app(settings: Settings) -> flask.Flask:
    from lti_grader.app import create_app

    return create_app(settings)


def test_every_table_of_a_tenant_has_forced_row_level_security(app: flask.Flask) -> None:
    with db.engine.connect() as connection:
        forced = set(
            connection.scalars(sa.text("SELECT relname FROM pg_class WHERE relrowsecurity AND relforcerowsecurity"))
        )
    assert {table.name for table in metadata.sorted_tables if "tenant_id" in table.c} | {"tenants"} <= forced


def test_each_foreign_key_is_indexed(app: flask.Flask) -> None:
    bare = []
    for table in metadata.sorted_tables:
        led = {index.columns[0].name for index in table.indexes} | {
            next(iter(one.columns)).name
            for one in table.constraints
            if isinstance(one, sa.UniqueConstraint | sa.PrimaryKeyConstraint) and len(one.columns)
        }
        bare += [f"{table.name}.{key.parent.name}" for key in table.foreign_keys if key.parent.name not in led]
    assert bare == []


def test_a_tenant_sees_none_of_anothers_rows(world: World) -> None:
    other = make_world("South University")
    attempt = world.hand_in(world.user(), world.items(world.assignment())[0])
    for table in metadata.sorted_tables:
        if "tenant_id" in table.c:
            with transaction(other.tenant_id) as opened:
                seen = set(opened.scalars(sa.select(table.c.tenant_id)))
            assert seen <= {other.tenant_id}, table.name
    with transaction(other.tenant_id) as opened:
        changed = opened.execute(
            sa.update(SubmissionAttempt).where(SubmissionAttempt.id == attempt).values(status="error")
        )
        assert changed.rowcount == 0


def test_a_row_cannot_be_written_into_another_tenant(world: World) -> None:
    other = make_world("South University")
    with pytest.raises(sa.exc.ProgrammingError, match="row-level security"), transaction(world.tenant_id) as opened:
        opened.execute(
            sa.text(
                "INSERT INTO classes (id, tenant_id, name, join_code) VALUES (gen_random_uuid(), :t, 'x', 'ABC234')"
            ),
            {"t": other.tenant_id},
        )


def test_without_a_tenant_nothing_is_seen(world: World) -> None:
    with db.engine.connect() as connection:
        assert connection.scalar(sa.text("SELECT count(*) FROM users")) == 0
        assert connection.scalar(sa.text("SELECT count(*) FROM tenants")) == 0
    with pytest.raises(RuntimeError, match="Open a transaction"):
        session()


def test_the_system_reads_few_tables_and_writes_none(world: World) -> None:
    with system_transaction() as opened:
        assert opened.scalar(sa.text("SELECT count(*) FROM platforms")) == 1
        assert opened.scalar(sa.text("SELECT count(*) FROM users")) == 0
        assert opened.execute(sa.text("UPDATE platforms SET name = 'x'")).rowcount == 0


def test_an_attempt_never_changes_and_never_goes(world: World) -> None:
    attempt = world.hand_in(world.user(), world.items(world.assignment())[0])
    for statement in ("UPDATE submission_attempts SET language = 'cpp'", "DELETE FROM submission_attempts"):
        with pytest.raises(sa.exc.IntegrityError, match="attempt"), transaction(world.tenant_id) as opened:
            opened.execute(sa.text(statement))
    with transaction(world.tenant_id):
        session().get_one(SubmissionAttempt, attempt).status = "completed"


def test_a_published_version_and_its_tests_never_change(world: World) -> None:
    version = world.problem()
    with pytest.raises(sa.exc.IntegrityError, match="published version"), transaction(world.tenant_id):
        session().get_one(ProblemVersion, version).description_markdown = "easier"
    with pytest.raises(sa.exc.IntegrityError, match="tests of a published"), transaction(world.tenant_id):
        session().scalars(sa.select(TestCase)).first().expected = b"something else"


def test_results_lie_in_the_partition_of_their_month(world: World) -> None:
    with db.engine.connect() as connection:
        names = connection.scalars(sa.text("SELECT relname FROM pg_class WHERE relispartition AND relkind = 'r'")).all()
    now = dt.datetime.now(dt.UTC)
    assert f"test_results_{now:%Y_%m}" in names
    assert len(names) == 5


def test_a_commit_calls_back_and_a_rollback_does_not(world: World) -> None:
    told = []
    with transaction(world.tenant_id):
        after_commit(lambda: told.append("committed"))
        assert told == []
    with pytest.raises(ZeroDivisionError), transaction(world.tenant_id):
        after_commit(lambda: told.append("rolled back"))
        raise ZeroDivisionError
    assert told == ["committed"]


def test_a_role_that_could_see_everything_is_refused(app: flask.Flask, settings: Settings, held: Adapters) -> None:
    with db.engine.connect() as connection:
        tenancy.check_role(connection)
    owner = sa.create_engine(settings.database_owner_url)
    with owner.connect() as connection, pytest.raises(SettingsError, match="owns no table"):
        tenancy.check_role(connection)
    owner.dispose()
