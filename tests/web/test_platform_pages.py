"""Administrators look after their institution's platforms."""

import datetime as dt
import re
from collections.abc import Callable
from html import unescape
from typing import Any

import flask
import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from lti_grader.core.db import session, transaction
from lti_grader.lti import registration_invitations as invitations
from lti_grader.lti import registration_learning as learning
from lti_grader.lti import registration_queries
from lti_grader.lti.models import Deployment, Platform
from lti_grader.lti.registration_models import ProposalKind, RegistrationInvitation, RegistrationProposal
from lti_grader.people import operations, queries
from lti_grader.people.models import Administrator
from tests.fixtures.world import World, make_world

ADDRESS = "/administration/platforms/"
FORM = {
    "issuer": "https://canvas.instructure.com", "client_id": "10000000000007", "name": "Canvas", "product_family": "canvas",
    "auth_login_url": "https://sso.canvaslms.com/api/lti/authorize_redirect", "auth_audience": "",
    "auth_token_url": "https://sso.canvaslms.com/login/oauth2/token",
    "jwks_url": "https://sso.canvaslms.com/api/lti/security/jwks",
    "frame_origins": "https://a.instructure.com\r\nhttps://b.instructure.com/\r\n", "deployments": "7:abc\r\n 8:def ",
}  # fmt: skip
Enter = Callable[[World], FlaskClient]


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


@pytest.fixture
def enter(app: flask.Flask) -> Enter:
    """Sign an administrator of a world in."""
    app.config["WTF_CSRF_ENABLED"] = False

    def go(world: World) -> FlaskClient:
        with transaction(world.tenant_id):
            token = operations.make_sign_in("Ada", at=now())
        client = app.test_client()
        assert client.post(f"/administration/sign-in/{token}").status_code == 303
        return client

    return go


def done(world: World) -> list[str]:
    with transaction(world.tenant_id):
        return [one.words for one in queries.actions() if one.action != "signed_in"]


def words(answer: TestResponse, status: int = 200) -> str:
    assert answer.status_code == status, (answer.status_code, answer.text[:500])
    return unescape(answer.text)


def platform(world: World) -> Platform:
    with transaction(world.tenant_id):
        return session().get_one(Platform, world.platform_id)


def test_a_platform_is_registered_by_hand_and_listed(enter: Enter, world: World) -> None:
    client = enter(world)
    page = words(client.get(f"{ADDRESS}new"))
    assert "/lti/login" in page
    assert "/lti/canvas.json" in page
    page = words(client.post(f"{ADDRESS}new", data=FORM, follow_redirects=True))
    assert "7:abc" in page
    assert "8:def" in page
    with transaction(world.tenant_id):
        made = session().scalars(sa.select(Platform).where(Platform.client_id == FORM["client_id"])).one()
    assert made.frame_origins == ["https://a.instructure.com", "https://b.instructure.com"]
    assert made.auth_audience is None
    assert "Canvas" in words(client.get(ADDRESS))
    assert done(world) == ["Registered Canvas."]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"issuer": ""}, "issuer"), ({"jwks_url": "http://lms.example/keys"}, "jwks_url: must be an https address"),
        ({"deployments": " \r\n"}, "deployments"), ({"frame_origins": "*"}, "frame_origins"),
        ({"product_family": "x"}, "product_family"), ({"client_id": "a\0b"}, "client_id"),
    ],
)  # fmt: skip
def test_a_mistake_in_the_form_is_named_and_nothing_typed_is_lost(
    enter: Enter, world: World, changes: dict[str, str], said: str
) -> None:
    page = words(enter(world).post(f"{ADDRESS}new", data=FORM | changes), 422)
    assert said in page
    assert FORM["auth_token_url"] in page
    assert done(world) == []


def test_what_is_registered_already_is_said_and_not_taken_over(enter: Enter, world: World) -> None:
    other = make_world("South University")
    assert enter(other).post(f"{ADDRESS}new", data=FORM).status_code == 303
    client = enter(world)
    assert "Another institution" in words(client.post(f"{ADDRESS}new", data=FORM), 422)
    assert client.post(f"{ADDRESS}new", data=FORM | {"client_id": "second"}).status_code == 303, (
        "one issuer, two tenants"
    )
    assert "registered as Canvas" in words(client.post(f"{ADDRESS}new", data=FORM | {"client_id": "second"}), 422)


def test_a_registration_is_changed_but_for_what_it_is_known_by(enter: Enter, world: World) -> None:
    client, before = enter(world), platform(world)
    changed = FORM | {
        "name": "Renamed",
        "frame_origins": "https://own.example.edu",
        "auth_audience": "https://aud.example",
    }
    assert client.post(f"{ADDRESS}{world.platform_id}", data=changed).status_code == 303
    after = platform(world)
    assert (after.issuer, after.client_id) == (before.issuer, before.client_id)
    assert (after.name, after.frame_origins) == ("Renamed", ["https://own.example.edu"])
    assert (after.product_family, after.auth_audience) == ("canvas", "https://aud.example")
    with transaction(world.tenant_id):
        (action,) = [one for one in queries.actions() if one.action == "platform.changed"]
        assert session().scalars(sa.select(Deployment.deployment_id)).all() == ["1"]
    assert action.details["before"]["name"] == "LMS"
    assert client.post(f"{ADDRESS}{world.platform_id}", data=changed).status_code == 303
    assert len(done(world)) == 1, "nothing changed, so nothing is noted"
    assert "jwks_url" in words(client.post(f"{ADDRESS}{world.platform_id}", data=changed | {"jwks_url": "x"}), 422)


def test_a_platform_is_switched_off_and_on(enter: Enter, world: World) -> None:
    client = enter(world)
    for state, is_off in (("off", True), ("off", True), ("on", False)):
        assert client.post(f"{ADDRESS}{world.platform_id}/state", data={"state": state}).status_code == 303
        assert (platform(world).disabled_at is not None) is is_off
    assert done(world) == ["Switched on LMS.", "Switched off LMS."]


def test_deployments_come_and_go_but_none_that_has_courses(enter: Enter, world: World) -> None:
    client, url = enter(world), f"{ADDRESS}{world.platform_id}/deployments"
    for given in ("9:new", " 9:new "):
        assert client.post(url, data={"deployment_id": given}).status_code == 303
    for wrong in ("", "  ", "x" * 256, "a\0b", "a\nb"):
        assert "deployment id" in words(client.post(url, data={"deployment_id": wrong}), 422)
    with transaction(world.tenant_id):
        lines = {one.deployment_id: one for one in registration_queries.deployment_lines(world.platform_id)}
    assert {name: one.courses for name, one in lines.items()} == {"1": 1, "9:new": 0}
    assert "switch the platform off" in words(client.post(f"{url}/{lines['1'].id}/remove"), 409)
    assert client.post(f"{url}/{lines['9:new'].id}/remove").status_code == 303
    assert client.post(f"{url}/{lines['9:new'].id}/remove").status_code == 404
    assert done(world) == ["Deployment 9:new of LMS removed.", "Deployment 9:new of LMS added."]


@pytest.mark.parametrize(("kind", "value"), [("frame_origin", "https://own.example.edu"), ("deployment", "9:new")])
@pytest.mark.parametrize("decision", ["accept", "decline"])
def test_what_launches_showed_is_accepted_or_declined(
    enter: Enter, world: World, kind: str, value: str, decision: str
) -> None:
    client, seen = enter(world), platform(world)
    with transaction(world.tenant_id):
        learning._propose(seen, ProposalKind(kind), value, at=now())
        row = session().scalars(sa.select(RegistrationProposal)).one().id
    assert value in words(client.get(f"{ADDRESS}{world.platform_id}"))
    assert "1 proposal to decide" in words(client.get(ADDRESS))
    url = f"{ADDRESS}{world.platform_id}/proposals/{row}"
    assert client.post(url, data={"decision": decision}).status_code == 303
    assert "proposal to decide" not in words(client.get(ADDRESS))
    with transaction(world.tenant_id):
        learning._propose(seen, ProposalKind(kind), value, at=now())
        there = {
            *session().get_one(Platform, world.platform_id).frame_origins,
            *session().scalars(sa.select(Deployment.deployment_id)),
        }
        waiting = learning.proposals(world.platform_id)
    assert (value in there) is (decision == "accept")
    if decision == "decline":
        assert waiting == [], "it does not come back"


def test_a_registration_address_is_shown_once_and_taken_back(enter: Enter, world: World) -> None:
    client = enter(world)
    page = words(client.post(f"{ADDRESS}invitations"))
    address = re.search(r'value="[^"]*(/lti/register/[^"]+)"', page)
    assert address
    assert "for an LMS" in words(client.get(address[1]), 422)
    listed = words(client.get(ADDRESS))
    assert address[1].rpartition("/")[2] not in listed
    revoke = re.search(r'action="([^"]+/revoke)"', listed)
    assert revoke
    for _ in range(2):
        assert client.post(revoke[1]).status_code == 303
    assert "taken back" in words(client.get(address[1]), 409)
    assert done(world) == ["Took a registration address back.", "Made a registration address."]


def test_what_registers_with_an_administrators_address_is_noted_under_their_name(enter: Enter, world: World) -> None:
    enter(world)
    with transaction(world.tenant_id):
        who = session().scalars(sa.select(Administrator.id)).one()
        invitations.make(administrator_id=who, at=now())
        session().flush()
        row = session().scalars(sa.select(RegistrationInvitation)).one()
        invitations.use(row.id, world.platform_id, "Moodle", at=now())
    assert done(world) == ["Moodle registered itself with their registration address."]


def test_another_institutions_administrator_finds_none_of_it(enter: Enter, world: World) -> None:
    client, url = enter(make_world("South University")), f"{ADDRESS}{world.platform_id}"
    assert world.platform_id.hex not in client.get(ADDRESS).text.replace("-", "")
    tries: list[tuple[str, str, Any]] = [
        ("GET", url, None), ("POST", url, FORM), ("POST", f"{url}/state", {"state": "off"}),
        ("POST", f"{url}/deployments", {"deployment_id": "x"}), ("POST", f"{url}/deployments/{world.class_id}/remove", {}),
        ("POST", f"{url}/proposals/{world.class_id}", {"decision": "accept"}),
    ]  # fmt: skip
    for method, address, form in tries:
        assert client.open(address, method=method, data=form).status_code == 404, address
    assert platform(world).disabled_at is None


def test_canvas_reads_the_tool_from_an_address_of_its_own(app: flask.Flask) -> None:
    answer = app.test_client().get("/lti/canvas.json")
    assert answer.content_type == "application/json"
    found = answer.json
    own = app.extensions["settings"].public_url
    # What lib/schemas/lti/tool_configuration.rb of the Canvas source requires, and one of public_jwk and public_jwk_url.
    assert found.keys() >= {
        "title",
        "description",
        "target_link_uri",
        "oidc_initiation_url",
        "public_jwk_url",
        "scopes",
    }
    assert found["oidc_initiation_url"] == f"{own}/lti/login"
    (extension,) = found["extensions"]
    assert extension["platform"] == "canvas.instructure.com"
    assert extension["privacy_level"] in ("public", "email_only", "name_only", "anonymous")
    placed = {one["placement"]: one["message_type"] for one in extension["settings"]["placements"]}
    assert placed == {
        "assignment_selection": "LtiDeepLinkingRequest", "link_selection": "LtiDeepLinkingRequest",
        "editor_button": "LtiDeepLinkingRequest", "module_index_menu_modal": "LtiDeepLinkingRequest",
        "course_navigation": "LtiResourceLinkRequest",
    }  # fmt: skip
    assert all(isinstance(value, str) for value in found["custom_fields"].values())
    with app.test_client().get("/static/logo.svg") as picture:
        assert picture.status_code == 200
