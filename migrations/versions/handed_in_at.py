"""When something was last handed in stands beside the draft, so that nobody has to count attempts for it

Revision ID: handed_in_at
Revises: class_exports
"""

import sqlalchemy as sa
from alembic import op

revision = "handed_in_at"
down_revision = "class_exports"
branch_labels = None
depends_on = None

_TABLES = ("assignment_progress", "submission_attempts")


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("assignment_progress", sa.Column("handed_in_at", sa.DateTime(timezone=True)))
    for table in _TABLES:
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    op.execute(
        "UPDATE assignment_progress p SET handed_in_at = a.at FROM ("
        " SELECT student_id, assignment_problem_id, max(created_at) AS at FROM submission_attempts"
        " WHERE type IN ('final_submission', 'file') GROUP BY student_id, assignment_problem_id"
        ") a WHERE a.student_id = p.student_id AND a.assignment_problem_id = p.assignment_problem_id"
    )
    for table in _TABLES:
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")


def downgrade() -> None:
    op.drop_column("assignment_progress", "handed_in_at")
