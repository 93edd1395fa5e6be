"""Files that students hand in to the LMS itself

Revision ID: handed_in_files
Revises: scores_by_platform
"""

import sqlalchemy as sa
from alembic import op

revision = "handed_in_files"
down_revision = "scores_by_platform"
branch_labels = None
depends_on = None

TABLES = ("lti_asset_activities", "lti_assets", "lti_asset_reports")
READ_BY_SYSTEM = ("lti_assets", "lti_asset_reports")


def upgrade() -> None:
    make_activities()
    make_assets()
    make_reports()
    for table in TABLES:
        op.create_index(op.f(f"ix_{table}_tenant_id"), table, ["tenant_id"])
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY own_tenant ON {table} USING (tenant_id = (SELECT lti_grader_tenant()))"
            " WITH CHECK (tenant_id = (SELECT lti_grader_tenant()))"
        )
    for table in READ_BY_SYSTEM:
        op.execute(f"CREATE POLICY read_by_system ON {table} FOR SELECT USING ((SELECT lti_grader_system()))")
    keep_what_was_handed_in()


def make_activities() -> None:
    op.create_table(
        "lti_asset_activities",
        sa.Column("class_context_id", sa.UUID(), nullable=False),
        sa.Column("activity_id", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("assignment_id", sa.UUID(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.UUID(), nullable=False),
        sa.ForeignKeyConstraint(
            ["assignment_id"], ["assignments.id"], name=op.f("fk_lti_asset_activities_assignment_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["class_context_id"], ["class_contexts.id"], name=op.f("fk_lti_asset_activities_class_context_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_lti_asset_activities_tenant_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lti_asset_activities")),
        sa.UniqueConstraint(
            "class_context_id", "activity_id", name=op.f("uq_lti_asset_activities_class_context_id_activity_id")
        ),
    )  # fmt: skip
    op.create_index(op.f("ix_lti_asset_activities_assignment_id"), "lti_asset_activities", ["assignment_id"])


def make_assets() -> None:
    op.create_table(
        "lti_assets",
        sa.Column("activity_id", sa.UUID(), nullable=False),
        sa.Column("user_id", sa.UUID(), nullable=False),
        sa.Column("submission_id", sa.Text(), nullable=False),
        sa.Column("asset_id", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("report_url", sa.Text(), nullable=True),
        sa.Column("filename", sa.Text(), nullable=True),
        sa.Column("media_type", sa.Text(), nullable=True),
        sa.Column("declared_bytes", sa.BigInteger(), nullable=True),
        sa.Column("declared_sha256", sa.Text(), nullable=True),
        sa.Column("handed_in_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("blob_ref", sa.Text(), nullable=True),
        sa.Column("bytes", sa.BigInteger(), nullable=True),
        sa.Column("sha256", sa.Text(), nullable=True),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.UUID(), nullable=False),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("status IN ('owed', 'kept', 'refused')", name=op.f("ck_lti_assets_status_known")),
        sa.CheckConstraint("(status = 'kept') = (blob_ref IS NOT NULL)", name=op.f("ck_lti_assets_kept_has_blob")),
        sa.CheckConstraint("blob_ref ~ '^sha256/[0-9a-f]{64}$'", name=op.f("ck_lti_assets_blob_ref_form")),
        sa.ForeignKeyConstraint(
            ["activity_id"], ["lti_asset_activities.id"], name=op.f("fk_lti_assets_activity_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_lti_assets_tenant_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_lti_assets_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lti_assets")),
        sa.UniqueConstraint(
            "activity_id", "submission_id", "asset_id", name=op.f("uq_lti_assets_activity_id_submission_id_asset_id")
        ),
    )
    op.create_index("ix_lti_assets_owed", "lti_assets", ["next_try_at"], postgresql_where=sa.text("status = 'owed'"))
    op.create_index("ix_lti_assets_user_received", "lti_assets", ["user_id", "received_at"])


def make_reports() -> None:
    op.create_table(
        "lti_asset_reports",
        sa.Column("asset_id", sa.UUID(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("progress", sa.Text(), nullable=False),
        sa.Column("error_code", sa.Text(), nullable=True),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("timestamp", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("last_answer", sa.Text(), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.UUID(), nullable=False),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "status IN ('owed', 'sent', 'superseded', 'refused')", name=op.f("ck_lti_asset_reports_status_known")
        ),
        sa.ForeignKeyConstraint(
            ["asset_id"], ["lti_assets.id"], name=op.f("fk_lti_asset_reports_asset_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_lti_asset_reports_tenant_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lti_asset_reports")),
        sa.UniqueConstraint("asset_id", "number", name=op.f("uq_lti_asset_reports_asset_id_number")),
    )
    op.create_index(
        "ix_lti_asset_reports_report_owed",
        "lti_asset_reports",
        ["next_try_at"],
        postgresql_where=sa.text("status = 'owed'"),
    )


def keep_what_was_handed_in() -> None:
    """What was kept stays: only the names of a file may go, when its author is erased."""
    op.execute("""
        CREATE FUNCTION lti_grader_keep_asset() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF OLD.status <> 'kept' OR coalesce(current_setting('app.erasing', true), '') = 'on' THEN
                RETURN coalesce(NEW, OLD);
            END IF;
            IF TG_OP = 'DELETE' OR to_jsonb(NEW) - ARRAY['tries', 'next_try_at', 'error', 'report_url']
               IS DISTINCT FROM to_jsonb(OLD) - ARRAY['tries', 'next_try_at', 'error', 'report_url'] THEN
                RAISE EXCEPTION 'what was handed in never changes' USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NEW;
        END $$
    """)
    op.execute("""
        CREATE TRIGGER keep_asset BEFORE UPDATE OR DELETE ON lti_assets
        FOR EACH ROW EXECUTE FUNCTION lti_grader_keep_asset()
    """)


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
    op.execute("DROP FUNCTION lti_grader_keep_asset()")
