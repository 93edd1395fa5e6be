"""Claims and scopes (LTI 1.3 Core, Deep Linking 2.0, Assignment and Grade Services 2.0, NRPS 2.0): names, and values."""

from collections.abc import Mapping
from typing import Any

_LTI = "https://purl.imsglobal.org/spec/lti/claim/"
MESSAGE_TYPE = _LTI + "message_type"
VERSION = _LTI + "version"
DEPLOYMENT_ID = _LTI + "deployment_id"
TARGET_LINK_URI = _LTI + "target_link_uri"
RESOURCE_LINK = _LTI + "resource_link"
ROLES = _LTI + "roles"
CONTEXT = _LTI + "context"
TOOL_PLATFORM = _LTI + "tool_platform"
CUSTOM = _LTI + "custom"
LAUNCH_PRESENTATION = _LTI + "launch_presentation"
NOTICE_SERVICE = _LTI + "platformnotificationservice"
NOTICE = _LTI + "notice"
ACTIVITY, SUBMISSION, ASSET = _LTI + "activity", _LTI + "submission", _LTI + "asset"
ASSET_SERVICE, ASSET_REPORT = _LTI + "assetservice", _LTI + "assetreport"
ORIGIN_CONTEXTS = _LTI + "origin_contexts"
"""In the notice of a copied course: the ids of the courses that it was copied from."""
DEEP_LINKING_SETTINGS = "https://purl.imsglobal.org/spec/lti-dl/claim/deep_linking_settings"
AGS = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
NRPS = "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice"
GROUPS = "https://purl.imsglobal.org/spec/lti-gs/claim/groupsservice"
MENTORED = _LTI + "role_scope_mentor"
"""Whose mentor a person is who launches in that role: a list of what the platform calls them (LTI 1.3 Core, 5.4.3)."""
FOR_USER = _LTI + "for_user"
"""Whom a launch or a notice is about: {"user_id": their sub}, in drafts of the data-privacy launch {"id": ...}."""

RESOURCE_LINK_REQUEST = "LtiResourceLinkRequest"
DEEP_LINKING_REQUEST = "LtiDeepLinkingRequest"
SUBMISSION_REVIEW_REQUEST = "LtiSubmissionReviewRequest"
ASSET_SETTINGS_REQUEST, REPORT_REVIEW_REQUEST = "LtiAssetProcessorSettingsRequest", "LtiReportReviewRequest"
DATA_PRIVACY_REQUESTS = ("DataPrivacyLaunchRequest", "LtiDataPrivacyLaunchRequest")
"""As the standard has it, and as Sakai and Tsugi write it."""
MESSAGE_TYPES = (
    RESOURCE_LINK_REQUEST,
    DEEP_LINKING_REQUEST,
    SUBMISSION_REVIEW_REQUEST,
    ASSET_SETTINGS_REQUEST,
    REPORT_REVIEW_REQUEST,
    *DATA_PRIVACY_REQUESTS,
)
"""The launches that are understood here: what a tool configuration declares."""

REVIEWABLE = ("InProgress", "Submitted", "Completed")
REVIEW_LABEL = "Look at the work"
"""What a platform writes beside a score whose work can be opened (Submission Review 1.0, `submissionReview`)."""

SCORE = "https://purl.imsglobal.org/spec/lti-ags/scope/score"
RESULT = "https://purl.imsglobal.org/spec/lti-ags/scope/result.readonly"
LINE_ITEM = "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem"
LINE_ITEM_READ = "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem.readonly"
COLUMN_TAG = "lti_grader"
"""The `tag` of the columns that this tool describes."""
MEMBERSHIP = "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly"
NOTICE_HANDLERS = "https://purl.imsglobal.org/spec/lti/scope/noticehandlers"
SCOPES = (SCORE, RESULT, LINE_ITEM, LINE_ITEM_READ, MEMBERSHIP)

ASSET_READ = "https://purl.imsglobal.org/spec/lti/scope/asset.readonly"
ASSET_REPORT_SCOPE = "https://purl.imsglobal.org/spec/lti/scope/report"
GROUPS_READ = "https://purl.imsglobal.org/spec/lti-gs/scope/contextgroup.readonly"
FURTHER_SCOPES = (NOTICE_HANDLERS, ASSET_READ, ASSET_REPORT_SCOPE, GROUPS_READ)
"""What makes more possible where a platform has it: asked for when registering, never needed."""

HELLO_WORLD, CONTEXT_COPY = "LtiHelloWorldNotice", "LtiContextCopyNotice"
SUBMISSION_NOTICE = "LtiAssetProcessorSubmissionNotice"
NOTICE_TYPES = (HELLO_WORLD, CONTEXT_COPY, SUBMISSION_NOTICE)
"""The notices that are asked for."""

LIS = _LTI + "lis"
OWN_SECTIONS = "lti_grader_sections"
"""The custom parameter in which an LMS names the sections of whoever launches, where it has a variable for that."""
OWN_ASSIGNMENT = "lti_grader_assignment"
"""The custom parameter that carries our own id, which survives where a platform keeps no link history."""
OWN_MATERIAL = "lti_grader_material"
"""The same for a link that opens a material."""

LINK_HISTORY, CONTEXT_HISTORY = "resource_link_history", "context_id_history"
"""Custom parameters that ask for the ids which a link and its course had in earlier copies."""

_LONGEST_ID, _LONGEST_URL, _LONGEST_WORDS = 255, 2000, 500


def identifier(value: object) -> str | None:
    """Return a platform's id of something, None if it is none that can be kept.

    LTI allows ids of 255 characters; a NUL and halves of a character cannot be stored.
    """
    return value if isinstance(value, str) and 0 < len(value) <= _LONGEST_ID and can_be_kept(value) else None


def any_identifier(value: object) -> str | None:
    """Return a platform's id of something that may also be a number, None if it is none that can be kept."""
    return identifier(str(value) if isinstance(value, int) and not isinstance(value, bool) else value)


def address(value: object) -> str | None:
    """Return an address that a platform gave, None if it is none that can be kept. It may still be unsafe to call."""
    return value if isinstance(value, str) and 0 < len(value) <= _LONGEST_URL and can_be_kept(value) else None


def about(claims: Mapping[str, Any]) -> str | None:
    """Return the sub of the person that a launch or a notice is about, None where it names nobody."""
    named = claims.get(FOR_USER)
    return identifier(named.get("user_id") or named.get("id")) if isinstance(named, dict) else None


def words(value: object) -> str | None:
    """Return a name or title as far as it can be kept, None where nothing is left of it."""
    if not isinstance(value, str):
        return None
    kept = value[:_LONGEST_WORDS].replace("\0", "").encode(errors="replace").decode()
    return kept.strip() or None


def can_be_kept(text: str) -> bool:
    """Return whether a text holds only what PostgreSQL stores: no NUL, and no half of a character."""
    return "\0" not in text and not any("\ud800" <= sign <= "\udfff" for sign in text)
