"""Trying a registration out: what works, what is missing, and where it is switched on."""

from typing import Any

import flask
import pytest

from lti_grader.adapters import Adapters
from lti_grader.core.db import session, transaction
from lti_grader.core.errors import NotFound
from lti_grader.core.ids import new_id
from lti_grader.lti import claims as c
from lti_grader.lti.models import ClassContext, Platform, ProductFamily
from lti_grader.lti.products import PRODUCTS
from lti_grader.lti.registration_check import Line, State, check
from lti_grader.people import operations
from tests.fixtures.world import NOW, World
from tests.lti.scripted import ScriptedPlatform


@pytest.fixture
def course(world: World, lms: ScriptedPlatform) -> ScriptedPlatform:
    """The world's platform, with a roster and a gradebook."""
    world.column(world.assignment(), url=f"{lms.url}/lineitems/1?type_id=3")
    with transaction(world.tenant_id):
        session().get_one(ClassContext, world.context_id).line_items_url = f"{lms.url}/lineitems"
        session().get_one(Platform, world.platform_id).product_family = ProductFamily.MOODLE
    lms.members = [[{"user_id": "1"}, {"user_id": "2"}]]
    lms.script["/lineitems"] = [(200, {}, [{"id": "1"}])]
    return lms


def by_name(world: World, held: Adapters) -> dict[str, Line]:
    return {line.name: line for line in check(world.tenant_id, world.platform_id, held)}


def test_a_registration_that_works_says_so_line_by_line(world: World, course: ScriptedPlatform, held: Adapters) -> None:
    lines = check(world.tenant_id, world.platform_id, held)
    assert [line.state for line in lines] == [State.WORKS] * 9, lines
    assert "2 members" in lines[6].words
    assert "1 column on" in lines[7].words
    asked = [one for one in course.asked if one.path.startswith("/lineitems")]
    assert {one.method for one in course.asked if one.path != "/token"} == {"GET"}, "nothing is changed"
    assert asked[-1].path == "/lineitems/1/results"
    assert asked[-1].query == {"type_id": "3"}


def test_a_scope_that_is_not_granted_is_missing_with_the_switch_of_that_product(
    world: World, course: ScriptedPlatform, held: Adapters
) -> None:
    def token(scope: str) -> Any:
        return 200, {}, {"access_token": "x", "expires_in": 3600, "scope": scope}

    course.script["/token"] = [
        token(c.SCORE), token(""), (400, {}, {"error": "invalid_scope"}), token(f"openid {c.LINE_ITEM_READ}"), token("x"),
    ]  # fmt: skip
    lines = by_name(world, held)
    states = [lines[name].state for name in list(lines)[1:6]]
    assert states == [State.WORKS, State.MISSING, State.MISSING, State.WORKS, State.MISSING]
    assert "IMS LTI Assignment and Grade Services" in lines["Permission to read scores back"].words
    assert lines["The roster of CS101"].state is State.NOT_TRIED
    assert lines["The gradebook's columns of CS101"].state is State.WORKS


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ((401, {}, {"error": "invalid_client"}), "keyset address of this tool"),
        ((503, {}, "maintenance"), "answered 503"),
        ((200, {}, []), "no token"),
        ((200, {}, "<html>"), "not JSON"),
    ],
)
def test_a_token_that_is_not_given_is_explained(
    world: World, course: ScriptedPlatform, held: Adapters, answer: Any, words: str
) -> None:
    course.script["/token"] = [answer] * 5
    lines = by_name(world, held)
    assert lines["Permission to send scores"].state is State.BROKEN
    assert words in lines["Permission to send scores"].words
    assert lines["Scores in a column of CS101"].state is State.NOT_TRIED


@pytest.mark.parametrize(
    ("path", "answer", "name", "words"),
    [
        ("/jwks", (404, {}, ""), "The LMS's keyset", "answered 404"),
        ("/jwks", (200, {}, {"keys": [{"kty": "EC", "kid": "1"}]}), "The LMS's keyset", "no RSA key"),
        ("/jwks", (200, {}, []), "The LMS's keyset", "no RSA key"),
        ("/members", (403, {}, "no"), "The roster of CS101", "Names and Role Provisioning"),
        ("/members", (200, {}, {}), "The roster of CS101", "no list of members"),
        ("/lineitems/1/results", (500, {}, ""), "Scores in a column of CS101", "answered 500"),
    ],
)
def test_what_a_service_answers_badly_is_told_in_words(
    world: World, course: ScriptedPlatform, held: Adapters, path: str, answer: Any, name: str, words: str
) -> None:
    course.script[path] = [answer]
    line = by_name(world, held)[name]
    assert line.state is State.BROKEN
    assert words in line.words


def test_without_a_course_it_says_what_to_do_first(world: World, lms: ScriptedPlatform, held: Adapters) -> None:
    with transaction(world.tenant_id):
        session().get_one(ClassContext, world.context_id).memberships_url = None
    line = check(world.tenant_id, world.platform_id, held)[-1]
    assert (line.state, "open the tool once" in line.words) == (State.NOT_TRIED, True)


def test_a_launch_that_did_not_offer_a_service_is_told_where_it_is_switched_on(
    world: World, lms: ScriptedPlatform, held: Adapters
) -> None:
    lines = by_name(world, held)
    assert lines["The gradebook's columns of CS101"].state is State.MISSING
    assert lines["Scores in a column of CS101"].state is State.NOT_TRIED


def test_the_page_shows_it(app: flask.Flask, world: World, course: ScriptedPlatform) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    with transaction(world.tenant_id):
        token = operations.make_sign_in("Ada", at=NOW.now(NOW.tzinfo))
    client = app.test_client()
    client.post(f"/administration/sign-in/{token}")
    page = client.post(f"/administration/platforms/{world.platform_id}/test")
    assert page.status_code == 200
    assert "2 members on the first page" in page.text
    assert client.post(f"/administration/platforms/{new_id()}/test").status_code == 404


def test_a_platform_of_another_institution_is_not_tried(world: World, held: Adapters) -> None:
    with pytest.raises(NotFound):
        check(new_id(), world.platform_id, held)


@pytest.mark.parametrize("family", [one for one in ProductFamily if one is not ProductFamily.OTHER])
def test_each_product_names_its_switch_for_each_scope(family: ProductFamily) -> None:
    product = PRODUCTS[family]
    for scope in c.SCOPES:
        assert product.switch_for(scope).startswith(product.label)
