"""Marks that are owed to be worked out anew because other work is late now

Revision ID: rescorings
Revises: marks_by_hand
"""

import sqlalchemy as sa
from alembic import op

revision = "rescorings"
down_revision = "marks_by_hand"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "rescorings",
        sa.Column("assignment_id", sa.UUID(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("marks_changed", sa.Integer(), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.UUID(), nullable=False),
        sa.ForeignKeyConstraint(
            ["assignment_id"], ["assignments.id"], name=op.f("fk_rescorings_assignment_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_rescorings_tenant_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rescorings")),
    )
    op.create_index("ix_rescorings_assignment_id_asked_at", "rescorings", ["assignment_id", "asked_at"])
    op.create_index("ix_rescorings_owed", "rescorings", ["next_try_at"], postgresql_where=sa.text("done_at IS NULL"))
    op.create_index(op.f("ix_rescorings_tenant_id"), "rescorings", ["tenant_id"])
    op.execute("ALTER TABLE rescorings ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE rescorings FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY own_tenant ON rescorings USING (tenant_id = (SELECT lti_grader_tenant()))"
        " WITH CHECK (tenant_id = (SELECT lti_grader_tenant()))"
    )
    op.execute("CREATE POLICY read_by_system ON rescorings FOR SELECT USING ((SELECT lti_grader_system()))")


def downgrade() -> None:
    op.drop_table("rescorings")
