"""Reads for the roster page of a class: who is in it, and how the reading of its LMS courses' lists stands."""

import dataclasses
import datetime as dt
import math
import uuid
from collections.abc import Collection, Mapping

import sqlalchemy as sa

from lti_grader.classes.models import Enrollment, EnrollmentStatus, Role
from lti_grader.classes.queries import in_section, listed_within, sections
from lti_grader.core.db import session
from lti_grader.lti import claims as c
from lti_grader.lti.group_models import ClassGroup, ClassGroupMember
from lti_grader.lti.models import ClassContext, Deployment, Platform
from lti_grader.lti.products import product_of
from lti_grader.lti.roster_models import Roster
from lti_grader.people.models import User

A_PAGE = 100


@dataclasses.dataclass(frozen=True)
class Asked:
    """What the page is asked to show."""

    who: str = "in"
    """ "in" the class, "new" for those who never opened anything, or "left"."""
    role: str = ""
    section: str = ""
    group: str = ""
    """The id of one."""
    search: str = ""
    page: int = 1

    @classmethod
    def of(cls, given: Mapping[str, str]) -> "Asked":
        """Read an address's query; what makes no sense there is as if it were not."""
        who, role, page = given.get("who", ""), given.get("role", ""), given.get("page", "")
        return cls(
            who=who if who in ("in", "new", "left") else "in",
            role=role if role in set(Role) else "",
            section=given.get("section", "").strip()[:255],
            group=_id(given.get("group", "")),
            search=given.get("search", "").strip()[:100],
            page=min(int(page), 100_000) if page.isascii() and page.isdigit() and int(page) else 1,
        )

    def as_query(self, **changes: str | int) -> dict[str, str | int]:
        """Return it as an address's query, with some of it changed; a change of the filter begins at the first page."""
        given = {**dataclasses.asdict(self), **({"page": 1} if changes else {}), **changes}
        usual = dataclasses.asdict(Asked())
        return {name: value for name, value in given.items() if value != usual[name]}


@dataclasses.dataclass(frozen=True)
class Line:
    """A person in the list."""

    user_id: uuid.UUID
    name: str
    email: str | None
    role: str
    sections: list[str]
    groups: list[str]
    source: str
    is_active: bool
    is_test_user: bool
    joined_at: dt.datetime
    dropped_at: dt.datetime | None
    last_launch_at: dt.datetime | None


@dataclasses.dataclass(frozen=True)
class People:
    """A page of the list, and how many there are of each kind."""

    lines: list[Line]
    matching: int
    counts: Mapping[str, int]
    """By `Asked.who`."""
    sections: list[str]
    groups: list[tuple[uuid.UUID, str]]
    """Every group of the class: id, and name with its set's."""
    page: int
    pages: int


def people(class_id: uuid.UUID, asked: Asked, within: Collection[str] | None = None) -> People:
    """Return who is in a class, or has left it, by name.

    Parameters
    ----------
    within
        The sections that whoever asks is limited to; None for the whole class.
    """
    counts = {who: _count(class_id, Asked(who=who), within) for who in ("in", "new", "left")}
    matching = _count(class_id, asked, within)
    pages = max(1, math.ceil(matching / A_PAGE))
    page = min(asked.page, pages)
    rows = (
        session()
        .execute(
            sa.select(Enrollment, User)
            .join(User, User.id == Enrollment.user_id)
            .where(*_wanted(class_id, asked, within))
            .order_by(User.family_name, User.given_name, User.name, User.id)
            .limit(A_PAGE)
            .offset((page - 1) * A_PAGE)
        )
        .all()
    )
    groups = _groups_of(class_id, [user.id for _, user in rows])
    lines = [
        Line(
            user.id, user.display_name, user.email, one.role, one.sections, groups[user.id], one.source,
            one.status == EnrollmentStatus.ACTIVE, user.is_test_user, one.created_at, one.dropped_at,
            user.last_launch_at,
        )
        for one, user in rows
    ]  # fmt: skip
    return People(lines, matching, counts, sections(class_id, within=within), _groups(class_id), page, pages)


def _id(text: str) -> str:
    try:
        return str(uuid.UUID(text))
    except ValueError:
        return ""


def _groups(class_id: uuid.UUID) -> list[tuple[uuid.UUID, str]]:
    rows = session().execute(
        sa.select(ClassGroup.id, ClassGroup.name, ClassGroup.set_name)
        .join(ClassContext, ClassContext.id == ClassGroup.class_context_id)
        .where(ClassContext.class_id == class_id)
        .order_by(ClassGroup.set_name, ClassGroup.name, ClassGroup.id)
    )
    return [(group_id, f"{set_name}: {name}" if set_name else name) for group_id, name, set_name in rows]


def _groups_of(class_id: uuid.UUID, people: list[uuid.UUID]) -> Mapping[uuid.UUID, list[str]]:
    """Return the names of each person's groups."""
    found: dict[uuid.UUID, list[str]] = {one: [] for one in people}
    names = dict(_groups(class_id))
    rows = session().execute(
        sa.select(ClassGroupMember.user_id, ClassGroupMember.class_group_id).where(
            ClassGroupMember.user_id.in_(people), ClassGroupMember.class_group_id.in_(names)
        )
    )
    for user_id, group_id in rows:
        found[user_id].append(names[group_id])
    return {user_id: sorted(theirs) for user_id, theirs in found.items()}


def _count(class_id: uuid.UUID, asked: Asked, within: Collection[str] | None) -> int:
    return (
        session()
        .scalars(
            sa.select(sa.func.count())
            .select_from(Enrollment)
            .join(User, User.id == Enrollment.user_id)
            .where(*_wanted(class_id, asked, within))
        )
        .one()
    )


def _wanted(class_id: uuid.UUID, asked: Asked, within: Collection[str] | None) -> list[sa.ColumnElement[bool]]:
    has_left = Enrollment.status == EnrollmentStatus.DROPPED
    wanted = [Enrollment.class_id == class_id, has_left if asked.who == "left" else ~has_left]
    if asked.who == "new":
        wanted.append(User.last_launch_at.is_(None))
    if within is not None:
        wanted.append(listed_within(within))
    if asked.role:
        wanted.append(Enrollment.role == asked.role)
    if asked.section:
        wanted.append(in_section(asked.section))
    if asked.group:
        members = sa.select(ClassGroupMember.user_id).where(ClassGroupMember.class_group_id == uuid.UUID(asked.group))
        wanted.append(Enrollment.user_id.in_(members))
    if asked.search:
        names = (User.name, User.given_name, User.family_name, User.email, User.sub)
        wanted.append(sa.or_(*(one.icontains(asked.search, autoescape=True) for one in names)))
    return wanted


@dataclasses.dataclass(frozen=True)
class Source:
    """An LMS course that feeds the class, and how the reading of its list stands."""

    context_id: uuid.UUID
    title: str
    platform: str
    is_offered: bool
    """Whether the LMS gives its list out at all."""
    is_live: bool
    """Whether it is being read, or will be in a moment."""
    is_claimed: bool
    synced_at: dt.datetime | None
    next_read_at: dt.datetime | None
    error: str | None
    cure: str | None
    """Where in the LMS it is switched on, where that is what is missing."""
    members: int
    joined: int
    dropped: int
    held_since: dt.datetime | None
    held_gone: int
    held_of: int


def sources(class_id: uuid.UUID, *, at: dt.datetime) -> list[Source]:
    """Return the LMS courses that feed a class."""
    rows = session().execute(
        sa.select(ClassContext, Platform, Roster)
        .join(Deployment, Deployment.id == ClassContext.deployment_id)
        .join(Platform, Platform.id == Deployment.platform_id)
        .outerjoin(Roster, Roster.class_context_id == ClassContext.id)
        .where(ClassContext.class_id == class_id)
        .order_by(ClassContext.title, ClassContext.id)
    )
    return [_source(context, platform, state, at=at) for context, platform, state in rows]


def _source(context: ClassContext, platform: Platform, state: Roster | None, *, at: dt.datetime) -> Source:
    is_offered = context.memberships_url is not None
    cure = product_of(platform).switch_for(c.MEMBERSHIP)
    known = state or Roster(failures=0, is_refused=False, members=0, joined=0, dropped=0, held_gone=0, held_of=0)
    is_claimed = known.claimed_until is not None and known.claimed_until > at
    is_due = known.next_read_at is None or known.next_read_at <= at
    return Source(
        context_id=context.id,
        title=context.title or "Course",
        platform=platform.name,
        is_offered=is_offered,
        is_live=is_offered and platform.disabled_at is None and (is_claimed or is_due),
        is_claimed=is_claimed,
        synced_at=context.roster_synced_at,
        next_read_at=known.next_read_at,
        error=context.roster_error,
        cure=cure if not is_offered or (context.roster_error and known.is_refused) else None,
        members=known.members,
        joined=known.joined,
        dropped=known.dropped,
        held_since=known.held_since,
        held_gone=known.held_gone,
        held_of=known.held_of,
    )
