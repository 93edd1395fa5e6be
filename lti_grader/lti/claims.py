"""Claims and scopes (LTI 1.3 Core, Deep Linking 2.0, Assignment and Grade Services 2.0, NRPS 2.0): names, and values."""

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
DEEP_LINKING_SETTINGS = "https://purl.imsglobal.org/spec/lti-dl/claim/deep_linking_settings"
AGS = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
NRPS = "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice"

RESOURCE_LINK_REQUEST = "LtiResourceLinkRequest"
DEEP_LINKING_REQUEST = "LtiDeepLinkingRequest"

SCORE = "https://purl.imsglobal.org/spec/lti-ags/scope/score"
RESULT = "https://purl.imsglobal.org/spec/lti-ags/scope/result.readonly"
LINE_ITEM = "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem"
LINE_ITEM_READ = "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem.readonly"
MEMBERSHIP = "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly"
SCOPES = (SCORE, RESULT, LINE_ITEM, LINE_ITEM_READ, MEMBERSHIP)

OWN_ASSIGNMENT = "lti_grader_assignment"
"""The custom parameter that carries our own id, which survives where a platform keeps no link history."""

_LONGEST_ID, _LONGEST_URL, _LONGEST_WORDS = 255, 2000, 500


def identifier(value: object) -> str | None:
    """Return a platform's id of something, None if it is none that can be kept.

    LTI allows ids of 255 characters; a NUL and halves of a character cannot be stored.
    """
    return value if isinstance(value, str) and 0 < len(value) <= _LONGEST_ID and _can_be_kept(value) else None


def address(value: object) -> str | None:
    """Return an address that a platform gave, None if it is none that can be kept. It may still be unsafe to call."""
    return value if isinstance(value, str) and 0 < len(value) <= _LONGEST_URL and _can_be_kept(value) else None


def words(value: object) -> str | None:
    """Return a name or title as far as it can be kept, None where nothing is left of it."""
    if not isinstance(value, str):
        return None
    kept = value[:_LONGEST_WORDS].replace("\0", "").encode(errors="replace").decode()
    return kept.strip() or None


def _can_be_kept(text: str) -> bool:
    return "\0" not in text and not any("\ud800" <= sign <= "\udfff" for sign in text)
