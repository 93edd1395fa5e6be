"""Groups of LMS courses

Revision ID: groups
Revises: edited_links
"""

import sqlalchemy as sa
from alembic import op

revision = "groups"
down_revision = "edited_links"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("class_contexts", sa.Column("groups_url", sa.Text(), nullable=True))
    op.add_column("class_contexts", sa.Column("group_sets_url", sa.Text(), nullable=True))
    op.create_table(
        "class_groups",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.UUID(), nullable=False),
        sa.Column("class_context_id", sa.UUID(), nullable=False),
        sa.Column("group_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("set_name", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name="fk_class_groups_tenant_id", ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(
            ["class_context_id"], ["class_contexts.id"], name="fk_class_groups_class_context_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_class_groups"),
        sa.UniqueConstraint("class_context_id", "group_id", name="uq_class_groups_class_context_id_group_id"),
    )
    op.create_index("ix_class_groups_tenant_id", "class_groups", ["tenant_id"])
    op.create_table(
        "class_group_members",
        sa.Column("class_group_id", sa.UUID(), nullable=False),
        sa.Column("user_id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.UUID(), nullable=False),
        sa.ForeignKeyConstraint(
            ["class_group_id"], ["class_groups.id"], name="fk_class_group_members_class_group_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_class_group_members_user_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name="fk_class_group_members_tenant_id", ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("class_group_id", "user_id", name="pk_class_group_members"),
    )
    op.create_index("ix_class_group_members_user_id", "class_group_members", ["user_id"])
    op.create_index("ix_class_group_members_tenant_id", "class_group_members", ["tenant_id"])
    for table in ("class_groups", "class_group_members"):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY own_tenant ON {table} USING (tenant_id = (SELECT lti_grader_tenant()))"
            " WITH CHECK (tenant_id = (SELECT lti_grader_tenant()))"
        )


def downgrade() -> None:
    op.drop_table("class_group_members")
    op.drop_table("class_groups")
    op.drop_column("class_contexts", "group_sets_url")
    op.drop_column("class_contexts", "groups_url")
