"""Points of assignments that are changed, and columns that have another maximum since

Revision ID: points_changes
Revises: access_overrides
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "points_changes"
down_revision = "access_overrides"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("line_items", sa.Column("resized_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("line_items", sa.Column("resized_from", sa.Numeric(10, 4), nullable=True))
    op.add_column("line_items", sa.Column("resized_to", sa.Numeric(10, 4), nullable=True))
    op.create_table(
        "points_changes",
        sa.Column("assignment_id", sa.UUID(), nullable=False),
        sa.Column("changed_by", sa.UUID(), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("before", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("after", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("total_before", sa.Numeric(10, 4), nullable=False),
        sa.Column("total_after", sa.Numeric(10, 4), nullable=False),
        sa.Column("marks_changed", sa.Integer(), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.UUID(), nullable=False),
        sa.ForeignKeyConstraint(
            ["assignment_id"], ["assignments.id"], name=op.f("fk_points_changes_assignment_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["changed_by"], ["users.id"], name=op.f("fk_points_changes_changed_by"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_points_changes_tenant_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_points_changes")),
    )
    op.create_index("ix_points_changes_assignment_id_changed_at", "points_changes", ["assignment_id", "changed_at"])
    op.create_index(
        "ix_points_changes_owed", "points_changes", ["next_try_at"], postgresql_where=sa.text("done_at IS NULL")
    )
    op.create_index(op.f("ix_points_changes_changed_by"), "points_changes", ["changed_by"])
    op.create_index(op.f("ix_points_changes_tenant_id"), "points_changes", ["tenant_id"])
    op.execute("ALTER TABLE points_changes ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE points_changes FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY own_tenant ON points_changes USING (tenant_id = (SELECT lti_grader_tenant()))"
        " WITH CHECK (tenant_id = (SELECT lti_grader_tenant()))"
    )
    op.execute("CREATE POLICY read_by_system ON points_changes FOR SELECT USING ((SELECT lti_grader_system()))")


def downgrade() -> None:
    op.drop_table("points_changes")
    op.drop_column("line_items", "resized_to")
    op.drop_column("line_items", "resized_from")
    op.drop_column("line_items", "resized_at")
