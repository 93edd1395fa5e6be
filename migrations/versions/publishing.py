"""Modules and items that students see from a moment on

Revision ID: publishing
Revises: quizzes
"""

import sqlalchemy as sa
from alembic import op

revision = "publishing"
down_revision = "quizzes"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for table in ("modules", "content_items"):
        op.add_column(table, sa.Column("publish_at", sa.DateTime(timezone=True)))


def downgrade() -> None:
    for table in ("modules", "content_items"):
        op.drop_column(table, "publish_at")
