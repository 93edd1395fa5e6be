"""Through which LMS courses a person is in a class

Revision ID: enrollment_sources
Revises: score_trail
"""

import sqlalchemy as sa
from alembic import op

revision = "enrollment_sources"
down_revision = "score_trail"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "enrollment_sources",
        sa.Column("enrollment_id", sa.UUID(), nullable=False),
        sa.Column("class_context_id", sa.UUID(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tenant_id", sa.UUID(), nullable=False),
        sa.ForeignKeyConstraint(
            ["enrollment_id"],
            ["enrollments.id"],
            name=op.f("fk_enrollment_sources_enrollment_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["class_context_id"],
            ["class_contexts.id"],
            name=op.f("fk_enrollment_sources_class_context_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"],
            ["tenants.id"],
            name=op.f("fk_enrollment_sources_tenant_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("enrollment_id", "class_context_id", name=op.f("pk_enrollment_sources")),
    )
    op.create_index(
        op.f("ix_enrollment_sources_class_context_id"), "enrollment_sources", ["class_context_id"], unique=False
    )
    op.create_index(op.f("ix_enrollment_sources_tenant_id"), "enrollment_sources", ["tenant_id"], unique=False)
    op.execute("ALTER TABLE enrollment_sources ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE enrollment_sources FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY own_tenant ON enrollment_sources USING (tenant_id = (SELECT lti_grader_tenant()))"
        " WITH CHECK (tenant_id = (SELECT lti_grader_tenant()))"
    )


def downgrade() -> None:
    op.drop_table("enrollment_sources")
