"""What was judged lately, of all institutions together

Revision ID: finished_jobs
Revises: similarity
"""

from alembic import op

revision = "finished_jobs"
down_revision = "similarity"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_index("ix_grading_jobs_finished", table_name="grading_jobs")
    op.create_index("ix_grading_jobs_finished", "grading_jobs", ["finished_at"])


def downgrade() -> None:
    op.drop_index("ix_grading_jobs_finished", table_name="grading_jobs")
    op.create_index("ix_grading_jobs_finished", "grading_jobs", ["tenant_id", "finished_at"])
