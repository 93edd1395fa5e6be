"""How the marks of a class become totals: rules, categories, and what is in each

Revision ID: gradebook_totals
Revises: calendar_events
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "gradebook_totals"
down_revision = "calendar_events"
branch_labels = None
depends_on = None

# Table -> columns that say nothing of what somebody meant, and where its rows belong.
AUDITED = {
    "gradebook_rules": ("class_id", '{"class": "class_id"}'),
    "gradebook_categories": ("class_id", '{"class": "class_id"}'),
    "gradebook_filings": ("content_item_id", '{"item": "content_item_id"}'),
}


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "gradebook_rules",
        sa.Column("class_id", sa.UUID(), nullable=False),
        sa.Column("config", postgresql.JSONB(), nullable=False),
        *_shared("gradebook_rules"),
        sa.ForeignKeyConstraint(
            ["class_id"], ["classes.id"], name=op.f("fk_gradebook_rules_class_id"), ondelete="CASCADE"
        ),
        sa.UniqueConstraint("class_id", name=op.f("uq_gradebook_rules_class_id")),
    )
    op.create_table(
        "gradebook_categories",
        sa.Column("class_id", sa.UUID(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("weight", sa.Numeric(7, 3), nullable=False),
        sa.Column("drop_lowest", sa.Integer(), nullable=False),
        sa.Column("order_index", sa.Integer(), nullable=False),
        *_shared("gradebook_categories"),
        sa.CheckConstraint("weight >= 0", name=op.f("ck_gradebook_categories_weight_not_negative")),
        sa.CheckConstraint("drop_lowest >= 0", name=op.f("ck_gradebook_categories_drop_not_negative")),
        sa.ForeignKeyConstraint(
            ["class_id"], ["classes.id"], name=op.f("fk_gradebook_categories_class_id"), ondelete="CASCADE"
        ),
        sa.UniqueConstraint(
            "class_id",
            "name",
            name=op.f("uq_gradebook_categories_class_id_name"),
            deferrable=True,
            initially="DEFERRED",
        ),
    )
    op.create_table(
        "gradebook_filings",
        sa.Column("content_item_id", sa.UUID(), nullable=False),
        sa.Column("category_id", sa.UUID(), nullable=False),
        *_shared("gradebook_filings"),
        sa.ForeignKeyConstraint(
            ["content_item_id"],
            ["content_items.id"],
            name=op.f("fk_gradebook_filings_content_item_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["category_id"],
            ["gradebook_categories.id"],
            name=op.f("fk_gradebook_filings_category_id"),
            ondelete="CASCADE",
        ),
        sa.UniqueConstraint("content_item_id", name=op.f("uq_gradebook_filings_content_item_id")),
    )
    op.create_index(op.f("ix_gradebook_filings_category_id"), "gradebook_filings", ["category_id"])
    for table, (passed_over, places) in AUDITED.items():
        op.create_index(op.f(f"ix_{table}_tenant_id"), table, ["tenant_id"])
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY own_tenant ON {table} USING (tenant_id = (SELECT lti_grader_tenant()))"
            " WITH CHECK (tenant_id = (SELECT lti_grader_tenant()))"
        )
        op.execute(f"""
            CREATE TRIGGER note_act AFTER INSERT OR UPDATE OR DELETE ON {table}
            FOR EACH ROW EXECUTE FUNCTION lti_grader_note_act('{passed_over}', '{places}')
        """)


def _shared(table: str) -> list[sa.schema.SchemaItem]:
    return [
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.UUID(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f(f"fk_{table}_tenant_id"), ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    ]


def downgrade() -> None:
    for table in reversed(AUDITED):
        op.drop_table(table)
