"""How long people are at a marking

Revision ID: marking_time
Revises: group_work
"""

import sqlalchemy as sa
from alembic import op

revision = "marking_time"
down_revision = "group_work"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("markings", sa.Column("seconds_spent", sa.Integer(), server_default="0", nullable=False))
    op.create_check_constraint(op.f("ck_markings_seconds_not_negative"), "markings", "seconds_spent >= 0")
    _note("is_wanted,is_disputed,stands,seconds_spent")


def _note(derived: str) -> None:
    op.execute("DROP TRIGGER note_act ON markings")
    op.execute(f"""
        CREATE TRIGGER note_act AFTER UPDATE ON markings FOR EACH ROW EXECUTE FUNCTION
        lti_grader_note_act('attempt_id,student_id,assignment_id,assignment_problem_id,problem_version_id,round,{derived},'
                            'marker_id,done_at,revision,locked_by,locked_until',
                            '{{"item": "assignment_id", "student": "student_id"}}')
    """)


def downgrade() -> None:
    _note("is_wanted,is_disputed,stands")
    op.drop_column("markings", "seconds_spent")
