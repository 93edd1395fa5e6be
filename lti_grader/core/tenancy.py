"""Tenants kept apart by PostgreSQL itself.

Each table with a `tenant_id` has row-level security, forced on its owner too: a transaction sees the rows
of the tenant that it named (`app.tenant_id`), and without one it sees none. The application connects as a
role that owns no table and cannot bypass this.
"""

import sqlalchemy as sa
from sqlalchemy.engine import Connection, make_url

from lti_grader.core.errors import SettingsError

# Rows of these are never changed or removed by the application; triggers hold even those with more rights.
APPEND_ONLY = frozenset(
    {
        "test_results",
        "score_delivery_events",
        "administrator_actions",
        "privacy_acts",
        "regrade_steps",
        "regrade_marks",
        "similarity_acts",
        "audit_log",
    }
)


def role_of(database_url: str) -> str:
    """Return the role that a database URL connects as.

    Raises
    ------
    SettingsError
        The URL names none.
    """
    role = make_url(database_url).username
    if not role:
        raise SettingsError("DATABASE_URL names no user: the application needs a role of its own.")
    return role


def grant(connection: Connection, role: str) -> None:
    """Give the application's role what it needs on every table that is there, and no more.

    Partitions get no grants: they are reached through their parent, whose policy then applies.
    """
    quoted = connection.dialect.identifier_preparer.quote(role)
    connection.execute(sa.text(f"GRANT USAGE ON SCHEMA public TO {quoted}"))
    tables = connection.scalars(
        sa.text(
            "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND NOT c.relispartition"
        )
    )
    for table in tables:
        if table == "alembic_version":
            rights = "SELECT"
        elif table in APPEND_ONLY:
            rights = "SELECT, INSERT"
        else:
            rights = "SELECT, INSERT, UPDATE, DELETE"
        name = connection.dialect.identifier_preparer.quote(table)
        connection.execute(sa.text(f"GRANT {rights} ON {name} TO {quoted}"))
    connection.execute(sa.text(f"GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO {quoted}"))


def check_role(connection: Connection) -> None:
    """Refuse a role that row-level security does not bind.

    Raises
    ------
    SettingsError
        The application is connected as a superuser, as a role with BYPASSRLS, or as the tables' owner.
    """
    row = connection.execute(
        sa.text(
            "SELECT rolsuper OR rolbypassrls AS free,"
            " EXISTS (SELECT 1 FROM pg_tables WHERE schemaname = 'public' AND tableowner = current_user) AS owns"
            " FROM pg_roles WHERE rolname = current_user"
        )
    ).one()
    if row.free or row.owns:
        raise SettingsError(
            "DATABASE_URL connects as a role that may see every tenant's rows. Use a role that owns no table and has"
            " neither SUPERUSER nor BYPASSRLS; the owner's address belongs in DATABASE_OWNER_URL."
        )
