"""An LMS registers itself by a one-time address (LTI Dynamic Registration 1.0)."""

import concurrent.futures
import datetime as dt
import json
import re
import uuid
from collections.abc import Callable, Iterator
from html import unescape
from typing import Any
from urllib.parse import urlencode

import flask
import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric import rsa
from werkzeug.test import TestResponse

from lti_grader.adapters import Adapters
from lti_grader.core.db import session, system_transaction, transaction
from lti_grader.core.ids import new_id
from lti_grader.core.settings import Settings
from lti_grader.lti import claims as c
from lti_grader.lti import registration_invitations as invitations
from lti_grader.lti.errors import RegistrationFailed
from lti_grader.lti.keysets import keysets
from lti_grader.lti.models import Deployment, Platform
from lti_grader.lti.reach import require_reachable
from lti_grader.lti.registration_configuration import understand
from lti_grader.lti.registration_dynamic import TOOL_CONFIGURATION
from lti_grader.lti.registration_models import RegistrationInvitation, RegistrationProposal
from lti_grader.people.models import Tenant
from tests.lti.scripted import Asked, ScriptedPlatform, browser

PLATFORM = "https://purl.imsglobal.org/spec/lti-platform-configuration"
CANVAS = "https://canvas.instructure.com/lti/"


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def configuration(url: str, **more: Any) -> dict[str, Any]:
    return {
        "issuer": url, "authorization_endpoint": f"{url}/auth", "token_endpoint": f"{url}/token",
        "jwks_uri": f"{url}/jwks", "registration_endpoint": f"{url}/register",
        "scopes_supported": ["openid", *c.SCOPES], "response_types_supported": ["id_token"],
        PLATFORM: {
            "product_family_code": "moodle",
            "messages_supported": [
                {"type": "LtiResourceLinkRequest"}, {"type": "LtiDeepLinkingRequest", "placements": ["ContentArea"]},
            ],
        },
    } | more  # fmt: skip


class Registering(ScriptedPlatform):
    """A platform that takes tools in."""

    def __init__(self, key: rsa.RSAPrivateKey) -> None:
        super().__init__(key)
        self.configured = configuration(self.url)
        self.answered: dict[str, Any] = {"client_id": "client-9", TOOL_CONFIGURATION: {"deployment_id": "5"}}

    def answer(self, asked: Asked) -> Any:
        if asked.path == "/configuration":
            return 200, {}, self.configured
        if asked.path == "/register":
            return 200, {}, self.answered
        return super().answer(asked)


@pytest.fixture
def platform(app: flask.Flask, platform_key: rsa.RSAPrivateKey) -> Iterator[Registering]:
    keysets.forget()
    found = Registering(platform_key)
    yield found
    found.close()


@pytest.fixture
def tenant(app: flask.Flask) -> uuid.UUID:
    made = new_id()
    with transaction(made):
        session().add(Tenant(id=made, name="North University"))
    return made


def invite(tenant: uuid.UUID, **more: Any) -> str:
    with transaction(tenant):
        return f"/lti/register/{invitations.make(administrator_id=None, **{'at': now(), **more})}"


Visit = Callable[..., TestResponse]


@pytest.fixture
def visit(app: flask.Flask, platform: Registering) -> Visit:
    """Open a registration address as the LMS does."""

    def go(address: str, **more: str) -> TestResponse:
        query = {"openid_configuration": f"{platform.url}/configuration", "registration_token": "one-time"} | more
        return app.test_client().get(f"{address}?{urlencode(query)}")

    return go


def press(app: flask.Flask, address: str, page: TestResponse, **more: Any) -> TestResponse:
    """Press the button of the page, in a browser that keeps no cookie."""
    found = re.search(r'name="offer" value="([^"]+)"', page.text)
    assert found, page.text
    chosen = [unescape(one) for one in re.findall(r'name="placement" value="([^"]+)"[^>]*checked', page.text)]
    form = {"offer": unescape(found[1]), "privacy": "names_and_email", "placement": chosen} | more
    return app.test_client().post(address, data=form)


def registered(issuer: str) -> Platform:
    with system_transaction() as opened:
        return opened.scalars(sa.select(Platform).where(Platform.issuer == issuer)).one()


def deployments(platform: Platform) -> list[str]:
    with transaction(platform.tenant_id):
        return list(session().scalars(sa.select(Deployment.deployment_id).order_by(Deployment.deployment_id)))


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
        ((200, {}, "<html>Maintenance</html>"), "not JSON"),
        ((404, {}, {}), "answered 404"),
        ((302, {"Location": "http://127.0.0.1:1/"}, ""), "answered 302"),
        ((200, {}, []), "cannot be used"),
        ((200, {}, {"issuer": 5}), "issuer"),
        ((200, {}, "x" * 300_000), "longer than"),
    ],
)
def test_a_configuration_that_cannot_be_used_is_told_in_words(
    tenant: uuid.UUID, visit: Visit, platform: Registering, answer: Any, words: str
) -> None:
    platform.script["/configuration"] = [answer]
    page = visit(invite(tenant))
    assert page.status_code == 422
    assert words in page.text


BASE = "https://lms.example.edu"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"issuer": "https://other.example.edu"}, "register only itself"),
        ({"issuer": f"{BASE}:8443"}, "register only itself"),
        ({"issuer": "x" * 300}, "issuer"),
        ({"issuer": f"{BASE}\n"}, "issuer"),
        ({"registration_endpoint": "http://lms.example.edu/register"}, "https"),
        ({"registration_endpoint": "file:///etc/passwd"}, "https"),
        ({"token_endpoint": "javascript:alert(1)"}, "https"),
        ({"jwks_uri": None}, "jwks_uri"),
        ({"response_types_supported": ["code"]}, "id_token"),
        ({"token_endpoint_auth_methods_supported": ["client_secret_post"]}, "private_key_jwt"),
        ({"id_token_signing_alg_values_supported": ["HS256"]}, "RS256"),
    ],
)
def test_a_configuration_that_would_do_harm_is_refused(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(RegistrationFailed, match=words):
        understand(configuration(BASE, **changes), f"{BASE}/.well-known/openid-configuration")


def test_each_product_is_its_own_issuer_in_its_own_way() -> None:
    assert understand(configuration(BASE), f"{BASE}:443/x").issuer == BASE
    blackboard = configuration("https://blackboard.com", **{PLATFORM: {"product_family_code": "BlackboardLearn"}})
    assert understand(blackboard, "https://developer.blackboard.com/x").family == "blackboard"
    for url in ("https://evil.example/x", "https://evilblackboard.com/x", "https://blackboard.com.evil.example/x"):
        with pytest.raises(RegistrationFailed, match="only itself"):
            understand(blackboard, url)


@pytest.mark.parametrize("listed", [["LtiDeepLinkingRequest"], [{"type": 5}, None, {}, {"type": "X", "placements": 3}]])
def test_message_types_in_any_form_are_read(listed: Any) -> None:
    found = configuration(BASE, **{PLATFORM: {"messages_supported": listed}})
    assert set(understand(found, BASE).offered()) <= {"LtiDeepLinkingRequest", "X"}


class TestReach:
    """Whom this server may be made to call."""

    @pytest.fixture
    def abroad(self, settings: Settings) -> Settings:
        return settings.model_copy(update={"public_url": "https://grader.example.edu"})

    @pytest.mark.parametrize(
        "host",
        ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "10.0.0.5", "192.168.1.1", "169.254.169.254",
         "[fe80::1]", "0.0.0.0", "224.0.0.1", "[::ffff:10.0.0.5]", "100.64.0.1"],
    )  # fmt: skip
    def test_this_machine_and_the_network_around_it_are_out_of_reach(self, abroad: Settings, host: str) -> None:
        with pytest.raises(RegistrationFailed, match="network"):
            require_reachable(f"https://{host}/x", "It", abroad)

    def test_an_lms_inside_is_reached_where_the_operator_says_so(self, abroad: Settings) -> None:
        inside = abroad.model_copy(update={"lms_on_private_networks": True})
        require_reachable("https://10.0.0.5/x", "It", inside)
        for host in ("127.0.0.1", "169.254.169.254", "0.0.0.0", "224.0.0.1"):
            with pytest.raises(RegistrationFailed):
                require_reachable(f"https://{host}/x", "It", inside)

    def test_a_name_that_nobody_knows_is_said(self, abroad: Settings) -> None:
        with pytest.raises(RegistrationFailed, match="cannot find"):
            require_reachable("https://lms.invalid/x", "It", abroad)


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


class TestDeploymentsThatAreNotTold:
    """As Canvas does: the deployment appears when the tool is switched on."""

    @pytest.fixture(autouse=True)
    def _register(self, app: flask.Flask, tenant: uuid.UUID, visit: Visit, platform: Registering) -> None:
        platform.answered = {"client_id": "client-1"}
        self.app, self.scripted, self.tenant = app, platform, tenant
        address = invite(tenant)
        assert "not said yet which deployment" in press(app, address, visit(address)).text
        self.platform = registered(platform.url)

    def launch(self, deployment: str) -> TestResponse:
        way = browser(self.app, self.scripted)
        way.login()
        return way.launch(**{c.DEPLOYMENT_ID: deployment})

    def test_the_first_ones_are_taken_in(self) -> None:
        assert self.launch("7:abc").status_code == 303
        assert self.launch("7:abc").status_code == 303
        assert self.launch("8:def").status_code == 303
        assert deployments(self.platform) == ["7:abc", "8:def"]

    def test_afterwards_they_wait_for_an_administrator(self) -> None:
        with transaction(self.tenant):
            session().execute(sa.update(Platform).values(learns_deployments_until=now()))
        for _ in range(2):
            assert self.launch("7:abc").status_code == 403
        assert deployments(self.platform) == []
        with transaction(self.tenant):
            (row,) = session().scalars(sa.select(RegistrationProposal)).all()
        assert (row.kind, row.value) == ("deployment", "7:abc")

    def test_no_more_than_twenty(self) -> None:
        with transaction(self.tenant):
            for number in range(20):
                session().add(
                    Deployment(tenant_id=self.tenant, platform_id=self.platform.id, deployment_id=f"d{number}")
                )
        assert self.launch("one-more").status_code == 403


def test_blackboards_deployments_are_never_taken_in_unasked(
    app: flask.Flask, tenant: uuid.UUID, visit: Visit, platform: Registering
) -> None:
    platform.configured[PLATFORM] = {"product_family_code": "BlackboardLearn"}
    platform.answered = {"client_id": "client-1"}
    address = invite(tenant)
    assert "Then add the deployment id" in press(app, address, visit(address)).text
    assert registered(platform.url).learns_deployments_until is None


def test_canvas_gets_what_canvas_understands(
    app: flask.Flask, tenant: uuid.UUID, visit: Visit, platform: Registering
) -> None:
    for prefix in (CANVAS, ""):
        platform.configured |= {
            "authorization_server": "sso.canvaslms.com",
            PLATFORM: {
                "product_family_code": "canvas", f"{CANVAS}account_name": "School of Rock",
                "messages_supported": [
                    {"type": "LtiResourceLinkRequest", "placements": [f"{prefix}course_navigation", f"{prefix}file_menu"]},
                    {"type": "LtiDeepLinkingRequest", "placements": [f"{prefix}assignment_selection",
                                                                     f"{prefix}submission_type_selection"]},
                ],
            },
        }  # fmt: skip
        address = invite(tenant)
        assert press(app, address, visit(address), privacy="names").status_code == 200
        tool = platform.to("/register")[-1].json[TOOL_CONFIGURATION]
        assert {one["type"]: one["placements"] for one in tool["messages"]} == {
            "LtiResourceLinkRequest": [f"{prefix}course_navigation"],
            "LtiDeepLinkingRequest": [f"{prefix}assignment_selection"],
        }
        assert tool[f"{CANVAS}privacy_level"] == "name_only"
        assert tool["custom_parameters"].items() >= {
            "canvas_api_domain": "$Canvas.api.domain", "lti_grader_sections": "$com.instructure.User.sectionNames",
        }.items()  # fmt: skip
    found = registered(platform.url)
    assert (found.name, found.auth_audience) == ("School of Rock", None)


def test_a_message_without_a_placement_is_not_asked_of_canvas(
    app: flask.Flask, tenant: uuid.UUID, visit: Visit, platform: Registering
) -> None:
    platform.configured[PLATFORM] = {
        "product_family_code": "canvas",
        "messages_supported": [{"type": "LtiResourceLinkRequest", "placements": ["course_navigation"]}],
    }
    address = invite(tenant)
    assert press(app, address, visit(address), placement=[]).status_code == 200
    assert platform.to("/register")[-1].json[TOOL_CONFIGURATION]["messages"] == []


def test_without_a_token_none_is_sent_and_without_a_list_the_usual_is_asked_for(
    app: flask.Flask, tenant: uuid.UUID, visit: Visit, platform: Registering
) -> None:
    platform.configured = configuration(platform.url, scopes_supported=None, **{PLATFORM: {}})
    address = invite(tenant)
    assert press(app, address, visit(address, registration_token="")).status_code == 200
    (asked,) = platform.to("/register")
    assert "Authorization" not in asked.headers
    assert set(asked.json["scope"].split()) == set(c.SCOPES)
    assert [one["type"] for one in asked.json[TOOL_CONFIGURATION]["messages"]] == [
        "LtiResourceLinkRequest", "LtiDeepLinkingRequest",
    ]  # fmt: skip


def test_the_lms_s_token_is_not_on_the_page(tenant: uuid.UUID, visit: Visit, held: Adapters) -> None:
    assert "a-secret-token" not in visit(invite(tenant), registration_token="a-secret-token").text


@pytest.mark.parametrize(
    ("presentation", "custom", "proposed"),
    [
        ({"return_url": "https://school.instructure.com/courses/1/x"}, {}, ["https://school.instructure.com"]),
        ({"return_url": "https://school.instructure.com/x", "document_target": "window"}, {}, []),
        ({"return_url": "https://a.example; script-src *"}, {}, []),
        ({"return_url": "javascript:alert(1)"}, {}, []),
        ({"return_url": 5}, {}, []),
        ([], {}, []),
        ({}, {"canvas_api_domain": "school.instructure.com"}, ["https://school.instructure.com"]),
        ({}, {"canvas_api_domain": "$Canvas.api.domain"}, []),
        ({}, {"canvas_api_domain": "x.example 'unsafe"}, []),
        ({"return_url": "https://lms.example.edu/x"}, {}, []),
    ],
)
def test_where_the_pages_are_is_proposed_and_not_believed(
    app: flask.Flask, platform: Registering, presentation: Any, custom: Any, proposed: list[str]
) -> None:
    platform.register(product_family="canvas")
    for _ in range(2):
        way = browser(app, platform)
        way.login()
        launched = way.launch(**{c.LAUNCH_PRESENTATION: presentation, c.CUSTOM: custom})
        assert launched.status_code == 303
    found = registered(platform.url)
    assert found.frame_origins == ["https://lms.example.edu"]
    with transaction(found.tenant_id):
        assert list(session().scalars(sa.select(RegistrationProposal.value))) == proposed


def test_an_address_is_kept_only_as_its_hash_and_its_states_are_told(tenant: uuid.UUID) -> None:
    token = invite(tenant).rpartition("/")[2]
    with transaction(tenant):
        (row,) = session().scalars(sa.text("SELECT row_to_json(r)::text FROM registration_invitations r")).all()
        assert token not in row
        (one,) = invitations.listed()
    assert one.state(now()) == "open"
    assert one.state(now() + dt.timedelta(days=4)) == "expired"
    assert json.loads(row)["administrator_id"] is None
