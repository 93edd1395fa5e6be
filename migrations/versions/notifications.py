"""What people are told, and of which assignments' marks they are still to be

Revision ID: notifications
Revises: rescorings
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "notifications"
down_revision = "rescorings"
branch_labels = None
depends_on = None


def _keep_apart(table: str) -> None:
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(
        f"CREATE POLICY own_tenant ON {table} USING (tenant_id = (SELECT lti_grader_tenant()))"
        " WITH CHECK (tenant_id = (SELECT lti_grader_tenant()))"
    )


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "notifications",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.UUID(), nullable=False),
        sa.Column("recipient_id", sa.UUID(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("payload", JSONB(), server_default="{}", nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("class_id", sa.UUID(), nullable=True),
        sa.Column("content_item_id", sa.UUID(), nullable=True),
        sa.Column("is_read", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("title <> ''", name=op.f("ck_notifications_has_title")),
        sa.ForeignKeyConstraint(
            ["recipient_id"], ["users.id"], name=op.f("fk_notifications_recipient_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["class_id"], ["classes.id"], name=op.f("fk_notifications_class_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["content_item_id"], ["content_items.id"], name=op.f("fk_notifications_content_item_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_notifications_tenant_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notifications")),
        sa.UniqueConstraint("recipient_id", "key", name=op.f("uq_notifications_recipient_id_key")),
    )
    op.create_index("ix_notifications_inbox", "notifications", ["recipient_id", "created_at", "id"])
    op.create_index(
        "ix_notifications_unread", "notifications", ["recipient_id"], postgresql_where=sa.text("NOT is_read")
    )
    op.create_index("ix_notifications_content_item_id_type", "notifications", ["content_item_id", "type"])
    op.create_index(op.f("ix_notifications_class_id"), "notifications", ["class_id"])
    op.create_index(op.f("ix_notifications_tenant_id"), "notifications", ["tenant_id"])
    _keep_apart("notifications")
    op.create_table(
        "owed_marks",
        sa.Column("assignment_id", sa.UUID(), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.UUID(), nullable=False),
        sa.ForeignKeyConstraint(
            ["assignment_id"], ["assignments.id"], name=op.f("fk_owed_marks_assignment_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_owed_marks_tenant_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_owed_marks")),
        sa.UniqueConstraint("assignment_id", name=op.f("uq_owed_marks_assignment_id")),
    )
    op.create_index("ix_owed_marks_owed", "owed_marks", ["next_try_at"], postgresql_where=sa.text("done_at IS NULL"))
    op.create_index(op.f("ix_owed_marks_tenant_id"), "owed_marks", ["tenant_id"])
    _keep_apart("owed_marks")
    op.execute("CREATE POLICY read_by_system ON owed_marks FOR SELECT USING ((SELECT lti_grader_system()))")


def downgrade() -> None:
    op.drop_table("owed_marks")
    op.drop_table("notifications")
