"""Submissions that are alike: reports, what they compare and found, what staff make of it, and who looked

Revision ID: similarity
Revises: problem_imports
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "similarity"
down_revision = "problem_imports"
branch_labels = None
depends_on = None

_TABLES = ("similarity_reports", "similarity_programs", "similarity_pairs", "similarity_notes", "similarity_acts")


def _table(name: str, *columns: object, refers: dict[str, tuple[str, str]], unindexed: tuple[str, ...] = ()) -> None:
    """Make a table with an id and a tenant; `refers` is column -> (table, what becomes of the row with the other)."""
    keys = {**refers, "tenant_id": ("tenants", "RESTRICT")}
    op.create_table(
        name,
        *columns,
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.UUID(), nullable=False),
        *[
            sa.ForeignKeyConstraint([one], [f"{other}.id"], name=op.f(f"fk_{name}_{one}"), ondelete=rule)
            for one, (other, rule) in keys.items()
        ],
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
    )
    for one in keys:
        if one not in unindexed:
            op.create_index(op.f(f"ix_{name}_{one}"), name, [one])


def _check(table: str, name: str, rule: str) -> None:
    op.create_check_constraint(op.f(f"ck_{table}_{name}"), table, rule)


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    _reports()
    _programs_and_pairs()
    _notes_and_acts()
    for table in _TABLES:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY own_tenant ON {table} USING (tenant_id = (SELECT lti_grader_tenant()))"
            " WITH CHECK (tenant_id = (SELECT lti_grader_tenant()))"
        )
    op.execute("CREATE POLICY read_by_system ON similarity_reports FOR SELECT USING ((SELECT lti_grader_system()))")


def _reports() -> None:
    name = "similarity_reports"
    _table(
        name,
        sa.Column("assignment_problem_id", sa.UUID(), nullable=False),
        sa.Column("with_earlier", sa.Boolean(), nullable=False),
        sa.Column("without_solution", sa.Boolean(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("started_by", sa.UUID(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("read", sa.Integer(), server_default="0", nullable=False),
        sa.Column("earlier_left_out", sa.Integer(), server_default="0", nullable=False),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=False),
        refers={"assignment_problem_id": ("assignment_problems", "CASCADE"), "started_by": ("users", "SET NULL")},
        unindexed=("assignment_problem_id",),
    )
    _check(name, "state_known", "state IN ('comparing', 'done', 'cancelled', 'failed')")
    _check(name, "ended_has_time", "(state = 'comparing') = (ended_at IS NULL)")
    _check(name, "failed_says_why", "(state = 'failed') = (error IS NOT NULL)")
    op.create_index("ix_similarity_reports_problem_started", name, ["assignment_problem_id", "started_at"])
    comparing = sa.text("state = 'comparing'")
    op.create_index(
        "uq_similarity_reports_one_open", name, ["assignment_problem_id"], unique=True, postgresql_where=comparing
    )
    op.create_index("ix_similarity_reports_owed", name, ["next_try_at"], postgresql_where=comparing)


def _programs_and_pairs() -> None:
    name = "similarity_programs"
    _table(
        name,
        sa.Column("report_id", sa.UUID(), nullable=False),
        sa.Column("attempt_id", sa.UUID(), nullable=False),
        sa.Column("kin", sa.Text(), nullable=False),
        sa.Column("is_own", sa.Boolean(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=True),
        sa.Column("highest", sa.Numeric(5, 4), nullable=True),
        refers={"report_id": ("similarity_reports", "CASCADE"), "attempt_id": ("submission_attempts", "CASCADE")},
        unindexed=("report_id",),
    )
    op.create_unique_constraint(op.f(f"uq_{name}_report_id_attempt_id"), name, ["report_id", "attempt_id"])
    _check(name, "compared_at_once", "(size IS NULL) = (highest IS NULL)")
    name = "similarity_pairs"
    _table(
        name,
        sa.Column("report_id", sa.UUID(), nullable=False),
        sa.Column("left_id", sa.UUID(), nullable=False),
        sa.Column("right_id", sa.UUID(), nullable=False),
        sa.Column("score", sa.Numeric(5, 4), nullable=False),
        sa.Column("left_share", sa.Numeric(5, 4), nullable=False),
        sa.Column("right_share", sa.Numeric(5, 4), nullable=False),
        sa.Column("longest", sa.Integer(), nullable=False),
        sa.Column("passages", postgresql.JSONB(), nullable=False),
        sa.Column("cluster", sa.Integer(), nullable=True),
        refers={
            "report_id": ("similarity_reports", "CASCADE"),
            "left_id": ("similarity_programs", "CASCADE"),
            "right_id": ("similarity_programs", "CASCADE"),
        },
        unindexed=("report_id", "left_id"),
    )
    op.create_unique_constraint(op.f(f"uq_{name}_left_id_right_id"), name, ["left_id", "right_id"])
    op.create_index("ix_similarity_pairs_report_score", name, ["report_id", "score"])
    _check(name, "two", "left_id <> right_id")
    _check(name, "score_is_share", "score BETWEEN 0 AND 1")


def _notes_and_acts() -> None:
    name = "similarity_notes"
    _table(
        name,
        sa.Column("first_attempt_id", sa.UUID(), nullable=False),
        sa.Column("second_attempt_id", sa.UUID(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), server_default="", nullable=False),
        sa.Column("by", sa.UUID(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        refers={
            "first_attempt_id": ("submission_attempts", "CASCADE"),
            "second_attempt_id": ("submission_attempts", "CASCADE"),
            "by": ("users", "SET NULL"),
        },
        unindexed=("first_attempt_id",),
    )
    op.create_index("ix_similarity_notes_pair", name, ["first_attempt_id", "second_attempt_id"])
    _check(name, "decision_known", "decision IN ('nothing', 'looked', 'talk')")
    _check(name, "in_order", "first_attempt_id < second_attempt_id")
    name = "similarity_acts"
    _table(
        name,
        sa.Column("report_id", sa.UUID(), nullable=False),
        sa.Column("pair_id", sa.UUID(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("by", sa.UUID(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        refers={
            "report_id": ("similarity_reports", "CASCADE"),
            "pair_id": ("similarity_pairs", "CASCADE"),
            "by": ("users", "SET NULL"),
        },
    )
    _check(name, "kind_known", "kind IN ('started', 'cancelled', 'opened', 'compared', 'noted', 'exported')")


def downgrade() -> None:
    for table in reversed(_TABLES):
        op.drop_table(table)
