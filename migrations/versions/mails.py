"""E-mails of what people are told: what each of them chose, and what is owed

Revision ID: mails
Revises: late_days
"""

import sqlalchemy as sa
from alembic import op

revision = "mails"
down_revision = "late_days"
branch_labels = None
depends_on = None


def _keep_apart(table: str) -> None:
    op.create_index(op.f(f"ix_{table}_tenant_id"), table, ["tenant_id"])
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(
        f"CREATE POLICY own_tenant ON {table} USING (tenant_id = (SELECT lti_grader_tenant()))"
        " WITH CHECK (tenant_id = (SELECT lti_grader_tenant()))"
    )


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "mails",
        sa.Column("recipient_id", sa.UUID(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.UUID(), nullable=False),
        sa.CheckConstraint("state IN ('owed', 'sent', 'refused', 'empty')", name=op.f("ck_mails_state_known")),
        sa.ForeignKeyConstraint(["recipient_id"], ["users.id"], name=op.f("fk_mails_recipient_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("fk_mails_tenant_id"), ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mails")),
    )
    op.create_index("ix_mails_owed", "mails", ["next_try_at"], postgresql_where=sa.text("state = 'owed'"))
    op.create_index("ix_mails_recipient_id_made_at", "mails", ["recipient_id", "made_at"])
    _keep_apart("mails")
    op.execute("CREATE POLICY read_by_system ON mails FOR SELECT USING ((SELECT lti_grader_system()))")
    op.create_table(
        "mail_choices",
        sa.Column("user_id", sa.UUID(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("pace", sa.Text(), nullable=False),
        sa.Column("tenant_id", sa.UUID(), nullable=False),
        sa.CheckConstraint("pace IN ('at_once', 'daily', 'weekly', 'off')", name=op.f("ck_mail_choices_pace_known")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_mail_choices_user_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_mail_choices_tenant_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("user_id", "type", name=op.f("pk_mail_choices")),
    )
    _keep_apart("mail_choices")
    op.add_column("notifications", sa.Column("mail_due_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("notifications", sa.Column("mail_id", sa.UUID(), nullable=True))
    op.create_foreign_key(
        op.f("fk_notifications_mail_id"), "notifications", "mails", ["mail_id"], ["id"], ondelete="SET NULL"
    )
    op.create_index(op.f("ix_notifications_mail_id"), "notifications", ["mail_id"])
    op.create_index(
        "ix_notifications_mail_due",
        "notifications",
        ["tenant_id", "mail_due_at"],
        postgresql_where=sa.text("mail_id IS NULL AND mail_due_at IS NOT NULL"),
    )
    op.add_column("enrollments", sa.Column("course_url", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("enrollments", "course_url")
    op.drop_column("notifications", "mail_id")
    op.drop_column("notifications", "mail_due_at")
    op.drop_table("mail_choices")
    op.drop_table("mails")
