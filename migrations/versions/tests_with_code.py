"""Tests with code of their own, and how an answer becomes a program with it

Revision ID: tests_with_code
Revises: previews
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "tests_with_code"
down_revision = "previews"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column(
        "problem_versions", sa.Column("harness", postgresql.JSONB(), nullable=False, server_default=sa.text("'{}'"))
    )
    for name in ("code", "extra"):
        op.add_column("test_cases", sa.Column(name, sa.Text(), nullable=False, server_default=""))


def downgrade() -> None:
    for name in ("extra", "code"):
        op.drop_column("test_cases", name)
    op.drop_column("problem_versions", "harness")
