"""Registration by invitation, and what launches propose

Revision ID: registration_invitations
Revises: handed_in_files
"""

import sqlalchemy as sa
from alembic import op

revision = "registration_invitations"
down_revision = "handed_in_files"
branch_labels = None
depends_on = None

INVITATIONS, PROPOSALS = "registration_invitations", "registration_proposals"


def upgrade() -> None:
    op.add_column("platforms", sa.Column("learns_deployments_until", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        INVITATIONS,
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("administrator_id", sa.UUID(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("platform_id", sa.UUID(), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        *_own_columns(INVITATIONS),
        _reference(INVITATIONS, "administrator_id", "administrators", ondelete="SET NULL"),
        _reference(INVITATIONS, "platform_id", "platforms", ondelete="SET NULL"),
        sa.UniqueConstraint("token_hash", name=op.f(f"uq_{INVITATIONS}_token_hash")),
    )
    op.create_table(
        PROPOSALS,
        sa.Column("platform_id", sa.UUID(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("first_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("declined_at", sa.DateTime(timezone=True), nullable=True),
        *_own_columns(PROPOSALS),
        _reference(PROPOSALS, "platform_id", "platforms", ondelete="CASCADE"),
        sa.CheckConstraint("kind IN ('deployment', 'frame_origin')", name=op.f(f"ck_{PROPOSALS}_kind_known")),
        sa.UniqueConstraint("platform_id", "kind", "value", name=op.f(f"uq_{PROPOSALS}_platform_id_kind_value")),
    )
    for table in (INVITATIONS, PROPOSALS):
        op.create_index(op.f(f"ix_{table}_tenant_id"), table, ["tenant_id"])
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY own_tenant ON {table} USING (tenant_id = (SELECT lti_grader_tenant()))"
            " WITH CHECK (tenant_id = (SELECT lti_grader_tenant()))"
        )
    for column in ("administrator_id", "platform_id"):
        op.create_index(op.f(f"ix_{INVITATIONS}_{column}"), INVITATIONS, [column])
    # Whose invitation it is has to be found before the institution is known.
    op.execute(f"CREATE POLICY read_by_system ON {INVITATIONS} FOR SELECT USING ((SELECT lti_grader_system()))")


def _own_columns(table: str) -> list[sa.schema.SchemaItem]:
    return [
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.UUID(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f(f"fk_{table}_tenant_id"), ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    ]


def _reference(table: str, column: str, other: str, *, ondelete: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}"), ondelete=ondelete)


def downgrade() -> None:
    op.drop_table(PROPOSALS)
    op.drop_table(INVITATIONS)
    op.drop_column("platforms", "learns_deployments_until")
