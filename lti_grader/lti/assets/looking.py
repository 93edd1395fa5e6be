"""Who may look at files that came from the LMS, and what there is of them."""

import dataclasses
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on

from lti_grader.assignments.models import Assignment
from lti_grader.classes.apart import whose_work
from lti_grader.classes.mentors import may_see_work
from lti_grader.classes.models import STAFF, Module
from lti_grader.classes.queries import Membership, membership
from lti_grader.core.db import session
from lti_grader.core.errors import NotFound, Unprocessable
from lti_grader.lti import claims as c
from lti_grader.lti.asset_models import AssetActivity, AssetReport, AssetStatus, LtiAsset
from lti_grader.lti.assets import attempting
from lti_grader.lti.assets.taking_in import activity_of
from lti_grader.lti.errors import LaunchRefused
from lti_grader.lti.models import ClassContext
from lti_grader.lti.operations import Arrival
from lti_grader.people.models import User


def settings_of(claims: Mapping[str, Any], arrival: Arrival, *, at: datetime) -> uuid.UUID:
    """Return the activity whose settings a launch opens.

    Raises
    ------
    LaunchRefused
        Who launches is no teacher or assistant there.
    """
    if arrival.role not in STAFF:
        raise LaunchRefused(
            "not_staff", "Only teachers and assistants change what happens to the files of an assignment."
        )
    return activity_of(claims, session().get_one(ClassContext, arrival.context_id), at=at).id


def reported(claims: Mapping[str, Any], arrival: Arrival) -> uuid.UUID:
    """Return the file whose report a launch opens.

    The launch's `for_user` is whoever looks, in Canvas; whose file it is, our own row says.

    Raises
    ------
    LaunchRefused
        There is no such file in this course, or it is somebody else's.
    """
    submission = claims.get(c.SUBMISSION)
    named = c.identifier(submission.get("id")) if isinstance(submission, dict) else None
    found = session().scalar(
        sa.select(LtiAsset)
        .join(AssetActivity, AssetActivity.id == LtiAsset.activity_id)
        .where(
            AssetActivity.class_context_id == arrival.context_id,
            AssetActivity.activity_id == claims[c.ACTIVITY]["id"],
            LtiAsset.asset_id == claims[c.ASSET]["id"],
        )
        .order_by((LtiAsset.submission_id == named).desc().nulls_last(), LtiAsset.received_at.desc())
        .limit(1)
    )
    if found is None:
        raise LaunchRefused("unknown_asset", "This file has not come in here, or not from this course.")
    if not may_see_work(membership(arrival.class_id, arrival.user_id), found.user_id):
        raise LaunchRefused("not_yours", "This is the file of somebody else.")
    return found.id


@dataclasses.dataclass(frozen=True)
class ActivityLine:
    """An assignment of the LMS as a list shows it."""

    id: uuid.UUID
    title: str
    assignment: str | None
    students: int
    files: int
    trouble: int
    latest: datetime | None


def activities(place: Membership) -> list[ActivityLine]:
    """Return the LMS's assignments whose files come to a class, as somebody of its staff sees them, the latest first."""
    rows = session().execute(
        sa.select(
            AssetActivity.id,
            AssetActivity.title,
            Assignment.title,
            sa.func.count(sa.distinct(LtiAsset.user_id)),
            sa.func.count(LtiAsset.id),
            sa.func.count(LtiAsset.id).filter(LtiAsset.status == AssetStatus.REFUSED),
            sa.func.max(LtiAsset.received_at),
        )
        .join(ClassContext, ClassContext.id == AssetActivity.class_context_id)
        .outerjoin(Assignment, Assignment.id == AssetActivity.assignment_id)
        .outerjoin(LtiAsset, sa.and_(LtiAsset.activity_id == AssetActivity.id, whose_work(place, LtiAsset.user_id)))
        .where(ClassContext.class_id == place.class_id)
        .group_by(AssetActivity.id, AssetActivity.title, Assignment.title)
        .order_by(sa.func.max(LtiAsset.received_at).desc().nulls_last(), AssetActivity.created_at.desc())
    )
    return [
        ActivityLine(row_id, title or "An assignment in the LMS", assignment, students, files, trouble, latest)
        for row_id, title, assignment, students, files, trouble, latest in rows
    ]


def has_any(class_id: uuid.UUID) -> bool:
    """Return whether files of any assignment of the LMS come to a class."""
    query = (
        sa.select(AssetActivity.id)
        .join(ClassContext, ClassContext.id == AssetActivity.class_context_id)
        .where(ClassContext.class_id == class_id)
        .limit(1)
    )
    return session().scalar(query) is not None


@dataclasses.dataclass(frozen=True)
class OpenedActivity:
    """An activity that a person may look at."""

    activity: AssetActivity
    membership: Membership


def open_activity(activity_id: uuid.UUID, user_id: uuid.UUID) -> OpenedActivity:
    """Return an activity for one of its class.

    Raises
    ------
    NotFound
    """
    found = session().get(AssetActivity, activity_id)
    if found is None:
        raise NotFound("There is no such assignment. Open it again from your course page.")
    context = session().get_one(ClassContext, found.class_context_id)
    return OpenedActivity(found, membership(context.class_id, user_id))


@dataclasses.dataclass(frozen=True)
class OpenedAsset:
    """A file that a person may look at, and what the LMS was told of it last."""

    asset: LtiAsset
    activity: AssetActivity
    membership: Membership
    owner: User
    report: AssetReport | None


def open_asset(asset_id: uuid.UUID, user_id: uuid.UUID) -> OpenedAsset:
    """Return a file for staff of its class, for who handed it in, and for their mentors.

    Raises
    ------
    NotFound
    """
    found = session().get(LtiAsset, asset_id)
    if found is None:
        raise NotFound("There is no such file.")
    opened = open_activity(found.activity_id, user_id)
    if not may_see_work(opened.membership, found.user_id):
        raise NotFound("There is no such file.")
    return OpenedAsset(
        found,
        opened.activity,
        opened.membership,
        session().get_one(User, found.user_id),
        session().scalar(
            sa.select(AssetReport).where(AssetReport.asset_id == asset_id).order_by(AssetReport.number.desc()).limit(1)
        ),
    )


@dataclasses.dataclass(frozen=True)
class FileLine:
    """A file as the staff's list shows it."""

    asset: LtiAsset
    student: str
    report: AssetReport | None


def files(opened: OpenedActivity, *, most: int = 1000) -> Sequence[FileLine]:
    """Return those files of an activity that somebody of the staff sees, by student, each one's latest first."""
    activity_id = opened.activity.id
    newest = (
        sa.select(AssetReport)
        .join(LtiAsset, LtiAsset.id == AssetReport.asset_id)
        .where(LtiAsset.activity_id == activity_id)
        .ext(distinct_on(AssetReport.asset_id))
        .order_by(AssetReport.asset_id, AssetReport.number.desc())
    )
    reports = {report.asset_id: report for report in session().scalars(newest)}
    rows = session().execute(
        sa.select(LtiAsset, User)
        .join(User, User.id == LtiAsset.user_id)
        .where(LtiAsset.activity_id == activity_id, whose_work(opened.membership, LtiAsset.user_id))
        .order_by(User.family_name, User.given_name, User.name, User.id, LtiAsset.received_at.desc())
        .limit(most)
    )
    return [FileLine(asset, user.display_name, reports.get(asset.id)) for asset, user in rows]


def bind(activity: AssetActivity, class_id: uuid.UUID, assignment_id: uuid.UUID | None) -> None:
    """Say which assignment here the files of an activity belong to; None takes it back.

    What came in already is kept as attempts there. Attempts that were made stay where they are.

    Raises
    ------
    Unprocessable
        It is none of the class.
    """
    if assignment_id is not None:
        query = (
            sa.select(Assignment.id)
            .join(Module, Module.id == Assignment.module_id)
            .where(Assignment.id == assignment_id, Module.class_id == class_id)
        )
        if session().scalar(query) is None:
            raise Unprocessable("That assignment is not in this class any more: choose another.")
    activity.assignment_id = assignment_id
    attempting.keep_all(activity)
