"""Copied courses: what was copied from where, and who allowed it

Revision ID: course_copies
Revises: rosters
"""

import sqlalchemy as sa
from alembic import op

revision = "course_copies"
down_revision = "rosters"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "copied_items",
        sa.Column("copy_id", sa.UUID(), nullable=False),
        sa.Column("original_id", sa.UUID(), nullable=True),
        sa.Column("class_id", sa.UUID(), nullable=False),
        sa.Column("from_class_id", sa.UUID(), nullable=True),
        sa.Column("copied_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tenant_id", sa.UUID(), nullable=False),
        _key("copied_items", "copy_id", "content_items", "CASCADE"),
        _key("copied_items", "original_id", "content_items", "SET NULL"),
        _key("copied_items", "class_id", "classes", "CASCADE"),
        _key("copied_items", "from_class_id", "classes", "SET NULL"),
        _key("copied_items", "tenant_id", "tenants", "RESTRICT"),
        sa.PrimaryKeyConstraint("copy_id", name=op.f("pk_copied_items")),
        sa.UniqueConstraint("class_id", "original_id", name=op.f("uq_copied_items_class_id_original_id")),
    )
    _index("copied_items", "original_id", "from_class_id", "tenant_id")
    op.create_table(
        "course_copies",
        sa.Column("class_context_id", sa.UUID(), nullable=False),
        sa.Column("from_class_id", sa.UUID(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.UUID(), nullable=True),
        sa.Column("decided_by", sa.UUID(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("copied_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.UUID(), nullable=False),
        sa.CheckConstraint(
            "state IN ('asked', 'refused', 'granted', 'taken')", name=op.f("ck_course_copies_state_known")
        ),
        _key("course_copies", "class_context_id", "class_contexts", "CASCADE"),
        _key("course_copies", "from_class_id", "classes", "CASCADE"),
        _key("course_copies", "asked_by", "users", "SET NULL"),
        _key("course_copies", "decided_by", "users", "SET NULL"),
        _key("course_copies", "tenant_id", "tenants", "RESTRICT"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_course_copies")),
        sa.UniqueConstraint(
            "class_context_id", "from_class_id", name=op.f("uq_course_copies_class_context_id_from_class_id")
        ),
    )
    _index("course_copies", "from_class_id", "asked_by", "decided_by", "tenant_id")
    for table in ("copied_items", "course_copies"):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY own_tenant ON {table} USING (tenant_id = (SELECT lti_grader_tenant()))"
            " WITH CHECK (tenant_id = (SELECT lti_grader_tenant()))"
        )
    op.add_column("resource_links", sa.Column("original_id", sa.UUID(), nullable=True))
    op.create_foreign_key(
        op.f("fk_resource_links_original_id"), "resource_links", "assignments", ["original_id"], ["id"],
        ondelete="SET NULL",
    )  # fmt: skip
    _index("resource_links", "original_id")


def downgrade() -> None:
    op.drop_column("resource_links", "original_id")
    op.drop_table("course_copies")
    op.drop_table("copied_items")


def _key(table: str, column: str, to: str, ondelete: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}"), ondelete=ondelete)


def _index(table: str, *columns: str) -> None:
    for column in columns:
        op.create_index(op.f(f"ix_{table}_{column}"), table, [column], unique=False)
