"""Taking in what a roster says: who joins, who changes, who has left.

No transaction here takes longer than a few hundred rows, and none holds people and enrollments at once, as launches
do: whoever launches meanwhile waits for no more than that, and nobody waits in a circle.
"""

import dataclasses
import datetime as dt
import uuid
from collections.abc import Iterator, Mapping, Sequence

import sqlalchemy as sa

from lti_grader.classes.events import SectionsChanged
from lti_grader.classes.models import Enrollment, EnrollmentSource, EnrollmentStatus, Role
from lti_grader.classes.operations import Place, enroll_listed, lock
from lti_grader.core.db import session, transaction
from lti_grader.core.events import publish
from lti_grader.gradebook.operations import recompute_all_of
from lti_grader.lti import enrollments, leavers, mentoring, previews
from lti_grader.lti.memberships import Member, Reading, Status
from lti_grader.lti.models import ClassContext, Platform
from lti_grader.lti.products import product_of
from lti_grader.lti.roles import class_role
from lti_grader.lti.roster_models import Roster
from lti_grader.people.described import keep_people
from lti_grader.people.models import User

_AT_ONCE = 500
_WHOLE_CLASS, _LARGE_CLASS = 5, 20
HELD_FOR = dt.timedelta(hours=24)
"""How long most of a class has to be missing before that is believed without a person's word."""


@dataclasses.dataclass(frozen=True)
class Course:
    """The LMS course whose roster is taken in."""

    tenant_id: uuid.UUID
    context_id: uuid.UUID
    class_id: uuid.UUID
    platform: Platform
    session_lasts: dt.timedelta
    url: str = ""
    lms_context_id: str = ""
    """As the LMS names the course."""
    groups_url: str | None = None
    group_sets_url: str | None = None


@dataclasses.dataclass(frozen=True)
class Synced:
    """What a roster brought."""

    members: int
    """Who stood on it as active."""
    joined: int = 0
    changed: int = 0
    dropped: int = 0
    held: int = 0
    """How many are missing and were not dropped, because they are too many at once."""
    is_whole: bool = True
    """Whether the whole list was read, or what has changed since the last time."""


def take_in(course: Course, reading: Reading, *, at: dt.datetime) -> Synced:
    """Bring a class up to date with a roster that was read to its end.

    Parameters
    ----------
    at
        When the reading began: whoever has launched since is in the course, whatever the roster says.
    """
    present: set[uuid.UUID] = set()
    joined = changed = 0
    for batch in _batches([one for one in reading.members if one.status is Status.ACTIVE]):
        with transaction(course.tenant_id):
            ids = keep_people(course.platform.id, [one.person for one in batch])
        present |= set(ids.values())
        news = _enroll(course, {ids[one.person.sub]: one for one in batch}, at=at)
        joined += sum(one.is_joining for one in news)
        changed += sum(not one.is_joining for one in news)
    with transaction(course.tenant_id):
        said = _Said(present, _told_gone(course, reading), reading.is_whole)
        gone, dropped, held = _drop(course, said, at=at)
    leavers.hold_scores(course.tenant_id, course.context_id, gone, at=at)
    return Synced(len(present), joined, changed, dropped, held, reading.is_whole)


def _batches(members: Sequence[Member]) -> Iterator[Sequence[Member]]:
    for begin in range(0, len(members), _AT_ONCE):
        yield members[begin : begin + _AT_ONCE]


def _enroll(course: Course, members: Mapping[uuid.UUID, Member], *, at: dt.datetime) -> list["_News"]:
    """Write what is new about some members, and owe again the scores of those who are back."""
    with transaction(course.tenant_id):
        news = _news(course, members)
        enroll_listed(course.class_id, {one.user_id: one.place for one in news})
        context = session().get_one(ClassContext, course.context_id)
        mentoring.end(context, [one.user_id for one in news if one.is_other_role])
        unnoted = enrollments.not_noted(context, members)
        enrollments.note_seen(context, unnoted, at=at)
        for user_id in sorted(one.user_id for one in news if one.counts_now):
            recompute_all_of(user_id, course.class_id)
        if moved := tuple(sorted(one.user_id for one in news if one.has_moved)):
            publish(SectionsChanged(course.class_id, moved, at))
    back = {one.user_id for one in news if one.was_known} | unnoted
    leavers.owe_again(course.tenant_id, course.context_id, back, at=at)
    return news


@dataclasses.dataclass(frozen=True)
class _News:
    user_id: uuid.UUID
    place: Place
    is_joining: bool
    was_known: bool
    is_other_role: bool = False
    """Whether they are something else now than they were."""
    counts_now: bool = False
    """Whether they were taken for somebody who only looks, and are a student: what they handed in counts."""
    has_moved: bool = False
    """Whether they are in other sections than they were."""


def _news(course: Course, members: Mapping[uuid.UUID, Member]) -> list[_News]:
    """Return those for whom something changes."""
    rows = session().execute(
        sa.select(
            Enrollment.user_id, Enrollment.role, Enrollment.status, Enrollment.source, Enrollment.sections,
            User.last_launch_at,
        )
        .join(User, User.id == Enrollment.user_id)
        .where(Enrollment.class_id == course.class_id, Enrollment.user_id.in_(members))
    )  # fmt: skip
    known = {row.user_id: row for row in rows}
    product = product_of(course.platform)
    news = []
    for user_id, member in members.items():
        row, role = known.get(user_id), class_role(member.roles)
        if row is None:
            place = Place(role, EnrollmentSource.ROSTER, member.sections or ())
            news.append(_News(user_id, place, is_joining=True, was_known=False))
            continue
        if row.last_launch_at is not None:
            role = product.listed_role(role, launched_as=Role(row.role))
        role = previews.role_of_list(role, before=Role(row.role))
        sections = tuple(row.sections) if member.sections is None else member.sections
        is_there = row.status == EnrollmentStatus.ACTIVE
        if (is_there, row.role, row.source, tuple(row.sections)) != (True, role, EnrollmentSource.ROSTER, sections):
            place = Place(role, EnrollmentSource.ROSTER, sections)
            counts = role == Role.STUDENT and row.role == Role.PREVIEW
            news.append(
                _News(
                    user_id, place, not is_there, True, is_other_role=row.role != role, counts_now=counts,
                    has_moved=set(row.sections) != set(sections),
                )
            )  # fmt: skip
    return news


def _told_gone(course: Course, reading: Reading) -> set[uuid.UUID]:
    """Return those whom the roster names as no longer active."""
    subs = [one.person.sub for one in reading.members if one.status is not Status.ACTIVE]
    if not subs:
        return set()
    return set(session().scalars(sa.select(User.id).where(User.platform_id == course.platform.id, User.sub.in_(subs))))


@dataclasses.dataclass(frozen=True)
class _Said:
    """Whom a roster lists, whom it names as gone, and whether it names everybody."""

    present: set[uuid.UUID]
    gone: set[uuid.UUID]
    is_whole: bool


def _drop(course: Course, said: _Said, *, at: dt.datetime) -> tuple[set[uuid.UUID], int, int]:
    """Drop who has left; return who left this course, how many left the class, and how many are held back."""
    there = _spoken_for(course)
    gone = _gone(there, course, said, at=at)
    roster = session().scalars(sa.select(Roster).where(Roster.class_context_id == course.context_id)).one()
    if gone and not _may_drop(roster, there, gone, is_empty=said.is_whole and not said.present, at=at):
        roster.held_since, roster.held_gone, roster.held_of = roster.held_since or at, len(gone), len(there)
        return set(), 0, len(gone)
    roster.held_since, roster.held_gone, roster.held_of = None, 0, 0
    roster.drops_allowed_until = roster.drops_allowed_by = None
    session().flush()
    if not gone:
        return set(), 0, 0
    lock(course.class_id, gone)
    # Whoever launched before we had their row is there after all.
    gone &= _gone(_spoken_for(course), course, said, at=at)
    return gone, len(enrollments.leave(session().get_one(ClassContext, course.context_id), gone, at=at)), 0


def _gone(there: Mapping[uuid.UUID, "_Standing"], course: Course, said: _Said, *, at: dt.datetime) -> set[uuid.UUID]:
    return {
        user_id
        for user_id, one in there.items()
        if user_id not in said.present and (user_id in said.gone or (said.is_whole and _is_missing(one, course, at=at)))
    }


@dataclasses.dataclass(frozen=True)
class _Standing:
    role: str
    source: str
    last_seen: dt.datetime | None


def _spoken_for(course: Course) -> dict[uuid.UUID, _Standing]:
    """Return the active people of the class of whom this roster speaks."""
    came = sa.case((Enrollment.source != EnrollmentSource.ROSTER, Enrollment.created_at))
    rows = session().execute(
        sa.select(Enrollment.user_id, Enrollment.role, Enrollment.source, sa.func.greatest(User.last_launch_at, came))
        .join(User, User.id == Enrollment.user_id)
        .join(ClassContext, ClassContext.class_id == Enrollment.class_id)
        .where(
            ClassContext.id == course.context_id,
            Enrollment.status == EnrollmentStatus.ACTIVE,
            User.platform_id == course.platform.id,
            # The platform's own test student stands in no roster.
            User.is_test_user.is_(False),
            enrollments.comes_through(),
        )
    )
    return {user_id: _Standing(role, source, seen) for user_id, role, source, seen in rows}


def _is_missing(one: _Standing, course: Course, *, at: dt.datetime) -> bool:
    """Return whether not standing on the list means having left.

    Whom a list never named, such as the institution's administrators, is known by launches only, and stays for as
    long as the session of the last one may last: nobody is shut out in the middle of their work.
    """
    if one.last_seen is None:
        return True
    return one.last_seen < (at if one.source == EnrollmentSource.ROSTER else at - course.session_lasts)


def _may_drop(
    roster: Roster,
    there: Mapping[uuid.UUID, _Standing],
    gone: set[uuid.UUID],
    *,
    is_empty: bool,
    at: dt.datetime,
) -> bool:
    """Return whether so many may be dropped at once.

    A course that was closed, or a tool that lost a right, looks like a course that everybody left. That everybody
    has left is believed on a person's word only; that most have, also when the LMS says so for a day.
    """
    if roster.drops_allowed_until is not None and at < roster.drops_allowed_until and len(gone) <= roster.held_gone:
        return True
    students = {user_id for user_id, one in there.items() if one.role == Role.STUDENT}
    if is_empty or (len(students) >= _WHOLE_CLASS and students <= gone):
        return False
    if len(there) < _LARGE_CLASS or 2 * len(gone) <= len(there):
        return True
    return roster.held_since is not None and at - roster.held_since >= HELD_FOR
