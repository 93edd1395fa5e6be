"""Rubrics of versions, kept with them once they are published

Revision ID: rubrics
Revises: audit_places
"""

import sqlalchemy as sa
from alembic import op

revision = "rubrics"
down_revision = "audit_places"
branch_labels = None
depends_on = None

TABLES = ("rubrics", "rubric_criteria", "rubric_levels")


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "rubrics",
        *_own(),
        sa.Column("points", sa.Numeric(10, 4), nullable=False),
        sa.Column("is_shown", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.CheckConstraint("points >= 0", name=op.f("ck_rubrics_points_not_negative")),
        sa.ForeignKeyConstraint(
            ["problem_version_id"],
            ["problem_versions.id"],
            name=op.f("fk_rubrics_problem_version_id"),
            ondelete="CASCADE",
        ),
        *_keys("rubrics"),
        sa.UniqueConstraint("problem_version_id", name=op.f("uq_rubrics_problem_version_id")),
    )
    op.create_table(
        "rubric_criteria",
        *_own(),
        sa.Column("order_index", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), server_default="", nullable=False),
        sa.Column("points", sa.Numeric(10, 4), nullable=False),
        sa.CheckConstraint("points >= 0", name=op.f("ck_rubric_criteria_points_not_negative")),
        sa.ForeignKeyConstraint(
            ["problem_version_id"],
            ["rubrics.problem_version_id"],
            name=op.f("fk_rubric_criteria_problem_version_id"),
            ondelete="CASCADE",
        ),
        *_keys("rubric_criteria"),
        sa.UniqueConstraint(
            "problem_version_id",
            "order_index",
            name=op.f("uq_rubric_criteria_problem_version_id_order_index"),
            deferrable=True,
            initially="DEFERRED",
        ),
        sa.UniqueConstraint("id", "problem_version_id", name=op.f("uq_rubric_criteria_id_problem_version_id")),
    )
    op.create_table(
        "rubric_levels",
        *_own(),
        sa.Column("criterion_id", sa.UUID(), nullable=False),
        sa.Column("order_index", sa.Integer(), nullable=False),
        sa.Column("points", sa.Numeric(10, 4), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("exemplar", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint("points >= 0", name=op.f("ck_rubric_levels_points_not_negative")),
        sa.ForeignKeyConstraint(
            ["criterion_id", "problem_version_id"],
            ["rubric_criteria.id", "rubric_criteria.problem_version_id"],
            name=op.f("fk_rubric_levels_criterion_id_problem_version_id"),
            ondelete="CASCADE",
        ),
        *_keys("rubric_levels"),
        sa.UniqueConstraint(
            "criterion_id",
            "order_index",
            name=op.f("uq_rubric_levels_criterion_id_order_index"),
            deferrable=True,
            initially="DEFERRED",
        ),
    )
    op.create_index(op.f("ix_rubric_levels_problem_version_id"), "rubric_levels", ["problem_version_id"])
    op.execute("""
        CREATE FUNCTION lti_grader_keep_rubric() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE
            touched uuid[] := ARRAY[CASE WHEN TG_OP <> 'INSERT' THEN OLD.problem_version_id END,
                                    CASE WHEN TG_OP <> 'DELETE' THEN NEW.problem_version_id END];
        BEGIN
            IF EXISTS (SELECT 1 FROM problem_versions WHERE id = ANY (touched) AND state <> 'draft') THEN
                RAISE EXCEPTION 'the rubric of a published version never changes: make a new draft'
                    USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN coalesce(NEW, OLD);
        END $$
    """)
    for table in TABLES:
        op.create_index(op.f(f"ix_{table}_tenant_id"), table, ["tenant_id"])
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY own_tenant ON {table} USING (tenant_id = (SELECT lti_grader_tenant()))"
            " WITH CHECK (tenant_id = (SELECT lti_grader_tenant()))"
        )
        op.execute(f"""
            CREATE TRIGGER keep_rubric BEFORE INSERT OR UPDATE OR DELETE ON {table}
            FOR EACH ROW EXECUTE FUNCTION lti_grader_keep_rubric()
        """)
        op.execute(f"""
            CREATE TRIGGER note_act AFTER INSERT OR UPDATE OR DELETE ON {table} FOR EACH ROW
            EXECUTE FUNCTION lti_grader_note_act('problem_version_id,criterion_id', '{{"version": "problem_version_id"}}')
        """)


def _own() -> list[sa.Column[object]]:
    return [
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.UUID(), nullable=False),
        sa.Column("problem_version_id", sa.UUID(), nullable=False),
    ]


def _keys(table: str) -> list[sa.Constraint]:
    return [
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f(f"fk_{table}_tenant_id"), ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    ]


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
    op.execute("DROP FUNCTION lti_grader_keep_rubric()")
