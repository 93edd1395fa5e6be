"""Names under which students stand on leaderboards

Revision ID: leaderboard_names
Revises: audit_log
"""

import sqlalchemy as sa
from alembic import op

revision = "leaderboard_names"
down_revision = "audit_log"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "leaderboard_names",
        sa.Column("class_id", sa.UUID(), nullable=False),
        sa.Column("user_id", sa.UUID(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("folded", sa.Text(), nullable=False),
        sa.Column("is_own", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("is_shown", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("tenant_id", sa.UUID(), nullable=False),
        sa.ForeignKeyConstraint(
            ["class_id"], ["classes.id"], name=op.f("fk_leaderboard_names_class_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_leaderboard_names_user_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_leaderboard_names_tenant_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("class_id", "user_id", name=op.f("pk_leaderboard_names")),
        sa.UniqueConstraint("class_id", "folded", name=op.f("uq_leaderboard_names_class_id_folded")),
    )
    op.create_index(op.f("ix_leaderboard_names_user_id"), "leaderboard_names", ["user_id"])
    op.create_index(op.f("ix_leaderboard_names_tenant_id"), "leaderboard_names", ["tenant_id"])
    op.execute("ALTER TABLE leaderboard_names ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE leaderboard_names FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY own_tenant ON leaderboard_names USING (tenant_id = (SELECT lti_grader_tenant()))"
        " WITH CHECK (tenant_id = (SELECT lti_grader_tenant()))"
    )


def downgrade() -> None:
    op.drop_table("leaderboard_names")
