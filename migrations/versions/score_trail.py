"""The trail of each score

Revision ID: score_trail
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "score_trail"
down_revision = "0001"
branch_labels = None
depends_on = None

_KINDS = (
    "'queued', 'superseded', 'excluded', 'sent', 'answered', 'unseen', 'verified', 'overridden', 'failed', 'resent',"
    " 'frozen', 'unfrozen', 'reconciled'"
)


def upgrade() -> None:
    op.create_table(
        "score_delivery_events",
        sa.Column("delivery_id", sa.UUID(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.UUID(), nullable=True),
        sa.Column("actor_name", sa.Text(), nullable=True),
        sa.Column("words", sa.Text(), server_default="", nullable=False),
        sa.Column("raw_answer", sa.Text(), nullable=True),
        sa.Column("holds", sa.Numeric(precision=10, scale=4), nullable=True),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.UUID(), nullable=False),
        sa.CheckConstraint(f"kind IN ({_KINDS})", name=op.f("ck_score_delivery_events_kind_known")),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["users.id"], name=op.f("fk_score_delivery_events_actor_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["delivery_id"],
            ["score_deliveries.id"],
            name=op.f("fk_score_delivery_events_delivery_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_score_delivery_events_tenant_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_score_delivery_events")),
    )
    op.create_index(op.f("ix_score_delivery_events_actor_id"), "score_delivery_events", ["actor_id"])
    op.create_index("ix_score_delivery_events_delivery_id_at", "score_delivery_events", ["delivery_id", "at"])
    op.create_index(op.f("ix_score_delivery_events_tenant_id"), "score_delivery_events", ["tenant_id"])
    op.execute("ALTER TABLE score_delivery_events ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE score_delivery_events FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY own_tenant ON score_delivery_events USING (tenant_id = (SELECT lti_grader_tenant()))"
        " WITH CHECK (tenant_id = (SELECT lti_grader_tenant()))"
    )
    op.execute("""
        CREATE FUNCTION lti_grader_keep_trail() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF coalesce(current_setting('app.erasing', true), '') = 'on' THEN RETURN coalesce(NEW, OLD); END IF;
            RAISE EXCEPTION 'the trail of a score never changes' USING ERRCODE = 'restrict_violation';
        END $$
    """)
    op.execute("""
        CREATE TRIGGER keep_trail BEFORE UPDATE OR DELETE ON score_delivery_events
        FOR EACH ROW EXECUTE FUNCTION lti_grader_keep_trail()
    """)


def downgrade() -> None:
    op.drop_table("score_delivery_events")
    op.execute("DROP FUNCTION lti_grader_keep_trail()")
