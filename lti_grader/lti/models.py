"""What we know of platforms, and what is owed to them."""

import datetime as dt
import enum
import uuid
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from lti_grader.core.db import Base, Json, Points, Row, Tenanted, one_of


class ProductFamily(enum.StrEnum):
    CANVAS = "canvas"
    MOODLE = "moodle"
    BLACKBOARD = "blackboard"
    BRIGHTSPACE = "brightspace"
    SAKAI = "sakai"
    OPENEDX = "openedx"
    OTHER = "other"


NOT_READY = "NotReady"
"""The grading progress of a score that takes the one away that was sent before: there is nothing to be graded."""


class DeliveryStatus(enum.StrEnum):
    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    VERIFIED = "verified"
    """Read back: the LMS holds this very score."""
    FAILED = "failed"
    OVERRIDDEN = "overridden"
    """The LMS holds another grade; it is not overwritten without a person's word."""
    EXCLUDED = "excluded"
    FROZEN = "frozen"
    WITHHELD = "withheld"
    """Its marks are not released: the LMS knows at most that something was handed in."""
    SUPERSEDED = "superseded"
    """A newer score took its place before it was sent."""


class Platform(Row, Tenanted, Base):
    """An LMS as registered with us: one issuer and client id."""

    __tablename__ = "platforms"
    __table_args__ = (sa.UniqueConstraint("issuer", "client_id"), one_of("product_family", ProductFamily))

    issuer: Mapped[str]
    client_id: Mapped[str]
    name: Mapped[str]
    product_family: Mapped[str] = mapped_column(default=ProductFamily.OTHER)
    auth_login_url: Mapped[str]
    auth_token_url: Mapped[str]
    auth_audience: Mapped[str | None]
    """The `aud` of our client assertions where it is not the token URL."""
    jwks_url: Mapped[str]
    frame_origins: Mapped[list[str]] = mapped_column(ARRAY(sa.Text), default=list, server_default="{}")
    created_at: Mapped[dt.datetime] = mapped_column(server_default=sa.func.now())
    disabled_at: Mapped[dt.datetime | None]
    learns_deployments_until: Mapped[dt.datetime | None]
    """Until when a deployment that a launch shows is taken in, for an LMS that does not tell it when it registers."""


class Deployment(Row, Tenanted, Base):
    __tablename__ = "deployments"
    __table_args__ = (sa.UniqueConstraint("platform_id", "deployment_id"),)

    platform_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("platforms.id", ondelete="CASCADE"))
    deployment_id: Mapped[str]


class SigningKey(Row, Base):
    """A key pair of the tool itself; it signs for every platform and so belongs to no tenant."""

    __tablename__ = "signing_keys"

    kid: Mapped[str] = mapped_column(unique=True)
    private_key: Mapped[str]
    """PEM, sealed by `core.crypto`."""
    public_jwk: Mapped[Json]
    created_at: Mapped[dt.datetime] = mapped_column(server_default=sa.func.now())
    active_from: Mapped[dt.datetime]
    retires_at: Mapped[dt.datetime | None]


class ClassContext(Row, Tenanted, Base):
    """An LMS course and the class it feeds."""

    __tablename__ = "class_contexts"
    __table_args__ = (sa.UniqueConstraint("deployment_id", "context_id"),)

    deployment_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("deployments.id", ondelete="RESTRICT"))
    context_id: Mapped[str]
    class_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("classes.id", ondelete="RESTRICT"), index=True)
    joined_from_id: Mapped[uuid.UUID | None] = mapped_column(
        sa.ForeignKey("classes.id", ondelete="RESTRICT"), index=True
    )
    """The class of its own that it had before it joined this one by its code."""
    title: Mapped[str | None]
    memberships_url: Mapped[str | None]
    line_items_url: Mapped[str | None]
    groups_url: Mapped[str | None]
    """Where the platform lists the course's groups (Course Groups Service 1.0), where it does."""
    group_sets_url: Mapped[str | None]
    ags_scopes: Mapped[list[str]] = mapped_column(ARRAY(sa.Text), default=list, server_default="{}")
    roster_synced_at: Mapped[dt.datetime | None]
    roster_error: Mapped[str | None]
    reconciled_at: Mapped[dt.datetime | None]
    """When its columns were last compared with what we believe they hold."""


class EnrolledThrough(Tenanted, Base):
    """An LMS course through which a person is in a class; several courses may feed one class."""

    __tablename__ = "enrollment_sources"

    enrollment_id: Mapped[uuid.UUID] = mapped_column(
        sa.ForeignKey("enrollments.id", ondelete="CASCADE"), primary_key=True
    )
    class_context_id: Mapped[uuid.UUID] = mapped_column(
        sa.ForeignKey("class_contexts.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    seen_at: Mapped[dt.datetime]
    """When a launch or the roster last showed them there."""
    left_at: Mapped[dt.datetime | None]
    """When they were no longer on that course's roster."""


class ResourceLink(Row, Tenanted, Base):
    """A link placed in a course, and the assignment it opens."""

    __tablename__ = "resource_links"
    __table_args__ = (sa.UniqueConstraint("deployment_id", "class_context_id", "resource_link_id"),)

    deployment_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("deployments.id", ondelete="RESTRICT"), index=True)
    class_context_id: Mapped[uuid.UUID] = mapped_column(
        sa.ForeignKey("class_contexts.id", ondelete="CASCADE"), index=True
    )
    resource_link_id: Mapped[str]
    assignment_id: Mapped[uuid.UUID | None] = mapped_column(
        sa.ForeignKey("assignments.id", ondelete="RESTRICT"), index=True
    )
    title: Mapped[str | None]
    line_item_url: Mapped[str | None]
    copied_from: Mapped[list[str]] = mapped_column(ARRAY(sa.Text), default=list, server_default="{}")
    """Ids that it had in earlier copies of the course, the latest first."""
    original_id: Mapped[uuid.UUID | None] = mapped_column(
        sa.ForeignKey("assignments.id", ondelete="SET NULL"), index=True
    )
    """The assignment of another class that it led to when it came here."""
    named_id: Mapped[uuid.UUID | None]
    """What its custom parameters named when it was last opened: something else means that it was edited in the LMS."""
    created_at: Mapped[dt.datetime] = mapped_column(server_default=sa.func.now())


class CopyState(enum.StrEnum):
    """How a copy of another class's content came about, or did not yet."""

    ASKED = "asked"
    """A teacher asked the other class's staff, who have not answered."""
    REFUSED = "refused"
    GRANTED = "granted"
    """The other class's staff, or the LMS itself, said that this course may take from it."""
    TAKEN = "taken"
    """Whoever opened the link might see the other class anyway."""


class CourseCopy(Row, Tenanted, Base):
    """That an LMS course's content came from another class, or is waiting to: once for each two of them."""

    __tablename__ = "course_copies"
    __table_args__ = (sa.UniqueConstraint("class_context_id", "from_class_id"), one_of("state", CopyState))

    class_context_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("class_contexts.id", ondelete="CASCADE"))
    from_class_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("classes.id", ondelete="CASCADE"), index=True)
    state: Mapped[str]
    asked_by: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("users.id", ondelete="SET NULL"), index=True)
    decided_by: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("users.id", ondelete="SET NULL"), index=True)
    """None where the LMS itself said so."""
    created_at: Mapped[dt.datetime]
    copied_at: Mapped[dt.datetime | None]
    """When something was last copied."""
    told_at: Mapped[dt.datetime | None]
    """When a teacher put the notice away that says what was copied."""


class ColumnState(enum.StrEnum):
    """How a column of an LMS's gradebook stands."""

    OK = "ok"
    ASKED = "asked"
    """A person asked for it to be found or made in the LMS."""
    REFUSED = "refused"
    """It could not be made; a person may ask again."""
    MISSING = "missing"
    """The LMS was seen not to have it any more. Its scores wait."""
    CHANGED = "changed"
    """Its title or maximum here is another than the LMS was told, which is still owed."""
    DIFFERS = "differs"
    """The LMS shows another title or maximum than ours, and did not take ours."""


WITHOUT_COLUMN = (ColumnState.ASKED, ColumnState.REFUSED, ColumnState.MISSING)
"""In these states there is nothing in the LMS that takes a score."""


class LineItem(Row, Tenanted, Base):
    """A column of an LMS's gradebook that we fill."""

    __tablename__ = "line_items"
    __table_args__ = (
        sa.CheckConstraint("score_maximum > 0", name="maximum_positive"),
        one_of("state", ColumnState),
        sa.CheckConstraint("url IS NOT NULL OR state IN ('asked', 'refused')", name="is_somewhere"),
        sa.Index(
            "uq_line_items_one_asked",
            "class_context_id",
            "content_item_id",
            unique=True,
            postgresql_where=sa.text("url IS NULL"),
        ),
        sa.Index(
            "ix_line_items_owed",
            "next_try_at",
            postgresql_where=sa.text("state IN ('asked', 'changed', 'missing')"),
        ),
    )

    class_context_id: Mapped[uuid.UUID] = mapped_column(
        sa.ForeignKey("class_contexts.id", ondelete="CASCADE"), index=True
    )
    content_item_id: Mapped[uuid.UUID] = mapped_column(
        sa.ForeignKey("content_items.id", ondelete="CASCADE"), index=True
    )
    url: Mapped[str | None] = mapped_column(unique=True)
    """None until it was found or made."""
    label: Mapped[str] = mapped_column(default="", server_default="")
    """What the LMS was last told, as is the maximum."""
    score_maximum: Mapped[Points]
    tag: Mapped[str | None]
    resource_id: Mapped[str | None]
    state: Mapped[str] = mapped_column(default=ColumnState.OK, server_default=ColumnState.OK)
    tries: Mapped[int] = mapped_column(default=0, server_default="0")
    next_try_at: Mapped[dt.datetime] = mapped_column(server_default=sa.func.now())
    asked_by_name: Mapped[str | None]
    last_error: Mapped[str | None]
    """In plain words, with the cure."""
    last_answer: Mapped[str | None]
    lms_label: Mapped[str | None]
    """What the LMS was last seen to show, as is the maximum after it; None while nobody looked."""
    lms_maximum: Mapped[Decimal | None] = mapped_column(sa.Numeric(10, 4))
    resized_at: Mapped[dt.datetime | None]
    """When this tool gave it another maximum: what was sent before may stand there in points of the old one."""
    resized_from: Mapped[Decimal | None] = mapped_column(sa.Numeric(10, 4))
    """That old maximum, and the one that took its place."""
    resized_to: Mapped[Decimal | None] = mapped_column(sa.Numeric(10, 4))
    begun_at: Mapped[dt.datetime | None]
    """When it began anew, empty, in the place of one that was lost: what was sent before stood in that one."""
    reconciled_at: Mapped[dt.datetime | None]
    created_at: Mapped[dt.datetime] = mapped_column(server_default=sa.func.now())


class ScoreDelivery(Row, Tenanted, Base):
    """One revision of one score, owed to one line item, until the LMS was seen to hold it."""

    __tablename__ = "score_deliveries"
    __table_args__ = (
        sa.UniqueConstraint("line_item_id", "user_id", "revision"),
        one_of("status", DeliveryStatus),
        sa.Index(
            "uq_score_deliveries_one_sending",
            "line_item_id",
            "user_id",
            unique=True,
            postgresql_where=sa.text("status = 'sending'"),
        ),
        sa.Index(
            "uq_score_deliveries_one_pending",
            "line_item_id",
            "user_id",
            unique=True,
            postgresql_where=sa.text("status = 'pending'"),
        ),
        sa.CheckConstraint("grading_progress <> 'FullyGraded' OR score IS NOT NULL", name="final_has_score"),
        sa.Index(
            "ix_score_deliveries_owed",
            "platform_id",
            "next_try_at",
            postgresql_where=sa.text("status IN ('pending', 'sending', 'sent')"),
        ),
        # All that the board of an institution counts, so that it reads nothing else (docs/decisions/0005).
        sa.Index(
            "uq_score_deliveries_newest",
            "tenant_id",
            "line_item_id",
            "user_id",
            unique=True,
            postgresql_where=sa.text("is_newest"),
            postgresql_include=["platform_id", "status", "created_at", "verified_at"],
        ),
    )

    line_item_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("line_items.id", ondelete="CASCADE"))
    user_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("users.id", ondelete="CASCADE"), index=True)
    platform_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("platforms.id", ondelete="CASCADE"))
    """The line item's, kept here so that what is owed to one platform is found at once."""
    attempt_id: Mapped[uuid.UUID | None] = mapped_column(
        sa.ForeignKey("submission_attempts.id", ondelete="SET NULL"), index=True
    )
    """The submission that the score stands on; of several, the last."""
    revision: Mapped[int]
    is_newest: Mapped[bool] = mapped_column(server_default=sa.true())
    """Whether the student has no later one for this column: kept by a trigger, whoever adds a row."""
    score: Mapped[Decimal | None] = mapped_column(sa.Numeric(10, 4))
    """None while the work waits for a person's look, or its marks for their release."""
    maximum: Mapped[Points]
    activity_progress: Mapped[str] = mapped_column(default="Completed")
    grading_progress: Mapped[str] = mapped_column(default="FullyGraded")
    comment: Mapped[str] = mapped_column(default="", server_default="")
    submitted_at: Mapped[dt.datetime | None]
    sent_timestamp: Mapped[dt.datetime | None]
    """The score's own `timestamp`: fixed before the first post and the same in each repetition."""
    status: Mapped[str] = mapped_column(default=DeliveryStatus.PENDING)
    forced: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    """A person has said that it may replace another grade that the LMS holds."""
    tries: Mapped[int] = mapped_column(default=0, server_default="0")
    next_try_at: Mapped[dt.datetime]
    lms_holds: Mapped[Decimal | None] = mapped_column(sa.Numeric(10, 4))
    """What was read back, in points of `maximum`."""
    last_error: Mapped[str | None]
    """In plain words, with the cure."""
    last_answer: Mapped[str | None]
    """As the LMS gave it, cut to a readable length."""
    created_at: Mapped[dt.datetime]
    sent_at: Mapped[dt.datetime | None]
    verified_at: Mapped[dt.datetime | None]
