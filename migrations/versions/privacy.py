"""Acts on people's data, and people erased

Revision ID: privacy
Revises: sections
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "privacy"
down_revision = "sections"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("users", sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "privacy_acts",
        sa.Column("actor_id", sa.UUID(), nullable=False),
        sa.Column("subject_id", sa.UUID(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("counts", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.UUID(), nullable=False),
        sa.CheckConstraint("kind IN ('looked', 'exported', 'erased')", name=op.f("ck_privacy_acts_kind_known")),
        sa.ForeignKeyConstraint(["actor_id"], ["users.id"], name=op.f("fk_privacy_acts_actor_id"), ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(
            ["subject_id"], ["users.id"], name=op.f("fk_privacy_acts_subject_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_privacy_acts_tenant_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_privacy_acts")),
    )
    for column in ("actor_id", "subject_id", "tenant_id"):
        op.create_index(op.f(f"ix_privacy_acts_{column}"), "privacy_acts", [column])
    op.execute("ALTER TABLE privacy_acts ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE privacy_acts FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY own_tenant ON privacy_acts USING (tenant_id = (SELECT lti_grader_tenant()))"
        " WITH CHECK (tenant_id = (SELECT lti_grader_tenant()))"
    )
    op.execute("""
        CREATE FUNCTION lti_grader_keep_act() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'what was done with personal data stays on record' USING ERRCODE = 'restrict_violation';
        END $$
    """)
    op.execute("""
        CREATE TRIGGER keep_act BEFORE UPDATE OR DELETE ON privacy_acts
        FOR EACH ROW EXECUTE FUNCTION lti_grader_keep_act()
    """)
    # The application may only add to the trail of a score. What an LMS answered may name the student.
    op.execute("""
        CREATE FUNCTION lti_grader_erase_trail(person uuid) RETURNS void
        LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
            UPDATE score_delivery_events SET raw_answer = NULL
            WHERE raw_answer IS NOT NULL AND tenant_id = lti_grader_tenant()
              AND delivery_id IN (SELECT id FROM score_deliveries WHERE user_id = person)
        $$
    """)
    op.execute("REVOKE ALL ON FUNCTION lti_grader_erase_trail(uuid) FROM PUBLIC")


def downgrade() -> None:
    op.execute("DROP FUNCTION lti_grader_erase_trail(uuid)")
    op.drop_table("privacy_acts")
    op.execute("DROP FUNCTION lti_grader_keep_act()")
    op.drop_column("users", "erased_at")
