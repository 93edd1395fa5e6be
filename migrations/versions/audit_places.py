"""The log of changes learns from a table's trigger what its rows belong to

Where a row belongs is the trigger's second argument: JSON, from what is meant (class, item, problem, version, student) to the
column that holds its id. A new table that people change needs this line and nothing else:

    CREATE TRIGGER note_act AFTER INSERT OR UPDATE OR DELETE ON rubrics
    FOR EACH ROW EXECUTE FUNCTION lti_grader_note_act('created_at', '{"version": "problem_version_id"}')

Revision ID: audit_places
Revises: leaderboard_names
"""

import sqlalchemy as sa
from alembic import op

revision = "audit_places"
down_revision = "leaderboard_names"
branch_labels = None
depends_on = None

# What of the function is another now: before, after.
CHANGED = [
    (
        "            told jsonb := CASE",
        "            places constant jsonb := coalesce(TG_ARGV[1], '{}')::jsonb;\n            told jsonb := CASE",
    ),
    (
        "WHERE id = (told ->> 'test_group_id')::uuid;\n            END CASE;",
        """WHERE id = (told ->> 'test_group_id')::uuid;
                ELSE
                    class := told ->> (places ->> 'class');
                    item := told ->> (places ->> 'item');
                    problem := told ->> (places ->> 'problem');
                    version := told ->> (places ->> 'version');
                    student := told ->> (places ->> 'student');
            END CASE;""",
    ),
    (
        "IF TG_TABLE_NAME IN ('test_groups', 'test_cases') AND problem IS NULL THEN",
        "IF (TG_TABLE_NAME IN ('test_groups', 'test_cases') OR places ? 'version') AND problem IS NULL THEN",
    ),
]


def upgrade() -> None:
    _rewrite(CHANGED)


def downgrade() -> None:
    _rewrite([(after, before) for before, after in CHANGED])


def _rewrite(changed: list[tuple[str, str]]) -> None:
    function = op.get_bind().scalar(sa.text("SELECT pg_get_functiondef('lti_grader_note_act()'::regprocedure)"))
    for before, after in changed:
        if function.count(before) != 1:
            raise RuntimeError(f"lti_grader_note_act() is not as the migration before left it: no {before!r}")
        function = function.replace(before, after)
    op.get_bind().exec_driver_sql(function.replace("%", "%%"))
