"""Columns that are made on a person's word, told of changes, and noticed when they are lost

Revision ID: columns
Revises: newest_scores
"""

import sqlalchemy as sa
from alembic import op

revision = "columns"
down_revision = "newest_scores"
branch_labels = None
depends_on = None

STATES = "'ok', 'asked', 'refused', 'missing', 'changed', 'differs'"


def upgrade() -> None:
    op.alter_column("line_items", "url", nullable=True)
    for column in (
        sa.Column("state", sa.Text(), server_default="ok", nullable=False),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("asked_by_name", sa.Text(), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("last_answer", sa.Text(), nullable=True),
        sa.Column("lms_label", sa.Text(), nullable=True),
        sa.Column("lms_maximum", sa.Numeric(10, 4), nullable=True),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=True),
    ):
        op.add_column("line_items", column)
    op.create_check_constraint(op.f("ck_line_items_state_known"), "line_items", f"state IN ({STATES})")
    op.create_check_constraint(
        op.f("ck_line_items_is_somewhere"), "line_items", "url IS NOT NULL OR state IN ('asked', 'refused')"
    )
    op.create_index(
        "uq_line_items_one_asked", "line_items", ["class_context_id", "content_item_id"], unique=True,
        postgresql_where=sa.text("url IS NULL"),
    )  # fmt: skip
    op.create_index(
        "ix_line_items_owed", "line_items", ["next_try_at"],
        postgresql_where=sa.text("state IN ('asked', 'changed', 'missing')"),
    )  # fmt: skip
    # What is owed to a platform is found across tenants, and a score waits for its column.
    op.execute("CREATE POLICY read_by_system ON line_items FOR SELECT USING ((SELECT lti_grader_system()))")


def downgrade() -> None:
    op.execute("DROP POLICY read_by_system ON line_items")
    op.drop_index("ix_line_items_owed", "line_items")
    op.drop_index("uq_line_items_one_asked", "line_items")
    op.drop_constraint(op.f("ck_line_items_is_somewhere"), "line_items")
    op.drop_constraint(op.f("ck_line_items_state_known"), "line_items")
    for name in (
        "begun_at", "lms_maximum", "lms_label", "last_answer", "last_error", "asked_by_name", "next_try_at", "tries",
        "state",
    ):  # fmt: skip
        op.drop_column("line_items", name)
    # What never came to be in an LMS has no place in the older form.
    op.execute("ALTER TABLE line_items NO FORCE ROW LEVEL SECURITY")
    op.execute("DELETE FROM line_items WHERE url IS NULL")
    op.execute("ALTER TABLE line_items FORCE ROW LEVEL SECURITY")
    op.alter_column("line_items", "url", nullable=False)
