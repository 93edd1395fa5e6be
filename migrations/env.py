"""Alembic's environment: migrations run as the owner, and the application's role gets its rights afterwards."""

import logging
from typing import Any

import sqlalchemy as sa
from alembic import context
from flask import current_app

from lti_grader.core import tenancy
from lti_grader.core.settings import Settings
from lti_grader.models import metadata

log = logging.getLogger("alembic.env")


def include_object(thing: Any, name: str | None, kind: str, reflected: bool, compare_to: Any) -> bool:
    """Leave out the monthly partitions: they are made by a function, ahead of time."""
    return not (kind == "table" and reflected and (name or "").startswith("test_results_"))


def run() -> None:
    settings: Settings = current_app.extensions["settings"]
    if not settings.database_owner_url:
        raise SystemExit(
            "DATABASE_OWNER_URL is not set: migrations run as the tables' owner, the application does not."
        )
    engine = sa.create_engine(settings.database_owner_url, poolclass=sa.pool.NullPool)
    with engine.connect() as connection:
        # A migration that waits for a lock makes everybody behind it wait too: give up soon instead.
        connection.execute(sa.text("SET lock_timeout = '5s'"))
        connection.commit()
        context.configure(
            connection=connection,
            target_metadata=metadata,
            include_object=include_object,
            compare_type=True,
            transaction_per_migration=True,
        )
        with context.begin_transaction():
            context.run_migrations()
        connection.commit()
        with connection.begin():
            tenancy.grant(connection, tenancy.role_of(settings.database_url))
    engine.dispose()


if context.is_offline_mode():
    raise SystemExit("Offline migrations are not offered: row-level security is set up on the live database.")
run()
