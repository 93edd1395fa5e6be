"""Passcodes of assignments

Revision ID: passcodes
Revises: rubrics
"""

import sqlalchemy as sa
from alembic import op

revision = "passcodes"
down_revision = "rubrics"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "assignment_passcodes",
        sa.Column("assignment_id", sa.UUID(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("set_by", sa.UUID(), nullable=True),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("tenant_id", sa.UUID(), nullable=False),
        sa.CheckConstraint("code <> ''", name=op.f("ck_assignment_passcodes_code_there")),
        sa.ForeignKeyConstraint(
            ["assignment_id"],
            ["assignments.id"],
            name=op.f("fk_assignment_passcodes_assignment_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["set_by"], ["users.id"], name=op.f("fk_assignment_passcodes_set_by"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_assignment_passcodes_tenant_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assignment_passcodes")),
        sa.UniqueConstraint("assignment_id", name=op.f("uq_assignment_passcodes_assignment_id")),
    )
    op.create_table(
        "passcode_entries",
        sa.Column("assignment_id", sa.UUID(), nullable=False),
        sa.Column("user_id", sa.UUID(), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tenant_id", sa.UUID(), nullable=False),
        sa.ForeignKeyConstraint(
            ["assignment_id"], ["assignments.id"], name=op.f("fk_passcode_entries_assignment_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_passcode_entries_user_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_passcode_entries_tenant_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("assignment_id", "user_id", name=op.f("pk_passcode_entries")),
    )
    op.create_index(op.f("ix_assignment_passcodes_set_by"), "assignment_passcodes", ["set_by"])
    op.create_index(op.f("ix_passcode_entries_user_id"), "passcode_entries", ["user_id"])
    for table in ("assignment_passcodes", "passcode_entries"):
        op.create_index(op.f(f"ix_{table}_tenant_id"), table, ["tenant_id"])
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY own_tenant ON {table} USING (tenant_id = (SELECT lti_grader_tenant()))"
            " WITH CHECK (tenant_id = (SELECT lti_grader_tenant()))"
        )
    op.execute("""
        CREATE TRIGGER note_act AFTER INSERT OR UPDATE OR DELETE ON assignment_passcodes
        FOR EACH ROW EXECUTE FUNCTION lti_grader_note_act('assignment_id,code,set_by', '{"item": "assignment_id"}')
    """)


def downgrade() -> None:
    op.drop_table("passcode_entries")
    op.drop_table("assignment_passcodes")
