"""Administrators, how they get in, and what they did

Revision ID: administrators
Revises: enrollment_sources
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "administrators"
down_revision = "enrollment_sources"
branch_labels = None
depends_on = None

TABLES = ("administrators", "administrator_sign_ins", "administrator_actions")


def upgrade() -> None:
    op.add_column(
        "users", sa.Column("is_institution_admin", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )
    op.create_table(
        "administrators",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        *_own_columns("administrators"),
        sa.UniqueConstraint("tenant_id", "name", name=op.f("uq_administrators_tenant_id_name")),
    )
    op.create_table(
        "administrator_sign_ins",
        sa.Column("administrator_id", sa.UUID(), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        *_own_columns("administrator_sign_ins"),
        _administrator("administrator_sign_ins", ondelete="CASCADE"),
        sa.UniqueConstraint("token_hash", name=op.f("uq_administrator_sign_ins_token_hash")),
    )
    op.create_table(
        "administrator_actions",
        sa.Column("administrator_id", sa.UUID(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("details", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        *_own_columns("administrator_actions"),
        _administrator("administrator_actions", ondelete="RESTRICT"),
    )
    for table in TABLES:
        op.create_index(op.f(f"ix_{table}_tenant_id"), table, ["tenant_id"])
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY own_tenant ON {table} USING (tenant_id = (SELECT lti_grader_tenant()))"
            " WITH CHECK (tenant_id = (SELECT lti_grader_tenant()))"
        )
    for table in TABLES[1:]:
        op.create_index(op.f(f"ix_{table}_administrator_id"), table, ["administrator_id"])
    # Whose address it is has to be found before the institution is known.
    op.execute("CREATE POLICY read_by_system ON administrator_sign_ins FOR SELECT USING ((SELECT lti_grader_system()))")
    op.execute("""
        CREATE FUNCTION lti_grader_keep_action() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'what an administrator did stays on record' USING ERRCODE = 'restrict_violation';
        END $$
    """)
    op.execute("""
        CREATE TRIGGER keep_action BEFORE UPDATE OR DELETE ON administrator_actions
        FOR EACH ROW EXECUTE FUNCTION lti_grader_keep_action()
    """)


def _own_columns(table: str) -> list[sa.schema.SchemaItem]:
    return [
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.UUID(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f(f"fk_{table}_tenant_id"), ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    ]


def _administrator(table: str, *, ondelete: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["administrator_id"], ["administrators.id"], name=op.f(f"fk_{table}_administrator_id"), ondelete=ondelete
    )


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
    op.execute("DROP FUNCTION lti_grader_keep_action()")
    op.drop_column("users", "is_institution_admin")
