"""Regrades, what was done with them, and what they did to marks

Revision ID: regrades
Revises: tests_with_code
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "regrades"
down_revision = "tests_with_code"
branch_labels = None
depends_on = None

_REASONS = "'submitted', 'regrade', 'appeal'"
_STATES = "'queued', 'running', 'done', 'failed'"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "regrades",
        sa.Column("assignment_problem_id", sa.UUID(), nullable=False),
        sa.Column("version_before", sa.UUID(), nullable=False),
        sa.Column("version_after", sa.UUID(), nullable=False),
        sa.Column("which", sa.Text(), nullable=False),
        sa.Column("sections", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("student_ids", postgresql.ARRAY(sa.UUID()), server_default="{}", nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("started_by", sa.UUID(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("marks_changed", sa.Integer(), nullable=True),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.UUID(), nullable=False),
        sa.CheckConstraint("which IN ('latest', 'counting', 'all')", name=op.f("ck_regrades_which_known")),
        sa.CheckConstraint(
            "state IN ('judging', 'paused', 'ready', 'applying', 'applied', 'cancelled')",
            name=op.f("ck_regrades_state_known"),
        ),
        sa.CheckConstraint(
            "state NOT IN ('applying', 'applied') OR reason <> ''", name=op.f("ck_regrades_applied_has_reason")
        ),
        sa.CheckConstraint(
            "(state IN ('applying', 'applied')) = (applied_at IS NOT NULL)", name=op.f("ck_regrades_applied_has_time")
        ),
        sa.CheckConstraint("(state = 'applied') = (done_at IS NOT NULL)", name=op.f("ck_regrades_applied_is_done")),
        sa.CheckConstraint(
            "(state = 'applied') = (marks_changed IS NOT NULL)", name=op.f("ck_regrades_applied_has_count")
        ),
        sa.ForeignKeyConstraint(
            ["assignment_problem_id"],
            ["assignment_problems.id"],
            name=op.f("fk_regrades_assignment_problem_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["version_before"], ["problem_versions.id"], name=op.f("fk_regrades_version_before"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["version_after"], ["problem_versions.id"], name=op.f("fk_regrades_version_after"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(["started_by"], ["users.id"], name=op.f("fk_regrades_started_by"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("fk_regrades_tenant_id"), ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_regrades")),
    )
    for column in ("version_before", "version_after", "started_by", "tenant_id"):
        op.create_index(op.f(f"ix_regrades_{column}"), "regrades", [column])
    op.create_index("ix_regrades_problem_started", "regrades", ["assignment_problem_id", "started_at"])
    op.create_index(
        "uq_regrades_one_open",
        "regrades",
        ["assignment_problem_id"],
        unique=True,
        postgresql_where=sa.text("state IN ('judging', 'paused', 'ready', 'applying')"),
    )
    op.create_index("ix_regrades_owed", "regrades", ["next_try_at"], postgresql_where=sa.text("state = 'applying'"))
    _steps_and_marks()
    for table in ("regrades", "regrade_steps", "regrade_marks"):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY own_tenant ON {table} USING (tenant_id = (SELECT lti_grader_tenant()))"
            " WITH CHECK (tenant_id = (SELECT lti_grader_tenant()))"
        )
    op.execute("CREATE POLICY read_by_system ON regrades FOR SELECT USING ((SELECT lti_grader_system()))")
    _jobs()


def _steps_and_marks() -> None:
    op.create_table(
        "regrade_steps",
        sa.Column("regrade_id", sa.UUID(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("by", sa.UUID(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.UUID(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('started', 'paused', 'went_on', 'tried_again', 'cancelled', 'applied')",
            name=op.f("ck_regrade_steps_kind_known"),
        ),
        sa.ForeignKeyConstraint(
            ["regrade_id"], ["regrades.id"], name=op.f("fk_regrade_steps_regrade_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["by"], ["users.id"], name=op.f("fk_regrade_steps_by"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_regrade_steps_tenant_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_regrade_steps")),
    )
    for column in ("regrade_id", "by", "tenant_id"):
        op.create_index(op.f(f"ix_regrade_steps_{column}"), "regrade_steps", [column])
    op.create_table(
        "regrade_marks",
        sa.Column("regrade_id", sa.UUID(), nullable=False),
        sa.Column("student_id", sa.UUID(), nullable=False),
        sa.Column("points_before", sa.Numeric(10, 4), nullable=True),
        sa.Column("points_after", sa.Numeric(10, 4), nullable=True),
        sa.Column("mark_before", sa.Numeric(10, 4), nullable=True),
        sa.Column("mark_after", sa.Numeric(10, 4), nullable=True),
        sa.Column("worth", sa.Numeric(10, 4), nullable=False),
        sa.Column("is_by_hand", sa.Boolean(), nullable=False),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.UUID(), nullable=False),
        sa.ForeignKeyConstraint(
            ["regrade_id"], ["regrades.id"], name=op.f("fk_regrade_marks_regrade_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["student_id"], ["users.id"], name=op.f("fk_regrade_marks_student_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_regrade_marks_tenant_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_regrade_marks")),
        sa.UniqueConstraint("regrade_id", "student_id", name=op.f("uq_regrade_marks_regrade_id_student_id")),
    )
    for column in ("student_id", "tenant_id"):
        op.create_index(op.f(f"ix_regrade_marks_{column}"), "regrade_marks", [column])


def _jobs() -> None:
    op.add_column("grading_jobs", sa.Column("regrade_id", sa.UUID(), nullable=True))
    op.create_foreign_key(
        op.f("fk_grading_jobs_regrade_id"), "grading_jobs", "regrades", ["regrade_id"], ["id"], ondelete="CASCADE"
    )
    op.create_index(op.f("ix_grading_jobs_regrade_id"), "grading_jobs", ["regrade_id"])
    op.create_index(
        "ix_grading_jobs_waiting", "grading_jobs", ["regrade_id"], postgresql_where=sa.text("status = 'waiting'")
    )
    for name in ("reason_known", "status_known", "done_has_points"):
        op.drop_constraint(op.f(f"ck_grading_jobs_{name}"), "grading_jobs", type_="check")
    for name, rule in (
        ("tried_is_trial", "(status = 'tried') <= (reason = 'trial')"),
        ("trial_is_never_done", "(reason = 'trial') <= (status <> 'done')"),
        ("trial_has_regrade", "(reason = 'trial') <= (regrade_id IS NOT NULL)"),
        ("reason_known", f"reason IN ({_REASONS}, 'trial')"),
        ("status_known", f"status IN ({_STATES}, 'waiting', 'tried', 'dropped')"),
        ("done_has_points", "(status IN ('done', 'tried')) = (points IS NOT NULL)"),
    ):
        op.create_check_constraint(op.f(f"ck_grading_jobs_{name}"), "grading_jobs", rule)


def downgrade() -> None:
    for name in (
        "tried_is_trial",
        "trial_is_never_done",
        "trial_has_regrade",
        "reason_known",
        "status_known",
        "done_has_points",
    ):
        op.drop_constraint(op.f(f"ck_grading_jobs_{name}"), "grading_jobs", type_="check")
    # Results cannot be removed, so trials stay, as judgings that failed and that what stands has taken the place of.
    op.execute("ALTER TABLE grading_jobs NO FORCE ROW LEVEL SECURITY")
    op.execute(
        "UPDATE grading_jobs one SET status = 'failed', points = NULL, claimed_by = NULL, lease_until = NULL,"
        " reason = 'regrade', superseded_by = (SELECT id FROM grading_jobs WHERE attempt_id = one.attempt_id"
        " AND status = 'done' AND superseded_by IS NULL)"
        " WHERE reason = 'trial' OR status IN ('waiting', 'dropped')"
    )
    op.execute("ALTER TABLE grading_jobs FORCE ROW LEVEL SECURITY")
    for name, rule in (
        ("reason_known", f"reason IN ({_REASONS})"),
        ("status_known", f"status IN ({_STATES})"),
        ("done_has_points", "(status = 'done') = (points IS NOT NULL)"),
    ):
        op.create_check_constraint(op.f(f"ck_grading_jobs_{name}"), "grading_jobs", rule)
    op.drop_index("ix_grading_jobs_waiting", table_name="grading_jobs")
    op.drop_index(op.f("ix_grading_jobs_regrade_id"), table_name="grading_jobs")
    op.drop_constraint(op.f("fk_grading_jobs_regrade_id"), "grading_jobs", type_="foreignkey")
    op.drop_column("grading_jobs", "regrade_id")
    for table in ("regrade_marks", "regrade_steps", "regrades"):
        op.drop_table(table)
