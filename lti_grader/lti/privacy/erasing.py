"""Taking a person's name off what they did: attempts and grades stay for ever, and nothing leads to anybody any more."""

import datetime as dt
import uuid

import sqlalchemy as sa

from lti_grader.adapters.redis import KeyValue
from lti_grader.assignments.models import AccessOverride
from lti_grader.attempts import drafts
from lti_grader.calendar import operations as calendar
from lti_grader.classes import looks
from lti_grader.classes.groups.models import StudentGroupMember
from lti_grader.classes.material_models import MaterialOpening
from lti_grader.classes.models import Enrollment, EnrollmentStatus, Mentorship
from lti_grader.core.db import session
from lti_grader.core.errors import Conflict
from lti_grader.gradebook.leaderboard import operations as leaderboards
from lti_grader.gradebook.models import GradebookEntry
from lti_grader.gradebook.requests.models import RegradeRequest, RegradeRequestMessage
from lti_grader.grading.similarity import personal as similarity
from lti_grader.lti import board_operations, mentoring
from lti_grader.lti.asset_models import AssetReport, AssetStatus, LtiAsset, ReportStatus
from lti_grader.lti.models import DeliveryStatus, ScoreDelivery
from lti_grader.lti.notice_models import Notice
from lti_grader.lti.privacy import holdings
from lti_grader.lti.privacy_models import ActKind
from lti_grader.marking import personal as marking
from lti_grader.notifications import personal as notifications
from lti_grader.people import endings
from lti_grader.people.models import User
from lti_grader.transfer import exporting

# As long as settings let a session last.
_LONGEST_SESSION = dt.timedelta(hours=168)
_WORDS = "This person was erased here: nothing more is sent."


def erase(user: User, actor_id: uuid.UUID, kv: KeyValue, *, at: dt.datetime) -> None:
    """Erase what says who somebody is, and note that it was done.

    Raises
    ------
    Conflict
        They were erased before, or are who asks for it.
    """
    if user.erased_at is not None:
        raise Conflict("This person was erased already.")
    if user.id == actor_id:
        raise Conflict("Nobody erases themselves: ask another administrator.")
    holdings.note(actor_id, user, ActKind.ERASED, at=at)
    # The triggers that keep attempts, files and trails as they are let only this through, and only here.
    session().execute(sa.text("SELECT set_config('app.erasing', 'on', true)"))
    _notices(user, at)
    _scores(user)
    _files(user)
    _marks(user)
    similarity.forget(user.id)
    marking.forget(user.id)
    leaderboards.leave_all(user.id, kv)
    session().execute(sa.delete(MaterialOpening).where(MaterialOpening.user_id == user.id))
    session().execute(sa.delete(StudentGroupMember).where(StudentGroupMember.student_id == user.id))
    notifications.forget(user.id)
    calendar.forget(user.id)
    session().execute(sa.delete(AccessOverride).where(AccessOverride.user_id == user.id))
    session().execute(sa.text("SELECT lti_grader_erase_log(:user_id)"), {"user_id": user.id})
    drafts.forget(kv, user.id)
    exporting.forget(user.id, at=at)
    looks.forget(user.id)
    endings.end_all_of(user.id, kv, at=at, lasts=_LONGEST_SESSION)
    # Also where an LMS named them and nobody here knew them yet: what it calls them stays nowhere.
    session().execute(sa.delete(Mentorship).where(mentoring.is_of(user)).execution_options(synchronize_session=False))
    _leave_classes(user, at)
    user.name = user.given_name = user.family_name = user.email = user.avatar_url = user.locale = None
    user.settings, user.is_institution_admin, user.erased_at = {}, False, at
    # What the LMS calls them leads back to them too.
    user.sub = f"erased-{uuid.uuid4()}"
    session().flush()


def _notices(user: User, at: dt.datetime) -> None:
    session().execute(
        sa.update(Notice)
        .where(holdings.is_about(user))
        .values(payload={}, handled_at=sa.func.coalesce(Notice.handled_at, at), error=_WORDS)
        .execution_options(synchronize_session=False)
    )


def _scores(user: User) -> None:
    mine = ScoreDelivery.user_id == user.id
    owed = (DeliveryStatus.PENDING, DeliveryStatus.SENDING, DeliveryStatus.SENT, DeliveryStatus.FROZEN)
    session().execute(
        sa.update(ScoreDelivery)
        .where(mine, ScoreDelivery.status.in_(owed))
        .values(status=DeliveryStatus.EXCLUDED, last_error=_WORDS)
    )
    session().execute(sa.update(ScoreDelivery).where(mine).values(last_answer=None, comment=""))
    # The application may only add to the trail: a function of the owner takes the LMS's words out of it.
    session().execute(sa.text("SELECT lti_grader_erase_trail(:user_id)"), {"user_id": user.id})
    board_operations.forget(user)


def _files(user: User) -> None:
    mine = LtiAsset.user_id == user.id
    session().execute(
        sa.update(AssetReport)
        .where(AssetReport.asset_id.in_(sa.select(LtiAsset.id).where(mine)), AssetReport.status == ReportStatus.OWED)
        .values(status=ReportStatus.SUPERSEDED, last_error=_WORDS)
        .execution_options(synchronize_session=False)
    )
    session().execute(
        sa.update(AssetReport)
        .where(AssetReport.asset_id.in_(sa.select(LtiAsset.id).where(mine)))
        .values(last_answer=None)
        .execution_options(synchronize_session=False)
    )
    session().execute(
        sa.update(LtiAsset)
        .where(mine, LtiAsset.status == AssetStatus.OWED)
        .values(status=AssetStatus.REFUSED, error=_WORDS)
    )
    session().execute(sa.update(LtiAsset).where(mine).values(filename=None, url="", report_url=None))


def _marks(user: User) -> None:
    """The points stay; what people wrote beside them is about the person."""
    session().execute(
        sa.update(GradebookEntry)
        .where(GradebookEntry.student_id == user.id)
        .values(manual_feedback="", private_notes="", override_reason=None)
    )
    session().execute(
        sa.update(RegradeRequestMessage)
        .where(
            RegradeRequestMessage.request_id.in_(
                sa.select(RegradeRequest.id).where(RegradeRequest.student_id == user.id)
            )
        )
        .values(text="")
        .execution_options(synchronize_session=False)
    )


def _leave_classes(user: User, at: dt.datetime) -> None:
    session().execute(
        sa.update(Enrollment)
        .where(Enrollment.user_id == user.id, Enrollment.status == EnrollmentStatus.ACTIVE)
        .values(status=EnrollmentStatus.DROPPED, dropped_at=at)
    )
    session().execute(sa.update(Enrollment).where(Enrollment.user_id == user.id).values(course_url=None))
