"""A bank of comments for marking, and comments that give or take points

Revision ID: saved_comments
Revises: mails
"""

import sqlalchemy as sa
from alembic import op

revision = "saved_comments"
down_revision = "mails"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("feedback", sa.Column("points", sa.Numeric(10, 4)))
    op.create_table(
        "saved_comments",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.UUID(), nullable=False),
        sa.Column("owner_id", sa.UUID(), nullable=False),
        sa.Column("class_id", sa.UUID()),
        sa.Column("problem_id", sa.UUID()),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("points", sa.Numeric(10, 4)),
        sa.Column("uses", sa.Integer(), server_default="0", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint("text <> ''", name=op.f("ck_saved_comments_says_something")),
        sa.CheckConstraint("points <> 0", name=op.f("ck_saved_comments_points_change_something")),
        sa.CheckConstraint("uses >= 0", name=op.f("ck_saved_comments_uses_not_negative")),
        *(
            sa.ForeignKeyConstraint(
                [column], [f"{to}.id"], name=op.f(f"fk_saved_comments_{column}"), ondelete=on_delete
            )
            for column, to, on_delete in (
                ("tenant_id", "tenants", "RESTRICT"),
                ("owner_id", "users", "CASCADE"),
                ("class_id", "classes", "CASCADE"),
                ("problem_id", "problems", "CASCADE"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_comments")),
    )
    for column in ("tenant_id", "owner_id", "class_id", "problem_id"):
        op.create_index(op.f(f"ix_saved_comments_{column}"), "saved_comments", [column])
    op.execute("ALTER TABLE saved_comments ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE saved_comments FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY own_tenant ON saved_comments USING (tenant_id = (SELECT lti_grader_tenant()))"
        " WITH CHECK (tenant_id = (SELECT lti_grader_tenant()))"
    )
    # How often it is used is no change of it.
    op.execute("""
        CREATE TRIGGER note_act AFTER INSERT OR UPDATE OR DELETE ON saved_comments FOR EACH ROW EXECUTE FUNCTION
        lti_grader_note_act('owner_id,class_id,uses,created_at', '{"class": "class_id"}')
    """)


def downgrade() -> None:
    op.drop_table("saved_comments")
    op.drop_column("feedback", "points")
