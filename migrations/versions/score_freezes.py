"""Scores held back, and the trail found by its troubles

Revision ID: score_freezes
Revises: registration_invitations
"""

import sqlalchemy as sa
from alembic import op

revision = "score_freezes"
down_revision = "registration_invitations"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "score_freezes",
        sa.Column("class_id", sa.UUID(), nullable=False),
        sa.Column("content_item_id", sa.UUID(), nullable=True),
        sa.Column("student_id", sa.UUID(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("frozen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("frozen_by", sa.Text(), nullable=False),
        sa.Column("frozen_by_name", sa.Text(), nullable=False),
        sa.Column("release_asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("release_asked_by", sa.Text(), nullable=True),
        sa.Column("release_asked_by_name", sa.Text(), nullable=True),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("released_by", sa.Text(), nullable=True),
        sa.Column("released_by_name", sa.Text(), nullable=True),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.UUID(), nullable=False),
        sa.CheckConstraint(
            "student_id IS NULL OR content_item_id IS NOT NULL", name=op.f("ck_score_freezes_student_has_item")
        ),
        sa.CheckConstraint(
            "released_at IS NULL OR release_asked_at IS NOT NULL", name=op.f("ck_score_freezes_release_was_asked")
        ),
        sa.CheckConstraint("released_by <> release_asked_by", name=op.f("ck_score_freezes_two_people")),
        sa.ForeignKeyConstraint(
            ["class_id"], ["classes.id"], name=op.f("fk_score_freezes_class_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["content_item_id"],
            ["content_items.id"],
            name=op.f("fk_score_freezes_content_item_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["student_id"], ["users.id"], name=op.f("fk_score_freezes_student_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_score_freezes_tenant_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_score_freezes")),
    )
    for column in ("class_id", "content_item_id", "student_id", "tenant_id"):
        op.create_index(op.f(f"ix_score_freezes_{column}"), "score_freezes", [column])
    op.create_index(
        "uq_score_freezes_one_at_a_time",
        "score_freezes",
        ["class_id", "content_item_id", "student_id"],
        unique=True,
        postgresql_where=sa.text("released_at IS NULL"),
        postgresql_nulls_not_distinct=True,
    )
    op.execute("ALTER TABLE score_freezes ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE score_freezes FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY own_tenant ON score_freezes USING (tenant_id = (SELECT lti_grader_tenant()))"
        " WITH CHECK (tenant_id = (SELECT lti_grader_tenant()))"
    )
    op.create_index(
        "ix_score_delivery_events_trouble",
        "score_delivery_events",
        ["at"],
        postgresql_where=sa.text("kind IN ('answered', 'failed')"),
    )


def downgrade() -> None:
    op.drop_index("ix_score_delivery_events_trouble", table_name="score_delivery_events")
    op.drop_table("score_freezes")
