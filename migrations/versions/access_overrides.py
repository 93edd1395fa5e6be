"""Dates and attempts of their own for sections and students

Revision ID: access_overrides
Revises: file_attempts
"""

import sqlalchemy as sa
from alembic import op

revision = "access_overrides"
down_revision = "file_attempts"
branch_labels = None
depends_on = None

TABLE = "access_overrides"
CHECKS = {
    "for_one": "num_nonnulls(user_id, section) = 1",
    "section_named": "section <> ''",
    "opens_once": "NOT opens_at_once OR opens_at IS NULL",
    "due_once": "NOT never_due OR due_date IS NULL",
    "closes_once": "NOT never_closes OR closes_at IS NULL",
    "extra_attempts_in_bounds": "extra_attempts BETWEEN 0 AND 1000",
    "says_something": "opens_at_once OR never_due OR never_closes"
    " OR num_nonnulls(opens_at, due_date, closes_at, extra_attempts) > 0",
}


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("assignment_id", sa.UUID(), nullable=False),
        sa.Column("user_id", sa.UUID(), nullable=True),
        sa.Column("section", sa.Text(), nullable=True),
        sa.Column("opens_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("opens_at_once", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("due_date", sa.DateTime(timezone=True), nullable=True),
        sa.Column("never_due", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("closes_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("never_closes", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("extra_attempts", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("granted_by", sa.UUID(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.UUID(), nullable=False),
        *(sa.CheckConstraint(condition, name=op.f(f"ck_{TABLE}_{name}")) for name, condition in CHECKS.items()),
        _key("assignment_id", "assignments", "CASCADE"),
        _key("user_id", "users", "CASCADE"),
        _key("granted_by", "users", "SET NULL"),
        _key("tenant_id", "tenants", "RESTRICT"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{TABLE}")),
        sa.UniqueConstraint("assignment_id", "user_id", name=op.f(f"uq_{TABLE}_assignment_id_user_id")),
        sa.UniqueConstraint("assignment_id", "section", name=op.f(f"uq_{TABLE}_assignment_id_section")),
    )
    for column in ("user_id", "granted_by", "tenant_id"):
        op.create_index(op.f(f"ix_{TABLE}_{column}"), TABLE, [column])
    op.execute(f"ALTER TABLE {TABLE} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {TABLE} FORCE ROW LEVEL SECURITY")
    op.execute(
        f"CREATE POLICY own_tenant ON {TABLE} USING (tenant_id = (SELECT lti_grader_tenant()))"
        " WITH CHECK (tenant_id = (SELECT lti_grader_tenant()))"
    )


def _key(column: str, table: str, ondelete: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{table}.id"], name=op.f(f"fk_{TABLE}_{column}"), ondelete=ondelete)


def downgrade() -> None:
    op.drop_table(TABLE)
