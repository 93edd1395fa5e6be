"""Which class of its own an LMS course had before it joined another by its code

Revision ID: joined_courses
Revises: groups
"""

import sqlalchemy as sa
from alembic import op

revision = "joined_courses"
down_revision = "groups"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("class_contexts", sa.Column("joined_from_id", sa.UUID(), nullable=True))
    op.create_foreign_key(
        op.f("fk_class_contexts_joined_from_id"), "class_contexts", "classes", ["joined_from_id"], ["id"],
        ondelete="RESTRICT",
    )  # fmt: skip
    op.create_index(op.f("ix_class_contexts_joined_from_id"), "class_contexts", ["joined_from_id"], unique=False)


def downgrade() -> None:
    op.drop_column("class_contexts", "joined_from_id")
