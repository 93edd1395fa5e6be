"""When marks and feedback are released, scores that wait for it, and what is owed once they are

Revision ID: score_releases
Revises: columns
"""

import sqlalchemy as sa
from alembic import op

revision = "score_releases"
down_revision = "columns"
branch_labels = None
depends_on = None

CHANGED = ("score_deliveries", "score_delivery_events", "assignments")
PARTS = ("marks", "feedback")
STATUSES = ("pending", "sending", "sent", "verified", "failed", "overridden", "excluded", "frozen", "superseded")
KINDS = (
    "queued", "superseded", "excluded", "sent", "answered", "unseen", "verified", "overridden", "failed", "resent",
    "frozen", "unfrozen", "reconciled",
)  # fmt: skip


def _hold_to(table: str, column: str, values: tuple[str, ...]) -> None:
    """Let a column hold these values, without a long lock."""
    name = f"ck_{table}_{column}_known"
    listed = ", ".join(f"'{value}'" for value in values)
    op.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
    op.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({column} IN ({listed})) NOT VALID")
    op.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT {name}")


def upgrade() -> None:
    for part in PARTS:
        op.add_column("assignments", sa.Column(f"{part}_released_at", sa.DateTime(timezone=True), nullable=True))
        op.add_column("assignments", sa.Column(f"{part}_released_by", sa.UUID(), nullable=True))
        op.create_foreign_key(
            op.f(f"fk_assignments_{part}_released_by"),
            "assignments",
            "users",
            [f"{part}_released_by"],
            ["id"],
            ondelete="SET NULL",
        )
        op.create_index(op.f(f"ix_assignments_{part}_released_by"), "assignments", [f"{part}_released_by"])
    _hold_to("score_deliveries", "status", (*STATUSES, "withheld"))
    _hold_to("score_delivery_events", "kind", (*KINDS, "withheld"))
    op.create_table(
        "owed_releases",
        sa.Column("assignment_id", sa.UUID(), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.UUID(), nullable=False),
        sa.ForeignKeyConstraint(
            ["assignment_id"], ["assignments.id"], name=op.f("fk_owed_releases_assignment_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_owed_releases_tenant_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_owed_releases")),
        sa.UniqueConstraint("assignment_id", name=op.f("uq_owed_releases_assignment_id")),
    )
    op.create_index(
        "ix_owed_releases_owed", "owed_releases", ["next_try_at"], postgresql_where=sa.text("done_at IS NULL")
    )
    op.create_index(op.f("ix_owed_releases_tenant_id"), "owed_releases", ["tenant_id"])
    op.execute("ALTER TABLE owed_releases ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE owed_releases FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY own_tenant ON owed_releases USING (tenant_id = (SELECT lti_grader_tenant()))"
        " WITH CHECK (tenant_id = (SELECT lti_grader_tenant()))"
    )
    op.execute("CREATE POLICY read_by_system ON owed_releases FOR SELECT USING ((SELECT lti_grader_system()))")


def downgrade() -> None:
    op.drop_table("owed_releases")
    # The owner is bound by the policies as well, and a migration belongs to no tenant; trails change for nobody else.
    for table in CHANGED:
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    op.execute("SELECT set_config('app.erasing', 'on', true)")
    # What waits for its release is taken for held back: of the older states it is the nearest.
    op.execute("UPDATE score_deliveries SET status = 'frozen' WHERE status = 'withheld'")
    op.execute("UPDATE score_delivery_events SET kind = 'frozen' WHERE kind = 'withheld'")
    op.execute("UPDATE assignments SET config = config - 'marks' - 'feedback'")
    for table in CHANGED:
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    _hold_to("score_deliveries", "status", STATUSES)
    _hold_to("score_delivery_events", "kind", KINDS)
    for part in reversed(PARTS):
        op.drop_column("assignments", f"{part}_released_by")
        op.drop_column("assignments", f"{part}_released_at")
