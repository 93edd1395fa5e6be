"""Questions of quizzes

Revision ID: quizzes
Revises: generated_institutions
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "quizzes"
down_revision = "generated_institutions"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column(
        "problem_versions", sa.Column("quiz", postgresql.JSONB(), nullable=False, server_default=sa.text("'{}'"))
    )
    op.create_check_constraint(
        op.f("ck_problem_versions_quiz_has_questions"), "problem_versions", "(kind = 'quiz') = (quiz <> '{}')"
    )


def downgrade() -> None:
    op.drop_constraint(op.f("ck_problem_versions_quiz_has_questions"), "problem_versions", type_="check")
    op.drop_column("problem_versions", "quiz")
