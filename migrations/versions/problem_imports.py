"""Files with problems that teachers gave, read by a worker and told before anything is kept

Revision ID: problem_imports
Revises: version_checks
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "problem_imports"
down_revision = "version_checks"
branch_labels = None
depends_on = None

_TABLE = "problem_imports"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        _TABLE,
        sa.Column("class_id", sa.UUID(), nullable=False),
        sa.Column("by", sa.UUID(), nullable=False),
        sa.Column("problem_id", sa.UUID(), nullable=True),
        sa.Column("filename", sa.Text(), nullable=False),
        sa.Column("blob_ref", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("prototypes_ref", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("format", sa.Text(), server_default="", nullable=False),
        sa.Column("total", sa.Integer(), server_default="0", nullable=False),
        sa.Column("found", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False),
        sa.Column("wanted", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.UUID(), nullable=False),
        sa.CheckConstraint(
            "state IN ('reading', 'read', 'keeping', 'kept', 'failed', 'discarded')",
            name=op.f("ck_problem_imports_state_known"),
        ),
        sa.CheckConstraint("state <> 'failed' OR error IS NOT NULL", name=op.f("ck_problem_imports_failed_has_error")),
        sa.CheckConstraint("total >= jsonb_array_length(found)", name=op.f("ck_problem_imports_found_within_total")),
        *(
            sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{_TABLE}_{column}"), ondelete=ondelete)
            for column, other, ondelete in (
                ("class_id", "classes", "CASCADE"),
                ("by", "users", "RESTRICT"),
                ("problem_id", "problems", "SET NULL"),
                ("tenant_id", "tenants", "RESTRICT"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_problem_imports")),
    )
    for column in ("by", "problem_id", "tenant_id"):
        op.create_index(op.f(f"ix_{_TABLE}_{column}"), _TABLE, [column])
    op.create_index("ix_problem_imports_class_created", _TABLE, ["class_id", "created_at"])
    op.create_index(
        "ix_problem_imports_owed",
        _TABLE,
        ["next_try_at"],
        postgresql_where=sa.text("state IN ('reading', 'keeping')"),
    )
    op.execute(f"ALTER TABLE {_TABLE} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {_TABLE} FORCE ROW LEVEL SECURITY")
    op.execute(
        f"CREATE POLICY own_tenant ON {_TABLE} USING (tenant_id = (SELECT lti_grader_tenant()))"
        " WITH CHECK (tenant_id = (SELECT lti_grader_tenant()))"
    )
    op.execute(f"CREATE POLICY read_by_system ON {_TABLE} FOR SELECT USING ((SELECT lti_grader_system()))")


def downgrade() -> None:
    op.drop_table(_TABLE)
