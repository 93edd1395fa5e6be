"""How the reading of each roster stands

Revision ID: rosters
Revises: platform_notices
"""

import sqlalchemy as sa
from alembic import op

revision = "rosters"
down_revision = "platform_notices"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "rosters",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.UUID(), nullable=False),
        sa.Column("class_context_id", sa.UUID(), nullable=False),
        sa.Column("claimed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("claim", sa.UUID(), nullable=True),
        sa.Column("next_read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("read_in_full_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("differences_url", sa.Text(), nullable=True),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("is_refused", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("members", sa.Integer(), server_default="0", nullable=False),
        sa.Column("joined", sa.Integer(), server_default="0", nullable=False),
        sa.Column("dropped", sa.Integer(), server_default="0", nullable=False),
        sa.Column("held_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("held_gone", sa.Integer(), server_default="0", nullable=False),
        sa.Column("held_of", sa.Integer(), server_default="0", nullable=False),
        sa.Column("drops_allowed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("drops_allowed_by", sa.UUID(), nullable=True),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name="fk_rosters_tenant_id", ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(
            ["class_context_id"], ["class_contexts.id"], name="fk_rosters_class_context_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["drops_allowed_by"], ["users.id"], name="fk_rosters_drops_allowed_by", ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_rosters"),
        sa.UniqueConstraint("class_context_id", name="uq_rosters_class_context_id"),
    )
    for column in ("tenant_id", "next_read_at", "drops_allowed_by"):
        op.create_index(f"ix_rosters_{column}", "rosters", [column])
    op.execute("ALTER TABLE rosters ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE rosters FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY own_tenant ON rosters USING (tenant_id = (SELECT lti_grader_tenant()))"
        " WITH CHECK (tenant_id = (SELECT lti_grader_tenant()))"
    )
    # The clock looks across tenants for what is due.
    op.execute("CREATE POLICY read_by_system ON rosters FOR SELECT USING ((SELECT lti_grader_system()))")


def downgrade() -> None:
    op.drop_table("rosters")
