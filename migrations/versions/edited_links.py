"""What a link named when it was last opened, so that an edit in the LMS is noticed

Revision ID: edited_links
Revises: privacy
"""

import sqlalchemy as sa
from alembic import op

revision = "edited_links"
down_revision = "privacy"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("resource_links", sa.Column("named_id", sa.UUID(), nullable=True))


def downgrade() -> None:
    op.drop_column("resource_links", "named_id")
