"""Rows of the conformance table about deep linking, and what a placed link leads to."""

from collections.abc import Callable
from typing import Any

import flask
import jwt
import pytest
import sqlalchemy as sa

from lti_grader.demo.lms.client import csrf_token, forms
from lti_grader.lti import claims as c
from lti_grader.lti.keysets import keysets
from lti_grader.lti.models import LineItem, ResourceLink
from tests.lti.launched import code_of, rows, tenant_of
from tests.lti.scripted import LEARNER, ScriptedPlatform, Way, browser


def _settings(platform: ScriptedPlatform, **more: Any) -> dict[str, Any]:
    given = {
        "deep_link_return_url": f"{platform.url}/return?course=1", "accept_types": ["link", "ltiResourceLink"],
        "accept_presentation_document_targets": ["iframe"], "accept_multiple": False, "data": "opaque \u00e9 1", **more,
    }  # fmt: skip
    return {name: value for name, value in given.items() if value is not ...}


@pytest.fixture
def picked(way: Way, scripted: ScriptedPlatform, make_problem: Callable[[Any], str]) -> Callable[..., Any]:
    """Make an assignment in the picker; return the form that goes back to the platform."""

    def pick(**settings: Any) -> Any:
        way.login()
        claims = {c.MESSAGE_TYPE: c.DEEP_LINKING_REQUEST, c.RESOURCE_LINK: ...,
                  c.DEEP_LINKING_SETTINGS: _settings(scripted, **settings)}  # fmt: skip
        answer = way.launch(**claims)
        assert answer.status_code == 303, answer.text[:500]
        version = make_problem(tenant_of(scripted))
        page = way.client.get(answer.headers["Location"])
        assert page.status_code == 200
        form = {"csrf_token": _token(page), "what": "new", "title": "Week 2", "problem": [version],
                f"points-{version}": "20", "language": ["python"], "counts": "best", "mode": "homework"}  # fmt: skip
        way.client.environ_base["HTTP_REFERER"] = "http://localhost/"
        return page, form, way.client.post(answer.headers["Location"], data=form)

    return pick


def _token(page: Any) -> str:
    return csrf_token(_as_httpx(page))


def _as_httpx(page: Any) -> Any:
    class Page:
        url, text = "http://localhost/", page.text

    return Page


def test_row_33_the_answer_to_a_deep_linking_request(
    way: Way, scripted: ScriptedPlatform, picked: Callable[..., Any]
) -> None:
    _, _, answer = picked()
    assert answer.status_code == 200
    form = forms(_as_httpx(answer))[0]
    assert form.action == f"{scripted.url}/return?course=1"
    assert "form-action" in answer.headers["Content-Security-Policy"]
    keys = way.client.get("/lti/jwks.json").json["keys"]
    token = form.fields["JWT"]
    kid = jwt.get_unverified_header(token)["kid"]
    key = jwt.PyJWK(next(one for one in keys if one["kid"] == kid), algorithm="RS256")
    claims = jwt.decode(token, key, algorithms=["RS256"], audience=scripted.url)
    assert claims["iss"] == "client-1"
    assert claims[c.MESSAGE_TYPE] == "LtiDeepLinkingResponse"
    assert claims[c.VERSION] == "1.3.0"
    assert claims[c.DEPLOYMENT_ID] == "1"
    assert claims["https://purl.imsglobal.org/spec/lti-dl/claim/data"] == "opaque \u00e9 1"
    (item,) = claims["https://purl.imsglobal.org/spec/lti-dl/claim/content_items"]
    assert item["type"] == "ltiResourceLink"
    assert item["title"] == "Week 2"
    assert item["lineItem"]["scoreMaximum"] == 20
    assert item["url"].startswith(way.target.rsplit("/lti", 1)[0])


def test_row_33_without_data_none_is_sent_back(scripted: ScriptedPlatform, picked: Callable[..., Any]) -> None:
    _, _, answer = picked(data=...)
    claims = jwt.decode(forms(_as_httpx(answer))[0].fields["JWT"], options={"verify_signature": False})
    assert "https://purl.imsglobal.org/spec/lti-dl/claim/data" not in claims


def test_row_33_a_platform_that_takes_no_links_is_told_so(way: Way, scripted: ScriptedPlatform) -> None:
    way.login()
    answer = way.launch(**{
        c.MESSAGE_TYPE: c.DEEP_LINKING_REQUEST, c.RESOURCE_LINK: ...,
        c.DEEP_LINKING_SETTINGS: _settings(scripted, accept_types=["file"]),
    })  # fmt: skip
    page = way.client.get(answer.headers["Location"])
    assert "takes no LTI links" in page.text


def test_a_student_who_opens_the_picker_is_refused(way: Way, scripted: ScriptedPlatform) -> None:
    way.login()
    answer = way.launch(**{
        c.MESSAGE_TYPE: c.DEEP_LINKING_REQUEST, c.RESOURCE_LINK: ..., c.ROLES: [LEARNER],
        c.DEEP_LINKING_SETTINGS: _settings(scripted),
    })  # fmt: skip
    assert "Only teachers" in code_of(answer)


def test_a_choice_is_made_once(way: Way, picked: Callable[..., Any], scripted: ScriptedPlatform) -> None:
    page, form, _ = picked()
    again = way.client.post(page.request.path, data=form)
    assert again.status_code >= 400
    assert len(rows(scripted, sa.text("SELECT id FROM assignments"))) == 1


def test_a_placed_link_leads_students_to_its_assignment_and_its_column(
    app: flask.Flask, scripted: ScriptedPlatform, picked: Callable[..., Any]
) -> None:
    _, _, answer = picked()
    claims = jwt.decode(forms(_as_httpx(answer))[0].fields["JWT"], options={"verify_signature": False})
    (item,) = claims["https://purl.imsglobal.org/spec/lti-dl/claim/content_items"]
    student = browser(app, scripted)
    student.target = item["url"]
    student.login()
    custom = {"https://purl.imsglobal.org/spec/lti/claim/custom": item.get("custom", {})}
    arrived = student.launch(sub="student-1", **{c.ROLES: [LEARNER], **custom})
    assert arrived.status_code == 303
    page = student.client.get(arrived.headers["Location"], follow_redirects=True)
    assert "Double" in page.text
    assert [one.url for one in rows(scripted, sa.select(LineItem.url))] == [scripted.column]
    assert len(rows(scripted, sa.select(ResourceLink.id))) >= 1


def test_a_link_with_nothing_behind_it_is_explained_to_a_student(way: Way) -> None:
    way.login()
    answer = way.launch(**{c.ROLES: [LEARNER]})
    page = way.client.get(answer.headers["Location"])
    assert page.status_code == 200
    assert "Nothing is behind" in page.text


@pytest.fixture(autouse=True)
def _no_keys_of_other_tests() -> None:
    keysets.forget()
