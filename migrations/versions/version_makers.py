"""Who made and who published a version of a problem, and how often a draft was edited

Revision ID: version_makers
Revises: queue_turns
"""

import sqlalchemy as sa
from alembic import op

revision = "version_makers"
down_revision = "queue_turns"
branch_labels = None
depends_on = None

_PEOPLE = ("created_by", "published_by")


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("problem_versions", sa.Column("revision", sa.Integer(), server_default="1", nullable=False))
    for column in _PEOPLE:
        op.add_column("problem_versions", sa.Column(column, sa.UUID(), nullable=True))
        op.create_foreign_key(
            op.f(f"fk_problem_versions_{column}"), "problem_versions", "users", [column], ["id"], ondelete="RESTRICT"
        )
        op.create_index(op.f(f"ix_problem_versions_{column}"), "problem_versions", [column])


def downgrade() -> None:
    for column in _PEOPLE:
        op.drop_index(op.f(f"ix_problem_versions_{column}"), table_name="problem_versions")
        op.drop_constraint(op.f(f"fk_problem_versions_{column}"), "problem_versions", type_="foreignkey")
        op.drop_column("problem_versions", column)
    op.drop_column("problem_versions", "revision")
