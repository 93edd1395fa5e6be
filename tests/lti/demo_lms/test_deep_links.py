"""What the demo LMS takes back from a tool's picker."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from lti_grader.demo.lms.client import Person, forms
from tests.fixtures.demo_lms import AMINA, COURSE, DL, LTI, TEACHER, Lms
from tests.lti.demo_lms.test_launches import announced, authorise, claims_of

ITEM = {
    "type": "ltiResourceLink",
    "title": "Loops",
    "lineItem": {"label": "Loops", "scoreMaximum": 20, "tag": "week-1"},
}


@pytest.fixture
def teacher(lms: Lms) -> Iterator[Person]:
    person = Person(lms.url, TEACHER)
    yield person
    person.close()


@pytest.fixture
def settings(lms: Lms, teacher: Person) -> dict[str, Any]:
    """What a deep linking launch asks the tool for."""
    login = announced(teacher, f"{lms.url}/courses/{COURSE}/deep-link/{lms.tool.client_id}")
    found: dict[str, Any] = claims_of(lms, forms(authorise(teacher, lms, login))[0])[DL + "deep_linking_settings"]
    return found


def bring(teacher: Person, settings: dict[str, Any], token: str) -> httpx.Response:
    return teacher.send("POST", settings["deep_link_return_url"], data={"JWT": token})


def test_the_request_says_what_may_come_back(settings: dict[str, Any]) -> None:
    assert settings["accept_types"] == ["ltiResourceLink"]
    assert settings["accept_multiple"] is True
    assert settings["accept_lineitem"] is True
    assert settings["data"]


def test_a_choice_becomes_a_link_with_its_column(lms: Lms, teacher: Person, settings: dict[str, Any]) -> None:
    item = ITEM | {"custom": {"task": "loops-1"}, "lineItem": ITEM["lineItem"] | {"resourceId": "r-1"}}
    answer = bring(teacher, settings, lms.tool.choice(settings, [item]))
    assert answer.status_code == 200
    assert "Loops" in answer.text
    state = lms.control.state()
    (link,), (column,) = state["links"], state["columns"]
    assert (link["title"], link["custom"]) == ("Loops", {"task": "loops-1"})
    assert {name: column[name] for name in ("label", "maximum", "resource_id", "tag", "link_id")} == {
        "label": "Loops", "maximum": 20, "resource_id": "r-1", "tag": "week-1", "link_id": link["id"],
    }  # fmt: skip


def test_several_choices_become_several_links_in_their_order(
    lms: Lms, teacher: Person, settings: dict[str, Any]
) -> None:
    items = [ITEM | {"title": title} for title in ("One", "Two", "Three")]
    assert bring(teacher, settings, lms.tool.choice(settings, items)).status_code == 200
    assert [one["title"] for one in lms.control.state()["links"]] == ["One", "Two", "Three"]


def test_a_link_without_a_line_item_has_no_column(lms: Lms, teacher: Person, settings: dict[str, Any]) -> None:
    bring(teacher, settings, lms.tool.choice(settings, [{"type": "ltiResourceLink", "title": "Reading"}]))
    assert len(lms.control.state()["links"]) == 1
    assert lms.control.state()["columns"] == []


def test_a_teacher_who_chose_nothing_gets_back_unharmed(lms: Lms, teacher: Person, settings: dict[str, Any]) -> None:
    assert bring(teacher, settings, lms.tool.choice(settings, [])).status_code == 200
    assert lms.control.state()["links"] == []


def _now() -> int:
    return int(dt.datetime.now(dt.UTC).timestamp())


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "https://elsewhere.example"},
        {"iss": "somebody-else"},
        {"exp": _now() - 600, "iat": _now() - 900},
        {"exp": None},
        {DL + "data": None},
        {DL + "data": "made-up"},
        {LTI + "deployment_id": "2"},
        {LTI + "deployment_id": None},
        {LTI + "message_type": "LtiResourceLinkRequest"},
        {LTI + "version": "1.1"},
    ],
)
def test_a_response_that_is_wrong_in_one_claim_places_nothing(
    lms: Lms, teacher: Person, settings: dict[str, Any], changes: dict[str, Any]
) -> None:
    answer = bring(teacher, settings, lms.tool.choice(settings, [ITEM], **changes))
    assert answer.status_code == 400
    assert lms.control.state()["links"] == []


def test_a_response_that_is_no_jwt_or_has_lost_its_signature_places_nothing(
    lms: Lms, teacher: Person, settings: dict[str, Any]
) -> None:
    token = lms.tool.choice(settings, [ITEM])
    for wrong in ("", "rubbish", token.rpartition(".")[0] + ".", token[:-8] + "AAAAAAAA"):
        assert bring(teacher, settings, wrong).status_code == 400
    assert lms.control.state()["links"] == []


def test_a_response_serves_once(lms: Lms, teacher: Person, settings: dict[str, Any]) -> None:
    token = lms.tool.choice(settings, [ITEM])
    assert bring(teacher, settings, token).status_code == 200
    assert bring(teacher, settings, token).status_code == 400
    assert len(lms.control.state()["links"]) == 1


def test_a_response_without_a_nonce_places_nothing(lms: Lms, teacher: Person, settings: dict[str, Any]) -> None:
    assert bring(teacher, settings, lms.tool.choice(settings, [ITEM], nonce=None)).status_code == 400


@pytest.mark.parametrize("column", [{"label": "Loops"}, {"scoreMaximum": 0}])
def test_a_line_item_without_a_proper_maximum_is_refused_in_words(
    lms: Lms, teacher: Person, settings: dict[str, Any], column: dict[str, Any]
) -> None:
    assert bring(teacher, settings, lms.tool.choice(settings, [ITEM | {"lineItem": column}])).status_code == 400


def test_a_line_item_whose_maximum_is_no_number_is_refused(lms: Lms, teacher: Person, settings: dict[str, Any]) -> None:
    items = [ITEM, ITEM | {"lineItem": {"scoreMaximum": "many"}}]
    assert bring(teacher, settings, lms.tool.choice(settings, items)).status_code == 400
    assert lms.control.state()["links"] == [], "the good item before it must not stay either"


def test_an_item_of_another_type_is_refused(lms: Lms, teacher: Person, settings: dict[str, Any]) -> None:
    item = {"type": "link", "url": "https://example.org"}
    assert bring(teacher, settings, lms.tool.choice(settings, [item])).status_code == 400


def test_a_student_is_not_led_to_the_picker(lms: Lms) -> None:
    student = Person(lms.url, AMINA)
    answer = student.send("GET", f"{lms.url}/courses/{COURSE}/deep-link/{lms.tool.client_id}", follow=False)
    student.close()
    assert lms.tool.url not in answer.headers.get("Location", "")


@pytest.mark.parametrize(
    "items", ["Loops", [7], [ITEM | {"title": 7}], [ITEM | {"custom": ["a"]}], [ITEM | {"lineItem": "20 points"}]]
)
def test_items_of_the_wrong_kind_are_refused_in_words(
    lms: Lms, teacher: Person, settings: dict[str, Any], items: Any
) -> None:
    answer = bring(teacher, settings, lms.tool.choice(settings, items))
    assert answer.status_code == 400
    assert "refused" in answer.text
    assert lms.control.state()["links"] == []


def test_who_teaches_no_more_by_the_time_of_the_choice_places_nothing(
    lms: Lms, teacher: Person, settings: dict[str, Any]
) -> None:
    lms.control.post("members", person_id=TEACHER, role="student")
    assert bring(teacher, settings, lms.tool.choice(settings, [ITEM])).status_code == 400
    assert lms.control.state()["links"] == []


def test_a_tool_that_is_not_registered_has_no_picker(lms: Lms, teacher: Person) -> None:
    assert teacher.send("GET", f"{lms.url}/courses/{COURSE}/deep-link/unknown").status_code == 404
