"""Events of people and classes, and private addresses under which calendars are read

Revision ID: calendar_events
Revises: announcements
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "calendar_events"
down_revision = "announcements"
branch_labels = None
depends_on = None

TABLES = ("calendar_events", "calendar_feeds")
PASSED_OVER = "owner_id,class_id,created_at,changed_at,over_at,zone"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "calendar_events",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("owner_id", sa.UUID(), nullable=False),
        sa.Column("class_id", sa.UUID(), nullable=True),
        sa.Column("sections", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), server_default="", nullable=False),
        sa.Column("place", sa.Text(), server_default="", nullable=False),
        sa.Column("reference_id", sa.UUID(), nullable=True),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("is_all_day", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=True),
        sa.Column("left_out", postgresql.ARRAY(sa.Date()), server_default="{}", nullable=False),
        sa.Column("over_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tenant_id", sa.UUID(), nullable=False),
        sa.CheckConstraint(
            "type IN ('lecture', 'tutorial', 'office_hours', 'exam', 'other', 'own')",
            name=op.f("ck_calendar_events_type_known"),
        ),
        sa.CheckConstraint("(class_id IS NULL) = (type = 'own')", name=op.f("ck_calendar_events_own_or_of_a_class")),
        sa.CheckConstraint(
            "class_id IS NOT NULL OR cardinality(sections) = 0", name=op.f("ck_calendar_events_sections_of_a_class")
        ),
        sa.CheckConstraint(
            "ends_at >= starts_at AND over_at >= ends_at", name=op.f("ck_calendar_events_ends_after_it_starts")
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["users.id"], name=op.f("fk_calendar_events_owner_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["class_id"], ["classes.id"], name=op.f("fk_calendar_events_class_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["reference_id"], ["content_items.id"], name=op.f("fk_calendar_events_reference_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_calendar_events_tenant_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_events")),
    )
    op.create_index("ix_calendar_events_class_id_over_at", "calendar_events", ["class_id", "over_at"])
    op.create_index("ix_calendar_events_owner_id_over_at", "calendar_events", ["owner_id", "over_at"])
    op.create_index(op.f("ix_calendar_events_reference_id"), "calendar_events", ["reference_id"])
    op.create_index(op.f("ix_calendar_events_tenant_id"), "calendar_events", ["tenant_id"])
    op.create_table(
        "calendar_feeds",
        sa.Column("user_id", sa.UUID(), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("told", postgresql.JSONB(), server_default="{}", nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tenant_id", sa.UUID(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_calendar_feeds_user_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_calendar_feeds_tenant_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_calendar_feeds")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_calendar_feeds_token_hash")),
    )
    op.create_index(op.f("ix_calendar_feeds_tenant_id"), "calendar_feeds", ["tenant_id"])
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY own_tenant ON {table} USING (tenant_id = (SELECT lti_grader_tenant()))"
            " WITH CHECK (tenant_id = (SELECT lti_grader_tenant()))"
        )
    # Whoever reads a feed has no session that would name its institution.
    op.execute("CREATE POLICY read_by_system ON calendar_feeds FOR SELECT USING ((SELECT lti_grader_system()))")
    # What people put into their own calendars is nobody else's.
    for name, event, row in (("note_made", "INSERT OR UPDATE", "NEW"), ("note_removed", "DELETE", "OLD")):
        op.execute(f"""
            CREATE TRIGGER {name} AFTER {event} ON calendar_events FOR EACH ROW WHEN ({row}.class_id IS NOT NULL)
            EXECUTE FUNCTION lti_grader_note_act('{PASSED_OVER}', '{{"class": "class_id"}}')
        """)


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
