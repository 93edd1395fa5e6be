"""The notice of a submission becomes rows: a file each, which is owed until it is kept."""

import datetime as dt
import uuid
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from lti_grader.core.db import current_tenant, session
from lti_grader.core.ids import new_id
from lti_grader.core.messages import send_after_commit
from lti_grader.lti import claims as c
from lti_grader.lti.asset_models import AssetActivity, AssetStatus, LtiAsset
from lti_grader.lti.assets import attempting, reporting
from lti_grader.lti.course_copy import named_here
from lti_grader.lti.errors import NoticeUnusable
from lti_grader.lti.http import is_safe_url
from lti_grader.lti.models import ClassContext
from lti_grader.lti.notice_models import Notice
from lti_grader.lti.notices.courses import course_of
from lti_grader.lti.operations import upsert_user

FETCH, QUEUE = "assets.fetch", "passback"
_MOST_FILES = 100


def take_in(notice: Notice, at: dt.datetime) -> None:
    """Owe each file of a submission that a notice tells of; told again, what was refused is owed again.

    Raises
    ------
    NoticeUnusable
        The notice does not say whose files they are, or for what.
    """
    claims = notice.payload
    sub = c.about(claims) or c.identifier(claims.get("sub"))
    service = claims.get(c.ASSET_SERVICE)
    files = service.get("assets") if isinstance(service, dict) else None
    if sub is None or not isinstance(files, list):
        raise NoticeUnusable("The notice of a submission does not say whose files they are, or has no list of them.")
    activity = activity_of(claims, course_of(notice), at=at)
    user_id = upsert_user(notice.platform_id, {"sub": sub})
    submission = claims.get(c.SUBMISSION)
    report = claims.get(c.ASSET_REPORT)
    values = {
        "activity_id": activity.id,
        "user_id": user_id,
        "submission_id": c.identifier(submission.get("id") if isinstance(submission, dict) else None)
        or notice.notice_id,
        "report_url": c.address(report.get("report_url")) if isinstance(report, dict) else None,
    }
    for file in files[:_MOST_FILES]:
        if isinstance(file, dict):
            _owe(file, values, at)


def activity_of(claims: Mapping[str, Any], context: ClassContext, *, at: dt.datetime) -> AssetActivity:
    """Return the row of the LMS's assignment that a notice or a launch is about, made where there is none.

    Raises
    ------
    NoticeUnusable
        It names none.
    """
    described = claims.get(c.ACTIVITY)
    given = described if isinstance(described, dict) else {}
    activity_id = c.identifier(given.get("id"))
    if activity_id is None:
        raise NoticeUnusable("The LMS does not say which of its assignments this is about.")
    where = (AssetActivity.class_context_id == context.id, AssetActivity.activity_id == activity_id)
    session().execute(
        insert(AssetActivity)
        .values(
            id=new_id(), tenant_id=current_tenant(), class_context_id=context.id, activity_id=activity_id, created_at=at
        )
        .on_conflict_do_nothing(index_elements=["class_context_id", "activity_id"])
    )
    row = session().scalars(sa.select(AssetActivity).where(*where)).one()
    row.title = c.words(given.get("title")) or row.title
    if row.assignment_id is None:
        row.assignment_id = named_here(claims, context.class_id)
        attempting.keep_all(row)
    session().flush()
    return row


def _owe(file: Mapping[str, Any], values: Mapping[str, Any], at: dt.datetime) -> None:
    asset_id = c.identifier(file.get("asset_id"))
    if asset_id is None:
        return
    url = c.address(file.get("url")) or ""
    told = {
        **values,
        "url": url,
        "filename": c.words(file.get("filename")) or c.words(file.get("title")),
        "media_type": c.words(file.get("content_type")),
        "declared_bytes": _whole(file.get("size")),
        "declared_sha256": c.identifier(file.get("sha256_checksum")),
        "handed_in_at": _moment(file.get("timestamp")),
    }
    row_id = session().scalar(
        insert(LtiAsset)
        .values(id=new_id(), tenant_id=current_tenant(), asset_id=asset_id, received_at=at, next_try_at=at, **told)
        .on_conflict_do_update(
            index_elements=["activity_id", "submission_id", "asset_id"],
            set_={"url": url, "status": AssetStatus.OWED, "tries": 0, "next_try_at": at, "error": None},
            where=LtiAsset.status == AssetStatus.REFUSED,
        )
        .returning(LtiAsset.id)
    )
    if row_id is None:
        _tell_again(asset_id, values, at)
    elif is_safe_url(url):
        send_after_commit(FETCH, current_tenant(), row_id, queue=QUEUE)
    else:
        row = session().get_one(LtiAsset, row_id, populate_existing=True)
        row.status, row.error = AssetStatus.REFUSED, "The LMS gave an address of this file that is not https."
        reporting.owe(row, reporting.failed("DOWNLOAD_FAILED", row.error), at=at)


def _tell_again(asset_id: str, values: Mapping[str, Any], at: dt.datetime) -> None:
    """A teacher asked the LMS to send it again although it is here: say once more that it is."""
    row = session().scalar(
        sa.select(LtiAsset).where(
            LtiAsset.activity_id == values["activity_id"],
            LtiAsset.submission_id == values["submission_id"],
            LtiAsset.asset_id == asset_id,
            LtiAsset.status == AssetStatus.KEPT,
        )
    )
    if row is not None:
        reporting.owe(row, reporting.RECEIVED, at=at)


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**62 else None


def _moment(value: object) -> dt.datetime | None:
    try:
        found = dt.datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return found if found is not None and found.tzinfo is not None and 1970 <= found.year <= 9000 else None


def fetch_again(asset_id: uuid.UUID, *, at: dt.datetime) -> None:
    """Owe a file anew that could not be had, on a person's word."""
    row = session().get_one(LtiAsset, asset_id, with_for_update=True)
    if row.status == AssetStatus.REFUSED and is_safe_url(row.url):
        row.status, row.tries, row.next_try_at, row.error = AssetStatus.OWED, 0, at, None
        session().flush()
        send_after_commit(FETCH, current_tenant(), row.id, queue=QUEUE)
