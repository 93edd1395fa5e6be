"""The first slice

Revision ID: 0001
Revises:
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "signing_keys",
        sa.Column("kid", sa.Text(), nullable=False),
        sa.Column("private_key", sa.Text(), nullable=False),
        sa.Column("public_jwk", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("active_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signing_keys")),
        sa.UniqueConstraint("kid", name=op.f("uq_signing_keys_kid")),
    )
    op.create_table(
        "tenants",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column(
            "settings",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default="{}",
            nullable=False,
        ),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tenants")),
        sa.UniqueConstraint("name", name=op.f("uq_tenants_name")),
    )
    op.create_table(
        "platforms",
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("product_family", sa.Text(), nullable=False),
        sa.Column("auth_login_url", sa.Text(), nullable=False),
        sa.Column("auth_token_url", sa.Text(), nullable=False),
        sa.Column("auth_audience", sa.Text(), nullable=True),
        sa.Column("jwks_url", sa.Text(), nullable=False),
        sa.Column(
            "frame_origins",
            postgresql.ARRAY(sa.Text()),
            server_default="{}",
            nullable=False,
        ),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.UUID(), nullable=False),
        sa.CheckConstraint(
            "product_family IN ('canvas', 'moodle', 'blackboard', 'brightspace', 'sakai', 'openedx', 'other')",
            name=op.f("ck_platforms_product_family_known"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"],
            ["tenants.id"],
            name=op.f("fk_platforms_tenant_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_platforms")),
        sa.UniqueConstraint("issuer", "client_id", name=op.f("uq_platforms_issuer_client_id")),
    )
    op.create_index(op.f("ix_platforms_tenant_id"), "platforms", ["tenant_id"], unique=False)
    op.create_table(
        "deployments",
        sa.Column("platform_id", sa.UUID(), nullable=False),
        sa.Column("deployment_id", sa.Text(), nullable=False),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.UUID(), nullable=False),
        sa.ForeignKeyConstraint(
            ["platform_id"],
            ["platforms.id"],
            name=op.f("fk_deployments_platform_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"],
            ["tenants.id"],
            name=op.f("fk_deployments_tenant_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deployments")),
        sa.UniqueConstraint(
            "platform_id",
            "deployment_id",
            name=op.f("uq_deployments_platform_id_deployment_id"),
        ),
    )
    op.create_index(op.f("ix_deployments_tenant_id"), "deployments", ["tenant_id"], unique=False)
    op.create_table(
        "users",
        sa.Column("platform_id", sa.UUID(), nullable=False),
        sa.Column("sub", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("given_name", sa.Text(), nullable=True),
        sa.Column("family_name", sa.Text(), nullable=True),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("avatar_url", sa.Text(), nullable=True),
        sa.Column("locale", sa.Text(), nullable=True),
        sa.Column(
            "is_test_user",
            sa.Boolean(),
            server_default=sa.text("false"),
            nullable=False,
        ),
        sa.Column(
            "settings",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default="{}",
            nullable=False,
        ),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("last_launch_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.UUID(), nullable=False),
        sa.ForeignKeyConstraint(
            ["platform_id"],
            ["platforms.id"],
            name=op.f("fk_users_platform_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"],
            ["tenants.id"],
            name=op.f("fk_users_tenant_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("platform_id", "sub", name=op.f("uq_users_platform_id_sub")),
    )
    op.create_index(op.f("ix_users_tenant_id"), "users", ["tenant_id"], unique=False)
    op.create_table(
        "classes",
        sa.Column("owner_id", sa.UUID(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("join_code", sa.CHAR(length=6), nullable=False),
        sa.Column(
            "settings",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default="{}",
            nullable=False,
        ),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.UUID(), nullable=False),
        sa.CheckConstraint("join_code ~ '^[A-Z0-9]{6}$'", name=op.f("ck_classes_join_code_form")),
        sa.ForeignKeyConstraint(
            ["owner_id"],
            ["users.id"],
            name=op.f("fk_classes_owner_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"],
            ["tenants.id"],
            name=op.f("fk_classes_tenant_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_classes")),
        sa.UniqueConstraint("join_code", name=op.f("uq_classes_join_code")),
    )
    op.create_index(op.f("ix_classes_owner_id"), "classes", ["owner_id"], unique=False)
    op.create_index(op.f("ix_classes_tenant_id"), "classes", ["tenant_id"], unique=False)
    op.create_table(
        "problems",
        sa.Column("owner_id", sa.UUID(), nullable=True),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("tags", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("shared_with", sa.Text(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.UUID(), nullable=False),
        sa.CheckConstraint(
            "shared_with IN ('self', 'class', 'tenant')",
            name=op.f("ck_problems_shared_with_known"),
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"],
            ["users.id"],
            name=op.f("fk_problems_owner_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"],
            ["tenants.id"],
            name=op.f("fk_problems_tenant_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_problems")),
        sa.UniqueConstraint("tenant_id", "slug", name=op.f("uq_problems_tenant_id_slug")),
    )
    op.create_index(op.f("ix_problems_owner_id"), "problems", ["owner_id"], unique=False)
    op.create_index(op.f("ix_problems_tenant_id"), "problems", ["tenant_id"], unique=False)
    op.create_table(
        "class_contexts",
        sa.Column("deployment_id", sa.UUID(), nullable=False),
        sa.Column("context_id", sa.Text(), nullable=False),
        sa.Column("class_id", sa.UUID(), nullable=False),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("memberships_url", sa.Text(), nullable=True),
        sa.Column("line_items_url", sa.Text(), nullable=True),
        sa.Column(
            "ags_scopes",
            postgresql.ARRAY(sa.Text()),
            server_default="{}",
            nullable=False,
        ),
        sa.Column("roster_synced_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("roster_error", sa.Text(), nullable=True),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.UUID(), nullable=False),
        sa.ForeignKeyConstraint(
            ["class_id"],
            ["classes.id"],
            name=op.f("fk_class_contexts_class_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["deployment_id"],
            ["deployments.id"],
            name=op.f("fk_class_contexts_deployment_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"],
            ["tenants.id"],
            name=op.f("fk_class_contexts_tenant_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_class_contexts")),
        sa.UniqueConstraint(
            "deployment_id",
            "context_id",
            name=op.f("uq_class_contexts_deployment_id_context_id"),
        ),
    )
    op.create_index(op.f("ix_class_contexts_class_id"), "class_contexts", ["class_id"], unique=False)
    op.create_index(
        op.f("ix_class_contexts_tenant_id"),
        "class_contexts",
        ["tenant_id"],
        unique=False,
    )
    op.create_table(
        "enrollments",
        sa.Column("class_id", sa.UUID(), nullable=False),
        sa.Column("user_id", sa.UUID(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("section", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("dropped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.UUID(), nullable=False),
        sa.CheckConstraint(
            "role IN ('teacher', 'assistant', 'student', 'observer')",
            name=op.f("ck_enrollments_role_known"),
        ),
        sa.CheckConstraint(
            "source IN ('launch', 'roster', 'join_code')",
            name=op.f("ck_enrollments_source_known"),
        ),
        sa.CheckConstraint("status IN ('active', 'dropped')", name=op.f("ck_enrollments_status_known")),
        sa.ForeignKeyConstraint(
            ["class_id"],
            ["classes.id"],
            name=op.f("fk_enrollments_class_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"],
            ["tenants.id"],
            name=op.f("fk_enrollments_tenant_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
            name=op.f("fk_enrollments_user_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enrollments")),
        sa.UniqueConstraint("class_id", "user_id", name=op.f("uq_enrollments_class_id_user_id")),
    )
    op.create_index(
        "ix_enrollments_class_role_status",
        "enrollments",
        ["class_id", "role", "status"],
        unique=False,
    )
    op.create_index(op.f("ix_enrollments_tenant_id"), "enrollments", ["tenant_id"], unique=False)
    op.create_index(op.f("ix_enrollments_user_id"), "enrollments", ["user_id"], unique=False)
    op.create_table(
        "modules",
        sa.Column("class_id", sa.UUID(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("order_index", sa.Integer(), nullable=False),
        sa.Column("is_published", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.UUID(), nullable=False),
        sa.CheckConstraint("order_index >= 0", name=op.f("ck_modules_order_not_negative")),
        sa.ForeignKeyConstraint(
            ["class_id"],
            ["classes.id"],
            name=op.f("fk_modules_class_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"],
            ["tenants.id"],
            name=op.f("fk_modules_tenant_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_modules")),
        sa.UniqueConstraint(
            "class_id",
            "order_index",
            deferrable=True,
            initially="DEFERRED",
            name=op.f("uq_modules_class_id_order_index"),
        ),
    )
    op.create_index(op.f("ix_modules_tenant_id"), "modules", ["tenant_id"], unique=False)
    op.create_table(
        "problem_versions",
        sa.Column("problem_id", sa.UUID(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("description_markdown", sa.Text(), nullable=False),
        sa.Column(
            "starter_code",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default="{}",
            nullable=False,
        ),
        sa.Column(
            "reference_solution",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default="{}",
            nullable=False,
        ),
        sa.Column("hint", sa.Text(), server_default="", nullable=False),
        sa.Column("cpu_ms", sa.Integer(), server_default="2000", nullable=False),
        sa.Column("memory_kb", sa.Integer(), server_default="262144", nullable=False),
        sa.Column(
            "checker",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default='{"kind": "tokens"}',
            nullable=False,
        ),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.UUID(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('code', 'essay', 'quiz')",
            name=op.f("ck_problem_versions_kind_known"),
        ),
        sa.CheckConstraint(
            "state IN ('draft', 'published', 'retired')",
            name=op.f("ck_problem_versions_state_known"),
        ),
        sa.CheckConstraint(
            "cpu_ms > 0 AND memory_kb > 0",
            name=op.f("ck_problem_versions_limits_positive"),
        ),
        sa.CheckConstraint("number >= 1", name=op.f("ck_problem_versions_number_from_one")),
        sa.ForeignKeyConstraint(
            ["problem_id"],
            ["problems.id"],
            name=op.f("fk_problem_versions_problem_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"],
            ["tenants.id"],
            name=op.f("fk_problem_versions_tenant_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_problem_versions")),
        sa.UniqueConstraint("problem_id", "number", name=op.f("uq_problem_versions_problem_id_number")),
    )
    op.create_index(
        op.f("ix_problem_versions_tenant_id"),
        "problem_versions",
        ["tenant_id"],
        unique=False,
    )
    op.create_index(
        "uq_problem_versions_one_draft",
        "problem_versions",
        ["problem_id"],
        unique=True,
        postgresql_where=sa.text("state = 'draft'"),
    )
    op.create_table(
        "content_items",
        sa.Column("module_id", sa.UUID(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), server_default="", nullable=False),
        sa.Column("order_index", sa.Integer(), nullable=False),
        sa.Column("is_published", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("due_date", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.UUID(), nullable=False),
        sa.CheckConstraint(
            "type IN ('assignment', 'quiz', 'material')",
            name=op.f("ck_content_items_type_known"),
        ),
        sa.CheckConstraint("order_index >= 0", name=op.f("ck_content_items_order_not_negative")),
        sa.ForeignKeyConstraint(
            ["module_id"],
            ["modules.id"],
            name=op.f("fk_content_items_module_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"],
            ["tenants.id"],
            name=op.f("fk_content_items_tenant_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_content_items")),
        sa.UniqueConstraint(
            "module_id",
            "order_index",
            deferrable=True,
            initially="DEFERRED",
            name=op.f("uq_content_items_module_id_order_index"),
        ),
    )
    op.create_index("ix_content_items_due_date", "content_items", ["due_date"], unique=False)
    op.create_index(op.f("ix_content_items_tenant_id"), "content_items", ["tenant_id"], unique=False)
    op.create_table(
        "test_groups",
        sa.Column("problem_version_id", sa.UUID(), nullable=False),
        sa.Column("order_index", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("points", sa.Numeric(precision=10, scale=4), nullable=False),
        sa.Column("aggregation", sa.Text(), nullable=False),
        sa.Column("requires", postgresql.ARRAY(sa.UUID()), server_default="{}", nullable=False),
        sa.Column("on_reject", sa.Text(), nullable=False),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.UUID(), nullable=False),
        sa.CheckConstraint(
            "aggregation IN ('sum', 'min', 'pass_fail')",
            name=op.f("ck_test_groups_aggregation_known"),
        ),
        sa.CheckConstraint(
            "on_reject IN ('continue', 'stop')",
            name=op.f("ck_test_groups_on_reject_known"),
        ),
        sa.CheckConstraint("points >= 0", name=op.f("ck_test_groups_points_not_negative")),
        sa.ForeignKeyConstraint(
            ["problem_version_id"],
            ["problem_versions.id"],
            name=op.f("fk_test_groups_problem_version_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"],
            ["tenants.id"],
            name=op.f("fk_test_groups_tenant_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_test_groups")),
        sa.UniqueConstraint(
            "problem_version_id",
            "order_index",
            name=op.f("uq_test_groups_problem_version_id_order_index"),
        ),
    )
    op.create_index(op.f("ix_test_groups_tenant_id"), "test_groups", ["tenant_id"], unique=False)
    op.create_table(
        "assignments",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.UUID(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("points_total", sa.Numeric(precision=10, scale=4), nullable=False),
        sa.Column("difficulty", sa.Text(), nullable=False),
        sa.Column(
            "config",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default="{}",
            nullable=False,
        ),
        sa.CheckConstraint(
            "difficulty IN ('easy', 'medium', 'hard')",
            name=op.f("ck_assignments_difficulty_known"),
        ),
        sa.CheckConstraint(
            "mode IN ('practice', 'exam', 'homework')",
            name=op.f("ck_assignments_mode_known"),
        ),
        sa.CheckConstraint("points_total >= 0", name=op.f("ck_assignments_points_not_negative")),
        sa.ForeignKeyConstraint(
            ["id"],
            ["content_items.id"],
            name=op.f("fk_assignments_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"],
            ["tenants.id"],
            name=op.f("fk_assignments_tenant_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assignments")),
    )
    op.create_index(op.f("ix_assignments_tenant_id"), "assignments", ["tenant_id"], unique=False)
    op.create_table(
        "gradebook_entries",
        sa.Column("student_id", sa.UUID(), nullable=False),
        sa.Column("content_item_id", sa.UUID(), nullable=False),
        sa.Column("score_obtained", sa.Numeric(precision=10, scale=4), nullable=True),
        sa.Column("max_score", sa.Numeric(precision=10, scale=4), nullable=False),
        sa.Column("grade_letter", sa.Text(), nullable=True),
        sa.Column("manual_feedback", sa.Text(), server_default="", nullable=False),
        sa.Column("private_notes", sa.Text(), server_default="", nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("override_points", sa.Numeric(precision=10, scale=4), nullable=True),
        sa.Column("overridden_by", sa.UUID(), nullable=True),
        sa.Column("override_reason", sa.Text(), nullable=True),
        sa.Column("revision", sa.Integer(), server_default="0", nullable=False),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.UUID(), nullable=False),
        sa.CheckConstraint(
            "(status <> 'graded') OR (score_obtained IS NOT NULL)",
            name=op.f("ck_gradebook_entries_graded_has_score"),
        ),
        sa.CheckConstraint(
            "status IN ('graded', 'pending', 'missing', 'excused')",
            name=op.f("ck_gradebook_entries_status_known"),
        ),
        sa.CheckConstraint("max_score >= 0", name=op.f("ck_gradebook_entries_maximum_not_negative")),
        sa.CheckConstraint("revision >= 0", name=op.f("ck_gradebook_entries_revision_not_negative")),
        sa.ForeignKeyConstraint(
            ["content_item_id"],
            ["content_items.id"],
            name=op.f("fk_gradebook_entries_content_item_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["overridden_by"],
            ["users.id"],
            name=op.f("fk_gradebook_entries_overridden_by"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["student_id"],
            ["users.id"],
            name=op.f("fk_gradebook_entries_student_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"],
            ["tenants.id"],
            name=op.f("fk_gradebook_entries_tenant_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gradebook_entries")),
        sa.UniqueConstraint(
            "student_id",
            "content_item_id",
            name=op.f("uq_gradebook_entries_student_id_content_item_id"),
        ),
    )
    op.create_index(
        op.f("ix_gradebook_entries_content_item_id"),
        "gradebook_entries",
        ["content_item_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_gradebook_entries_overridden_by"),
        "gradebook_entries",
        ["overridden_by"],
        unique=False,
    )
    op.create_index(
        op.f("ix_gradebook_entries_tenant_id"),
        "gradebook_entries",
        ["tenant_id"],
        unique=False,
    )
    op.create_table(
        "line_items",
        sa.Column("class_context_id", sa.UUID(), nullable=False),
        sa.Column("content_item_id", sa.UUID(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), server_default="", nullable=False),
        sa.Column("score_maximum", sa.Numeric(precision=10, scale=4), nullable=False),
        sa.Column("tag", sa.Text(), nullable=True),
        sa.Column("resource_id", sa.Text(), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.UUID(), nullable=False),
        sa.CheckConstraint("score_maximum > 0", name=op.f("ck_line_items_maximum_positive")),
        sa.ForeignKeyConstraint(
            ["class_context_id"],
            ["class_contexts.id"],
            name=op.f("fk_line_items_class_context_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["content_item_id"],
            ["content_items.id"],
            name=op.f("fk_line_items_content_item_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"],
            ["tenants.id"],
            name=op.f("fk_line_items_tenant_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_line_items")),
        sa.UniqueConstraint("url", name=op.f("uq_line_items_url")),
    )
    op.create_index(
        op.f("ix_line_items_class_context_id"),
        "line_items",
        ["class_context_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_line_items_content_item_id"),
        "line_items",
        ["content_item_id"],
        unique=False,
    )
    op.create_index(op.f("ix_line_items_tenant_id"), "line_items", ["tenant_id"], unique=False)
    op.create_table(
        "test_cases",
        sa.Column("test_group_id", sa.UUID(), nullable=False),
        sa.Column("order_index", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("input", sa.LargeBinary(), nullable=True),
        sa.Column("input_blob_ref", sa.Text(), nullable=True),
        sa.Column("expected", sa.LargeBinary(), nullable=True),
        sa.Column("expected_blob_ref", sa.Text(), nullable=True),
        sa.Column("points", sa.Numeric(precision=10, scale=4), nullable=False),
        sa.Column("visibility", sa.Text(), nullable=False),
        sa.Column("cpu_ms", sa.Integer(), nullable=True),
        sa.Column("memory_kb", sa.Integer(), nullable=True),
        sa.Column(
            "arguments",
            postgresql.ARRAY(sa.Text()),
            server_default="{}",
            nullable=False,
        ),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.UUID(), nullable=False),
        sa.CheckConstraint(
            "visibility IN ('sample', 'visible', 'after_due', 'hidden')",
            name=op.f("ck_test_cases_visibility_known"),
        ),
        sa.CheckConstraint("cpu_ms > 0", name=op.f("ck_test_cases_cpu_positive")),
        sa.CheckConstraint("memory_kb > 0", name=op.f("ck_test_cases_memory_positive")),
        sa.CheckConstraint(
            "num_nonnulls(expected, expected_blob_ref) = 1",
            name=op.f("ck_test_cases_one_expected"),
        ),
        sa.CheckConstraint(
            "num_nonnulls(input, input_blob_ref) = 1",
            name=op.f("ck_test_cases_one_input"),
        ),
        sa.CheckConstraint("points >= 0", name=op.f("ck_test_cases_points_not_negative")),
        sa.ForeignKeyConstraint(
            ["tenant_id"],
            ["tenants.id"],
            name=op.f("fk_test_cases_tenant_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["test_group_id"],
            ["test_groups.id"],
            name=op.f("fk_test_cases_test_group_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_test_cases")),
        sa.UniqueConstraint(
            "test_group_id",
            "order_index",
            name=op.f("uq_test_cases_test_group_id_order_index"),
        ),
    )
    op.create_index(op.f("ix_test_cases_tenant_id"), "test_cases", ["tenant_id"], unique=False)
    op.create_table(
        "assignment_problems",
        sa.Column("assignment_id", sa.UUID(), nullable=False),
        sa.Column("problem_version_id", sa.UUID(), nullable=False),
        sa.Column("order_index", sa.Integer(), nullable=False),
        sa.Column("points", sa.Numeric(precision=10, scale=4), nullable=False),
        sa.Column(
            "config",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default="{}",
            nullable=False,
        ),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.UUID(), nullable=False),
        sa.CheckConstraint("order_index >= 0", name=op.f("ck_assignment_problems_order_not_negative")),
        sa.CheckConstraint("points >= 0", name=op.f("ck_assignment_problems_points_not_negative")),
        sa.ForeignKeyConstraint(
            ["assignment_id"],
            ["assignments.id"],
            name=op.f("fk_assignment_problems_assignment_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["problem_version_id"],
            ["problem_versions.id"],
            name=op.f("fk_assignment_problems_problem_version_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"],
            ["tenants.id"],
            name=op.f("fk_assignment_problems_tenant_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assignment_problems")),
        sa.UniqueConstraint(
            "assignment_id",
            "order_index",
            deferrable=True,
            initially="DEFERRED",
            name=op.f("uq_assignment_problems_assignment_id_order_index"),
        ),
    )
    op.create_index(
        op.f("ix_assignment_problems_problem_version_id"),
        "assignment_problems",
        ["problem_version_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_assignment_problems_tenant_id"),
        "assignment_problems",
        ["tenant_id"],
        unique=False,
    )
    op.create_table(
        "resource_links",
        sa.Column("deployment_id", sa.UUID(), nullable=False),
        sa.Column("class_context_id", sa.UUID(), nullable=False),
        sa.Column("resource_link_id", sa.Text(), nullable=False),
        sa.Column("assignment_id", sa.UUID(), nullable=True),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("line_item_url", sa.Text(), nullable=True),
        sa.Column(
            "copied_from",
            postgresql.ARRAY(sa.Text()),
            server_default="{}",
            nullable=False,
        ),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.UUID(), nullable=False),
        sa.ForeignKeyConstraint(
            ["assignment_id"],
            ["assignments.id"],
            name=op.f("fk_resource_links_assignment_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["class_context_id"],
            ["class_contexts.id"],
            name=op.f("fk_resource_links_class_context_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["deployment_id"],
            ["deployments.id"],
            name=op.f("fk_resource_links_deployment_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"],
            ["tenants.id"],
            name=op.f("fk_resource_links_tenant_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_resource_links")),
        sa.UniqueConstraint(
            "deployment_id",
            "class_context_id",
            "resource_link_id",
            name=op.f("uq_resource_links_deployment_id_class_context_id_resource_link_id"),
        ),
    )
    op.create_index(
        op.f("ix_resource_links_assignment_id"),
        "resource_links",
        ["assignment_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_resource_links_class_context_id"),
        "resource_links",
        ["class_context_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_resource_links_deployment_id"),
        "resource_links",
        ["deployment_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_resource_links_tenant_id"),
        "resource_links",
        ["tenant_id"],
        unique=False,
    )
    op.create_table(
        "score_deliveries",
        sa.Column("line_item_id", sa.UUID(), nullable=False),
        sa.Column("user_id", sa.UUID(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("score", sa.Numeric(precision=10, scale=4), nullable=False),
        sa.Column("maximum", sa.Numeric(precision=10, scale=4), nullable=False),
        sa.Column("activity_progress", sa.Text(), nullable=False),
        sa.Column("grading_progress", sa.Text(), nullable=False),
        sa.Column("comment", sa.Text(), server_default="", nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_timestamp", sa.DateTime(timezone=True), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("forced", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lms_holds", sa.Numeric(precision=10, scale=4), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("last_answer", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.UUID(), nullable=False),
        sa.CheckConstraint(
            "status IN ('pending', 'sending', 'sent', 'verified', 'failed', 'overridden', 'excluded', 'frozen', 'superseded')",
            name=op.f("ck_score_deliveries_status_known"),
        ),
        sa.ForeignKeyConstraint(
            ["line_item_id"],
            ["line_items.id"],
            name=op.f("fk_score_deliveries_line_item_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"],
            ["tenants.id"],
            name=op.f("fk_score_deliveries_tenant_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
            name=op.f("fk_score_deliveries_user_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_score_deliveries")),
        sa.UniqueConstraint(
            "line_item_id",
            "user_id",
            "revision",
            name=op.f("uq_score_deliveries_line_item_id_user_id_revision"),
        ),
    )
    op.create_index(
        "ix_score_deliveries_owed",
        "score_deliveries",
        ["next_try_at"],
        unique=False,
        postgresql_where=sa.text("status IN ('pending', 'sending', 'sent')"),
    )
    op.create_index(
        op.f("ix_score_deliveries_tenant_id"),
        "score_deliveries",
        ["tenant_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_score_deliveries_user_id"),
        "score_deliveries",
        ["user_id"],
        unique=False,
    )
    op.create_index(
        "uq_score_deliveries_one_pending",
        "score_deliveries",
        ["line_item_id", "user_id"],
        unique=True,
        postgresql_where=sa.text("status = 'pending'"),
    )
    op.create_index(
        "uq_score_deliveries_one_sending",
        "score_deliveries",
        ["line_item_id", "user_id"],
        unique=True,
        postgresql_where=sa.text("status = 'sending'"),
    )
    op.create_table(
        "assignment_progress",
        sa.Column("student_id", sa.UUID(), nullable=False),
        sa.Column("assignment_problem_id", sa.UUID(), nullable=False),
        sa.Column("current_code", sa.Text(), server_default="", nullable=False),
        sa.Column("current_language", sa.Text(), server_default="", nullable=False),
        sa.Column(
            "other_drafts",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default="{}",
            nullable=False,
        ),
        sa.Column("time_spent_seconds", sa.Integer(), server_default="0", nullable=False),
        sa.Column("revision", sa.Integer(), server_default="0", nullable=False),
        sa.Column("save_id", sa.Text(), server_default="", nullable=False),
        sa.Column("attempts_made", sa.Integer(), server_default="0", nullable=False),
        sa.Column(
            "last_updated",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.UUID(), nullable=False),
        sa.CheckConstraint("revision >= 0", name=op.f("ck_assignment_progress_revision_not_negative")),
        sa.CheckConstraint(
            "time_spent_seconds >= 0",
            name=op.f("ck_assignment_progress_time_not_negative"),
        ),
        sa.ForeignKeyConstraint(
            ["assignment_problem_id"],
            ["assignment_problems.id"],
            name=op.f("fk_assignment_progress_assignment_problem_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["student_id"],
            ["users.id"],
            name=op.f("fk_assignment_progress_student_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"],
            ["tenants.id"],
            name=op.f("fk_assignment_progress_tenant_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assignment_progress")),
        sa.UniqueConstraint(
            "student_id",
            "assignment_problem_id",
            name=op.f("uq_assignment_progress_student_id_assignment_problem_id"),
        ),
    )
    op.create_index(
        op.f("ix_assignment_progress_assignment_problem_id"),
        "assignment_progress",
        ["assignment_problem_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_assignment_progress_tenant_id"),
        "assignment_progress",
        ["tenant_id"],
        unique=False,
    )
    op.create_table(
        "submission_attempts",
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("student_id", sa.UUID(), nullable=False),
        sa.Column("assignment_problem_id", sa.UUID(), nullable=False),
        sa.Column("problem_version_id", sa.UUID(), nullable=False),
        sa.Column("attempt_number", sa.Integer(), nullable=False),
        sa.Column("idempotency_key", sa.Text(), nullable=False),
        sa.Column("code_blob_ref", sa.Text(), nullable=False),
        sa.Column("code_bytes", sa.Integer(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("execution_time_ms", sa.Integer(), nullable=True),
        sa.Column("memory_usage_kb", sa.Integer(), nullable=True),
        sa.Column("time_focused_seconds", sa.Integer(), server_default="0", nullable=False),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.UUID(), nullable=False),
        sa.CheckConstraint(
            "code_blob_ref ~ '^sha256/[0-9a-f]{64}$'",
            name=op.f("ck_submission_attempts_blob_ref_form"),
        ),
        sa.CheckConstraint(
            "status IN ('queued', 'processing', 'completed', 'error')",
            name=op.f("ck_submission_attempts_status_known"),
        ),
        sa.CheckConstraint(
            "type IN ('test_run', 'final_submission')",
            name=op.f("ck_submission_attempts_type_known"),
        ),
        sa.CheckConstraint("attempt_number >= 1", name=op.f("ck_submission_attempts_number_from_one")),
        sa.ForeignKeyConstraint(
            ["assignment_problem_id"],
            ["assignment_problems.id"],
            name=op.f("fk_submission_attempts_assignment_problem_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["problem_version_id"],
            ["problem_versions.id"],
            name=op.f("fk_submission_attempts_problem_version_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["student_id"],
            ["users.id"],
            name=op.f("fk_submission_attempts_student_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"],
            ["tenants.id"],
            name=op.f("fk_submission_attempts_tenant_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_submission_attempts")),
        sa.UniqueConstraint(
            "student_id",
            "assignment_problem_id",
            "attempt_number",
            name=op.f("uq_submission_attempts_student_id_assignment_problem_id_attempt_number"),
        ),
        sa.UniqueConstraint(
            "student_id",
            "assignment_problem_id",
            "idempotency_key",
            name=op.f("uq_submission_attempts_student_id_assignment_problem_id_idempotency_key"),
        ),
    )
    op.create_index(
        "ix_submission_attempts_open",
        "submission_attempts",
        ["created_at"],
        unique=False,
        postgresql_where=sa.text("status IN ('queued', 'processing')"),
    )
    op.create_index(
        "ix_submission_attempts_problem_created",
        "submission_attempts",
        ["assignment_problem_id", "created_at"],
        unique=False,
    )
    op.create_index(
        op.f("ix_submission_attempts_problem_version_id"),
        "submission_attempts",
        ["problem_version_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_submission_attempts_tenant_id"),
        "submission_attempts",
        ["tenant_id"],
        unique=False,
    )
    op.create_table(
        "grading_jobs",
        sa.Column("attempt_id", sa.UUID(), nullable=False),
        sa.Column("problem_version_id", sa.UUID(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("priority", sa.SmallInteger(), server_default="3", nullable=False),
        sa.Column("claimed_by", sa.UUID(), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("points", sa.Numeric(precision=10, scale=4), nullable=True),
        sa.Column("maximum", sa.Numeric(precision=10, scale=4), nullable=True),
        sa.Column("compiler_output", sa.Text(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("superseded_by", sa.UUID(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.UUID(), nullable=False),
        sa.CheckConstraint(
            "(status = 'done') = (points IS NOT NULL)",
            name=op.f("ck_grading_jobs_done_has_points"),
        ),
        sa.CheckConstraint(
            "(status = 'running') = (claimed_by IS NOT NULL)",
            name=op.f("ck_grading_jobs_running_has_worker"),
        ),
        sa.CheckConstraint(
            "(status = 'running') = (lease_until IS NOT NULL)",
            name=op.f("ck_grading_jobs_running_has_lease"),
        ),
        sa.CheckConstraint(
            "reason IN ('submitted', 'regrade', 'appeal')",
            name=op.f("ck_grading_jobs_reason_known"),
        ),
        sa.CheckConstraint(
            "status IN ('queued', 'running', 'done', 'failed')",
            name=op.f("ck_grading_jobs_status_known"),
        ),
        sa.ForeignKeyConstraint(
            ["attempt_id"],
            ["submission_attempts.id"],
            name=op.f("fk_grading_jobs_attempt_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["problem_version_id"],
            ["problem_versions.id"],
            name=op.f("fk_grading_jobs_problem_version_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["superseded_by"],
            ["grading_jobs.id"],
            name=op.f("fk_grading_jobs_superseded_by"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"],
            ["tenants.id"],
            name=op.f("fk_grading_jobs_tenant_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grading_jobs")),
    )
    op.create_index(op.f("ix_grading_jobs_attempt_id"), "grading_jobs", ["attempt_id"], unique=False)
    op.create_index(
        "ix_grading_jobs_owed",
        "grading_jobs",
        ["priority", "created_at"],
        unique=False,
        postgresql_where=sa.text("status IN ('queued', 'running')"),
    )
    op.create_index(
        op.f("ix_grading_jobs_problem_version_id"),
        "grading_jobs",
        ["problem_version_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_grading_jobs_superseded_by"),
        "grading_jobs",
        ["superseded_by"],
        unique=False,
    )
    op.create_index(op.f("ix_grading_jobs_tenant_id"), "grading_jobs", ["tenant_id"], unique=False)
    op.create_index(
        "uq_grading_jobs_one_current",
        "grading_jobs",
        ["attempt_id"],
        unique=True,
        postgresql_where=sa.text("status = 'done' AND superseded_by IS NULL"),
    )
    op.create_index(
        "uq_grading_jobs_one_open",
        "grading_jobs",
        ["attempt_id"],
        unique=True,
        postgresql_where=sa.text("status IN ('queued', 'running')"),
    )
    op.create_table(
        "test_results",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("graded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("job_id", sa.UUID(), nullable=False),
        sa.Column("attempt_id", sa.UUID(), nullable=False),
        sa.Column("test_case_id", sa.UUID(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("score", sa.Numeric(precision=10, scale=4), nullable=False),
        sa.Column("time_ms", sa.Integer(), nullable=False),
        sa.Column("memory_kb", sa.Integer(), nullable=False),
        sa.Column("message", sa.Text(), server_default="", nullable=False),
        sa.Column("output", sa.Text(), nullable=True),
        sa.Column("tenant_id", sa.UUID(), nullable=False),
        sa.CheckConstraint(
            "status IN ('pass', 'fail', 'timeout', 'memory', 'output_limit', 'runtime_error', 'compile_error', 'skipped', 'judge_error')",
            name=op.f("ck_test_results_status_known"),
        ),
        sa.ForeignKeyConstraint(
            ["attempt_id"],
            ["submission_attempts.id"],
            name=op.f("fk_test_results_attempt_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["job_id"],
            ["grading_jobs.id"],
            name=op.f("fk_test_results_job_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"],
            ["tenants.id"],
            name=op.f("fk_test_results_tenant_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["test_case_id"],
            ["test_cases.id"],
            name=op.f("fk_test_results_test_case_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", "graded_at", name=op.f("pk_test_results")),
        postgresql_partition_by="RANGE (graded_at)",
    )
    op.create_index(
        "ix_test_results_attempt_status",
        "test_results",
        ["attempt_id", "status"],
        unique=False,
    )
    op.create_index(op.f("ix_test_results_job_id"), "test_results", ["job_id"], unique=False)
    op.create_index(op.f("ix_test_results_tenant_id"), "test_results", ["tenant_id"], unique=False)
    op.create_index(
        "ix_test_results_test_case_status",
        "test_results",
        ["test_case_id", "status"],
        unique=False,
    )
    keep_tenants_apart()
    keep_what_is_published()
    make_partitions()


TENANTED = (
    "platforms",
    "deployments",
    "users",
    "class_contexts",
    "resource_links",
    "line_items",
    "score_deliveries",
    "classes",
    "enrollments",
    "modules",
    "content_items",
    "assignments",
    "problems",
    "problem_versions",
    "test_groups",
    "test_cases",
    "assignment_problems",
    "assignment_progress",
    "submission_attempts",
    "grading_jobs",
    "test_results",
    "gradebook_entries",
)
# Read across tenants to find a platform by its issuer, and to sweep up what is overdue.
READ_BY_SYSTEM = (
    "tenants",
    "platforms",
    "deployments",
    "class_contexts",
    "grading_jobs",
    "score_deliveries",
)


def keep_tenants_apart() -> None:
    """Row-level security, forced on the owner too."""
    op.execute("""
        CREATE FUNCTION lti_grader_tenant() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
        AS $$ SELECT nullif(current_setting('app.tenant_id', true), '')::uuid $$
    """)
    op.execute("""
        CREATE FUNCTION lti_grader_system() RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE
        AS $$ SELECT coalesce(current_setting('app.scope', true), '') = 'system' $$
    """)
    for table in ("tenants", *TENANTED):
        column = "id" if table == "tenants" else "tenant_id"
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY own_tenant ON {table} USING ({column} = (SELECT lti_grader_tenant()))"
            f" WITH CHECK ({column} = (SELECT lti_grader_tenant()))"
        )
    for table in READ_BY_SYSTEM:
        op.execute(f"CREATE POLICY read_by_system ON {table} FOR SELECT USING ((SELECT lti_grader_system()))")


def keep_what_is_published() -> None:
    """Attempts, results and published problems stay as they are, whatever the program does."""
    op.execute("""
        CREATE FUNCTION lti_grader_keep_attempt() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'DELETE' THEN
                IF coalesce(current_setting('app.erasing', true), '') = 'on' THEN RETURN OLD; END IF;
                RAISE EXCEPTION 'an attempt is kept for ever' USING ERRCODE = 'restrict_violation';
            END IF;
            IF to_jsonb(NEW) - ARRAY['status', 'execution_time_ms', 'memory_usage_kb']
               IS DISTINCT FROM to_jsonb(OLD) - ARRAY['status', 'execution_time_ms', 'memory_usage_kb'] THEN
                RAISE EXCEPTION 'an attempt never changes' USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NEW;
        END $$
    """)
    op.execute("""
        CREATE TRIGGER keep_attempt BEFORE UPDATE OR DELETE ON submission_attempts
        FOR EACH ROW EXECUTE FUNCTION lti_grader_keep_attempt()
    """)
    op.execute("""
        CREATE FUNCTION lti_grader_keep_version() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF OLD.state = 'draft' THEN RETURN coalesce(NEW, OLD); END IF;
            IF TG_OP = 'DELETE' OR NEW.state = 'draft'
               OR to_jsonb(NEW) - 'state' IS DISTINCT FROM to_jsonb(OLD) - 'state' THEN
                RAISE EXCEPTION 'a published version never changes: make a new draft'
                    USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NEW;
        END $$
    """)
    op.execute("""
        CREATE TRIGGER keep_version BEFORE UPDATE OR DELETE ON problem_versions
        FOR EACH ROW EXECUTE FUNCTION lti_grader_keep_version()
    """)
    op.execute("""
        CREATE FUNCTION lti_grader_keep_tests() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE
            touched uuid[];
        BEGIN
            IF TG_TABLE_NAME = 'test_groups' THEN
                touched := ARRAY[CASE WHEN TG_OP <> 'INSERT' THEN OLD.problem_version_id END,
                                 CASE WHEN TG_OP <> 'DELETE' THEN NEW.problem_version_id END];
            ELSE
                SELECT array_agg(problem_version_id) INTO touched FROM test_groups
                WHERE id IN (CASE WHEN TG_OP <> 'INSERT' THEN OLD.test_group_id END,
                             CASE WHEN TG_OP <> 'DELETE' THEN NEW.test_group_id END);
            END IF;
            IF EXISTS (SELECT 1 FROM problem_versions WHERE id = ANY (touched) AND state <> 'draft') THEN
                RAISE EXCEPTION 'the tests of a published version never change: make a new draft'
                    USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN coalesce(NEW, OLD);
        END $$
    """)
    for table in ("test_groups", "test_cases"):
        op.execute(f"""
            CREATE TRIGGER keep_tests BEFORE INSERT OR UPDATE OR DELETE ON {table}
            FOR EACH ROW EXECUTE FUNCTION lti_grader_keep_tests()
        """)
    op.execute("""
        CREATE FUNCTION lti_grader_keep_result() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'DELETE' AND coalesce(current_setting('app.erasing', true), '') = 'on' THEN RETURN OLD; END IF;
            RAISE EXCEPTION 'a test result never changes' USING ERRCODE = 'restrict_violation';
        END $$
    """)
    op.execute("""
        CREATE TRIGGER keep_result BEFORE UPDATE OR DELETE ON test_results
        FOR EACH ROW EXECUTE FUNCTION lti_grader_keep_result()
    """)


def make_partitions() -> None:
    """Test results lie in one partition a month; a function makes them, as the application may not."""
    op.execute("""
        CREATE FUNCTION lti_grader_make_partition(month date) RETURNS boolean
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '2s' AS $$
        DECLARE
            first date := date_trunc('month', month)::date;
            name text := 'test_results_' || to_char(month, 'YYYY_MM');
        BEGIN
            IF to_regclass(name) IS NOT NULL THEN RETURN false; END IF;
            EXECUTE format('CREATE TABLE %I PARTITION OF test_results FOR VALUES FROM (%L) TO (%L)',
                           name, first::timestamp AT TIME ZONE 'UTC',
                           (first + interval '1 month')::timestamp AT TIME ZONE 'UTC');
            RETURN true;
        END $$
    """)
    op.execute("REVOKE ALL ON FUNCTION lti_grader_make_partition(date) FROM PUBLIC")
    op.execute("""
        SELECT lti_grader_make_partition((date_trunc('month', now()) + make_interval(months => offset_))::date)
        FROM generate_series(-1, 3) AS offset_
    """)


def downgrade() -> None:
    op.drop_index("ix_test_results_test_case_status", table_name="test_results")
    op.drop_index(op.f("ix_test_results_tenant_id"), table_name="test_results")
    op.drop_index(op.f("ix_test_results_job_id"), table_name="test_results")
    op.drop_index("ix_test_results_attempt_status", table_name="test_results")
    op.drop_table("test_results")
    op.drop_index(
        "uq_grading_jobs_one_open",
        table_name="grading_jobs",
        postgresql_where=sa.text("status IN ('queued', 'running')"),
    )
    op.drop_index(
        "uq_grading_jobs_one_current",
        table_name="grading_jobs",
        postgresql_where=sa.text("status = 'done' AND superseded_by IS NULL"),
    )
    op.drop_index(op.f("ix_grading_jobs_tenant_id"), table_name="grading_jobs")
    op.drop_index(op.f("ix_grading_jobs_superseded_by"), table_name="grading_jobs")
    op.drop_index(op.f("ix_grading_jobs_problem_version_id"), table_name="grading_jobs")
    op.drop_index(
        "ix_grading_jobs_owed",
        table_name="grading_jobs",
        postgresql_where=sa.text("status IN ('queued', 'running')"),
    )
    op.drop_index(op.f("ix_grading_jobs_attempt_id"), table_name="grading_jobs")
    op.drop_table("grading_jobs")
    op.drop_index(op.f("ix_submission_attempts_tenant_id"), table_name="submission_attempts")
    op.drop_index(
        op.f("ix_submission_attempts_problem_version_id"),
        table_name="submission_attempts",
    )
    op.drop_index("ix_submission_attempts_problem_created", table_name="submission_attempts")
    op.drop_index(
        "ix_submission_attempts_open",
        table_name="submission_attempts",
        postgresql_where=sa.text("status IN ('queued', 'processing')"),
    )
    op.drop_table("submission_attempts")
    op.drop_index(op.f("ix_assignment_progress_tenant_id"), table_name="assignment_progress")
    op.drop_index(
        op.f("ix_assignment_progress_assignment_problem_id"),
        table_name="assignment_progress",
    )
    op.drop_table("assignment_progress")
    op.drop_index(
        "uq_score_deliveries_one_sending",
        table_name="score_deliveries",
        postgresql_where=sa.text("status = 'sending'"),
    )
    op.drop_index(
        "uq_score_deliveries_one_pending",
        table_name="score_deliveries",
        postgresql_where=sa.text("status = 'pending'"),
    )
    op.drop_index(op.f("ix_score_deliveries_user_id"), table_name="score_deliveries")
    op.drop_index(op.f("ix_score_deliveries_tenant_id"), table_name="score_deliveries")
    op.drop_index(
        "ix_score_deliveries_owed",
        table_name="score_deliveries",
        postgresql_where=sa.text("status IN ('pending', 'sending', 'sent')"),
    )
    op.drop_table("score_deliveries")
    op.drop_index(op.f("ix_resource_links_tenant_id"), table_name="resource_links")
    op.drop_index(op.f("ix_resource_links_deployment_id"), table_name="resource_links")
    op.drop_index(op.f("ix_resource_links_class_context_id"), table_name="resource_links")
    op.drop_index(op.f("ix_resource_links_assignment_id"), table_name="resource_links")
    op.drop_table("resource_links")
    op.drop_index(op.f("ix_assignment_problems_tenant_id"), table_name="assignment_problems")
    op.drop_index(
        op.f("ix_assignment_problems_problem_version_id"),
        table_name="assignment_problems",
    )
    op.drop_table("assignment_problems")
    op.drop_index(op.f("ix_test_cases_tenant_id"), table_name="test_cases")
    op.drop_table("test_cases")
    op.drop_index(op.f("ix_line_items_tenant_id"), table_name="line_items")
    op.drop_index(op.f("ix_line_items_content_item_id"), table_name="line_items")
    op.drop_index(op.f("ix_line_items_class_context_id"), table_name="line_items")
    op.drop_table("line_items")
    op.drop_index(op.f("ix_gradebook_entries_tenant_id"), table_name="gradebook_entries")
    op.drop_index(op.f("ix_gradebook_entries_overridden_by"), table_name="gradebook_entries")
    op.drop_index(op.f("ix_gradebook_entries_content_item_id"), table_name="gradebook_entries")
    op.drop_table("gradebook_entries")
    op.drop_index(op.f("ix_assignments_tenant_id"), table_name="assignments")
    op.drop_table("assignments")
    op.drop_index(op.f("ix_test_groups_tenant_id"), table_name="test_groups")
    op.drop_table("test_groups")
    op.drop_index(op.f("ix_content_items_tenant_id"), table_name="content_items")
    op.drop_index("ix_content_items_due_date", table_name="content_items")
    op.drop_table("content_items")
    op.drop_index(
        "uq_problem_versions_one_draft",
        table_name="problem_versions",
        postgresql_where=sa.text("state = 'draft'"),
    )
    op.drop_index(op.f("ix_problem_versions_tenant_id"), table_name="problem_versions")
    op.drop_table("problem_versions")
    op.drop_index(op.f("ix_modules_tenant_id"), table_name="modules")
    op.drop_table("modules")
    op.drop_index(op.f("ix_enrollments_user_id"), table_name="enrollments")
    op.drop_index(op.f("ix_enrollments_tenant_id"), table_name="enrollments")
    op.drop_index("ix_enrollments_class_role_status", table_name="enrollments")
    op.drop_table("enrollments")
    op.drop_index(op.f("ix_class_contexts_tenant_id"), table_name="class_contexts")
    op.drop_index(op.f("ix_class_contexts_class_id"), table_name="class_contexts")
    op.drop_table("class_contexts")
    op.drop_index(op.f("ix_problems_tenant_id"), table_name="problems")
    op.drop_index(op.f("ix_problems_owner_id"), table_name="problems")
    op.drop_table("problems")
    op.drop_index(op.f("ix_classes_tenant_id"), table_name="classes")
    op.drop_index(op.f("ix_classes_owner_id"), table_name="classes")
    op.drop_table("classes")
    op.drop_index(op.f("ix_users_tenant_id"), table_name="users")
    op.drop_table("users")
    op.drop_index(op.f("ix_deployments_tenant_id"), table_name="deployments")
    op.drop_table("deployments")
    op.drop_index(op.f("ix_platforms_tenant_id"), table_name="platforms")
    op.drop_table("platforms")
    op.drop_table("tenants")
    op.drop_table("signing_keys")
    for function in (
        "lti_grader_tenant()",
        "lti_grader_system()",
        "lti_grader_keep_attempt()",
        "lti_grader_keep_version()",
        "lti_grader_keep_tests()",
        "lti_grader_keep_result()",
        "lti_grader_make_partition(date)",
    ):
        op.execute(f"DROP FUNCTION {function}")
