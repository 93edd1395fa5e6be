"""Registering LMSs: JSON in, JSON out, and mistakes named."""

import json
from typing import Any

import flask
import pytest

from lti_grader.lti.errors import BadRegistration
from lti_grader.lti.registration import read_registration
from tests.lti.conftest import Run

LMS = {
    "issuer": "https://canvas.example.edu", "client_id": "10000000000007", "name": "Canvas", "product_family": "canvas",
    "auth_login_url": "https://sso.example.edu/authorize", "auth_token_url": "https://sso.example.edu/token",
    "auth_audience": None, "jwks_url": "https://sso.example.edu/jwks",
    "frame_origins": ["https://canvas.example.edu"], "deployments": ["7:abc"],
}  # fmt: skip


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("issuer", ""), ("issuer", "x" * 256), ("issuer", "nul\0"), ("issuer", 5), ("issuer", None),
        ("client_id", ""), ("client_id", "nul\0"), ("client_id", 7), ("deployments", []), ("deployments", [""]),
        ("deployments", "7:abc"), ("deployments", ["nul\0"]), ("deployments", [None]), ("product_family", "Canvas LMS"),
        ("name", "nul\0"), ("auth_audience", "nul\0"),
        ("auth_login_url", "http://sso.example.edu/"), ("auth_login_url", "javascript:alert(1)"), ("auth_login_url", ""),
        ("auth_login_url", "https://sso.example.edu/\nX: y"), ("auth_token_url", "ftp://sso.example.edu"),
        ("auth_token_url", "https://["), ("auth_token_url", "https://sso.example.edu:99999/"), ("jwks_url", "/jwks"),
        ("jwks_url", "https:///jwks"), ("frame_origins", "https://canvas.example.edu"), ("frame_origins", ["canvas.example.edu"]),
        ("frame_origins", ["https://canvas.example.edu/courses"]), ("frame_origins", ["https://a.example; script-src *"]),
        ("frame_origins", ["https://a.example\nX-Header: y"]), ("frame_origins", ["https://a.example\r"]),
        ("frame_origins", ["https://a.example\t"]), ("frame_origins", ["https://\u00e4.example"]), ("frame_origins", ["https://["]),
        ("frame_origins", ["https://a.example#x"]), ("frame_origins", ["*"]), ("frame_origins", [""]), ("surprise", "x"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_field(field: str, value: Any) -> None:
    with pytest.raises(BadRegistration) as error:
        read_registration(json.dumps(LMS | {field: value}))
    assert field in error.value.message


@pytest.mark.parametrize(
    "field", ["issuer", "client_id", "auth_login_url", "auth_token_url", "jwks_url", "deployments"]
)
def test_what_is_missing_is_named(field: str) -> None:
    given = {name: value for name, value in LMS.items() if name != field}
    with pytest.raises(BadRegistration, match=field):
        read_registration(json.dumps(given))


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "5", '"x"', "\0", "{" * 50_000, '{"issuer": NaN}'])
def test_what_is_no_registration_is_said(text: str) -> None:
    with pytest.raises(BadRegistration, match="cannot be used"):
        read_registration(text)


def test_all_mistakes_are_named_at_once() -> None:
    with pytest.raises(BadRegistration) as error:
        read_registration(json.dumps(LMS | {"issuer": "", "jwks_url": "x", "product_family": "y"}))
    for field in ("issuer", "jwks_url", "product_family"):
        assert field in error.value.message


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]"])
def test_plain_http_is_for_this_machine_itself(host: str) -> None:
    url = f"http://{host}:8080/x"
    found = read_registration(json.dumps(LMS | {"auth_login_url": url, "auth_token_url": url, "jwks_url": url}))
    assert found.auth_login_url == url


def test_the_origin_of_the_login_is_taken_where_none_is_given() -> None:
    found = read_registration(json.dumps({**LMS, "frame_origins": []}))
    assert found.origins() == ["https://sso.example.edu"]


def test_what_is_added_is_listed_and_could_be_added_again(run: Run) -> None:
    code, out, err = run("platforms", "add", "--tenant", "Example University", given=LMS)
    assert code == 0, err
    answer = json.loads(out)
    assert LMS.items() <= answer["platform"].items()
    assert answer["tool"].keys() == {"login_url", "redirect_url", "target_link_uri", "deep_linking_url", "jwks_url"}
    code, out, _ = run("platforms", "list")
    (listed,) = json.loads(out)
    assert listed == answer["platform"]
    again = {name: value for name, value in listed.items() if name in LMS}
    code, out, _ = run("platforms", "add", "--tenant", "Example University", given=again)
    assert (code, json.loads(out)["platform"]) == (0, listed)


def test_adding_again_changes_the_registration_and_keeps_its_deployments(run: Run) -> None:
    run("platforms", "add", given=LMS)
    code, out, _ = run("platforms", "add", given=LMS | {"name": "New", "deployments": ["8:def"], "frame_origins": []})
    assert code == 0
    platform = json.loads(out)["platform"]
    assert (platform["name"], platform["deployments"]) == ("New", ["7:abc", "8:def"])
    assert len(json.loads(run("platforms", "list")[1])) == 1


def test_what_another_institution_has_registered_is_not_taken_over(run: Run) -> None:
    run("platforms", "add", "--tenant", "First", given=LMS)
    code, out, err = run(
        "platforms", "add", "--tenant", "Second", given=LMS | {"jwks_url": "https://evil.example/jwks"}
    )
    assert (code, out) == (2, "")
    assert "First" in err
    (listed,) = json.loads(run("platforms", "list")[1])
    assert listed["jwks_url"] == LMS["jwks_url"]


def test_a_platform_is_switched_off_and_on_by_its_id_or_issuer(run: Run) -> None:
    platform = json.loads(run("platforms", "add", given=LMS)[1])["platform"]
    code, out, _ = run("platforms", "disable", LMS["issuer"])
    assert code == 0
    assert json.loads(out)["disabled_at"]
    code, out, _ = run("platforms", "enable", platform["id"])
    assert json.loads(out)["disabled_at"] is None
    code, _, err = run("platforms", "disable", "https://nobody.example.edu")
    assert code != 0
    assert "names 0 platforms" in err


def test_an_issuer_with_several_clients_is_switched_off_by_id_only(run: Run) -> None:
    run("platforms", "add", given=LMS)
    run("platforms", "add", given=LMS | {"client_id": "second"})
    code, _, err = run("platforms", "disable", LMS["issuer"])
    assert code != 0
    assert "platforms list" in err
    assert [one["disabled_at"] for one in json.loads(run("platforms", "list")[1])] == [None, None]


@pytest.mark.parametrize("given", ["", "{", "[]", json.dumps(LMS | {"issuer": ""}), json.dumps(LMS | {"x": 1})])
def test_a_mistake_at_the_shell_is_two_lines_and_no_traceback(run: Run, given: str) -> None:
    code, out, err = run("platforms", "add", given=given)
    assert (code, out) == (2, "")
    assert "cannot be used" in err
    assert "Traceback" not in err


def test_an_administrator_is_let_in_from_the_shell(run: Run, app: flask.Flask) -> None:
    code, _, err = run("admin", "link", "--name", "Ada")
    assert code == 2
    assert "none yet" in err
    code, out, err = run("admin", "link", "--name", "Ada", "--tenant", "North", "--new")
    assert code == 0, err
    url = out.strip()
    assert url.startswith(app.extensions["settings"].public_url + "/administration/sign-in/")
    assert "Sign in as Ada" in app.test_client().get(url).text
    code, _, err = run("admin", "link", "--name", "Ada", "--tenant", "Noth")
    assert (code, "'North'" in err) == (2, True)
    assert run("admin", "link", "--name", "Ada\nB")[0] == 2
    assert json.loads(run("admin", "list")[1]) == [{"name": "Ada", "last_signed_in_at": None}]
    assert run("admin", "end", "--name", "Ada")[1] == "1 ended\n"
    assert "taken back" in app.test_client().get(url).text
    assert json.loads(run("admin", "trail")[1]) == []


def test_a_registration_address_is_made_at_the_shell(run: Run, app: flask.Flask) -> None:
    code, _, err = run("platforms", "invite")
    assert code == 2
    assert "--new" in err
    code, out, err = run("platforms", "invite", "--tenant", "North", "--new", "--days", "1")
    assert code == 0, err
    assert "for an LMS, not for a browser" in app.test_client().get(out.strip()).text
    assert run("platforms", "invite")[0] == 0, "there is one institution only"


def test_a_registration_is_tried_out_at_the_shell(run: Run) -> None:
    run("platforms", "add", given=LMS | dict.fromkeys(("jwks_url", "auth_token_url"), "https://lms.invalid/x"))
    code, out, _ = run("platforms", "test", LMS["issuer"])
    assert code == 1
    assert "BROKEN" in out
    assert "open the tool once in a course" in out
