"""What platforms tell us unasked

Revision ID: platform_notices
Revises: administrators
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "platform_notices"
down_revision = "administrators"
branch_labels = None
depends_on = None

TABLES = ("lti_notice_subscriptions", "lti_notices")


def upgrade() -> None:
    op.create_table(
        "lti_notice_subscriptions",
        sa.Column("deployment_id", sa.UUID(), nullable=False),
        sa.Column("notice_type", sa.Text(), nullable=False),
        sa.Column("service_url", sa.Text(), nullable=False),
        sa.Column("handler_url", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("last_answer", sa.Text(), nullable=True),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("heard_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.UUID(), nullable=False),
        sa.CheckConstraint(
            "status IN ('owed', 'registered', 'refused')", name=op.f("ck_lti_notice_subscriptions_status_known")
        ),
        sa.ForeignKeyConstraint(
            ["deployment_id"],
            ["deployments.id"],
            name=op.f("fk_lti_notice_subscriptions_deployment_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_lti_notice_subscriptions_tenant_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lti_notice_subscriptions")),
        sa.UniqueConstraint(
            "deployment_id", "notice_type", name=op.f("uq_lti_notice_subscriptions_deployment_id_notice_type")
        ),
    )
    op.create_index(
        "ix_lti_notice_subscriptions_owed",
        "lti_notice_subscriptions",
        ["next_try_at"],
        postgresql_where=sa.text("status = 'owed'"),
    )
    op.create_index(op.f("ix_lti_notice_subscriptions_tenant_id"), "lti_notice_subscriptions", ["tenant_id"])
    op.create_table(
        "lti_notices",
        sa.Column("platform_id", sa.UUID(), nullable=False),
        sa.Column("deployment_id", sa.UUID(), nullable=False),
        sa.Column("notice_id", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("handled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.UUID(), nullable=False),
        sa.ForeignKeyConstraint(
            ["deployment_id"], ["deployments.id"], name=op.f("fk_lti_notices_deployment_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["platform_id"], ["platforms.id"], name=op.f("fk_lti_notices_platform_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_lti_notices_tenant_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lti_notices")),
        sa.UniqueConstraint("platform_id", "notice_id", name=op.f("uq_lti_notices_platform_id_notice_id")),
    )
    op.create_index(op.f("ix_lti_notices_deployment_id"), "lti_notices", ["deployment_id"])
    op.create_index(
        "ix_lti_notices_owed", "lti_notices", ["next_try_at"], postgresql_where=sa.text("handled_at IS NULL")
    )
    op.create_index(op.f("ix_lti_notices_tenant_id"), "lti_notices", ["tenant_id"])
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY own_tenant ON {table} USING (tenant_id = (SELECT lti_grader_tenant()))"
            " WITH CHECK (tenant_id = (SELECT lti_grader_tenant()))"
        )
        op.execute(f"CREATE POLICY read_by_system ON {table} FOR SELECT USING ((SELECT lti_grader_system()))")


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
