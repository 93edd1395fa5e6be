"""Checking an id_token (LTI Security Framework 1.1, section 5.1.3; OpenID Connect Core, section 3.1.3.7)."""

import base64
import dataclasses
import datetime as dt
import hmac
import json
from collections.abc import Callable, Mapping
from typing import Any

import jwt

from lti_grader.lti import claims as c
from lti_grader.lti.errors import LaunchRefused, NotRegistered

ALGORITHMS = ("RS256",)
OLDEST = dt.timedelta(hours=1)
LONGEST_TOKEN = 65_536
_AGAIN = "Start it again from your course page."


@dataclasses.dataclass(frozen=True)
class Expected:
    """What the login of this launch agreed on."""

    issuer: str
    client_id: str
    nonce: str
    target_link_uri: str


def verify(
    token: str,
    expected: Expected,
    key_of: Callable[[str], jwt.PyJWK],
    *,
    at: dt.datetime,
    leeway: dt.timedelta,
) -> dict[str, Any]:
    """Return the claims of a launch that holds.

    Parameters
    ----------
    token
        The id_token as it came in.
    key_of
        Gives the platform's key of a `kid`, or raises.
    at
        Now.
    leeway
        How far the platform's clock may be off.

    Raises
    ------
    LaunchRefused
        With a `reason` for each way in which it does not.
    """
    claims = _signed_claims(token, key_of)
    _check_parties(claims, expected.issuer, expected.client_id)
    _check_person(claims)
    _check_times(claims, at, leeway)
    if not isinstance(nonce := claims.get("nonce"), str) or not nonce:
        raise LaunchRefused("nonce_missing", f"The launch carries no nonce. {_AGAIN}")
    if not hmac.compare_digest(nonce.encode(errors="replace"), expected.nonce.encode()):
        raise LaunchRefused("nonce_mismatch", f"The launch does not belong to the login that came before it. {_AGAIN}")
    _check_message(claims, expected)
    return claims


def verify_notice(
    token: str,
    issuer: str,
    client_id: str,
    key_of: Callable[[str], jwt.PyJWK],
    *,
    at: dt.datetime,
    leeway: dt.timedelta,
) -> dict[str, Any]:
    """Return the claims of a notice that holds (Platform Notification Service 1.0, section 4): no login came before it.

    Parameters
    ----------
    issuer, client_id
        The platform that it says it is from, and our name there.

    Raises
    ------
    LaunchRefused
        As `verify` does.
    """
    claims = _signed_claims(token, key_of)
    _check_parties(claims, issuer, client_id)
    _check_times(claims, at, leeway)
    if claims.get(c.VERSION) != "1.3.0":
        raise LaunchRefused("bad_version", "This tool speaks LTI 1.3.0; the LMS sent another version.")
    _check_deployment(claims)
    notice = claims.get(c.NOTICE)
    if not isinstance(notice, dict) or not all(c.identifier(notice.get(name)) for name in ("id", "type")):
        raise LaunchRefused("notice_missing", "The notice has no id, or does not say of what kind it is.")
    return claims


def _signed_claims(token: str, key_of: Callable[[str], jwt.PyJWK]) -> dict[str, Any]:
    if not token or len(token) > LONGEST_TOKEN:
        raise LaunchRefused("not_a_token", f"The launch carries no usable token. {_AGAIN}")
    header = _header(token)
    if header.get("alg") not in ALGORITHMS:
        raise LaunchRefused("bad_algorithm", "The launch is not signed with RS256, the algorithm that LTI asks for.")
    kid = header.get("kid")
    if not isinstance(kid, str) or not kid:
        raise LaunchRefused(
            "kid_missing", "The launch does not say which key it is signed with: tell the LMS's administrator."
        )
    key = key_of(kid)
    try:
        # Times, audience and issuer follow below, with an answer of their own for each.
        decoded = jwt.decode(
            token,
            key.key,
            algorithms=list(ALGORITHMS),
            options={
                "verify_signature": True, "verify_exp": False, "verify_iat": False, "verify_nbf": False,
                "verify_aud": False, "verify_iss": False, "verify_sub": False, "verify_jti": False,
            },
        )  # fmt: skip
    except (jwt.PyJWTError, ValueError):
        raise LaunchRefused("bad_signature", f"The launch's signature does not hold. {_AGAIN}") from None
    return dict(decoded)


def _header(token: str) -> dict[str, Any]:
    """Return what a token says of itself; PyJWT's own reading would take the whole token apart twice."""
    parts = token.split(".")
    try:
        found = json.loads(base64.urlsafe_b64decode(parts[0] + "=" * (-len(parts[0]) % 4)))
    except (ValueError, RecursionError):
        found = None
    if len(parts) != 3 or not isinstance(found, dict):
        raise LaunchRefused("not_a_token", f"The launch carries no usable token. {_AGAIN}")
    return found


def _check_parties(claims: Mapping[str, Any], issuer: str, client_id: str) -> None:
    if claims.get("iss") != issuer:
        raise LaunchRefused("issuer_mismatch", f"The launch comes from another LMS than its login. {_AGAIN}")
    audience = claims.get("aud")
    listed = audience if isinstance(audience, list) else [audience]
    if client_id not in listed:
        raise LaunchRefused("audience_mismatch", f"The launch is meant for another tool. {_AGAIN}")
    party = claims.get("azp")
    if (party is not None or len(listed) > 1) and party != client_id:
        raise LaunchRefused("azp_mismatch", f"The launch is meant for another tool. {_AGAIN}")


def _check_person(claims: Mapping[str, Any]) -> None:
    if c.identifier(claims.get("sub")) is None:
        raise LaunchRefused(
            "sub_missing",
            "Your LMS does not say who you are, and work without an owner cannot be graded. Sign in there first.",
        )


def _check_times(claims: Mapping[str, Any], at: dt.datetime, leeway: dt.timedelta) -> None:
    now, slack = at.timestamp(), leeway.total_seconds()
    issued, expires = _number(claims.get("iat")), _number(claims.get("exp"))
    if issued is None:
        raise LaunchRefused("iat_missing", f"The launch does not say when it was made. {_AGAIN}")
    if expires is None:
        raise LaunchRefused("exp_missing", f"The launch does not say until when it is good. {_AGAIN}")
    if expires + slack < now:
        raise LaunchRefused("expired", f"The launch took too long and has expired. {_AGAIN}")
    if issued + OLDEST.total_seconds() + slack < now:
        raise LaunchRefused("too_old", f"The launch is more than an hour old. {_AGAIN}")
    if issued - slack > now:
        raise LaunchRefused("from_the_future", "Your LMS's clock is ahead of ours: tell its administrator to check it.")
    starts = _number(claims.get("nbf"))
    if starts is not None and starts - slack > now:
        raise LaunchRefused("from_the_future", "Your LMS's clock is ahead of ours: tell its administrator to check it.")


def _number(value: object) -> float | None:
    return (
        float(value) if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e12 else None
    )


def _check_message(claims: Mapping[str, Any], expected: Expected) -> None:
    kind = claims.get(c.MESSAGE_TYPE)
    if kind is None:
        raise LaunchRefused("message_type_missing", "This is not an LTI launch.")
    if kind not in c.MESSAGE_TYPES:
        raise LaunchRefused("message_type_unknown", f"This tool does not know launches of the kind {str(kind)[:60]!r}.")
    if claims.get(c.VERSION) != "1.3.0":
        raise LaunchRefused("bad_version", "This tool speaks LTI 1.3.0; the LMS sent another version.")
    _check_place(claims)
    if claims.get(c.TARGET_LINK_URI) != expected.target_link_uri:
        raise LaunchRefused("target_mismatch", f"The launch leads elsewhere than its login said. {_AGAIN}")
    _check_purpose(claims, kind)


def _check_deployment(claims: Mapping[str, Any]) -> None:
    if c.identifier(claims.get(c.DEPLOYMENT_ID)) is None:
        raise LaunchRefused(
            "deployment_missing", "The launch does not name its deployment: tell the LMS's administrator."
        )


def _check_place(claims: Mapping[str, Any]) -> None:
    _check_deployment(claims)
    roles = claims.get(c.ROLES)
    if not isinstance(roles, list) or not all(isinstance(role, str) for role in roles):
        raise LaunchRefused("roles_missing", "The launch does not say what you are in the course.")


def _check_purpose(claims: Mapping[str, Any], kind: str) -> None:
    # A data-privacy launch needs nothing more: whom it is about may be chosen afterwards.
    if kind in _PURPOSES:
        _PURPOSES[kind](claims)


def _check_link(claims: Mapping[str, Any]) -> None:
    link = claims.get(c.RESOURCE_LINK)
    if not isinstance(link, dict) or c.identifier(link.get("id")) is None:
        raise LaunchRefused("resource_link_missing", "The launch does not name the link that was opened.")


def _check_deep_linking(claims: Mapping[str, Any]) -> None:
    settings = claims.get(c.DEEP_LINKING_SETTINGS)
    if not isinstance(settings, dict) or not isinstance(settings.get("deep_link_return_url"), str):
        raise LaunchRefused("return_url_missing", "The LMS does not say where the choice should go.")
    if not isinstance(settings.get("accept_types"), list) or not settings["accept_types"]:
        raise LaunchRefused("accept_types_missing", "The LMS does not say what may be chosen.")


def _check_review(claims: Mapping[str, Any]) -> None:
    """Hold a submission review to what it needs (LTI Submission Review 1.0, section 3)."""
    if c.about(claims) is None:
        raise LaunchRefused("for_user_missing", "The LMS does not say whose work should be shown.")
    grades = claims.get(c.AGS)
    if not isinstance(grades, dict) or c.address(grades.get("lineitem")) is None:
        raise LaunchRefused("lineitem_missing", "The LMS does not say which column of its gradebook the work is for.")


def _check_activity(claims: Mapping[str, Any]) -> None:
    _require_id(claims, c.ACTIVITY, "activity_missing", "The LMS does not say which of its assignments this is about.")


def _check_report(claims: Mapping[str, Any]) -> None:
    """Hold a look at a report to what it needs (LTI Asset Processor 1.0)."""
    _check_activity(claims)
    _require_id(claims, c.ASSET, "asset_missing", "The LMS does not say which file the report is about.")


def _require_id(claims: Mapping[str, Any], name: str, reason: str, words: str) -> None:
    described = claims.get(name)
    if not isinstance(described, dict) or c.identifier(described.get("id")) is None:
        raise LaunchRefused(reason, words)


_PURPOSES: Mapping[str, Callable[[Mapping[str, Any]], None]] = {
    c.RESOURCE_LINK_REQUEST: _check_link,
    c.DEEP_LINKING_REQUEST: _check_deep_linking,
    c.SUBMISSION_REVIEW_REQUEST: _check_review,
    c.ASSET_SETTINGS_REQUEST: _check_activity,
    c.REPORT_REVIEW_REQUEST: _check_report,
}


def unknown_deployment(deployment_id: str, issuer: str, client_id: str) -> NotRegistered:
    """Return the refusal of a deployment that was never registered."""
    return NotRegistered(
        "unknown_deployment",
        f"Deployment {deployment_id!r} of {issuer} (client {client_id}) is not registered here. The administrator adds it"
        " with `lti-grader platforms add`.",
    )
