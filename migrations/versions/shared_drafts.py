"""Drafts that students let their group read

Revision ID: shared_drafts
Revises: statement_pictures
"""

import sqlalchemy as sa
from alembic import op

revision = "shared_drafts"
down_revision = "statement_pictures"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column(
        "assignment_progress", sa.Column("is_shared", sa.Boolean(), server_default=sa.false(), nullable=False)
    )


def downgrade() -> None:
    op.drop_column("assignment_progress", "is_shared")
