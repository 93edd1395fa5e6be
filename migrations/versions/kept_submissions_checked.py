"""Checks of all that is kept with a problem, beside what is expected of it; publishing with a reason

Revision ID: kept_submissions_checked
Revises: finished_jobs
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "kept_submissions_checked"
down_revision = "finished_jobs"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.alter_column("version_checks", "started_by", nullable=True)
    op.add_column("version_checks", sa.Column("reason", sa.Text(), nullable=True))
    op.create_check_constraint(
        op.f("ck_version_checks_reason_of_failed"), "version_checks", "reason IS NULL OR state = 'failed'"
    )
    op.alter_column("version_judgings", "by", nullable=True)
    op.add_column("version_judgings", sa.Column("path", sa.Text(), server_default="", nullable=False))
    op.add_column("version_judgings", sa.Column("expected", postgresql.ARRAY(sa.Text()), nullable=True))
    op.add_column(
        "version_judgings",
        sa.Column("beside", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
    )
    # Until now these were reference solutions, each of which is to pass every test.
    op.execute("ALTER TABLE version_judgings NO FORCE ROW LEVEL SECURITY")
    op.execute(
        "UPDATE version_judgings SET expected = '{accepted}', path = 'reference/' || language WHERE kind = 'solution'"
    )
    op.execute("ALTER TABLE version_judgings FORCE ROW LEVEL SECURITY")


def downgrade() -> None:
    # What was made by nobody, or says otherwise than that a solution passes, has no place in the older form.
    for table, lost in (
        ("version_judgings", "by IS NULL OR kind = 'solution' AND expected IS DISTINCT FROM '{accepted}'"),
        ("version_checks", "started_by IS NULL"),
    ):
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
        op.execute(f"DELETE FROM {table} WHERE {lost}")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    for column in ("beside", "expected", "path"):
        op.drop_column("version_judgings", column)
    op.alter_column("version_judgings", "by", nullable=False)
    op.drop_constraint(op.f("ck_version_checks_reason_of_failed"), "version_checks")
    op.drop_column("version_checks", "reason")
    op.alter_column("version_checks", "started_by", nullable=False)
