"""Handed-in files as attempts

Revision ID: file_attempts
Revises: mentorships
"""

import sqlalchemy as sa
from alembic import op

revision = "file_attempts"
down_revision = "mentorships"
branch_labels = None
depends_on = None

_TYPES, _STATUSES = ["test_run", "final_submission"], ["queued", "processing", "completed", "error"]


def upgrade() -> None:
    _allow("type", [*_TYPES, "file"])
    _allow("status", [*_STATUSES, "kept"])
    _check("file_is_kept", "(type = 'file') = (status = 'kept')")
    op.create_table(
        "lti_asset_attempts",
        sa.Column("attempt_id", sa.UUID(), nullable=False),
        sa.Column("asset_id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.UUID(), nullable=False),
        sa.ForeignKeyConstraint(
            ["attempt_id"], ["submission_attempts.id"], name="fk_lti_asset_attempts_attempt_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["asset_id"], ["lti_assets.id"], name="fk_lti_asset_attempts_asset_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name="fk_lti_asset_attempts_tenant_id", ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("attempt_id", name="pk_lti_asset_attempts"),
    )
    op.create_index("ix_lti_asset_attempts_asset_id", "lti_asset_attempts", ["asset_id"])
    op.create_index("ix_lti_asset_attempts_tenant_id", "lti_asset_attempts", ["tenant_id"])
    op.execute("ALTER TABLE lti_asset_attempts ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE lti_asset_attempts FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY own_tenant ON lti_asset_attempts USING (tenant_id = (SELECT lti_grader_tenant()))"
        " WITH CHECK (tenant_id = (SELECT lti_grader_tenant()))"
    )


def downgrade() -> None:
    # Where files have become attempts, going back would break what is kept for ever: the checks below refuse it.
    op.drop_table("lti_asset_attempts")
    op.drop_constraint(op.f("ck_submission_attempts_file_is_kept"), "submission_attempts", type_="check")
    _allow("status", _STATUSES)
    _allow("type", _TYPES)


def _allow(column: str, values: list[str]) -> None:
    listed = ", ".join(f"'{value}'" for value in values)
    op.drop_constraint(op.f(f"ck_submission_attempts_{column}_known"), "submission_attempts", type_="check")
    _check(f"{column}_known", f"{column} IN ({listed})")


def _check(name: str, condition: str) -> None:
    """Add a check without keeping anybody waiting while the rows that are there are looked at."""
    op.execute(
        f"ALTER TABLE submission_attempts ADD CONSTRAINT ck_submission_attempts_{name} CHECK ({condition}) NOT VALID"
    )
    op.execute(f"ALTER TABLE submission_attempts VALIDATE CONSTRAINT ck_submission_attempts_{name}")
