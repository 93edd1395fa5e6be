"""What a launch's token must hold: the rows of the conformance table that need no server.

Numbers are the table's rows.
"""

import base64
import json
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import given
from hypothesis import strategies as st

from lti_grader.classes.models import Role
from lti_grader.lti import claims as c
from lti_grader.lti.errors import LaunchRefused
from lti_grader.lti.roles import class_role, is_test_user
from tests.lti.conftest import EXPECTED, INSTRUCTOR, LEARNER, NOW, Launch, good_claims

PREFIX = "http://purl.imsglobal.org/vocab/lis/v2/membership"
ASSISTANT = f"{PREFIX}/Instructor#TeachingAssistant"
THEN = int(NOW.timestamp())


def refused(launch: Launch, reason: str, **changes: Any) -> None:
    with pytest.raises(LaunchRefused) as error:
        launch(**changes)
    assert error.value.reason == reason
    assert len(error.value.message) > 20


def test_a_good_launch_holds(launch: Launch) -> None:
    assert launch()["sub"] == "person-1"


def test_01_a_launch_without_a_kid_is_refused(launch: Launch) -> None:
    refused(launch, "kid_missing", kid=...)


def test_02_a_launch_with_an_unknown_kid_is_refused(launch: Launch) -> None:
    refused(launch, "unknown_kid", kid="key-2")


@pytest.mark.parametrize("version", [..., "11.3", "1.3", 1.3])
def test_03_04_a_launch_of_another_version_is_refused(launch: Launch, version: Any) -> None:
    refused(launch, "bad_version", version=version)


def test_05_a_token_that_is_no_lti_message_is_refused(platform_key: rsa.RSAPrivateKey, launch: Launch) -> None:
    plain = {name: value for name, value in good_claims().items() if not name.startswith("https://")}
    token = jwt.encode(plain, platform_key, algorithm="RS256", headers={"kid": "key-1"})
    refused(launch, "message_type_missing", token=token)


@pytest.mark.parametrize(
    ("claim", "reason"),
    [
        ("aud", "audience_mismatch"),
        ("iss", "issuer_mismatch"),
        ("sub", "sub_missing"),
        ("deployment_id", "deployment_missing"),
        ("roles", "roles_missing"),
        ("message_type", "message_type_missing"),
        ("resource_link", "resource_link_missing"),
    ],
)
def test_06_08_to_12_a_launch_that_lacks_a_claim_is_refused(launch: Launch, claim: str, reason: str) -> None:
    refused(launch, reason, **{claim: ...})


@pytest.mark.parametrize(
    ("reason", "changes"),
    [
        ("expired", {"iat": 11111, "exp": 22222}),
        ("exp_missing", {"exp": ...}),
        ("iat_missing", {"iat": ...}),
        ("too_old", {"iat": THEN - 3700}),
        ("expired", {"exp": THEN - 61}),
        ("iat_missing", {"iat": "now"}),
        ("exp_missing", {"exp": True}),
        ("from_the_future", {"nbf": THEN + 100}),
    ],
)
def test_07_times_that_do_not_hold_are_refused(launch: Launch, reason: str, changes: dict[str, Any]) -> None:
    refused(launch, reason, **changes)


def test_08_a_message_of_an_unknown_kind_is_refused(launch: Launch) -> None:
    refused(launch, "message_type_unknown", message_type="LtiStartProctoring")


@pytest.mark.parametrize("link", [{}, {"id": ""}, {"id": 7}, "link", None])
def test_11_a_resource_link_needs_an_id(launch: Launch, link: Any) -> None:
    refused(launch, "resource_link_missing", resource_link=link)


@pytest.mark.parametrize(
    ("roles", "role"),
    [
        ([INSTRUCTOR], Role.TEACHER),
        ([LEARNER], Role.STUDENT),
        ([LEARNER, INSTRUCTOR], Role.TEACHER),
        (["Instructor"], Role.TEACHER),
        (["Learner"], Role.STUDENT),
        ([LEARNER, "http://example.org/roles#Wizard"], Role.STUDENT),
        ([""], Role.OBSERVER),
        ([], Role.OBSERVER),
        (["http://purl.imsglobal.org/vocab/lis/v2/institution/person#Instructor"], Role.OBSERVER),
        ([f"{PREFIX}#Mentor"], Role.OBSERVER),
        ([f"{PREFIX}#Administrator"], Role.ASSISTANT),
        ([INSTRUCTOR, ASSISTANT], Role.ASSISTANT),
        ([ASSISTANT], Role.ASSISTANT),
        ([LEARNER, ASSISTANT], Role.ASSISTANT),
    ],
)
def test_13_to_18_and_37_roles_give_the_least_that_they_say(roles: list[str], role: Role) -> None:
    assert class_role(roles) == role


def test_17_an_unknown_role_does_not_refuse_the_launch(launch: Launch) -> None:
    assert launch(roles=["http://example.org/roles#Wizard"])


def test_38_the_platforms_own_test_student_is_known_as_such() -> None:
    assert is_test_user([LEARNER, "http://purl.imsglobal.org/vocab/lti/system/person#TestUser"])
    assert not is_test_user([LEARNER])


@pytest.mark.parametrize("more", [{"email": "a@b.example"}, {"given_name": "A", "family_name": "B"}, {}])
def test_19_to_21_names_and_mail_may_be_left_out(launch: Launch, more: dict[str, str]) -> None:
    assert launch(**more)


def test_22_an_unsigned_token_is_refused(launch: Launch) -> None:
    head = base64.urlsafe_b64encode(json.dumps({"alg": "none", "kid": "key-1"}).encode()).rstrip(b"=").decode()
    body = base64.urlsafe_b64encode(json.dumps(good_claims()).encode()).rstrip(b"=").decode()
    refused(launch, "bad_algorithm", token=f"{head}.{body}.")


def test_22_a_token_signed_with_the_public_key_as_a_secret_is_refused(
    launch: Launch, platform_key: rsa.RSAPrivateKey
) -> None:
    import hashlib
    import hmac

    public = platform_key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    parts = [
        base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=")
        for part in ({"alg": "HS256", "kid": "key-1"}, good_claims())
    ]
    mac = base64.urlsafe_b64encode(hmac.new(public, b".".join(parts), hashlib.sha256).digest()).rstrip(b"=")
    refused(launch, "bad_algorithm", token=b".".join([*parts, mac]).decode())


def test_22_another_algorithm_of_the_right_key_is_refused(launch: Launch) -> None:
    refused(launch, "bad_algorithm", alg="RS512")


def test_22_23_the_key_of_another_platform_is_refused(launch: Launch, other_key: rsa.RSAPrivateKey) -> None:
    refused(launch, "bad_signature", key=other_key)


def test_22_a_changed_token_is_refused(launch: Launch, platform_key: rsa.RSAPrivateKey) -> None:
    head, body, mac = jwt.encode(good_claims(), platform_key, algorithm="RS256", headers={"kid": "key-1"}).split(".")
    forged = base64.urlsafe_b64encode(json.dumps(good_claims() | {"sub": "somebody else"}).encode()).rstrip(b"=")
    refused(launch, "bad_signature", token=f"{head}.{forged.decode()}.{mac}")
    assert body


def test_24_a_clock_two_seconds_ahead_is_accepted_and_an_hour_is_not(launch: Launch) -> None:
    assert launch(iat=THEN + 2)
    refused(launch, "from_the_future", iat=THEN + 3600, exp=THEN + 7200)


@pytest.mark.parametrize("audience", [["client-1", "x"], ["x", "client-1"], ["client-1"]])
def test_25_a_list_of_audiences_in_any_order_is_accepted_where_we_are_the_party(
    launch: Launch, audience: list[str]
) -> None:
    assert launch(aud=audience, azp="client-1")


@pytest.mark.parametrize(
    "changes",
    [{"aud": ["client-1", "x"], "azp": "x"}, {"aud": ["client-1", "x"]}, {"aud": "client-1", "azp": "x"}],
)
def test_26_another_party_is_refused(launch: Launch, changes: dict[str, Any]) -> None:
    refused(launch, "azp_mismatch", **changes)


def test_26_another_audience_is_refused(launch: Launch) -> None:
    refused(launch, "audience_mismatch", aud=["x", "y"], azp="x")


@pytest.mark.parametrize(
    ("nonce", "reason"),
    [(..., "nonce_missing"), ("", "nonce_missing"), (7, "nonce_missing"), ("nonce-2", "nonce_mismatch")],
)
def test_28_29_a_nonce_that_is_not_the_logins_is_refused(launch: Launch, nonce: Any, reason: str) -> None:
    refused(launch, reason, nonce=nonce)


@pytest.mark.parametrize("target", [..., "https://grader.example.edu/elsewhere", EXPECTED.target_link_uri + "/"])
def test_31_a_launch_that_leads_elsewhere_than_its_login_is_refused(launch: Launch, target: Any) -> None:
    refused(launch, "target_mismatch", target_link_uri=target)


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        (..., "return_url_missing"),
        ({"accept_types": ["ltiResourceLink"]}, "return_url_missing"),
        ({"deep_link_return_url": "https://lms.example.edu/return"}, "accept_types_missing"),
        ({"deep_link_return_url": "https://lms.example.edu/return", "accept_types": []}, "accept_types_missing"),
    ],
)
def test_32_deep_linking_needs_a_return_address_and_what_is_accepted(
    launch: Launch, settings: Any, reason: str
) -> None:
    refused(launch, reason, message_type=c.DEEP_LINKING_REQUEST, resource_link=..., settings=settings)


@given(st.text(max_size=300) | st.binary(max_size=200).map(lambda raw: base64.urlsafe_b64encode(raw).decode()))
def test_any_text_in_place_of_a_token_is_refused_in_words(text: str) -> None:
    from lti_grader.lti.verification import verify

    def key_of(kid: str) -> jwt.PyJWK:
        raise LaunchRefused("unknown_kid", "no such key")

    import datetime as dt

    with pytest.raises(LaunchRefused):
        verify(text, EXPECTED, key_of, at=NOW, leeway=dt.timedelta(0))
