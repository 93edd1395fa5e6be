"""How the demo LMS begins a launch and what it says in it."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx
import jwt
import pytest

from lti_grader.demo.lms.client import Form, Person, forms
from tests.fixtures.demo_lms import AGS, AMINA, ASSISTANT, COURSE, DL, HTTP, LTI, REGISTRAR, TEACHER, Lms

AGS_CLAIM = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
NRPS_CLAIM = "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice"
_COURSE_ROLE = "http://purl.imsglobal.org/vocab/lis/v2/membership"


@pytest.fixture
def people(lms: Lms) -> Iterator[dict[str, Person]]:
    found = {one: Person(lms.url, one) for one in (TEACHER, ASSISTANT, AMINA, REGISTRAR)}
    yield found
    for one in found.values():
        one.close()


def announced(person: Person, url: str) -> dict[str, str]:
    """Return what the LMS sends to the tool's login."""
    answer = person.send("GET", url, follow=False)
    return dict(parse_qsl(urlsplit(answer.headers["Location"]).query))


def authorise(person: Person, lms: Lms, login: dict[str, str], **changes: str | None) -> httpx.Response:
    """Ask for an id_token as a tool does after a login."""
    query = {
        "scope": "openid",
        "response_type": "id_token",
        "response_mode": "form_post",
        "prompt": "none",
        "client_id": lms.tool.client_id,
        "redirect_uri": f"{lms.tool.url}/launch",
        "login_hint": login["login_hint"],
        "lti_message_hint": login["lti_message_hint"],
        "state": "a-state",
        "nonce": "a-nonce",
    } | changes
    kept = {name: value for name, value in query.items() if value is not None}
    return person.send("GET", f"{lms.url}/auth?{urlencode(kept)}")


def claims_of(lms: Lms, form: Form) -> dict[str, Any]:
    """Return the claims of a launch, verified with the keys that the LMS publishes."""
    token = form.fields["id_token"]
    found = jwt.PyJWKSet.from_dict(HTTP.get(f"{lms.url}/keys").json())
    key = found[jwt.get_unverified_header(token)["kid"]]
    claims: dict[str, Any] = jwt.decode(token, key, algorithms=["RS256"], audience=lms.tool.client_id, issuer=lms.url)
    return claims


def place(lms: Lms, teacher: Person, **item: Any) -> str:
    """Place a link by deep linking and return its id."""
    login = announced(teacher, f"{lms.url}/courses/{COURSE}/deep-link/{lms.tool.client_id}")
    settings = claims_of(lms, forms(authorise(teacher, lms, login))[0])[DL + "deep_linking_settings"]
    wanted = {"type": "ltiResourceLink", "title": "Loops", "url": f"{lms.tool.url}/launch"} | item
    answer = teacher.send("POST", settings["deep_link_return_url"], data={"JWT": lms.tool.choice(settings, [wanted])})
    assert answer.status_code == 200, answer.text
    link_id: str = lms.control.state()["links"][-1]["id"]
    return link_id


def launch(lms: Lms, person: Person, link_id: str) -> dict[str, Any]:
    """Launch a link and return the claims."""
    return claims_of(lms, forms(authorise(person, lms, announced(person, f"{lms.url}/launch/{link_id}")))[0])


def test_a_login_carries_all_that_a_tool_needs(lms: Lms, people: dict[str, Person]) -> None:
    link_id = place(lms, people[TEACHER])
    login = announced(people[AMINA], f"{lms.url}/launch/{link_id}")
    assert login["iss"] == lms.url
    assert login["client_id"] == lms.tool.client_id
    assert login["target_link_uri"] == f"{lms.tool.url}/launch"
    assert login["lti_deployment_id"] == "1"
    assert login["login_hint"]
    assert login["lti_message_hint"]


def test_a_launch_says_who_where_and_what_for(lms: Lms, people: dict[str, Person]) -> None:
    item = {"custom": {"task": "loops-1"}, "lineItem": {"label": "Loops", "scoreMaximum": 20}}
    link_id = place(lms, people[TEACHER], **item)
    claims = launch(lms, people[AMINA], link_id)
    assert claims["sub"] == AMINA
    assert claims["nonce"] == "a-nonce"
    assert claims[LTI + "message_type"] == "LtiResourceLinkRequest"
    assert claims[LTI + "version"] == "1.3.0"
    assert claims[LTI + "deployment_id"] == "1"
    assert claims[LTI + "resource_link"] == {"id": link_id, "title": "Loops"}
    assert claims[LTI + "context"]["id"] == COURSE
    assert claims[LTI + "roles"] == [_COURSE_ROLE + "#Learner"]
    assert claims[LTI + "custom"] == {"task": "loops-1"}
    assert claims[LTI + "launch_presentation"]["return_url"].startswith(lms.url)
    assert claims[NRPS_CLAIM]["context_memberships_url"].startswith(lms.url)
    column = lms.tool.call("GET", claims[AGS_CLAIM]["lineitem"]).raise_for_status().json()
    assert (column["resourceLinkId"], column["scoreMaximum"]) == (link_id, 20)


def test_each_person_launches_in_their_own_role(lms: Lms, people: dict[str, Person]) -> None:
    link_id = place(lms, people[TEACHER])
    assert _COURSE_ROLE + "#Instructor" in launch(lms, people[TEACHER], link_id)[LTI + "roles"]
    assert _COURSE_ROLE + "/Instructor#TeachingAssistant" in launch(lms, people[ASSISTANT], link_id)[LTI + "roles"]
    assert _COURSE_ROLE + "#Administrator" in launch(lms, people[REGISTRAR], link_id)[LTI + "roles"]


def test_moodles_assistant_launches_as_an_instructor(lms: Lms, people: dict[str, Person]) -> None:
    link_id = place(lms, people[TEACHER])
    lms.control.post("mode", mode="moodle")
    assert launch(lms, people[ASSISTANT], link_id)[LTI + "roles"] == [_COURSE_ROLE + "#Instructor"]


@pytest.mark.parametrize("mode", ["canvas", "generic"])
def test_an_observer_launches_as_the_mentor_of_whom_they_watch(lms: Lms, people: dict[str, Person], mode: str) -> None:
    link_id = place(lms, people[TEACHER])
    lms.control.post("mode", mode=mode)
    parent = Person(lms.url, "person-parent")
    claims = launch(lms, parent, link_id)
    parent.close()
    assert claims[LTI + "roles"] == [_COURSE_ROLE + "#Mentor"]
    assert claims[LTI + "role_scope_mentor"] == [AMINA]
    assert LTI + "role_scope_mentor" not in launch(lms, people[AMINA], link_id)


def test_moodles_parents_are_in_no_course_and_do_not_launch(lms: Lms, people: dict[str, Person]) -> None:
    link_id = place(lms, people[TEACHER])
    lms.control.post("mode", mode="moodle")
    parent = Person(lms.url, "person-parent")
    answer = authorise(parent, lms, announced(parent, f"{lms.url}/launch/{link_id}"))
    parent.close()
    assert forms(answer)[0].fields["error"] == "access_denied"


def test_a_tool_that_may_not_know_names_is_told_none(lms: Lms, people: dict[str, Person]) -> None:
    link_id = place(lms, people[TEACHER])
    lms.control.register(lms.tool.addresses(), name="stand-in", shares_names=False, shares_email=False)
    assert not {"name", "given_name", "family_name", "email"} & set(launch(lms, people[AMINA], link_id))


@pytest.mark.parametrize(
    "changes",
    [
        {"response_type": "code"},
        {"response_mode": "query"},
        {"scope": "email"},
        {"prompt": "login"},
        {"nonce": None},
    ],
)
def test_a_wrong_request_for_an_id_token_is_answered_to_the_tool(
    lms: Lms, people: dict[str, Person], changes: dict[str, str | None]
) -> None:
    login = announced(people[AMINA], f"{lms.url}/launch/{place(lms, people[TEACHER])}")
    form = forms(authorise(people[AMINA], lms, login, **changes))[0]
    assert form.action == f"{lms.tool.url}/launch"
    assert form.fields == {"error": "invalid_request", "state": "a-state"}


def test_nothing_is_sent_to_an_address_that_was_not_registered(lms: Lms, people: dict[str, Person]) -> None:
    login = announced(people[AMINA], f"{lms.url}/launch/{place(lms, people[TEACHER])}")
    for changes in ({"redirect_uri": "https://thief.example/launch"}, {"client_id": "unknown"}):
        answer = authorise(people[AMINA], lms, login, **changes)
        assert answer.status_code == 400
        assert forms(answer) == []


@pytest.mark.parametrize("hint", ["login_hint", "lti_message_hint"])
def test_a_hint_that_is_not_from_here_means_login_required(lms: Lms, people: dict[str, Person], hint: str) -> None:
    login = announced(people[AMINA], f"{lms.url}/launch/{place(lms, people[TEACHER])}")
    form = forms(authorise(people[AMINA], lms, login, **{hint: "made-up"}))[0]
    assert form.fields["error"] == "login_required"


def test_a_launch_of_somebody_else_means_login_required(lms: Lms, people: dict[str, Person]) -> None:
    login = announced(people[TEACHER], f"{lms.url}/launch/{place(lms, people[TEACHER])}")
    form = forms(authorise(people[AMINA], lms, login))[0]
    assert form.fields.get("error") == "login_required"


def test_who_has_left_the_course_is_not_launched(lms: Lms, people: dict[str, Person]) -> None:
    login = announced(people[AMINA], f"{lms.url}/launch/{place(lms, people[TEACHER])}")
    lms.control.post("members", person_id=AMINA, active=False)
    assert "id_token" not in forms(authorise(people[AMINA], lms, login))[0].fields


def test_a_link_that_is_gone_is_told_in_words(lms: Lms, people: dict[str, Person]) -> None:
    login = announced(people[AMINA], f"{lms.url}/launch/{place(lms, people[TEACHER])}")
    lms.control.post("reset")
    assert authorise(people[AMINA], lms, login).status_code < 500


def test_variables_are_filled_in_where_they_are_known(lms: Lms, people: dict[str, Person]) -> None:
    link_id = place(lms, people[TEACHER], custom={"who": "$User.id", "odd": "$Unknown.thing"})
    lms.control.post("mode", mode="moodle")
    assert launch(lms, people[AMINA], link_id)[LTI + "custom"] == {"who": AMINA, "odd": "$Unknown.thing"}


def test_a_new_key_signs_and_the_old_one_stays_published(lms: Lms, people: dict[str, Person]) -> None:
    link_id = place(lms, people[TEACHER])
    before = forms(authorise(people[AMINA], lms, announced(people[AMINA], f"{lms.url}/launch/{link_id}")))[0]
    kid = lms.control.post("keys/rotate")["kid"]
    after = forms(authorise(people[AMINA], lms, announced(people[AMINA], f"{lms.url}/launch/{link_id}")))[0]
    assert jwt.get_unverified_header(after.fields["id_token"])["kid"] == kid
    assert claims_of(lms, before)["sub"] == claims_of(lms, after)["sub"] == AMINA


def test_student_view_is_a_test_user_and_in_no_roster(lms: Lms, people: dict[str, Person]) -> None:
    link_id = place(lms, people[TEACHER])
    viewer = Person(lms.url, "person-student-view")
    roles = launch(lms, viewer, link_id)[LTI + "roles"]
    viewer.close()
    assert "http://purl.imsglobal.org/vocab/lti/system/person#TestUser" in roles
    members = lms.tool.call("GET", f"{lms.url}/courses/{COURSE}/Memberships").json()["members"]
    assert "person-student-view" not in {one["user_id"] for one in members}


def test_an_assistant_may_not_lose_their_place_between_login_and_choice(lms: Lms, people: dict[str, Person]) -> None:
    login = announced(people[ASSISTANT], f"{lms.url}/courses/{COURSE}/deep-link/{lms.tool.client_id}")
    lms.control.post("members", person_id=ASSISTANT, role="student")
    assert forms(authorise(people[ASSISTANT], lms, login))[0].fields["error"] == "access_denied"


def test_a_link_that_was_removed_says_so_instead_of_launching(lms: Lms, people: dict[str, Person]) -> None:
    link_id = place(lms, people[TEACHER])
    remove = f"{lms.url}/courses/{COURSE}/links/{link_id}/remove"
    assert people[TEACHER].send("POST", remove).is_success
    for path in (f"/launch/{link_id}", f"/courses/{COURSE}/links/{link_id}"):
        answer = people[AMINA].send("GET", lms.url + path)
        assert answer.status_code == 404
        assert "not in the course any more" in answer.text
    assert people[TEACHER].send("POST", remove).is_success, "a second press of the button"


def test_a_login_at_one_tool_is_no_launch_of_another(lms: Lms, people: dict[str, Person]) -> None:
    login = announced(people[AMINA], f"{lms.url}/launch/{place(lms, people[TEACHER])}")
    other = lms.control.register(lms.tool.addresses(), name="another")["client_id"]
    assert forms(authorise(people[AMINA], lms, login, client_id=other))[0].fields["error"] == "access_denied"


def test_a_launch_names_the_services_that_were_granted(lms: Lms, people: dict[str, Person]) -> None:
    link_id = place(lms, people[TEACHER])
    granted = [AGS + "score"]
    lms.control.register(lms.tool.addresses(), name="stand-in", scopes=granted)
    claims = launch(lms, people[AMINA], link_id)
    assert claims[AGS_CLAIM]["scope"] == granted
    assert NRPS_CLAIM not in claims


def test_of_two_line_items_neither_is_that_of_the_link(lms: Lms, people: dict[str, Person]) -> None:
    link_id = place(lms, people[TEACHER], lineItem={"label": "Loops", "scoreMaximum": 20})
    lms.column(resourceLinkId=link_id)
    assert "lineitem" not in launch(lms, people[AMINA], link_id)[AGS_CLAIM]


def test_variables_tell_no_more_than_the_rest_of_the_launch(lms: Lms, people: dict[str, Person]) -> None:
    custom = {"who": "$Person.name.full", "where": "$Context.id", "mail": "$Person.email.primary"}
    link_id = place(lms, people[TEACHER], custom=custom)
    lms.control.register(lms.tool.addresses(), name="stand-in", shares_names=False, shares_email=False)
    assert launch(lms, people[AMINA], link_id)[LTI + "custom"] == custom | {"where": COURSE}
