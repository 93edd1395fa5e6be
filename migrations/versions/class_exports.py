"""Files of whole classes that somebody has asked for

Revision ID: class_exports
Revises: student_groups
"""

import sqlalchemy as sa
from alembic import op

revision = "class_exports"
down_revision = "student_groups"
branch_labels = None
depends_on = None

PASSED_OVER = "tries,next_try_at,error,asked_by,asked_at,remove_at"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "class_exports",
        sa.Column("class_id", sa.UUID(), nullable=False),
        sa.Column("asked_by", sa.UUID(), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("with_work", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=True),
        sa.Column("missing", sa.Integer(), server_default="0", nullable=False),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("downloaded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("remove_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.UUID(), nullable=False),
        sa.CheckConstraint("num_nonnulls(done_at, failed_at) <= 1", name=op.f("ck_class_exports_ended_once")),
        sa.CheckConstraint(
            "(done_at IS NULL) = (remove_at IS NULL) AND (done_at IS NULL) = (size IS NULL)",
            name=op.f("ck_class_exports_done_is_kept"),
        ),
        sa.CheckConstraint("removed_at IS NULL OR done_at IS NOT NULL", name=op.f("ck_class_exports_removed_was_done")),
        sa.ForeignKeyConstraint(
            ["class_id"], ["classes.id"], name=op.f("fk_class_exports_class_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["asked_by"], ["users.id"], name=op.f("fk_class_exports_asked_by"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_class_exports_tenant_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_class_exports")),
    )
    op.create_index(
        "uq_class_exports_one_owed",
        "class_exports",
        ["class_id"],
        unique=True,
        postgresql_where=sa.text("done_at IS NULL AND failed_at IS NULL"),
    )
    op.create_index(
        "ix_class_exports_owed",
        "class_exports",
        ["next_try_at"],
        postgresql_where=sa.text("done_at IS NULL AND failed_at IS NULL"),
    )
    op.create_index(
        "ix_class_exports_kept",
        "class_exports",
        ["remove_at"],
        postgresql_where=sa.text("done_at IS NOT NULL AND removed_at IS NULL"),
    )
    op.create_index("ix_class_exports_class_id_asked_at", "class_exports", ["class_id", "asked_at"])
    op.create_index(op.f("ix_class_exports_asked_by"), "class_exports", ["asked_by"])
    op.create_index(op.f("ix_class_exports_tenant_id"), "class_exports", ["tenant_id"])
    op.execute("ALTER TABLE class_exports ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE class_exports FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY own_tenant ON class_exports USING (tenant_id = (SELECT lti_grader_tenant()))"
        " WITH CHECK (tenant_id = (SELECT lti_grader_tenant()))"
    )
    op.execute("CREATE POLICY read_by_system ON class_exports FOR SELECT USING ((SELECT lti_grader_system()))")
    op.execute(
        "CREATE TRIGGER note_act AFTER INSERT OR UPDATE OR DELETE ON class_exports FOR EACH ROW"
        f" EXECUTE FUNCTION lti_grader_note_act('{PASSED_OVER}', '{{\"class\": \"class_id\"}}')"
    )


def downgrade() -> None:
    op.drop_table("class_exports")
