"""What is held about a person, in numbers; finding them; and the record of who looked."""

import datetime as dt
import uuid
from collections.abc import Sequence

import sqlalchemy as sa

from lti_grader.assignments.late_day_models import LateDayGrant, LateDaysSpent
from lti_grader.assignments.models import AccessOverride
from lti_grader.assignments.passcode_models import PasscodeEntry
from lti_grader.attempts.models import HANDED_IN, AssignmentProgress, SubmissionAttempt
from lti_grader.audit.models import AuditEntry
from lti_grader.calendar.models import CalendarEvent
from lti_grader.classes.groups.models import StudentGroupMember
from lti_grader.classes.groups.team_models import TeamMember
from lti_grader.classes.look_models import StudentLook
from lti_grader.classes.material_models import MaterialOpening
from lti_grader.classes.models import Enrollment, Mentorship
from lti_grader.core.db import current_tenant, session
from lti_grader.core.errors import NotFound
from lti_grader.gradebook.leaderboard.models import LeaderboardName
from lti_grader.gradebook.models import GradebookEntry
from lti_grader.gradebook.regrades.models import RegradeMark
from lti_grader.gradebook.requests.models import RegradeRequest
from lti_grader.grading.similarity import personal as similarity
from lti_grader.grading.similarity.models import SimilarityNote, SimilarityPair
from lti_grader.lti import claims as c
from lti_grader.lti import mentoring
from lti_grader.lti.asset_models import LtiAsset
from lti_grader.lti.models import ScoreDelivery
from lti_grader.lti.notice_models import Notice
from lti_grader.lti.privacy_models import ActKind, PrivacyAct
from lti_grader.marking.models import Feedback, Marking, Moderation, SavedComment
from lti_grader.notifications.models import Mail, Notification
from lti_grader.people.models import User
from lti_grader.transfer.models import ClassExport

_MOST_FOUND = 50


def find(words: str) -> Sequence[User]:
    """Return the people of the institution whose name or e-mail holds `words`, or whose id in their LMS it is."""
    text = words.strip()
    if not text:
        return []
    held = "%" + text.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_") + "%"
    full = sa.func.concat_ws(" ", User.given_name, User.family_name)
    return (
        session()
        .scalars(
            sa.select(User)
            .where(sa.or_(User.sub == text, *(column.ilike(held) for column in (User.name, User.email, full))))
            .order_by(User.family_name, User.given_name, User.name, User.id)
            .limit(_MOST_FOUND)
        )
        .all()
    )


def person(user_id: uuid.UUID) -> User:
    """Return a person of the institution, or raise `NotFound`."""
    found = session().get(User, user_id)
    if found is None:
        raise NotFound("There is no such person here.")
    return found


def is_about(user: User) -> sa.ColumnElement[bool]:
    """Return the condition of a notice being about a person."""
    return sa.and_(
        Notice.platform_id == user.platform_id,
        sa.or_(
            Notice.payload[c.FOR_USER]["user_id"].astext == user.sub,
            Notice.payload["sub"].astext == user.sub,
        ),
    )


def counts(user: User) -> dict[str, int]:
    """Return how much of each kind is held about a person."""
    final = SubmissionAttempt.type.in_(HANDED_IN)
    mine = SubmissionAttempt.student_id == user.id
    wanted = {
        "classes": (Enrollment, (Enrollment.user_id == user.id,)),
        "submissions": (SubmissionAttempt, (mine, final)),
        "runs": (SubmissionAttempt, (mine, ~final)),
        "drafts": (
            AssignmentProgress, (AssignmentProgress.student_id == user.id, AssignmentProgress.current_code != ""),
        ),
        "files": (LtiAsset, (LtiAsset.user_id == user.id,)),
        "dates of their own": (AccessOverride, (AccessOverride.user_id == user.id,)),
        "passcodes entered": (PasscodeEntry, (PasscodeEntry.user_id == user.id,)),
        "late days spent": (LateDaysSpent, (LateDaysSpent.student_id == user.id,)),
        "late days given": (LateDayGrant, (LateDayGrant.student_id == user.id,)),
        "grades": (GradebookEntry, (GradebookEntry.student_id == user.id,)),
        "names on leaderboards": (LeaderboardName, (LeaderboardName.user_id == user.id,)),
        "handed in with a group": (TeamMember, (TeamMember.student_id == user.id,)),
        "groups": (StudentGroupMember, (StudentGroupMember.student_id == user.id,)),
        "materials opened": (MaterialOpening, (MaterialOpening.user_id == user.id,)),
        "regrade requests": (RegradeRequest, (RegradeRequest.student_id == user.id,)),
        "calendar events": (CalendarEvent, (CalendarEvent.owner_id == user.id,)),
        "changes noted": (
            AuditEntry, (sa.or_(AuditEntry.student_id == user.id, AuditEntry.actor_id == user.id),),
        ),
        "marks worked out anew": (RegradeMark, (RegradeMark.student_id == user.id,)),
        "pairs of similar submissions": (SimilarityPair, (similarity.is_pair_of(user.id),)),
        "markings": (Marking, (Marking.student_id == user.id,)),
        "decisions between markings": (Moderation, (Moderation.student_id == user.id,)),
        "comments on their work": (Feedback, (Feedback.student_id == user.id,)),
        "comments kept for marking": (SavedComment, (SavedComment.owner_id == user.id,)),
        "notes on similar submissions": (SimilarityNote, (similarity.is_note_on(user.id),)),
        "scores sent or owed": (ScoreDelivery, (ScoreDelivery.user_id == user.id,)),
        "notices": (Notice, (is_about(user),)),
        "e-mails": (Mail, (Mail.recipient_id == user.id,)),
        "notifications": (Notification, (Notification.recipient_id == user.id,)),
        "looks at a class as a student": (
            StudentLook, (sa.or_(StudentLook.student_id == user.id, StudentLook.viewer_id == user.id),),
        ),
        "files of classes asked for": (ClassExport, (ClassExport.asked_by == user.id,)),
        "mentors and mentored": (Mentorship, (mentoring.is_of(user),)),
    }  # fmt: skip
    return {
        kind: session().scalars(sa.select(sa.func.count()).select_from(table).where(*where)).one()
        for kind, (table, where) in wanted.items()
    }


def note(actor_id: uuid.UUID, subject: User, kind: ActKind, *, at: dt.datetime) -> dict[str, int]:
    """Note what was done with a person's data, and return how much of it there was."""
    held = counts(subject)
    session().add(
        PrivacyAct(
            tenant_id=current_tenant(), actor_id=actor_id, subject_id=subject.id, kind=kind, at=at, counts=dict(held)
        )
    )
    return held


def acts(subject_id: uuid.UUID) -> Sequence[sa.Row[PrivacyAct, User]]:
    """Return what was done with a person's data and by whom, the latest first."""
    query = (
        sa.select(PrivacyAct, User)
        .join(User, User.id == PrivacyAct.actor_id)
        .where(PrivacyAct.subject_id == subject_id)
        .order_by(PrivacyAct.at.desc())
        .limit(50)
    )
    return session().execute(query).all()
