"""Sessions that were ended before their time

Revision ID: ended_sessions
Revises: score_releases
"""

import sqlalchemy as sa
from alembic import op

revision = "ended_sessions"
down_revision = "score_releases"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "ended_sessions",
        sa.Column("tenant_id", sa.UUID(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("user_id", sa.UUID(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("forget_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_ended_sessions_tenant_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_ended_sessions_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("tenant_id", "key", name=op.f("pk_ended_sessions")),
    )
    op.create_index(op.f("ix_ended_sessions_tenant_id"), "ended_sessions", ["tenant_id"])
    op.create_index(op.f("ix_ended_sessions_user_id"), "ended_sessions", ["user_id"])
    op.execute("ALTER TABLE ended_sessions ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE ended_sessions FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY own_tenant ON ended_sessions USING (tenant_id = (SELECT lti_grader_tenant()))"
        " WITH CHECK (tenant_id = (SELECT lti_grader_tenant()))"
    )


def downgrade() -> None:
    op.drop_table("ended_sessions")
