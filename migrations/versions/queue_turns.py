"""Turns in the queue of programs: one person's many do not hold up the others; how fast it empties; runs taken back

Revision ID: queue_turns
Revises: regrades
"""

import sqlalchemy as sa
from alembic import op

revision = "queue_turns"
down_revision = "regrades"
branch_labels = None
depends_on = None

_STATES = "'queued', 'processing', 'completed', 'error', 'kept'"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    # Code that is running knows nothing of it: whatever it adds has its turn when it was made.
    op.add_column(
        "grading_jobs",
        sa.Column("turn_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
    )
    op.create_index(
        "ix_grading_jobs_turns",
        "grading_jobs",
        ["tenant_id", "priority", "turn_at"],
        postgresql_where=sa.text("status = 'queued'"),
    )
    op.create_index("ix_grading_jobs_finished", "grading_jobs", ["tenant_id", "finished_at"])
    _attempt_states(f"{_STATES}, 'cancelled'")


def downgrade() -> None:
    op.execute("ALTER TABLE submission_attempts NO FORCE ROW LEVEL SECURITY")
    op.execute("UPDATE submission_attempts SET status = 'error' WHERE status = 'cancelled'")
    op.execute("ALTER TABLE submission_attempts FORCE ROW LEVEL SECURITY")
    _attempt_states(_STATES)
    op.drop_index("ix_grading_jobs_finished", table_name="grading_jobs")
    op.drop_index("ix_grading_jobs_turns", table_name="grading_jobs")
    op.drop_column("grading_jobs", "turn_at")


def _attempt_states(known: str) -> None:
    name = op.f("ck_submission_attempts_status_known")
    op.drop_constraint(name, "submission_attempts", type_="check")
    op.create_check_constraint(name, "submission_attempts", f"status IN ({known})")
