"""Limits of a language's own, and the submissions that a problem came with

Revision ID: limits_by_language
Revises: version_makers
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "limits_by_language"
down_revision = "version_makers"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for name, empty in (("language_limits", "{}"), ("submissions", "[]")):
        op.add_column(
            "problem_versions",
            sa.Column(name, postgresql.JSONB(), nullable=False, server_default=sa.text(f"'{empty}'")),
        )


def downgrade() -> None:
    for name in ("submissions", "language_limits"):
        op.drop_column("problem_versions", name)
