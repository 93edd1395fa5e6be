"""Regrade requests: what students ask, what is answered, and what comes of it

Revision ID: regrade_requests
Revises: markings
"""

import sqlalchemy as sa
from alembic import op

revision = "regrade_requests"
down_revision = "markings"
branch_labels = None
depends_on = None

TABLES = ("regrade_requests", "regrade_request_messages")
PASSED_OVER = "assignment_id,assignment_problem_id,attempt_id,student_id,revision,opened_at,changed_at,decided_by,decided_at,job_id"


def _key(table: str, column: str, of: str, ondelete: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{of}.id"], name=op.f(f"fk_{table}_{column}"), ondelete=ondelete)


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    requests, messages = TABLES
    op.create_table(
        requests,
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("assignment_id", sa.UUID(), nullable=False),
        sa.Column("assignment_problem_id", sa.UUID(), nullable=False),
        sa.Column("attempt_id", sa.UUID(), nullable=False),
        sa.Column("student_id", sa.UUID(), nullable=False),
        sa.Column("about", sa.Text(), server_default="", nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), server_default="0", nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.UUID(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("effect", sa.Text(), nullable=True),
        sa.Column("job_id", sa.UUID(), nullable=True),
        sa.Column("mark_before", sa.Numeric(10, 4), nullable=True),
        sa.Column("mark_after", sa.Numeric(10, 4), nullable=True),
        sa.Column("tenant_id", sa.UUID(), nullable=False),
        sa.CheckConstraint(
            "status IN ('open', 'answered', 'accepted', 'declined', 'withdrawn')",
            name=op.f("ck_regrade_requests_status_known"),
        ),
        sa.CheckConstraint("effect IN ('points', 'judged')", name=op.f("ck_regrade_requests_effect_known")),
        sa.CheckConstraint(
            "(status = 'accepted') = (effect IS NOT NULL)", name=op.f("ck_regrade_requests_accepted_has_effect")
        ),
        sa.CheckConstraint(
            "(status IN ('accepted', 'declined', 'withdrawn')) = (decided_at IS NOT NULL)",
            name=op.f("ck_regrade_requests_decided_has_time"),
        ),
        sa.CheckConstraint("revision >= 0", name=op.f("ck_regrade_requests_revision_not_negative")),
        _key(requests, "assignment_id", "assignments", "CASCADE"),
        _key(requests, "assignment_problem_id", "assignment_problems", "CASCADE"),
        _key(requests, "attempt_id", "submission_attempts", "CASCADE"),
        _key(requests, "student_id", "users", "CASCADE"),
        _key(requests, "decided_by", "users", "SET NULL"),
        _key(requests, "job_id", "grading_jobs", "SET NULL"),
        _key(requests, "tenant_id", "tenants", "RESTRICT"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_regrade_requests")),
    )
    op.create_index(
        "uq_regrade_requests_one_undecided",
        requests,
        ["student_id", "assignment_problem_id"],
        unique=True,
        postgresql_where=sa.text("status IN ('open', 'answered')"),
    )
    op.create_index("ix_regrade_requests_assignment_id_status", requests, ["assignment_id", "status"])
    op.create_index("ix_regrade_requests_student_id_assignment_id", requests, ["student_id", "assignment_id"])
    for column in ("assignment_problem_id", "attempt_id", "decided_by", "job_id", "tenant_id"):
        op.create_index(op.f(f"ix_regrade_requests_{column}"), requests, [column])
    op.create_table(
        messages,
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("request_id", sa.UUID(), nullable=False),
        sa.Column("author_id", sa.UUID(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("tenant_id", sa.UUID(), nullable=False),
        _key(messages, "request_id", requests, "CASCADE"),
        _key(messages, "author_id", "users", "CASCADE"),
        _key(messages, "tenant_id", "tenants", "RESTRICT"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_regrade_request_messages")),
    )
    for column in ("request_id", "author_id", "tenant_id"):
        op.create_index(op.f(f"ix_regrade_request_messages_{column}"), messages, [column])
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY own_tenant ON {table} USING (tenant_id = (SELECT lti_grader_tenant()))"
            " WITH CHECK (tenant_id = (SELECT lti_grader_tenant()))"
        )
    op.execute(f"""
        CREATE TRIGGER note_act AFTER INSERT OR UPDATE OR DELETE ON {requests} FOR EACH ROW
        EXECUTE FUNCTION lti_grader_note_act('{PASSED_OVER}', '{{"item": "assignment_id", "student": "student_id"}}')
    """)


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
