"""Who of the staff looked at a class as which of its students sees it

Revision ID: student_looks
Revises: handed_in_at
"""

import sqlalchemy as sa
from alembic import op

revision = "student_looks"
down_revision = "handed_in_at"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "student_looks",
        sa.Column("class_id", sa.UUID(), nullable=False),
        sa.Column("viewer_id", sa.UUID(), nullable=False),
        sa.Column("student_id", sa.UUID(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.UUID(), nullable=False),
        sa.ForeignKeyConstraint(
            ["class_id"], ["classes.id"], name=op.f("fk_student_looks_class_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["viewer_id"], ["users.id"], name=op.f("fk_student_looks_viewer_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["student_id"], ["users.id"], name=op.f("fk_student_looks_student_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_student_looks_tenant_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_student_looks")),
    )
    op.create_index("ix_student_looks_class_id_began_at", "student_looks", ["class_id", "began_at"])
    op.create_index(op.f("ix_student_looks_viewer_id"), "student_looks", ["viewer_id"])
    op.create_index(op.f("ix_student_looks_student_id"), "student_looks", ["student_id"])
    op.create_index(op.f("ix_student_looks_tenant_id"), "student_looks", ["tenant_id"])
    op.execute("ALTER TABLE student_looks ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE student_looks FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY own_tenant ON student_looks USING (tenant_id = (SELECT lti_grader_tenant()))"
        " WITH CHECK (tenant_id = (SELECT lti_grader_tenant()))"
    )
    op.execute(
        "CREATE TRIGGER note_act AFTER INSERT OR UPDATE OR DELETE ON student_looks FOR EACH ROW EXECUTE FUNCTION"
        " lti_grader_note_act('class_id,viewer_id,student_id,began_at',"
        ' \'{"class": "class_id", "student": "student_id"}\')'
    )


def downgrade() -> None:
    op.drop_table("student_looks")
