"""The platform's side of dynamic registration: one permission, one tool."""

import re
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from lti_grader.demo.lms.client import Person
from tests.fixtures.demo_lms import AMINA, COURSE, HTTP, TEACHER, Lms

TOOL = "https://purl.imsglobal.org/spec/lti-tool-configuration"
CANVAS = "https://canvas.instructure.com/lti/"
MODES = ("canvas", "moodle", "generic")


def begin(lms: Lms, person_id: str = TEACHER, address: str = "http://tool.example:81/register/x") -> httpx.Response:
    person = Person(lms.url, person_id)
    answer = person.send("POST", f"{lms.url}/courses/{COURSE}/registration", data={"address": address})
    person.close()
    return answer


def opened(lms: Lms) -> dict[str, str]:
    """Return what the tool's page is opened with."""
    found = re.search(r'<iframe id="tool" src="([^"]+)"', begin(lms).text)
    assert found
    return {name: values[0] for name, values in parse_qs(urlsplit(unescape(found[1])).query).items()}


def tool(**more: Any) -> dict[str, Any]:
    described = {
        "domain": "tool.example:81", "target_link_uri": "http://tool.example:81/launch", "claims": ["sub", "name"],
        "messages": [{"type": "LtiDeepLinkingRequest", "target_link_uri": "http://tool.example:81/choose"}],
    }  # fmt: skip
    return {
        "client_name": "A tool", "initiate_login_uri": "http://tool.example:81/login", "jwks_uri": "http://tool.example:81/keys",
        "redirect_uris": ["http://tool.example:81/launch"], "response_types": ["id_token"],
        "token_endpoint_auth_method": "private_key_jwt", "scope": "https://purl.imsglobal.org/spec/lti-ags/scope/score",
        TOOL: described | more.pop("described", {}),
    } | more  # fmt: skip


def register(query: dict[str, str], body: Any) -> httpx.Response:
    found = HTTP.get(query["openid_configuration"]).raise_for_status().json()
    token = query.get("registration_token")
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return HTTP.post(found["registration_endpoint"], json=body, headers=headers)


@pytest.mark.parametrize("mode", MODES)
def test_a_tool_registers_once_with_each_permission(lms: Lms, mode: str) -> None:
    lms.control.post("mode", mode=mode)
    query = opened(lms)
    answer = register(query, tool())
    assert answer.status_code == 200, answer.text
    made = answer.json()
    assert ("deployment_id" in made[TOOL]) is (mode != "canvas")
    (kept,) = [one for one in lms.control.state()["tools"] if one["client_id"] == made["client_id"]]
    assert (kept["shares_names"], kept["shares_email"]) == (True, False)
    assert register(query, tool()).status_code == 401


@pytest.mark.parametrize("mode", MODES)
def test_without_a_permission_nobody_registers(lms: Lms, mode: str) -> None:
    lms.control.post("mode", mode=mode)
    before = lms.control.state()["tools"]
    assert HTTP.post(f"{lms.url}/register", json=tool()).status_code == 401
    for note in ("x", lms.tool.sign({})):
        answer = HTTP.post(f"{lms.url}/register", json=tool(), headers={"Authorization": f"Bearer {note}"})
        assert answer.status_code == 401
    assert begin(lms, AMINA).status_code == 403
    assert begin(lms, address="javascript:alert(1)").status_code == 400
    assert lms.control.state()["tools"] == before


@pytest.mark.parametrize(
    ("mode", "body", "status"),
    [
        ("moodle", tool(described={"domain": "tool.example"}), 400),
        ("moodle", tool(scope=""), 400),
        ("moodle", tool(response_types=["code"]), 400),
        ("moodle", {"client_name": "x"}, 400),
        ("moodle", [], 400),
        ("canvas", tool(scope="everything"), 422),
        ("canvas", tool(described={"messages": [{"type": "LtiSubmissionReviewRequest"}]}), 422),
        ("canvas", tool(described={f"{CANVAS}privacy_level": "all"}), 422),
        ("canvas", tool(described={"messages": [{"type": "LtiDeepLinkingRequest", "placements": ["course_navigation"]}]}), 422),
    ],
)  # fmt: skip
def test_what_a_product_would_refuse_is_refused(lms: Lms, mode: str, body: Any, status: int) -> None:
    lms.control.post("mode", mode=mode)
    assert register(opened(lms), body).status_code == status


def test_canvas_says_what_it_is_only_to_who_has_its_permission(lms: Lms) -> None:
    lms.control.post("mode", mode="canvas")
    assert HTTP.get(f"{lms.url}/.well-known/openid-configuration").status_code == 401
