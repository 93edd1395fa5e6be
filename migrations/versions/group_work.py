"""Submissions of groups, with who was in the group then

Revision ID: group_work
Revises: moderations
"""

import sqlalchemy as sa
from alembic import op

revision = "group_work"
down_revision = "moderations"
branch_labels = None
depends_on = None

TABLES = ("submission_teams", "submission_team_members")


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "submission_teams",
        sa.Column("group_set_id", sa.UUID(), nullable=False),
        sa.Column("group_id", sa.UUID(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.UUID(), nullable=False),
        sa.ForeignKeyConstraint(
            ["group_set_id"], ["group_sets.id"], name=op.f("fk_submission_teams_group_set_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["group_id"], ["student_groups.id"], name=op.f("fk_submission_teams_group_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_submission_teams_tenant_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_submission_teams")),
    )
    op.create_index(op.f("ix_submission_teams_group_set_id"), "submission_teams", ["group_set_id"])
    op.create_index(op.f("ix_submission_teams_group_id"), "submission_teams", ["group_id"])
    op.create_table(
        "submission_team_members",
        sa.Column("team_id", sa.UUID(), nullable=False),
        sa.Column("student_id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.UUID(), nullable=False),
        sa.ForeignKeyConstraint(
            ["team_id"], ["submission_teams.id"], name=op.f("fk_submission_team_members_team_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["student_id"], ["users.id"], name=op.f("fk_submission_team_members_student_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_submission_team_members_tenant_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("team_id", "student_id", name=op.f("pk_submission_team_members")),
    )
    op.create_index(op.f("ix_submission_team_members_student_id"), "submission_team_members", ["student_id"])
    for table in TABLES:
        op.create_index(op.f(f"ix_{table}_tenant_id"), table, ["tenant_id"])
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY own_tenant ON {table} USING (tenant_id = (SELECT lti_grader_tenant()))"
            " WITH CHECK (tenant_id = (SELECT lti_grader_tenant()))"
        )
    op.execute("""
        CREATE FUNCTION lti_grader_keep_team() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'DELETE' AND coalesce(current_setting('app.erasing', true), '') = 'on' THEN RETURN OLD; END IF;
            RAISE EXCEPTION 'who handed in together is kept for ever' USING ERRCODE = 'restrict_violation';
        END $$
    """)
    op.execute("""
        CREATE TRIGGER keep_team BEFORE UPDATE OR DELETE ON submission_team_members
        FOR EACH ROW EXECUTE FUNCTION lti_grader_keep_team()
    """)
    for table, column, referred in (
        ("assignments", "group_set_id", "group_sets"),
        ("submission_attempts", "team_id", "submission_teams"),
    ):
        op.add_column(table, sa.Column(column, sa.UUID(), nullable=True))
        # Every row there is has none: nothing of them need be looked at while others wait.
        op.execute(
            f"ALTER TABLE {table} ADD CONSTRAINT fk_{table}_{column} FOREIGN KEY ({column}) REFERENCES {referred} (id) NOT VALID"
        )
        op.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT fk_{table}_{column}")
    op.create_index(op.f("ix_assignments_group_set_id"), "assignments", ["group_set_id"])
    op.create_index(
        "ix_submission_attempts_team_id",
        "submission_attempts",
        ["team_id", "assignment_problem_id"],
        postgresql_where=sa.text("team_id IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_submission_attempts_team_id", table_name="submission_attempts")
    op.drop_column("submission_attempts", "team_id")
    op.drop_column("assignments", "group_set_id")
    for table in reversed(TABLES):
        op.drop_table(table)
    op.execute("DROP FUNCTION lti_grader_keep_team()")
