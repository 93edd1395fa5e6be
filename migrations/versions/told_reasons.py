"""Whether students read why their submissions were judged once more

Revision ID: told_reasons
Revises: kept_submissions_checked
"""

import sqlalchemy as sa
from alembic import op

revision = "told_reasons"
down_revision = "kept_submissions_checked"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    # Until now reasons were written for staff alone, and stay with them.
    op.add_column("regrades", sa.Column("is_reason_told", sa.Boolean(), server_default=sa.false(), nullable=False))


def downgrade() -> None:
    op.drop_column("regrades", "is_reason_told")
