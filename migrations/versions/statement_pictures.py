"""Pictures that the statement of a version shows, by the names that its text calls them

Revision ID: statement_pictures
Revises: problem_difficulty
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "statement_pictures"
down_revision = "problem_difficulty"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column(
        "problem_versions", sa.Column("pictures", JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False)
    )


def downgrade() -> None:
    op.drop_column("problem_versions", "pictures")
