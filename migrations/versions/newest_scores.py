"""Which score of each student and column is the newest

Revision ID: newest_scores
Revises: reconciliations
"""

import sqlalchemy as sa
from alembic import op

revision = "newest_scores"
down_revision = "reconciliations"
branch_labels = None
depends_on = None

_COVERED = ["platform_id", "status", "created_at", "verified_at"]


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("score_deliveries", sa.Column("is_newest", sa.Boolean(), server_default=sa.true(), nullable=False))
    # The owner is bound by the policy as well, and a migration belongs to no tenant.
    op.execute("ALTER TABLE score_deliveries NO FORCE ROW LEVEL SECURITY")
    op.execute("""
        UPDATE score_deliveries SET is_newest = false
        FROM (
            SELECT id, row_number() OVER (PARTITION BY line_item_id, user_id ORDER BY revision DESC) AS place
            FROM score_deliveries
        ) AS placed
        WHERE placed.id = score_deliveries.id AND placed.place > 1
    """)
    op.execute("ALTER TABLE score_deliveries FORCE ROW LEVEL SECURITY")
    op.create_index(
        "uq_score_deliveries_newest",
        "score_deliveries",
        ["tenant_id", "line_item_id", "user_id"],
        unique=True,
        postgresql_where=sa.text("is_newest"),
        postgresql_include=_COVERED,
    )
    op.execute("""
        CREATE FUNCTION lti_grader_place_score() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            -- All three columns of the unique index, so that it is the way in whatever else is known of the table.
            UPDATE score_deliveries SET is_newest = false
            WHERE tenant_id = NEW.tenant_id AND line_item_id = NEW.line_item_id AND user_id = NEW.user_id
              AND is_newest AND revision < NEW.revision;
            NEW.is_newest := NOT EXISTS (
                SELECT 1 FROM score_deliveries
                WHERE tenant_id = NEW.tenant_id AND line_item_id = NEW.line_item_id AND user_id = NEW.user_id
                  AND is_newest
            );
            RETURN NEW;
        END $$
    """)
    op.execute("""
        CREATE TRIGGER place_score BEFORE INSERT ON score_deliveries
        FOR EACH ROW EXECUTE FUNCTION lti_grader_place_score()
    """)


def downgrade() -> None:
    op.execute("DROP TRIGGER place_score ON score_deliveries")
    op.execute("DROP FUNCTION lti_grader_place_score()")
    op.drop_index("uq_score_deliveries_newest", table_name="score_deliveries")
    op.drop_column("score_deliveries", "is_newest")
