"""Who is excused from an item has no points of it, also none by hand

Revision ID: marks_by_hand
Revises: passcodes
"""

from alembic import op

revision = "marks_by_hand"
down_revision = "materials"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_check_constraint(
        op.f("ck_gradebook_entries_excused_has_no_points"),
        "gradebook_entries",
        "(status <> 'excused') OR (override_points IS NULL)",
    )


def downgrade() -> None:
    op.drop_constraint(op.f("ck_gradebook_entries_excused_has_no_points"), "gradebook_entries")
