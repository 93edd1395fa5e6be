"""Who changed what: an append-only, chained log that the database itself writes

Revision ID: audit_log
Revises: told_reasons
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "audit_log"
down_revision = "told_reasons"
branch_labels = None
depends_on = None

# Table -> columns that say nothing of what somebody meant.
AUDITED = {
    "classes": "created_at",
    "modules": "class_id",
    "content_items": "created_at,type",
    "assignments": "",
    "assignment_problems": "assignment_id",
    "access_overrides": "assignment_id,granted_by,created_at,changed_at",
    "problems": "created_at",
    "problem_versions": "problem_id,created_at,created_by,published_at,published_by,revision",
    "test_groups": "problem_version_id",
    "test_cases": "test_group_id",
}  # fmt: skip
# What a person did to a grade; what programs come to is told by attempts and judgings, which are kept for ever.
BY_HAND = ("override_points", "override_reason", "overridden_by", "manual_feedback", "private_notes")


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "audit_log",
        sa.Column("id", sa.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("tenant_id", sa.UUID(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("actor_id", sa.UUID(), nullable=True),
        sa.Column("role", sa.Text(), server_default=sa.text("session_user"), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.UUID(), nullable=False),
        sa.Column("class_id", sa.UUID(), nullable=True),
        sa.Column("content_item_id", sa.UUID(), nullable=True),
        sa.Column("problem_id", sa.UUID(), nullable=True),
        sa.Column("student_id", sa.UUID(), nullable=True),
        sa.Column("before", postgresql.JSONB(), nullable=True),
        sa.Column("after", postgresql.JSONB(), nullable=True),
        sa.Column("salt", sa.LargeBinary(), nullable=True),
        sa.Column("content_hash", sa.LargeBinary(), nullable=False),
        sa.Column("previous_hash", sa.LargeBinary(), nullable=True),
        sa.Column("hash", sa.LargeBinary(), nullable=True),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("action IN ('insert', 'update', 'delete')", name=op.f("ck_audit_log_action_known")),
        sa.CheckConstraint(
            "num_nonnulls(number, previous_hash, hash) IN (0, 3)", name=op.f("ck_audit_log_sealed_whole")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_audit_log_tenant_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_log")),
        sa.UniqueConstraint("tenant_id", "number", name=op.f("uq_audit_log_tenant_id_number")),
    )
    for column in ("class_id", "content_item_id", "problem_id", "student_id"):
        op.create_index(
            f"ix_audit_log_{column}_number", "audit_log", [column, "number"],
            postgresql_where=sa.text(f"{column} IS NOT NULL"),
        )  # fmt: skip
    op.create_index(op.f("ix_audit_log_tenant_id"), "audit_log", ["tenant_id"])
    op.execute("ALTER TABLE audit_log ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE audit_log FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY own_tenant ON audit_log USING (tenant_id = (SELECT lti_grader_tenant()))"
        " WITH CHECK (tenant_id = (SELECT lti_grader_tenant()))"
    )
    _keep()
    _seal()
    _note()
    for table, passed_over in AUDITED.items():
        op.execute(f"""
            CREATE TRIGGER note_act AFTER INSERT OR UPDATE OR DELETE ON {table}
            FOR EACH ROW EXECUTE FUNCTION lti_grader_note_act('{passed_over}')
        """)
    changed = " OR ".join(f"OLD.{one} IS DISTINCT FROM NEW.{one}" for one in BY_HAND)
    excused = "(OLD.status IS DISTINCT FROM NEW.status AND 'excused' IN (OLD.status, NEW.status))"
    passed_over = "content_item_id,student_id,revision,updated_at,score_obtained,max_score,submitted_at,overridden_by"
    op.execute(f"""
        CREATE TRIGGER note_act AFTER UPDATE ON gradebook_entries FOR EACH ROW WHEN ({changed} OR {excused})
        EXECUTE FUNCTION lti_grader_note_act('{passed_over}')
    """)
    # What its judgings come to is no act; that somebody begins, gives up or applies one is.
    passed_over = "started_by,started_at,applied_at,done_at,tries,next_try_at,marks_changed"
    decided = "OLD.state IS DISTINCT FROM NEW.state AND NEW.state IN ('applying', 'cancelled')"
    for name, event in (("note_begun", "INSERT"), ("note_act", "UPDATE")):
        when = f"WHEN ({decided})" if event == "UPDATE" else ""
        op.execute(f"""
            CREATE TRIGGER {name} AFTER {event} ON regrades FOR EACH ROW {when}
            EXECUTE FUNCTION lti_grader_note_act('{passed_over}')
        """)


def _keep() -> None:
    """Rows are added and sealed. What stands in one about a person can be taken out where they are erased."""
    op.execute("""
        CREATE FUNCTION lti_grader_keep_log() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE
            sealing constant text[] := ARRAY['number', 'previous_hash', 'hash'];
            content constant text[] := ARRAY['before', 'after', 'salt', 'erased_at'];
        BEGIN
            IF TG_OP = 'UPDATE' AND OLD.hash IS NULL AND to_jsonb(NEW) - sealing = to_jsonb(OLD) - sealing THEN
                RETURN NEW;
            END IF;
            IF TG_OP = 'UPDATE' AND coalesce(current_setting('app.erasing', true), '') = 'on'
               AND num_nonnulls(NEW.before, NEW.after, NEW.salt) = 0
               AND to_jsonb(NEW) - content = to_jsonb(OLD) - content THEN
                RETURN NEW;
            END IF;
            RAISE EXCEPTION 'the log of changes is only added to' USING ERRCODE = 'restrict_violation';
        END $$
    """)
    op.execute("""
        CREATE TRIGGER keep_log BEFORE UPDATE OR DELETE ON audit_log
        FOR EACH ROW EXECUTE FUNCTION lti_grader_keep_log()
    """)
    op.execute("""
        CREATE TRIGGER keep_log_whole BEFORE TRUNCATE ON audit_log
        FOR EACH STATEMENT EXECUTE FUNCTION lti_grader_keep_log()
    """)
    # The application may only add to the log.
    op.execute("""
        CREATE FUNCTION lti_grader_erase_log(person uuid) RETURNS void
        LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
            UPDATE audit_log SET before = NULL, after = NULL, salt = NULL, erased_at = now()
            WHERE student_id = person AND tenant_id = lti_grader_tenant() AND erased_at IS NULL
        $$
    """)
    op.execute("REVOKE ALL ON FUNCTION lti_grader_erase_log(uuid) FROM PUBLIC")


def _seal() -> None:
    """Number and chain rows as their transaction commits: the lock on the chain is the last that it takes."""
    op.execute("""
        CREATE FUNCTION lti_grader_seal_log() RETURNS trigger
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
        DECLARE
            last record;
            next_number bigint;
            previous bytea;
        BEGIN
            PERFORM pg_advisory_xact_lock(hashtextextended('lti_grader.audit_log:' || NEW.tenant_id, 0));
            SELECT number, hash INTO last FROM audit_log
            WHERE tenant_id = NEW.tenant_id AND number IS NOT NULL ORDER BY number DESC LIMIT 1;
            next_number := coalesce(last.number, 0) + 1;
            previous := coalesce(last.hash, sha256(convert_to(NEW.tenant_id::text, 'UTF8')));
            UPDATE audit_log SET
                number = next_number,
                previous_hash = previous,
                hash = sha256(convert_to(jsonb_build_array(
                    next_number, encode(previous, 'hex'), tenant_id, (extract(epoch FROM at) * 1000000)::bigint, actor_id,
                    role, action, subject, subject_id, class_id, content_item_id, problem_id, student_id,
                    encode(content_hash, 'hex')
                )::text, 'UTF8'))
            WHERE id = NEW.id;
            RETURN NULL;
        END $$
    """)
    op.execute("""
        CREATE CONSTRAINT TRIGGER seal_log AFTER INSERT ON audit_log DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION lti_grader_seal_log()
    """)


def _note() -> None:
    """Write a row of the log for a row of another table: what it was, what it is, who said so, and of what it is a part."""
    op.execute("""
        CREATE FUNCTION lti_grader_told(given jsonb, passed_over text[]) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
            SELECT jsonb_object_agg(key, CASE
                WHEN jsonb_typeof(value) = 'string' AND length(value #>> '{}') > 2000
                    THEN jsonb_build_object('sha256', encode(sha256(convert_to(value #>> '{}', 'UTF8')), 'hex'),
                                            'characters', length(value #>> '{}'))
                ELSE value END)
            FROM jsonb_each(given)
            WHERE key <> ALL (passed_over) AND key NOT IN ('id', 'tenant_id') AND value <> 'null'::jsonb
        $$
    """)
    op.execute("""
        CREATE FUNCTION lti_grader_note_act() RETURNS trigger
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
        DECLARE
            passed_over constant text[] := string_to_array(TG_ARGV[0], ',');
            told jsonb := CASE WHEN TG_OP = 'DELETE' THEN to_jsonb(OLD) ELSE to_jsonb(NEW) END;
            was jsonb := CASE WHEN TG_OP <> 'INSERT' THEN coalesce(lti_grader_told(to_jsonb(OLD), passed_over), '{}') END;
            became jsonb := CASE WHEN TG_OP <> 'DELETE' THEN coalesce(lti_grader_told(told, passed_over), '{}') END;
            salt constant bytea := decode(replace(gen_random_uuid()::text, '-', ''), 'hex');
            class uuid;
            item uuid;
            problem uuid;
            version problem_versions.id%TYPE;
            student uuid;
        BEGIN
            IF TG_OP = 'UPDATE' THEN
                SELECT jsonb_object_agg(key, value) INTO was FROM jsonb_each(was) WHERE became -> key IS DISTINCT FROM value;
                SELECT jsonb_object_agg(key, value) INTO became FROM jsonb_each(became)
                WHERE lti_grader_told(to_jsonb(OLD), passed_over) -> key IS DISTINCT FROM value;
                IF was IS NULL AND became IS NULL THEN RETURN NULL; END IF;
                was := coalesce(was, '{}');
                became := coalesce(became, '{}');
            END IF;
            CASE TG_TABLE_NAME
                WHEN 'classes' THEN class := told ->> 'id';
                WHEN 'modules' THEN class := told ->> 'class_id';
                WHEN 'content_items', 'assignments' THEN item := told ->> 'id';
                WHEN 'assignment_problems' THEN item := told ->> 'assignment_id';
                WHEN 'access_overrides' THEN item := told ->> 'assignment_id'; student := told ->> 'user_id';
                WHEN 'gradebook_entries' THEN item := told ->> 'content_item_id'; student := told ->> 'student_id';
                WHEN 'regrades' THEN
                    SELECT assignment_id INTO item FROM assignment_problems
                    WHERE id = (told ->> 'assignment_problem_id')::uuid;
                WHEN 'problems' THEN problem := told ->> 'id';
                WHEN 'problem_versions' THEN problem := told ->> 'problem_id';
                WHEN 'test_groups' THEN version := told ->> 'problem_version_id';
                WHEN 'test_cases' THEN
                    SELECT problem_version_id INTO version FROM test_groups WHERE id = (told ->> 'test_group_id')::uuid;
            END CASE;
            IF version IS NOT NULL THEN
                -- Tests that come or go together with their version are told by the version.
                SELECT problem_id INTO problem FROM problem_versions
                WHERE id = version AND NOT (TG_OP = 'INSERT' AND xmin = pg_current_xact_id()::xid);
            END IF;
            IF TG_TABLE_NAME IN ('test_groups', 'test_cases') AND problem IS NULL THEN RETURN NULL; END IF;
            IF item IS NOT NULL THEN
                SELECT m.class_id INTO class FROM content_items c JOIN modules m ON m.id = c.module_id WHERE c.id = item;
            END IF;
            INSERT INTO audit_log (
                tenant_id, actor_id, action, subject, subject_id, class_id, content_item_id, problem_id, student_id,
                before, after, salt, content_hash
            ) VALUES (
                (told ->> 'tenant_id')::uuid, nullif(current_setting('app.actor', true), '')::uuid, lower(TG_OP), TG_TABLE_NAME,
                (told ->> 'id')::uuid, class, item, problem, student, was, became, salt,
                sha256(salt || convert_to(jsonb_build_array(was, became)::text, 'UTF8'))
            );
            RETURN NULL;
        END $$
    """)


def downgrade() -> None:
    op.execute("DROP TRIGGER note_begun ON regrades")
    for table in (*AUDITED, "gradebook_entries", "regrades"):
        op.execute(f"DROP TRIGGER note_act ON {table}")
    op.drop_table("audit_log")
    for function in (
        "lti_grader_note_act()", "lti_grader_told(jsonb, text[])", "lti_grader_seal_log()", "lti_grader_erase_log(uuid)",
        "lti_grader_keep_log()",
    ):  # fmt: skip
        op.execute(f"DROP FUNCTION {function}")
