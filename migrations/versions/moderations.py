"""Second markings of submissions, and what is decided between two that differ

Revision ID: moderations
Revises: student_looks
"""

import sqlalchemy as sa
from alembic import op

revision = "moderations"
down_revision = "student_looks"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("markings", sa.Column("is_second_asked", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("markings", sa.Column("is_disputed", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_table(
        "moderations",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.UUID(), nullable=False),
        sa.Column("attempt_id", sa.UUID(), nullable=False),
        sa.Column("student_id", sa.UUID(), nullable=False),
        sa.Column("assignment_id", sa.UUID(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("first_points", sa.Numeric(10, 4), nullable=False),
        sa.Column("second_points", sa.Numeric(10, 4), nullable=False),
        sa.Column("decided_by", sa.UUID()),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "decision IN ('first', 'second', 'mean', 'own')", name=op.f("ck_moderations_decision_known")
        ),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_moderations_has_reason")),
        *(
            sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_moderations_{column}"), ondelete=on_delete)
            for column, to, on_delete in (
                ("tenant_id", "tenants", "RESTRICT"),
                ("attempt_id", "submission_attempts", "CASCADE"),
                ("student_id", "users", "CASCADE"),
                ("assignment_id", "assignments", "CASCADE"),
                ("decided_by", "users", "SET NULL"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_moderations")),
        sa.UniqueConstraint("attempt_id", name=op.f("uq_moderations_attempt_id")),
    )
    for column in ("tenant_id", "student_id", "assignment_id", "decided_by"):
        op.create_index(op.f(f"ix_moderations_{column}"), "moderations", [column])
    op.execute("ALTER TABLE moderations ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE moderations FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY own_tenant ON moderations USING (tenant_id = (SELECT lti_grader_tenant()))"
        " WITH CHECK (tenant_id = (SELECT lti_grader_tenant()))"
    )
    op.execute("""
        CREATE TRIGGER note_act AFTER INSERT OR UPDATE OR DELETE ON moderations FOR EACH ROW EXECUTE FUNCTION
        lti_grader_note_act('attempt_id,student_id,assignment_id,decided_by,decided_at',
                            '{"item": "assignment_id", "student": "student_id"}')
    """)
    _note_markings("is_wanted,is_disputed,stands")


def _note_markings(derived: str) -> None:
    op.execute("DROP TRIGGER note_act ON markings")
    op.execute(f"""
        CREATE TRIGGER note_act AFTER UPDATE ON markings FOR EACH ROW EXECUTE FUNCTION
        lti_grader_note_act('attempt_id,student_id,assignment_id,assignment_problem_id,problem_version_id,round,{derived},'
                            'marker_id,done_at,revision,locked_by,locked_until',
                            '{{"item": "assignment_id", "student": "student_id"}}')
    """)


def downgrade() -> None:
    _note_markings("is_wanted,stands")
    op.drop_table("moderations")
    op.drop_column("markings", "is_disputed")
    op.drop_column("markings", "is_second_asked")
