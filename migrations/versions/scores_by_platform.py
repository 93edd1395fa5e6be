"""Scores by platform, with the attempt they stand on

Revision ID: scores_by_platform
Revises: course_copies
"""

import sqlalchemy as sa
from alembic import op

revision = "scores_by_platform"
down_revision = "course_copies"
branch_labels = None
depends_on = None

_OWED = sa.text("status IN ('pending', 'sending', 'sent')")


def upgrade() -> None:
    op.add_column("score_deliveries", sa.Column("platform_id", sa.UUID(), nullable=True))
    op.add_column("score_deliveries", sa.Column("attempt_id", sa.UUID(), nullable=True))
    # The owner is bound by the policy as well, and a migration belongs to no tenant.
    op.execute("ALTER TABLE score_deliveries NO FORCE ROW LEVEL SECURITY")
    for table in ("line_items", "class_contexts", "deployments"):
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    op.execute("""
        UPDATE score_deliveries SET platform_id = deployments.platform_id
        FROM line_items
        JOIN class_contexts ON class_contexts.id = line_items.class_context_id
        JOIN deployments ON deployments.id = class_contexts.deployment_id
        WHERE line_items.id = score_deliveries.line_item_id
    """)
    for table in ("score_deliveries", "line_items", "class_contexts", "deployments"):
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.alter_column("score_deliveries", "platform_id", nullable=False)
    op.alter_column("score_deliveries", "score", nullable=True)
    op.create_foreign_key(
        op.f("fk_score_deliveries_platform_id"),
        "score_deliveries",
        "platforms",
        ["platform_id"],
        ["id"],
        ondelete="CASCADE",
    )
    op.create_foreign_key(
        op.f("fk_score_deliveries_attempt_id"),
        "score_deliveries",
        "submission_attempts",
        ["attempt_id"],
        ["id"],
        ondelete="SET NULL",
    )
    op.create_check_constraint(
        "final_has_score", "score_deliveries", "grading_progress <> 'FullyGraded' OR score IS NOT NULL"
    )
    op.create_index(op.f("ix_score_deliveries_attempt_id"), "score_deliveries", ["attempt_id"])
    op.drop_index("ix_score_deliveries_owed", table_name="score_deliveries")
    op.create_index(
        "ix_score_deliveries_owed", "score_deliveries", ["platform_id", "next_try_at"], postgresql_where=_OWED
    )


def downgrade() -> None:
    op.drop_index("ix_score_deliveries_owed", table_name="score_deliveries")
    op.create_index("ix_score_deliveries_owed", "score_deliveries", ["next_try_at"], postgresql_where=_OWED)
    op.drop_constraint("ck_score_deliveries_final_has_score", "score_deliveries")
    op.drop_index(op.f("ix_score_deliveries_attempt_id"), table_name="score_deliveries")
    op.execute("ALTER TABLE score_deliveries NO FORCE ROW LEVEL SECURITY")
    op.execute("DELETE FROM score_deliveries WHERE score IS NULL")
    op.execute("ALTER TABLE score_deliveries FORCE ROW LEVEL SECURITY")
    op.alter_column("score_deliveries", "score", nullable=False)
    op.drop_column("score_deliveries", "attempt_id")
    op.drop_column("score_deliveries", "platform_id")
