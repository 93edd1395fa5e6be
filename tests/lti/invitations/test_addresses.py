"""An LMS registers itself by a one-time address: once, and nobody by another one."""

import concurrent.futures
import datetime as dt
import json
import uuid
from html import unescape
from typing import Any

import flask
import pytest
import sqlalchemy as sa

from lti_grader.core.db import session, transaction
from lti_grader.lti import claims as c
from lti_grader.lti import registration_invitations as invitations
from lti_grader.lti.registration_dynamic import TOOL_CONFIGURATION
from lti_grader.lti.registration_models import RegistrationInvitation
from tests.lti.invitations.registering import (
    Registering,
    Visit,
    deployments,
    invite,
    now,
    press,
    registered,
)
from tests.lti.scripted import browser


def test_an_lms_registers_itself_and_its_first_launch_goes_through(
    app: flask.Flask, tenant: uuid.UUID, platform: Registering, visit: Visit
) -> None:
    address = invite(tenant)
    page = visit(address)
    assert page.status_code == 200
    for words in ("North University", platform.url, "Names and e-mail addresses", "Where content is added to a course"):
        assert words in page.text
    assert platform.url in page.headers["Content-Security-Policy"].partition("frame-ancestors")[2]
    done = press(app, address, page)
    assert done.status_code == 200
    assert "org.imsglobal.lti.close" in done.text
    assert "Manage tools" in done.text, "what is left to do is said as Moodle calls it"

    (asked,) = platform.to("/register")
    assert asked.headers["Authorization"] == "Bearer one-time"
    body = asked.json
    own = app.extensions["settings"].public_url
    assert body["initiate_login_uri"] == f"{own}/lti/login"
    assert body["redirect_uris"] == [f"{own}/lti/launch"]
    assert body["jwks_uri"] == f"{own}/lti/jwks.json"
    assert body["token_endpoint_auth_method"] == "private_key_jwt"
    assert set(body["scope"].split()) == set(c.SCOPES)
    tool = body[TOOL_CONFIGURATION]
    assert tool["domain"] == own.partition("//")[2], "with its port, as Moodle needs it"
    assert tool["claims"] == ["iss", "sub", "name", "given_name", "family_name", "email"]
    assert {one["type"]: one.get("placements") for one in tool["messages"]} == {
        "LtiResourceLinkRequest": None, "LtiDeepLinkingRequest": ["ContentArea"],
    }  # fmt: skip

    found = registered(platform.url)
    assert (found.tenant_id, found.client_id, found.product_family) == (tenant, "client-9", "moodle")
    assert found.frame_origins == [platform.url]
    assert found.learns_deployments_until is None
    assert deployments(found) == ["5"]
    platform.client_id = "client-9"
    way = browser(app, platform)
    assert way.login(lti_deployment_id="5").status_code == 302
    assert way.launch(**{c.DEPLOYMENT_ID: "5"}).status_code == 303


def test_a_used_expired_unknown_or_revoked_address_says_so(
    app: flask.Flask, tenant: uuid.UUID, visit: Visit, platform: Registering
) -> None:
    address = invite(tenant)
    page = visit(address)
    assert press(app, address, page).status_code == 200
    revoked = invite(tenant)
    with transaction(tenant):
        row = session().scalars(sa.select(RegistrationInvitation).where(RegistrationInvitation.used_at.is_(None))).one()
        assert invitations.revoke(row.id, at=now())
        assert not invitations.revoke(row.id, at=now())
    expected = {
        address: (409, "registered with this address already"), revoked: (409, "taken back"),
        invite(tenant, lasts=dt.timedelta(0)): (409, "expired"), "/lti/register/x": (404, "no registration address"),
        "/lti/register/%00": (404, "no registration address"),
    }  # fmt: skip
    for url, (status, words) in expected.items():
        for answer in (visit(url), app.test_client().post(url)):
            assert answer.status_code == status
            assert words in answer.text
            assert answer.headers["Content-Security-Policy"].endswith("frame-ancestors 'self' *"), "seen in any frame"
    assert press(app, address, page).status_code == 409
    assert len(platform.to("/register")) == 1


def test_of_two_who_press_at_once_one_registers(
    app: flask.Flask, tenant: uuid.UUID, visit: Visit, platform: Registering
) -> None:
    address = invite(tenant)
    pages = [visit(address) for _ in range(4)]
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda page: press(app, address, page).status_code, pages))
    assert sorted(answers) == [200, 409, 409, 409]
    assert len(platform.to("/register")) == 1


def test_somebody_with_a_browser_learns_what_the_address_is_for(app: flask.Flask, tenant: uuid.UUID) -> None:
    page = app.test_client().get(invite(tenant))
    assert page.status_code == 422
    assert "for an LMS, not for a browser" in page.text


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ((200, {}, {}), "without a client id"),
        ((200, {}, {"client_id": 5}), "without a client id"),
        ((200, {}, {"client_id": "x\0"}), "without a client id"),
        ((200, {}, "<html>"), "not JSON"),
        ((401, {}, "token_already_used"), "start again from the LMS"),
        ((400, {}, "missing required attribute domain"), "missing required attribute domain"),
        ((500, {}, ""), "answered 500"),
    ],
)
def test_an_answer_that_cannot_be_used_is_told_and_the_address_stays_good(
    app: flask.Flask, tenant: uuid.UUID, visit: Visit, platform: Registering, answer: Any, words: str
) -> None:
    address = invite(tenant)
    platform.script["/register"] = [answer]
    page = press(app, address, visit(address))
    assert page.status_code == 422
    assert words in unescape(page.text)
    with transaction(tenant):
        assert session().scalars(sa.select(RegistrationInvitation.last_error)).one()
    assert press(app, address, visit(address)).status_code == 200


def test_what_the_button_sends_cannot_be_changed_or_taken_elsewhere(
    app: flask.Flask, tenant: uuid.UUID, visit: Visit, platform: Registering
) -> None:
    address, other = invite(tenant), invite(tenant)
    page = visit(address)
    assert "another registration address" in press(app, other, page).text
    assert "cannot be used any more" in press(app, address, page, offer="x").text
    assert "tells of people" in press(app, address, page, privacy="everything").text
    assert platform.to("/register") == []


def test_a_client_id_of_another_institution_is_not_taken_over(
    app: flask.Flask, tenant: uuid.UUID, visit: Visit, platform: Registering
) -> None:
    platform.register(client_id="client-9", jwks_url=f"{platform.url}/old")
    address = invite(tenant)
    assert "another institution" in press(app, address, visit(address)).text
    assert registered(platform.url).jwks_url == f"{platform.url}/old"


def test_an_address_is_kept_only_as_its_hash_and_its_states_are_told(tenant: uuid.UUID) -> None:
    token = invite(tenant).rpartition("/")[2]
    with transaction(tenant):
        (row,) = session().scalars(sa.text("SELECT row_to_json(r)::text FROM registration_invitations r")).all()
        assert token not in row
        (one,) = invitations.listed()
    assert one.state(now()) == "open"
    assert one.state(now() + dt.timedelta(days=4)) == "expired"
    assert json.loads(row)["administrator_id"] is None
