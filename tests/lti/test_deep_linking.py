"""Placing assignments: what an LMS asks for, who may answer, and how often (row 33)."""

import concurrent.futures
import dataclasses
import datetime as dt
import uuid
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import flask
import jwt
import pytest
import sqlalchemy as sa

from lti_grader.adapters import Adapters
from lti_grader.assignments.models import Assignment, AssignmentConfig
from lti_grader.assignments.operations import create_assignment
from lti_grader.classes.models import EnrollmentSource, Module, Role
from lti_grader.classes.operations import create_class, enroll
from lti_grader.core.db import session, system_transaction, transaction
from lti_grader.demo.lms.client import forms
from lti_grader.lti import claims as c
from lti_grader.lti.keysets import keysets
from lti_grader.lti.models import ClassContext, LineItem, Platform, ScoreDelivery
from lti_grader.people.models import User
from tests.fixtures.world import NOW, World
from tests.lti.scripted import INSTRUCTOR, LEARNER, ScriptedPlatform, Way, browser

CLAIM = "https://purl.imsglobal.org/spec/lti-dl/claim/"
ITEMS = "https://purl.imsglobal.org/spec/lti-dl/claim/content_items"
DATA = "https://purl.imsglobal.org/spec/lti-dl/claim/data"


@dataclasses.dataclass
class _Page:
    text: str
    url: str = "http://localhost/"


@dataclasses.dataclass
class Place:
    """A course at the scripted platform, where teachers place assignments."""

    app: flask.Flask
    platform: ScriptedPlatform
    here: World

    def ask(self, sub: str = "person-1", **settings: Any) -> tuple[Way, Any]:
        """Begin to place something; return the browser, and where it was led."""
        given = {"deep_link_return_url": f"{self.platform.url}/return", "accept_types": ["ltiResourceLink"], **settings}
        way = browser(self.app, self.platform)
        way.login()
        asked = {name: value for name, value in given.items() if value is not ...}
        answer = way.launch(sub=sub, **{
            c.MESSAGE_TYPE: c.DEEP_LINKING_REQUEST, c.RESOURCE_LINK: ..., c.DEEP_LINKING_SETTINGS: asked,
        })  # fmt: skip
        return way, answer

    def choose(self, *assignments: uuid.UUID, **settings: Any) -> Any:
        way, answer = self.ask(**settings)
        assert answer.status_code == 303, answer.text[:500]
        form = {"what": "existing", "assignment": [str(one) for one in assignments]}
        return way.client.post(answer.headers["Location"], data=form)


def claims_of(answer: Any) -> dict[str, Any]:
    assert answer.status_code == 200, answer.text[:500]
    token = forms(_Page(answer.text))[0].fields["JWT"]
    return jwt.decode(token, options={"verify_signature": False})


@pytest.fixture
def place(app: flask.Flask, scripted: ScriptedPlatform, way: Way) -> Iterator[Place]:
    app.config["WTF_CSRF_ENABLED"] = False
    keysets.forget()
    way.login()
    assert way.launch().status_code == 303
    with system_transaction() as opened:
        platform = opened.scalars(sa.select(Platform).where(Platform.issuer == scripted.url)).one()
    with transaction(platform.tenant_id):
        context = session().scalars(sa.select(ClassContext)).one()
    yield Place(app, scripted, World(platform.tenant_id, platform.id, context.class_id, context.id, uuid.UUID(int=0)))
    keysets.forget()


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
    assert forms(_Page(answer.text))[0].action == url
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


def test_row_33_all_that_a_link_has_to_say(place: Place) -> None:
    opens, due, closes = (NOW + dt.timedelta(days=days) for days in (1, 2, 3))
    one = place.here.assignment(due_date=due, opens_at=opens, closes_at=closes, points=8, show_points=False)
    with transaction(place.here.tenant_id):
        session().get_one(Assignment, one).description = "Read chapter two."
    said = claims_of(place.choose(one, accept_presentation_document_targets=["iframe", "window"]))
    (item,) = said[ITEMS]
    assert item["type"] == "ltiResourceLink"
    assert item["text"] == "Read chapter two."
    assert item["url"].endswith("/lti/launch")
    assert item["custom"] == {
        c.OWN_ASSIGNMENT: str(one), "resource_link_history": "$ResourceLink.id.history",
        "context_id_history": "$Context.id.history",
    }  # fmt: skip
    assert item["available"] == {"startDateTime": "2026-03-03T10:00:00Z", "endDateTime": "2026-03-05T10:00:00Z"}
    assert item["submission"] == {"startDateTime": "2026-03-03T10:00:00Z", "endDateTime": "2026-03-04T10:00:00Z"}
    column = item["lineItem"]
    assert (column["scoreMaximum"], column["resourceId"], column["tag"]) == (8.0, str(one), "lti_grader")
    assert (column["label"], column["gradesReleased"]) == (item["title"], False)
    assert item["iframe"]["height"] > 0
    assert item["window"]["targetName"] == "lti_grader"
    assert f"“{item['title']}”" in said[CLAIM + "msg"]
    for picture in (item["icon"], item["thumbnail"]):
        with place.app.test_client().get(urlsplit(picture["url"]).path, buffered=True) as served:
            assert (served.status_code, served.mimetype) == (200, "image/png")


@pytest.mark.parametrize("targets", [..., [], None, "iframe", ["embed"], 5])
def test_row_33_a_link_is_shown_in_no_way_that_the_lms_does_not_take(place: Place, targets: Any) -> None:
    (item,) = claims_of(place.choose(place.here.assignment(), accept_presentation_document_targets=targets))[ITEMS]
    assert not {"iframe", "window", "available", "submission", "text"} & item.keys()


def test_row_33_what_the_lms_proposes_stands_in_the_form(place: Place) -> None:
    way, asked = place.ask(title="Week <3>", text='To "read"', auto_create=True)
    page = way.client.get(asked.headers["Location"]).text
    assert 'value="Week &lt;3&gt;"' in page
    assert "To &#34;read&#34;</textarea>" in page
    assert "It may ask you to save" not in page


def test_row_33_a_search_finds_in_every_class_of_the_teacher_and_forgets_no_tick(
    place: Place, make_problem: Callable[[uuid.UUID], str]
) -> None:
    problem = make_problem(place.here.tenant_id)
    here, other = place.here.assignment(), place.here.assignment()
    with transaction(place.here.tenant_id):
        session().get_one(Assignment, here).title = "Loops and lists"
        session().get_one(Assignment, other).title = "Recursion"
        mine = create_class("Evening course", owner_id=None)
        hers = create_class("Somebody else's", owner_id=None)
        me = session().scalars(sa.select(User.id).where(User.sub == "person-1")).one()
        enroll(mine.id, me, Role.TEACHER, source=EnrollmentSource.LAUNCH)
        enroll(hers.id, me, Role.STUDENT, source=EnrollmentSource.LAUNCH)
        for klass, title in ((mine, "Loops by night"), (hers, "Loops of hers")):
            create_assignment(
                klass.id, title=title, problems=[(uuid.UUID(problem), Decimal(5))], config=AssignmentConfig()
            )
    way, asked = place.ask(accept_multiple=True)
    form = {"do": "search", "q": "LOOPS", "what": "existing", "assignment": [str(other)], "title": "Half written"}
    page = way.client.post(asked.headers["Location"], data=form).text
    assert "Loops and lists" in page
    assert "Loops by night" in page
    assert "Loops of hers" not in page
    assert f'value="{other}" id="assignment-{other}" checked' in page
    assert 'value="Half written"' in page
    assert "No problem of the bank has these words" in page
    found = way.client.post(asked.headers["Location"], data={"do": "search", "q": "double"}).text
    assert problem in found
    assert "No assignment of your classes has these words" in found


def test_row_33_what_is_taken_from_another_class_is_copied_into_this_one_once(
    place: Place, make_problem: Callable[[uuid.UUID], str]
) -> None:
    with transaction(place.here.tenant_id):
        other = create_class("Last year", owner_id=None)
        me = session().scalars(sa.select(User.id).where(User.sub == "person-1")).one()
        enroll(other.id, me, Role.ASSISTANT, source=EnrollmentSource.LAUNCH)
    version = make_problem(place.here.tenant_id)
    with transaction(place.here.tenant_id):
        theirs = create_assignment(
            other.id, title="Old", problems=[(uuid.UUID(version), Decimal(5))], config=AssignmentConfig(),
            module_title="Week 9",
        ).id  # fmt: skip
    placed = [claims_of(place.choose(theirs))[ITEMS][0]["custom"][c.OWN_ASSIGNMENT] for _ in range(2)]
    assert len(set(placed)) == 1
    assert placed[0] != str(theirs)
    with transaction(place.here.tenant_id):
        module = session().get_one(Module, session().get_one(Assignment, uuid.UUID(placed[0])).module_id)
        assert (module.class_id, module.title) == (place.here.class_id, "Week 9")
        enroll(other.id, me, Role.STUDENT, source=EnrollmentSource.LAUNCH)
    assert place.choose(theirs).status_code == 422


def test_row_33_an_edited_link_opens_what_it_was_edited_to_until_its_column_has_scores(place: Place) -> None:
    first, second, third = (place.here.assignment() for _ in range(3))

    def opened(named: uuid.UUID) -> str:
        way = browser(place.app, place.platform)
        way.login()
        return str(way.launch(**{c.CUSTOM: {c.OWN_ASSIGNMENT: str(named)}}).headers["Location"])

    assert opened(first).endswith(str(first))
    assert opened(second).endswith(str(second))
    with transaction(place.here.tenant_id):
        (column,) = session().scalars(sa.select(LineItem)).all()
        assert column.content_item_id == second
        session().add(ScoreDelivery(
            tenant_id=place.here.tenant_id, line_item_id=column.id, platform_id=place.here.platform_id, revision=1, score=Decimal(1), maximum=Decimal(1),
            user_id=session().scalars(sa.select(User.id)).one(), status="verified", next_try_at=NOW, created_at=NOW,
        ))  # fmt: skip
    assert opened(third).endswith(str(second))
    assert opened(uuid.uuid4()).endswith(str(second))


@pytest.mark.parametrize("url", [None, 5, [], "", "nul\0", "half \ud800", "https://lms.example.edu/" + "x" * 20_000])
def test_a_column_whose_address_cannot_be_kept_is_no_column(place: Place, url: Any) -> None:
    way = browser(place.app, place.platform)
    way.login()
    ags = {"scope": [c.SCORE, "\0", 5], "lineitem": url, "lineitems": url}
    custom = {c.OWN_ASSIGNMENT: str(place.here.assignment())}
    link = {"id": "another link", "title": "Week 2"}
    answer = way.launch(**{c.AGS: ags, c.CUSTOM: custom, c.ROLES: [INSTRUCTOR], c.RESOURCE_LINK: link})
    assert answer.status_code == 303
    with transaction(place.here.tenant_id):
        assert session().scalars(sa.select(LineItem)).all() == []
