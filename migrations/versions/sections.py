"""Every section that somebody is in

Revision ID: sections
Revises: score_freezes
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "sections"
down_revision = "score_freezes"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "enrollments", sa.Column("sections", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False)
    )
    # Nothing has ever been written there.
    op.drop_column("enrollments", "section")
    op.add_column(
        "enrollments", sa.Column("section", sa.Text(), sa.Computed("sections[1]", persisted=True), nullable=True)
    )


def downgrade() -> None:
    op.drop_column("enrollments", "section")
    op.add_column("enrollments", sa.Column("section", sa.Text(), nullable=True))
    op.drop_column("enrollments", "sections")
