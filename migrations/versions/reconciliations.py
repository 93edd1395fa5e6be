"""What LMSs hold, compared with what we believe

Revision ID: reconciliations
Revises: joined_courses
"""

import sqlalchemy as sa
from alembic import op

revision = "reconciliations"
down_revision = "joined_courses"
branch_labels = None
depends_on = None

_KINDS = "'missing', 'different', 'arrived', 'lms_only', 'unknown_user', 'column_gone', 'unreadable'"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("class_contexts", sa.Column("reconciled_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("line_items", sa.Column("reconciled_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "reconciliations",
        sa.Column("class_context_id", sa.UUID(), nullable=False),
        sa.Column("asked_by_name", sa.Text(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("columns", sa.Integer(), server_default="0", nullable=False),
        sa.Column("compared", sa.Integer(), server_default="0", nullable=False),
        sa.Column("differing", sa.Integer(), server_default="0", nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.UUID(), nullable=False),
        sa.ForeignKeyConstraint(
            ["class_context_id"],
            ["class_contexts.id"],
            name=op.f("fk_reconciliations_class_context_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_reconciliations_tenant_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reconciliations")),
    )
    op.create_index(
        "ix_reconciliations_class_context_id_started_at", "reconciliations", ["class_context_id", "started_at"]
    )
    op.create_index(op.f("ix_reconciliations_tenant_id"), "reconciliations", ["tenant_id"])
    op.create_table(
        "reconciliation_findings",
        sa.Column("reconciliation_id", sa.UUID(), nullable=False),
        sa.Column("line_item_id", sa.UUID(), nullable=False),
        sa.Column("user_id", sa.UUID(), nullable=True),
        sa.Column("sub", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("ours", sa.Numeric(precision=10, scale=4), nullable=True),
        sa.Column("theirs", sa.Numeric(precision=10, scale=4), nullable=True),
        sa.Column("maximum", sa.Numeric(precision=10, scale=4), nullable=True),
        sa.Column("words", sa.Text(), server_default="", nullable=False),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.UUID(), nullable=False),
        sa.CheckConstraint(f"kind IN ({_KINDS})", name=op.f("ck_reconciliation_findings_kind_known")),
        sa.ForeignKeyConstraint(
            ["line_item_id"],
            ["line_items.id"],
            name=op.f("fk_reconciliation_findings_line_item_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["reconciliation_id"],
            ["reconciliations.id"],
            name=op.f("fk_reconciliation_findings_reconciliation_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_reconciliation_findings_tenant_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_reconciliation_findings_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reconciliation_findings")),
    )
    for column in ("reconciliation_id", "line_item_id", "tenant_id", "user_id"):
        op.create_index(op.f(f"ix_reconciliation_findings_{column}"), "reconciliation_findings", [column])
    for table in ("reconciliations", "reconciliation_findings"):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY own_tenant ON {table} USING (tenant_id = (SELECT lti_grader_tenant()))"
            " WITH CHECK (tenant_id = (SELECT lti_grader_tenant()))"
        )


def downgrade() -> None:
    op.drop_table("reconciliation_findings")
    op.drop_table("reconciliations")
    op.drop_column("line_items", "reconciled_at")
    op.drop_column("class_contexts", "reconciled_at")
