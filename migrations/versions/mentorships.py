"""Whose mentor somebody is

Revision ID: mentorships
Revises: ended_sessions
"""

import sqlalchemy as sa
from alembic import op

revision = "mentorships"
down_revision = "ended_sessions"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "mentorships",
        sa.Column("enrollment_id", sa.UUID(), nullable=False),
        sa.Column("class_context_id", sa.UUID(), nullable=False),
        sa.Column("sub", sa.Text(), nullable=False),
        sa.Column("named_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tenant_id", sa.UUID(), nullable=False),
        sa.ForeignKeyConstraint(
            ["enrollment_id"], ["enrollments.id"], name="fk_mentorships_enrollment_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["class_context_id"], ["class_contexts.id"], name="fk_mentorships_class_context_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name="fk_mentorships_tenant_id", ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("enrollment_id", "class_context_id", "sub", name="pk_mentorships"),
    )
    op.create_index("ix_mentorships_class_context_id", "mentorships", ["class_context_id"])
    op.create_index("ix_mentorships_tenant_id", "mentorships", ["tenant_id"])
    op.execute("ALTER TABLE mentorships ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE mentorships FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY own_tenant ON mentorships USING (tenant_id = (SELECT lti_grader_tenant()))"
        " WITH CHECK (tenant_id = (SELECT lti_grader_tenant()))"
    )


def downgrade() -> None:
    op.drop_table("mentorships")
