"""The database's own commands."""

import logging

import click
import flask_migrate
import sqlalchemy as sa

from lti_grader.app import create_app
from lti_grader.core import tenancy
from lti_grader.core.db import db
from lti_grader.core.settings import Settings


@click.group("database")
def command() -> None:
    """Bring the database's tables up to date."""


def upgrade(settings: Settings) -> None:
    """Bring the tables to the newest revision, as their owner, and grant the application its rights."""
    with create_app(settings).app_context():
        # Which tables it looked at is of no use to an operator; what fails is said in any case.
        logging.getLogger("alembic").setLevel(logging.WARNING)
        flask_migrate.upgrade()


@command.command("upgrade")
def upgrade_command() -> None:
    """Migrate to the newest revision."""
    settings = Settings.read()
    upgrade(settings)
    with create_app(settings).app_context(), db.engine.connect() as connection:
        tenancy.check_role(connection)
        click.echo(f"database at revision {connection.scalar(sa.text('SELECT version_num FROM alembic_version'))}")
