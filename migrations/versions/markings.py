"""What people give for answers: markings, scores by criterion, comments

Revision ID: markings
Revises: gradebook_totals
"""

import sqlalchemy as sa
from alembic import op

revision = "markings"
down_revision = "gradebook_totals"
branch_labels = None
depends_on = None

TABLES = ("markings", "rubric_scores", "feedback")
# What of a row is no act of anybody's: whose it is, who holds it, and how often it was written.
PASSED_OVER = {
    "markings": "attempt_id,student_id,assignment_id,assignment_problem_id,problem_version_id,round,is_wanted,stands,"
    "marker_id,done_at,revision,locked_by,locked_until",
    "rubric_scores": "marking_id,student_id,assignment_id,criterion_id,level_id,grader_id,given_at",
    "feedback": "attempt_id,marking_id,student_id,assignment_id,criterion_id,author_id,created_at,source,type,state",
}


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    _markings()
    _scores()
    _feedback()
    for table in TABLES:
        op.create_index(op.f(f"ix_{table}_tenant_id"), table, ["tenant_id"])
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY own_tenant ON {table} USING (tenant_id = (SELECT lti_grader_tenant()))"
            " WITH CHECK (tenant_id = (SELECT lti_grader_tenant()))"
        )
        # That a submission waits for its marking is nobody's act.
        events = "UPDATE" if table == "markings" else "INSERT OR UPDATE OR DELETE"
        op.execute(f"""
            CREATE TRIGGER note_act AFTER {events} ON {table} FOR EACH ROW EXECUTE FUNCTION
            lti_grader_note_act('{PASSED_OVER[table]}', '{{"item": "assignment_id", "student": "student_id"}}')
        """)


def _markings() -> None:
    op.create_table(
        "markings",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.UUID(), nullable=False),
        sa.Column("attempt_id", sa.UUID(), nullable=False),
        sa.Column("student_id", sa.UUID(), nullable=False),
        sa.Column("assignment_id", sa.UUID(), nullable=False),
        sa.Column("assignment_problem_id", sa.UUID(), nullable=False),
        sa.Column("problem_version_id", sa.UUID(), nullable=False),
        sa.Column("round", sa.SmallInteger(), server_default="1", nullable=False),
        sa.Column("is_wanted", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("stands", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("points", sa.Numeric(10, 4), server_default="0", nullable=False),
        sa.Column("adjustment", sa.Numeric(10, 4), server_default="0", nullable=False),
        sa.Column("adjustment_reason", sa.Text(), server_default="", nullable=False),
        sa.Column("private_notes", sa.Text(), server_default="", nullable=False),
        sa.Column("marker_id", sa.UUID()),
        sa.Column("done_at", sa.DateTime(timezone=True)),
        sa.Column("revision", sa.Integer(), server_default="0", nullable=False),
        sa.Column("locked_by", sa.UUID()),
        sa.Column("locked_until", sa.DateTime(timezone=True)),
        sa.CheckConstraint("state IN ('unmarked', 'in_progress', 'done')", name=op.f("ck_markings_state_known")),
        sa.CheckConstraint("round BETWEEN 1 AND 3", name=op.f("ck_markings_round_known")),
        sa.CheckConstraint("(state = 'done') = (done_at IS NOT NULL)", name=op.f("ck_markings_done_has_time")),
        sa.CheckConstraint("NOT stands OR state = 'done'", name=op.f("ck_markings_what_stands_is_done")),
        sa.CheckConstraint(
            "adjustment = 0 OR adjustment_reason <> ''", name=op.f("ck_markings_adjustment_has_reason")
        ),
        sa.CheckConstraint(
            "(locked_by IS NULL) = (locked_until IS NULL)", name=op.f("ck_markings_lock_has_end")
        ),
        sa.CheckConstraint("revision >= 0", name=op.f("ck_markings_revision_not_negative")),
        *_references("markings", {
            "tenant_id": ("tenants", "RESTRICT"), "attempt_id": ("submission_attempts", "CASCADE"),
            "student_id": ("users", "CASCADE"), "assignment_id": ("assignments", "CASCADE"),
            "assignment_problem_id": ("assignment_problems", "CASCADE"),
            "problem_version_id": ("problem_versions", "RESTRICT"), "marker_id": ("users", "SET NULL"),
            "locked_by": ("users", "SET NULL"),
        }),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_markings")),
        sa.UniqueConstraint("attempt_id", "round", name=op.f("uq_markings_attempt_id_round")),
        sa.UniqueConstraint(
            "id", "assignment_id", "student_id", name=op.f("uq_markings_id_assignment_id_student_id")
        ),
    )  # fmt: skip
    op.create_index(
        "uq_markings_one_stands", "markings", ["attempt_id"], unique=True, postgresql_where=sa.text("stands")
    )
    op.create_index("ix_markings_assignment_problem_id_state", "markings", ["assignment_problem_id", "state"])
    for column in ("student_id", "assignment_id", "problem_version_id", "marker_id", "locked_by"):
        op.create_index(op.f(f"ix_markings_{column}"), "markings", [column])


def _scores() -> None:
    op.create_table(
        "rubric_scores",
        *_of_marking(),
        sa.Column("criterion_id", sa.UUID(), nullable=False),
        sa.Column("level_id", sa.UUID(), nullable=False),
        sa.Column("points", sa.Numeric(10, 4), nullable=False),
        sa.Column("grader_id", sa.UUID()),
        sa.Column("criterion_name", sa.Text(), nullable=False),
        sa.Column("criterion_points", sa.Numeric(10, 4), nullable=False),
        sa.Column("level_description", sa.Text(), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("points >= 0", name=op.f("ck_rubric_scores_points_not_negative")),
        _composite("rubric_scores"),
        *_references("rubric_scores", {
            "tenant_id": ("tenants", "RESTRICT"), "criterion_id": ("rubric_criteria", "RESTRICT"),
            "level_id": ("rubric_levels", "RESTRICT"), "grader_id": ("users", "SET NULL"),
        }),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rubric_scores")),
        sa.UniqueConstraint("marking_id", "criterion_id", name=op.f("uq_rubric_scores_marking_id_criterion_id")),
    )  # fmt: skip
    for column in ("assignment_id", "student_id", "criterion_id", "level_id", "grader_id"):
        op.create_index(op.f(f"ix_rubric_scores_{column}"), "rubric_scores", [column])


def _feedback() -> None:
    op.create_table(
        "feedback",
        *_of_marking(),
        sa.Column("attempt_id", sa.UUID(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("criterion_id", sa.UUID()),
        sa.Column("path", sa.Text()),
        sa.Column("first_line", sa.Integer()),
        sa.Column("last_line", sa.Integer()),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("author_id", sa.UUID()),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "type IN ('grammar', 'style', 'structure', 'content', 'code')", name=op.f("ck_feedback_type_known")
        ),
        sa.CheckConstraint("source IN ('rule', 'ai', 'teacher')", name=op.f("ck_feedback_source_known")),
        sa.CheckConstraint(
            "state IN ('proposed', 'accepted', 'edited', 'rejected', 'released')", name=op.f("ck_feedback_state_known")
        ),
        sa.CheckConstraint(
            "num_nonnulls(path, first_line, last_line) IN (0, 3)", name=op.f("ck_feedback_lines_of_a_file")
        ),
        sa.CheckConstraint("first_line >= 1 AND last_line >= first_line", name=op.f("ck_feedback_lines_in_order")),
        sa.CheckConstraint("text <> ''", name=op.f("ck_feedback_says_something")),
        _composite("feedback"),
        *_references("feedback", {
            "tenant_id": ("tenants", "RESTRICT"), "attempt_id": ("submission_attempts", "CASCADE"),
            "criterion_id": ("rubric_criteria", "RESTRICT"), "author_id": ("users", "SET NULL"),
        }),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feedback")),
    )  # fmt: skip
    op.create_index("ix_feedback_marking_id", "feedback", ["marking_id"])
    for column in ("attempt_id", "assignment_id", "student_id", "criterion_id", "author_id"):
        op.create_index(op.f(f"ix_feedback_{column}"), "feedback", [column])


def _of_marking() -> list[sa.Column[object]]:
    names = ("id", "tenant_id", "marking_id", "assignment_id", "student_id")
    return [sa.Column(one, sa.UUID(), nullable=False) for one in names]


def _composite(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["marking_id", "assignment_id", "student_id"],
        ["markings.id", "markings.assignment_id", "markings.student_id"],
        name=op.f(f"fk_{table}_marking_id_assignment_id_student_id"),
        ondelete="CASCADE",
    )


def _references(table: str, wanted: dict[str, tuple[str, str]]) -> list[sa.ForeignKeyConstraint]:
    return [
        sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}"), ondelete=on_delete)
        for column, (to, on_delete) in wanted.items()
    ]


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
