"""Placing assignments: what an LMS asks for, who may answer, and how often (row 33)."""

import concurrent.futures
import uuid
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from lti_grader.adapters import Adapters
from lti_grader.assignments.models import Assignment
from lti_grader.core.db import session, transaction
from lti_grader.demo.lms.client import forms
from lti_grader.lti import claims as c
from tests.fixtures.world import World
from tests.lti.placing import CLAIM, DATA, ITEMS, Page, Place, claims_of
from tests.lti.scripted import LEARNER, browser


@pytest.mark.parametrize("said", [True, "true", "True"])
def test_row_33_several_are_placed_where_the_lms_takes_several(place: Place, said: Any) -> None:
    both = [place.here.assignment() for _ in range(2)]
    items = claims_of(place.choose(*both, accept_multiple=said))[ITEMS]
    assert [item["custom"][c.OWN_ASSIGNMENT] for item in items] == [str(one) for one in both]


@pytest.mark.parametrize("said", [False, "false", ..., None, "no"])
def test_row_33_one_is_placed_where_the_lms_does_not_say_so(place: Place, said: Any) -> None:
    both = [place.here.assignment() for _ in range(2)]
    answer = place.choose(*both, accept_multiple=said)
    assert answer.status_code == 422
    assert "one assignment at a time" in answer.text
    assert len(claims_of(place.choose(both[0], accept_multiple=said))[ITEMS]) == 1


@pytest.mark.parametrize(
    ("said", "wanted"), [(True, True), (..., True), ("true", True), (False, False), ("false", False)]
)
def test_row_33_a_column_comes_with_it_unless_the_lms_takes_none(place: Place, said: Any, wanted: bool) -> None:
    (item,) = claims_of(place.choose(place.here.assignment(), accept_lineitem=said))[ITEMS]
    assert ("lineItem" in item) is wanted
    if wanted:
        assert item["lineItem"]["submissionReview"]["reviewableStatus"] == list(c.REVIEWABLE)


@pytest.mark.parametrize(
    "data", ["opaque", "", '"><script>alert(1)</script>', "\u00e9\u6f22\U0001f600", "x" * 20_000, " spaces ", "csrf:1"]
)
def test_row_33_data_comes_back_as_it_was(place: Place, data: str) -> None:
    answer = place.choose(place.here.assignment(), data=data)
    assert claims_of(answer)[DATA] == data
    assert "<script>alert" not in answer.text


def test_row_33_a_return_address_is_written_as_text(place: Place) -> None:
    url = f'{place.platform.url}/return?a=1&b="><script>alert(1)</script>'
    answer = place.choose(place.here.assignment(), deep_link_return_url=url)
    assert forms(Page(answer.text))[0].action == url
    assert "<script>alert" not in answer.text


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "http://lms.example.edu/return", "https://[", "//elsewhere", "", "data:text/html,x",
            "https://lms.example.edu/a b", "https://lms.example.edu/\r\nSet-Cookie: a=b"]
)  # fmt: skip
def test_row_32_a_return_address_that_is_not_safe_is_refused(place: Place, url: str) -> None:
    _, answer = place.ask(deep_link_return_url=url)
    assert answer.status_code in (400, 401)
    assert "Location" not in answer.headers


@pytest.mark.parametrize("types", [..., [], "ltiResourceLink", None, {"ltiResourceLink": 1}])
def test_row_32_what_is_accepted_is_a_list_with_links_in_it(place: Place, types: Any) -> None:
    _, answer = place.ask(accept_types=types)
    assert answer.status_code in (400, 401)


def test_row_33_a_choice_belongs_to_who_was_asked(place: Place) -> None:
    _, asked = place.ask("person-1")
    other, _ = place.ask("person-2")
    url = asked.headers["Location"]
    assert other.client.get(url).status_code == 404
    form = {"what": "existing", "assignment": [str(place.here.assignment())]}
    assert other.client.post(url, data=form).status_code == 404
    assert place.app.test_client().get(url).status_code == 401


def test_row_33_who_is_a_student_by_now_places_nothing(place: Place) -> None:
    way, asked = place.ask("person-2")
    again = browser(place.app, place.platform)
    again.login()
    again.launch(sub="person-2", **{c.ROLES: [LEARNER]})
    form = {"what": "existing", "assignment": [str(place.here.assignment())]}
    assert way.client.get(asked.headers["Location"]).status_code == 403
    assert way.client.post(asked.headers["Location"], data=form).status_code == 403


def test_row_33_an_assignment_of_another_class_is_not_placed(place: Place, world: World) -> None:
    answer = place.choose(world.assignment())
    assert answer.status_code == 422
    assert place.choose(uuid.uuid4()).status_code == 422


@pytest.mark.parametrize("chosen", [[], ["nonsense"], ["\0"], [""]])
def test_row_33_a_choice_of_nothing_is_asked_again(place: Place, chosen: list[str]) -> None:
    way, asked = place.ask()
    url = asked.headers["Location"]
    assert way.client.post(url, data={"what": "existing", "assignment": chosen}).status_code == 422
    good = {"what": "existing", "assignment": [str(place.here.assignment())]}
    assert len(claims_of(way.client.post(url, data=good))[ITEMS]) == 1


def test_row_33_a_choice_is_kept_for_hours_and_then_explained(place: Place, held: Adapters) -> None:
    way, asked = place.ask()
    url = asked.headers["Location"]
    key = f"lti:ltiResourceLink:{url.rsplit('/', 1)[-1]}"
    assert held.kv.client.ttl(key) > 3600
    held.kv.client.pexpireat(key, 1)
    answer = way.client.get(url)
    assert answer.status_code == 404
    assert "Begin again in your LMS" in answer.text


def test_row_33_of_many_presses_at_once_one_makes_an_assignment(
    place: Place, make_problem: Callable[[uuid.UUID], str]
) -> None:
    version = make_problem(place.here.tenant_id)
    way, asked = place.ask()
    cookies = {cookie.key: cookie.value for cookie in way.client._cookies.values()}
    form = {"what": "new", "title": "Once", "problem": [version], f"points-{version}": "10", "language": ["python"]}

    def press(_: int) -> int:
        client = place.app.test_client()
        for name, value in cookies.items():
            client.set_cookie(name, value)
        return client.post(asked.headers["Location"], data=form).status_code

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(press, range(8))) == [200] + [404] * 7
    with transaction(place.here.tenant_id):
        assert session().scalars(sa.select(sa.func.count()).select_from(Assignment)).one() == 1


@pytest.mark.parametrize("types", [["file"], ["link", "html"], [["ltiResourceLink"]]])
def test_row_33_a_place_that_takes_no_links_is_said_and_answered_with_an_error(place: Place, types: Any) -> None:
    way, asked = place.ask(accept_types=types, data="d")
    assert "takes no LTI links" in way.client.get(asked.headers["Location"]).text
    said = claims_of(way.client.post(asked.headers["Location"], data={"do": "cancel"}))
    assert said[ITEMS] == []
    assert said[DATA] == "d"
    assert "no LTI links" in said[CLAIM + "errormsg"]
    assert "accept_types" in said[CLAIM + "errorlog"]


def test_row_33_who_cancels_goes_back_with_nothing(place: Place) -> None:
    way, asked = place.ask(data="d")
    said = claims_of(way.client.post(asked.headers["Location"], data={"do": "cancel"}))
    assert (said[ITEMS], said[DATA], said[CLAIM + "msg"]) == ([], "d", "Nothing was added.")
    assert way.client.get(asked.headers["Location"]).status_code == 404
