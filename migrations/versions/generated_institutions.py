"""Institutions that were made up, and can be taken away whole

Everything that belongs to one is marked by its institution. The mark is given as the institution is made and never afterwards:
no institution that has real people can get it. Where it stands, and only there, also what is kept for ever can be removed, by
one function. A function that keeps rows, in a later migration, begins with the line `_GOES`; a test looks for it.

Revision ID: generated_institutions
Revises: notifications
"""

import sqlalchemy as sa
from alembic import op

revision = "generated_institutions"
down_revision = "notifications"
branch_labels = None
depends_on = None

# What keeps rows for ever, and does not know of erasing.
KEEPING = (
    "lti_grader_keep_version", "lti_grader_keep_tests", "lti_grader_keep_rubric", "lti_grader_keep_act",
    "lti_grader_keep_action",
)  # fmt: skip
LOG = "lti_grader_keep_log"
_BEGIN = "BEGIN\n"
_GOES = "BEGIN\n            IF TG_OP = 'DELETE' AND lti_grader_goes(OLD.tenant_id) THEN RETURN OLD; END IF;\n"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("tenants", sa.Column("generated_at", sa.DateTime(timezone=True), nullable=True))
    op.execute("""
        CREATE FUNCTION lti_grader_keep_mark() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'whether an institution is made up is said when it is made, and never changes'
                USING ERRCODE = 'restrict_violation';
        END $$
    """)
    op.execute("""
        CREATE TRIGGER keep_mark BEFORE UPDATE ON tenants FOR EACH ROW
        WHEN (OLD.generated_at IS DISTINCT FROM NEW.generated_at) EXECUTE FUNCTION lti_grader_keep_mark()
    """)
    op.execute("""
        CREATE FUNCTION lti_grader_goes(institution uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
            SELECT coalesce(current_setting('app.removing', true), '') = institution::text
               AND EXISTS (SELECT 1 FROM tenants WHERE id = institution AND generated_at IS NOT NULL)
        $$
    """)
    for function in (*KEEPING, LOG):
        _rewrite(function, _BEGIN, _GOES)
    _remove()


def _remove() -> None:
    """Everything of the institution that the transaction is in, and the institution: the application may delete no log."""
    op.execute("""
        CREATE FUNCTION lti_grader_remove_generated(listed text[]) RETURNS bigint
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
        DECLARE
            institution constant uuid := lti_grader_tenant();
            one text;
            rows bigint;
            removed bigint := 0;
        BEGIN
            IF NOT EXISTS (SELECT 1 FROM tenants WHERE id = institution AND generated_at IS NOT NULL) THEN
                RAISE EXCEPTION 'only an institution that was made up can be removed'
                    USING ERRCODE = 'restrict_violation';
            END IF;
            PERFORM set_config('app.removing', institution::text, true), set_config('app.erasing', 'on', true);
            FOREACH one IN ARRAY listed LOOP
                EXECUTE format('DELETE FROM %I WHERE tenant_id = $1', one) USING institution;
                GET DIAGNOSTICS rows = ROW_COUNT;
                removed := removed + rows;
            END LOOP;
            -- What was removed is told in the log as well, so it is the last to go.
            DELETE FROM audit_log WHERE tenant_id = institution;
            DELETE FROM tenants WHERE id = institution;
            PERFORM set_config('app.removing', '', true), set_config('app.erasing', '', true);
            RETURN removed;
        END $$
    """)
    op.execute("REVOKE ALL ON FUNCTION lti_grader_remove_generated(text[]) FROM PUBLIC")


def downgrade() -> None:
    op.execute("DROP FUNCTION lti_grader_remove_generated(text[])")
    for function in (*KEEPING, LOG):
        _rewrite(function, _GOES, _BEGIN)
    op.execute("DROP FUNCTION lti_grader_goes(uuid)")
    op.execute("DROP TRIGGER keep_mark ON tenants")
    op.execute("DROP FUNCTION lti_grader_keep_mark()")
    op.drop_column("tenants", "generated_at")


def _rewrite(function: str, before: str, after: str) -> None:
    text = op.get_bind().scalar(sa.text(f"SELECT pg_get_functiondef('{function}()'::regprocedure)"))
    if text.count(before) != 1:
        raise RuntimeError(f"{function}() is not as the migration before left it: no {before!r}")
    op.get_bind().exec_driver_sql(text.replace(before, after).replace("%", "%%"))
