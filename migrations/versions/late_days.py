"""Late days that students spend, and that they are given

Revision ID: late_days
Revises: regrade_requests
"""

import sqlalchemy as sa
from alembic import op

revision = "late_days"
down_revision = "regrade_requests"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "late_days_spent",
        sa.Column("assignment_id", sa.UUID(), nullable=False),
        sa.Column("student_id", sa.UUID(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("chosen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.UUID(), nullable=False),
        sa.CheckConstraint("days BETWEEN 1 AND 100", name=op.f("ck_late_days_spent_days_in_bounds")),
        sa.ForeignKeyConstraint(
            ["assignment_id"], ["assignments.id"], name=op.f("fk_late_days_spent_assignment_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["student_id"], ["users.id"], name=op.f("fk_late_days_spent_student_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_late_days_spent_tenant_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_late_days_spent")),
        sa.UniqueConstraint("assignment_id", "student_id", name=op.f("uq_late_days_spent_assignment_id_student_id")),
    )
    op.create_table(
        "late_day_grants",
        sa.Column("class_id", sa.UUID(), nullable=False),
        sa.Column("student_id", sa.UUID(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("granted_by", sa.UUID(), nullable=True),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.UUID(), nullable=False),
        sa.CheckConstraint("days BETWEEN 1 AND 100", name=op.f("ck_late_day_grants_days_in_bounds")),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_late_day_grants_reason_there")),
        sa.ForeignKeyConstraint(
            ["class_id"], ["classes.id"], name=op.f("fk_late_day_grants_class_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["student_id"], ["users.id"], name=op.f("fk_late_day_grants_student_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["granted_by"], ["users.id"], name=op.f("fk_late_day_grants_granted_by"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_late_day_grants_tenant_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_late_day_grants")),
    )
    op.create_index("ix_late_day_grants_class_id_student_id", "late_day_grants", ["class_id", "student_id"])
    op.create_index(op.f("ix_late_day_grants_granted_by"), "late_day_grants", ["granted_by"])
    for table in ("late_days_spent", "late_day_grants"):
        op.create_index(op.f(f"ix_{table}_student_id"), table, ["student_id"])
        op.create_index(op.f(f"ix_{table}_tenant_id"), table, ["tenant_id"])
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY own_tenant ON {table} USING (tenant_id = (SELECT lti_grader_tenant()))"
            " WITH CHECK (tenant_id = (SELECT lti_grader_tenant()))"
        )
    op.execute("""
        CREATE TRIGGER note_act AFTER INSERT OR UPDATE OR DELETE ON late_days_spent FOR EACH ROW
        EXECUTE FUNCTION lti_grader_note_act('assignment_id,student_id,chosen_at', '{"item": "assignment_id", "student": "student_id"}')
    """)
    op.execute("""
        CREATE TRIGGER note_act AFTER INSERT OR UPDATE OR DELETE ON late_day_grants FOR EACH ROW
        EXECUTE FUNCTION lti_grader_note_act('class_id,student_id,granted_by,granted_at', '{"class": "class_id", "student": "student_id"}')
    """)


def downgrade() -> None:
    op.drop_table("late_day_grants")
    op.drop_table("late_days_spent")
