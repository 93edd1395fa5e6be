"""How difficult a problem is, where its author says so

Revision ID: problem_difficulty
Revises: marking_time
"""

import sqlalchemy as sa
from alembic import op

revision = "problem_difficulty"
down_revision = "marking_time"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    # Its changes are in the log by the trigger that the table has.
    op.add_column("problems", sa.Column("difficulty", sa.Text()))
    op.create_check_constraint(
        op.f("ck_problems_difficulty_known"), "problems", "difficulty IN ('easy', 'medium', 'hard')"
    )


def downgrade() -> None:
    op.drop_column("problems", "difficulty")
