"""Groups of a class's students, in sets

Revision ID: student_groups
Revises: saved_comments
"""

import sqlalchemy as sa
from alembic import op

revision = "student_groups"
down_revision = "saved_comments"
branch_labels = None
depends_on = None

TABLES = ("group_sets", "student_groups", "student_group_members")
NOTED = {
    "group_sets": ("created_at", '{"class": "class_id"}'),
    "student_groups": ("class_id", '{"class": "class_id"}'),
    "student_group_members": ("class_id,group_set_id,student_id,joined_at", '{"class": "class_id", "student": "student_id"}'),
}  # fmt: skip


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "group_sets",
        sa.Column("class_id", sa.UUID(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("students_join", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("most_members", sa.Integer(), nullable=True),
        sa.Column("seed", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.UUID(), nullable=False),
        sa.CheckConstraint("name <> ''", name=op.f("ck_group_sets_named")),
        sa.CheckConstraint("most_members BETWEEN 1 AND 100", name=op.f("ck_group_sets_size_in_bounds")),
        sa.ForeignKeyConstraint(["class_id"], ["classes.id"], name=op.f("fk_group_sets_class_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_group_sets_tenant_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_group_sets")),
        sa.UniqueConstraint("class_id", "name", name=op.f("uq_group_sets_class_id_name")),
        sa.UniqueConstraint("id", "class_id", name=op.f("uq_group_sets_id_class_id")),
    )
    op.create_table(
        "student_groups",
        sa.Column("group_set_id", sa.UUID(), nullable=False),
        sa.Column("class_id", sa.UUID(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.UUID(), nullable=False),
        sa.CheckConstraint("name <> ''", name=op.f("ck_student_groups_named")),
        sa.ForeignKeyConstraint(
            ["group_set_id", "class_id"],
            ["group_sets.id", "group_sets.class_id"],
            name=op.f("fk_student_groups_group_set_id_class_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_student_groups_tenant_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_student_groups")),
        sa.UniqueConstraint("group_set_id", "name", name=op.f("uq_student_groups_group_set_id_name")),
        sa.UniqueConstraint("id", "group_set_id", "class_id", name=op.f("uq_student_groups_id_group_set_id_class_id")),
    )
    op.create_table(
        "student_group_members",
        sa.Column("group_id", sa.UUID(), nullable=False),
        sa.Column("student_id", sa.UUID(), nullable=False),
        sa.Column("group_set_id", sa.UUID(), nullable=False),
        sa.Column("class_id", sa.UUID(), nullable=False),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.UUID(), nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id", "group_set_id", "class_id"],
            ["student_groups.id", "student_groups.group_set_id", "student_groups.class_id"],
            name=op.f("fk_student_group_members_group_id_group_set_id_class_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["student_id"], ["users.id"], name=op.f("fk_student_group_members_student_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_student_group_members_tenant_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_student_group_members")),
        sa.UniqueConstraint(
            "group_set_id", "student_id", name=op.f("uq_student_group_members_group_set_id_student_id")
        ),
    )
    op.create_index(op.f("ix_student_groups_class_id"), "student_groups", ["class_id"])
    op.create_index(op.f("ix_student_group_members_class_id"), "student_group_members", ["class_id"])
    op.create_index(op.f("ix_student_group_members_group_id"), "student_group_members", ["group_id"])
    op.create_index(op.f("ix_student_group_members_student_id"), "student_group_members", ["student_id"])
    for table in TABLES:
        op.create_index(op.f(f"ix_{table}_tenant_id"), table, ["tenant_id"])
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY own_tenant ON {table} USING (tenant_id = (SELECT lti_grader_tenant()))"
            " WITH CHECK (tenant_id = (SELECT lti_grader_tenant()))"
        )
        passed_over, places = NOTED[table]
        op.execute(
            f"CREATE TRIGGER note_act AFTER INSERT OR UPDATE OR DELETE ON {table} FOR EACH ROW"
            f" EXECUTE FUNCTION lti_grader_note_act('{passed_over}', '{places}')"
        )


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
