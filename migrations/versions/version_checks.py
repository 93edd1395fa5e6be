"""Reference solutions judged before a version is published, and what its authors try on it

Revision ID: version_checks
Revises: limits_by_language
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "version_checks"
down_revision = "limits_by_language"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    _checks()
    _judgings()
    for table in ("version_checks", "version_judgings"):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY own_tenant ON {table} USING (tenant_id = (SELECT lti_grader_tenant()))"
            " WITH CHECK (tenant_id = (SELECT lti_grader_tenant()))"
        )
    op.execute("CREATE POLICY read_by_system ON version_judgings FOR SELECT USING ((SELECT lti_grader_system()))")


def _checks() -> None:
    table = "version_checks"
    op.create_table(
        table,
        sa.Column("problem_version_id", sa.UUID(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("publishes", sa.Boolean(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("started_by", sa.UUID(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.UUID(), nullable=False),
        sa.CheckConstraint("state IN ('running', 'passed', 'failed', 'dropped')", name=op.f(f"ck_{table}_state_known")),
        sa.CheckConstraint(
            "(state = 'running') = (finished_at IS NULL)", name=op.f(f"ck_{table}_running_is_unfinished")
        ),
        _to(table, "problem_version_id", "problem_versions", "CASCADE"),
        _to(table, "started_by", "users", "RESTRICT"),
        _to(table, "tenant_id", "tenants", "RESTRICT"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    )
    for column in ("started_by", "tenant_id"):
        op.create_index(op.f(f"ix_{table}_{column}"), table, [column])
    op.create_index("ix_version_checks_version_started", table, ["problem_version_id", "started_at"])
    op.create_index(
        "uq_version_checks_one_running",
        table,
        ["problem_version_id"],
        unique=True,
        postgresql_where=sa.text("state = 'running'"),
    )


def _judgings() -> None:
    table = "version_judgings"
    rules = {
        "kind_known": "kind IN ('solution', 'run', 'submission')",
        "status_known": "status IN ('queued', 'running', 'done', 'failed', 'left_out', 'dropped')",
        "solution_has_check": "(kind = 'solution') = (check_id IS NOT NULL)",
        "running_has_worker": "(status = 'running') = (claimed_by IS NOT NULL)",
        "running_has_lease": "(status = 'running') = (lease_until IS NOT NULL)",
        "done_has_points": "(status = 'done') = (points IS NOT NULL)",
        "failed_has_error": "status NOT IN ('failed', 'left_out') OR error IS NOT NULL",
    }
    op.create_table(
        table,
        sa.Column("problem_version_id", sa.UUID(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("check_id", sa.UUID(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("by", sa.UUID(), nullable=False),
        sa.Column("number", sa.Integer(), server_default="1", nullable=False),
        sa.Column("idempotency_key", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("code_blob_ref", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("claimed_by", sa.UUID(), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tests_done", sa.Integer(), server_default="0", nullable=False),
        sa.Column("tests_total", sa.Integer(), server_default="0", nullable=False),
        sa.Column("points", sa.Numeric(10, 4), nullable=True),
        sa.Column("maximum", sa.Numeric(10, 4), nullable=True),
        sa.Column("compiler_output", sa.Text(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("outcomes", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.UUID(), nullable=False),
        *(sa.CheckConstraint(rule, name=op.f(f"ck_{table}_{name}")) for name, rule in rules.items()),
        _to(table, "problem_version_id", "problem_versions", "CASCADE"),
        _to(table, "check_id", "version_checks", "CASCADE"),
        _to(table, "by", "users", "RESTRICT"),
        _to(table, "tenant_id", "tenants", "RESTRICT"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("by", "idempotency_key", name=op.f(f"uq_{table}_by_idempotency_key")),
    )
    for column in ("check_id", "tenant_id"):
        op.create_index(op.f(f"ix_{table}_{column}"), table, [column])
    op.create_index("ix_version_judgings_version_by", table, ["problem_version_id", "by"])
    op.create_index(
        "ix_version_judgings_owed", table, ["sent_at"], postgresql_where=sa.text("status IN ('queued', 'running')")
    )


def _to(table: str, column: str, other: str, ondelete: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}"), ondelete=ondelete)


def downgrade() -> None:
    op.drop_table("version_judgings")
    op.drop_table("version_checks")
