"""Materials, with files and who has opened them

Revision ID: materials
Revises: passcodes
"""

import sqlalchemy as sa
from alembic import op

revision = "materials"
down_revision = "passcodes"
branch_labels = None
depends_on = None

OF_ITEM = (
    "SELECT m.class_id INTO class FROM content_items c JOIN modules m ON m.id = c.module_id WHERE c.id = item;\n"
    "            END IF;"
)
# What is removed is there no more: its last row tells which module it stood in.
OR_MODULE = """
            IF class IS NULL AND told ? 'module_id' THEN
                SELECT class_id INTO class FROM modules WHERE id = (told ->> 'module_id')::uuid;
            END IF;"""
AUDITED = {
    "materials": ("revision", '{"item": "id"}'),
    "material_files": ("material_id,blob_ref,media_type,added_at", '{"item": "material_id"}'),
}


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "materials",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.UUID(), nullable=False),
        sa.Column("body_markdown", sa.Text(), server_default="", nullable=False),
        sa.Column("revision", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["id"], ["content_items.id"], name=op.f("fk_materials_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_materials_tenant_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_materials")),
    )
    op.create_table(
        "material_files",
        sa.Column("material_id", sa.UUID(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("blob_ref", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.UUID(), nullable=False),
        sa.CheckConstraint("name <> '' AND name NOT LIKE '%/%'", name=op.f("ck_material_files_name_is_plain")),
        sa.CheckConstraint("size >= 0", name=op.f("ck_material_files_size_not_negative")),
        sa.ForeignKeyConstraint(
            ["material_id"], ["materials.id"], name=op.f("fk_material_files_material_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_material_files_tenant_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_material_files")),
        sa.UniqueConstraint("material_id", "name", name=op.f("uq_material_files_material_id_name")),
    )
    op.create_table(
        "material_openings",
        sa.Column("material_id", sa.UUID(), nullable=False),
        sa.Column("user_id", sa.UUID(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tenant_id", sa.UUID(), nullable=False),
        sa.ForeignKeyConstraint(
            ["material_id"], ["materials.id"], name=op.f("fk_material_openings_material_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_material_openings_user_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_material_openings_tenant_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("material_id", "user_id", name=op.f("pk_material_openings")),
    )
    op.create_index(op.f("ix_material_openings_user_id"), "material_openings", ["user_id"])
    for table in ("materials", "material_files", "material_openings"):
        op.create_index(op.f(f"ix_{table}_tenant_id"), table, ["tenant_id"])
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY own_tenant ON {table} USING (tenant_id = (SELECT lti_grader_tenant()))"
            " WITH CHECK (tenant_id = (SELECT lti_grader_tenant()))"
        )
    _rewrite(OF_ITEM, OF_ITEM + OR_MODULE)
    for table, (passed_over, places) in AUDITED.items():
        op.execute(f"""
            CREATE TRIGGER note_act AFTER INSERT OR UPDATE OR DELETE ON {table}
            FOR EACH ROW EXECUTE FUNCTION lti_grader_note_act('{passed_over}', '{places}')
        """)


def downgrade() -> None:
    for table in ("material_openings", "material_files", "materials"):
        op.drop_table(table)
    _rewrite(OF_ITEM + OR_MODULE, OF_ITEM)


def _rewrite(before: str, after: str) -> None:
    function = op.get_bind().scalar(sa.text("SELECT pg_get_functiondef('lti_grader_note_act()'::regprocedure)"))
    if function.count(before) != 1:
        raise RuntimeError(f"lti_grader_note_act() is not as the migration before left it: no {before!r}")
    op.get_bind().exec_driver_sql(function.replace(before, after).replace("%", "%%"))
