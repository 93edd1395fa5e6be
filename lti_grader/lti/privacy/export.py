"""Everything that is held about a person, as a ZIP of JSON and files."""

import datetime as dt
import decimal
import json
import re
import tempfile
import uuid
import zipfile
from collections.abc import Iterator
from typing import IO, Any

import sqlalchemy as sa

from lti_grader.adapters.storage import Blobs
from lti_grader.assignments.late_day_models import LateDayGrant, LateDaysSpent
from lti_grader.assignments.models import AccessOverride, Assignment, AssignmentProblem
from lti_grader.assignments.passcode_models import PasscodeEntry
from lti_grader.attempts.models import AssignmentProgress, AttemptType, SubmissionAttempt
from lti_grader.attempts.theirs import is_of
from lti_grader.audit.models import AuditEntry
from lti_grader.calendar.models import CalendarEvent, CalendarFeed
from lti_grader.classes.groups.models import StudentGroup, StudentGroupMember
from lti_grader.classes.groups.team_models import Team, TeamMember
from lti_grader.classes.look_models import StudentLook
from lti_grader.classes.material_models import MaterialOpening
from lti_grader.classes.models import Class, ContentItem, Enrollment, Mentorship
from lti_grader.core.db import session
from lti_grader.gradebook.leaderboard.models import LeaderboardName
from lti_grader.gradebook.models import GradebookEntry
from lti_grader.gradebook.regrades.models import Regrade, RegradeMark
from lti_grader.gradebook.requests.models import RegradeRequest, RegradeRequestMessage
from lti_grader.grading.models import GradingJob
from lti_grader.grading.similarity import personal as similarity
from lti_grader.lti import mentoring
from lti_grader.lti.asset_models import AssetActivity, LtiAsset
from lti_grader.lti.models import LineItem, ScoreDelivery
from lti_grader.lti.notice_models import Notice
from lti_grader.lti.privacy import holdings
from lti_grader.marking import personal as marking
from lti_grader.notifications.models import Mail, MailChoice, Notification
from lti_grader.people.models import User
from lti_grader.problems.models import Problem, ProblemVersion
from lti_grader.transfer.models import ClassExport

_IN_MEMORY = 8_388_608
_README = """\
What lti_grader holds about one person, as of {at}.

person.json      who they are, as their LMS told it
classes.json     the classes they are or were in
attempts.json    each Run and Submit with its points; the program texts are in attempts/
drafts.json      what they were writing and had not handed in
dates.json       dates and attempts that they alone were given
late_days.json   late days that they spent, and that they were given, with the reason
groups.json      the groups that they are in; teams.json has those that they handed in with, whose attempts are among theirs
grades.json      their grades
materials.json   which materials of their classes they have opened, and when first
similar.json     with how many submissions of others theirs were found alike, and what staff noted of that; not whose
marking.json     what people gave for their work by hand, and their comments on it
moderations.json what was decided between two markings of their work
saved_comments.json    comments that they keep for marking
scores.json      what was sent, or is owed, to the LMS's gradebook
regrade_requests.json  what they asked to have regraded, and what came of it; the words are in regrade_request_messages.json
calendar.json    events of their own, and those that they entered for classes
files.json       files that they handed in to the LMS and that came here; the files are in files/
mentors.json     who mentors them and whom they mentor, as their LMS told it
notices.json     what the LMS told of them unasked
looks.json       when staff looked at a class as this person sees it, and when this person looked so as somebody
class_files.json files of whole classes that they asked for
told.json        what they were told here: notifications
mails.json       when e-mails of that were sent to them; mail_choices.json has how soon they wanted them
acts.json        who looked at, exported or erased this before, and when

Times are in UTC.
"""
Held = dict[str, list[dict[str, Any]] | dict[str, Any]]


def gather(user: User) -> Held:
    """Return everything but the files themselves, by the name of the part that it goes into."""
    return {
        "person": _columns(user),
        "classes": _rows(
            sa.select(Enrollment, Class.name.label("class")).join(Class, Class.id == Enrollment.class_id),
            Enrollment.user_id == user.id,
        ),
        "attempts": _attempts(user.id),
        "drafts": _rows(sa.select(AssignmentProgress), AssignmentProgress.student_id == user.id),
        "dates": _rows(
            sa.select(AccessOverride, ContentItem.title.label("item")).join(
                ContentItem, ContentItem.id == AccessOverride.assignment_id
            ),
            AccessOverride.user_id == user.id,
        ),
        "passcodes": _rows(
            sa.select(PasscodeEntry, ContentItem.title.label("item")).join(
                ContentItem, ContentItem.id == PasscodeEntry.assignment_id
            ),
            PasscodeEntry.user_id == user.id,
        ),
        "late_days": _rows(
            sa.select(LateDaysSpent, ContentItem.title.label("item")).join(
                ContentItem, ContentItem.id == LateDaysSpent.assignment_id
            ),
            LateDaysSpent.student_id == user.id,
        )
        + _rows(
            sa.select(LateDayGrant, Class.name.label("class")).join(Class, Class.id == LateDayGrant.class_id),
            LateDayGrant.student_id == user.id,
        ),
        "grades": _rows(
            sa.select(GradebookEntry, ContentItem.title.label("item")).join(
                ContentItem, ContentItem.id == GradebookEntry.content_item_id
            ),
            GradebookEntry.student_id == user.id,
        ),
        "regrades": _rows(
            sa.select(RegradeMark, Regrade.applied_at.label("at")).join(Regrade, Regrade.id == RegradeMark.regrade_id),
            RegradeMark.student_id == user.id,
        ),
        "similar": similarity.held_about(user.id),
        "marking": marking.held_about(user.id),
        "moderations": marking.decided_about(user.id),
        "saved_comments": marking.bank_of(user.id),
        "leaderboards": _rows(
            sa.select(LeaderboardName, Class.name.label("class")).join(Class, Class.id == LeaderboardName.class_id),
            LeaderboardName.user_id == user.id,
        ),
        "groups": _rows(
            sa.select(StudentGroupMember, StudentGroup.name.label("group")).join(
                StudentGroup, StudentGroup.id == StudentGroupMember.group_id
            ),
            StudentGroupMember.student_id == user.id,
        ),
        "teams": _rows(
            sa.select(TeamMember, Team.name.label("group"), Team.made_at.label("made_at")).join(
                Team, Team.id == TeamMember.team_id
            ),
            TeamMember.student_id == user.id,
        ),
        "materials": _rows(
            sa.select(MaterialOpening, ContentItem.title.label("item")).join(
                ContentItem, ContentItem.id == MaterialOpening.material_id
            ),
            MaterialOpening.user_id == user.id,
        ),
        "regrade_requests": _rows(
            sa.select(RegradeRequest, ContentItem.title.label("item")).join(
                ContentItem, ContentItem.id == RegradeRequest.assignment_id
            ),
            RegradeRequest.student_id == user.id,
        ),
        "regrade_request_messages": _rows(
            sa.select(RegradeRequestMessage).join(
                RegradeRequest, RegradeRequest.id == RegradeRequestMessage.request_id
            ),
            sa.or_(RegradeRequest.student_id == user.id, RegradeRequestMessage.author_id == user.id),
        ),
        "calendar": _rows(sa.select(CalendarEvent), CalendarEvent.owner_id == user.id),
        "calendar_address": _rows(sa.select(CalendarFeed), CalendarFeed.user_id == user.id),
        "changes": _changes(user.id),
        "scores": _rows(
            sa.select(ScoreDelivery, LineItem.label.label("column")).join(
                LineItem, LineItem.id == ScoreDelivery.line_item_id
            ),
            ScoreDelivery.user_id == user.id,
        ),
        "files": _files(user.id),
        "mentors": _mentors(user),
        "notices": _rows(sa.select(Notice), holdings.is_about(user)),
        "mails": _rows(sa.select(Mail), Mail.recipient_id == user.id),
        "mail_choices": _rows(sa.select(MailChoice), MailChoice.user_id == user.id),
        "looks": _looks(user.id),
        "class_files": _rows(sa.select(ClassExport), ClassExport.asked_by == user.id),
        "told": _rows(sa.select(Notification), Notification.recipient_id == user.id),
        "acts": [{"kind": act.kind, "at": act.at, "by": actor.display_name} for act, actor in holdings.acts(user.id)],
    }


def _changes(user_id: uuid.UUID) -> list[dict[str, Any]]:
    """Return what was changed about a person and what they changed, without what leads to others."""
    query = sa.select(AuditEntry).where(sa.or_(AuditEntry.student_id == user_id, AuditEntry.actor_id == user_id))
    return [
        {
            "at": one.at, "by_this_person": one.actor_id == user_id, "action": one.action, "of": one.subject,
            **({"before": one.before, "after": one.after} if one.student_id == user_id else {}),
        }
        for one in session().scalars(query.order_by(AuditEntry.number))
    ]  # fmt: skip


def _looks(user_id: uuid.UUID) -> list[dict[str, Any]]:
    """Return when staff looked as somebody and when they did so themselves; not who the other one was."""
    mine = sa.or_(StudentLook.student_id == user_id, StudentLook.viewer_id == user_id)
    query = sa.select(StudentLook, Class.name).join(Class, Class.id == StudentLook.class_id).where(mine)
    return [
        {"class": name, "began_at": one.began_at, "ended_at": one.ended_at, "by_this_person": one.viewer_id == user_id}
        for one, name in session().execute(query.order_by(StudentLook.began_at))
    ]


def _rows(query: Any, condition: sa.ColumnElement[bool]) -> list[dict[str, Any]]:
    found = []
    for first, *more in session().execute(query.where(condition)):
        names = [column["name"] for column in query.column_descriptions][1:]
        found.append({**_columns(first), **dict(zip(names, more, strict=True))})
    return found


def _columns(row: Any) -> dict[str, Any]:
    named = {column.key: getattr(row, column.key) for column in sa.inspect(type(row)).column_attrs}
    return {name: value for name, value in named.items() if name != "tenant_id"}


def _attempts(user_id: uuid.UUID) -> list[dict[str, Any]]:
    rows = session().execute(
        sa.select(SubmissionAttempt, Assignment.title, Problem.title, GradingJob.points, GradingJob.maximum)
        .join(AssignmentProblem, AssignmentProblem.id == SubmissionAttempt.assignment_problem_id)
        .join(Assignment, Assignment.id == AssignmentProblem.assignment_id)
        .join(ProblemVersion, ProblemVersion.id == SubmissionAttempt.problem_version_id)
        .join(Problem, Problem.id == ProblemVersion.problem_id)
        .outerjoin(
            GradingJob,
            sa.and_(
                GradingJob.attempt_id == SubmissionAttempt.id,
                GradingJob.stands,
            ),
        )
        .where(is_of([user_id]))
        .order_by(SubmissionAttempt.created_at)
    )
    return [
        {
            **_columns(attempt), "assignment": assignment, "problem": problem, "points": points, "maximum": maximum,
            "file": f"attempts/{attempt.id}-{_plain(problem)}-{attempt.attempt_number}"
            f"{'.bin' if attempt.type == AttemptType.FILE else '.txt'}",
        }
        for attempt, assignment, problem, points, maximum in rows
    ]  # fmt: skip


def _files(user_id: uuid.UUID) -> list[dict[str, Any]]:
    rows = session().execute(
        sa.select(LtiAsset, AssetActivity.title)
        .join(AssetActivity, AssetActivity.id == LtiAsset.activity_id)
        .where(LtiAsset.user_id == user_id)
        .order_by(LtiAsset.received_at)
    )
    return [
        {**_columns(asset), "activity": title, "file": f"files/{asset.id}-{_plain(asset.filename or 'file')}"}
        for asset, title in rows
    ]


def _mentors(user: User) -> list[dict[str, Any]]:
    rows = session().execute(
        sa.select(Mentorship, Class.name, User)
        .join(Enrollment, Enrollment.id == Mentorship.enrollment_id)
        .join(Class, Class.id == Enrollment.class_id)
        .join(User, User.id == Enrollment.user_id)
        .where(mentoring.is_of(user))
    )
    # Whose data this is learns who the other one is only as far as the LMS let them see it: the id that it gave.
    return [
        {
            "class": class_name, "named_at": one.named_at,
            **({"mentors": one.sub} if mentor.id == user.id else {"mentored_by": mentor.sub}),
        }
        for one, class_name, mentor in rows
    ]  # fmt: skip


def _plain(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]+", "_", name).strip("._")[:80] or "file"


def write(held: Held, blobs: Blobs, *, at: dt.datetime) -> IO[bytes]:
    """Return a ZIP of what was gathered, with each file out of the store; no transaction need be open.

    Raises
    ------
    StorageUnavailable
        The store does not answer; a copy that lacks files would not be one.
    """
    target = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - the answer closes it
    try:
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("README.txt", _README.format(at=at.isoformat(timespec="seconds")))
            for part, found in held.items():
                archive.writestr(f"{part}.json", json.dumps(found, default=_as_text, indent=2, ensure_ascii=False))
            for name, ref in _blobs(held):
                archive.writestr(name, blobs.get(ref))
    except BaseException:
        target.close()
        raise
    target.seek(0)
    return target


def _blobs(held: Held) -> Iterator[tuple[str, str]]:
    for part, column in (("attempts", "code_blob_ref"), ("files", "blob_ref")):
        for row in held[part]:
            if isinstance(row, dict) and row[column] is not None:
                yield row["file"], row[column]


def _as_text(value: object) -> str:
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).isoformat()
    if isinstance(value, decimal.Decimal):
        return f"{value.normalize():f}"
    return str(value)
