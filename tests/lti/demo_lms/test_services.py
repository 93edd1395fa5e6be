"""Line items, results and the roster of the demo LMS, as a tool reads them."""

import dataclasses
import html
from typing import Any
from urllib.parse import urlencode

import pytest

from lti_grader.demo.lms.client import Person
from tests.fixtures.demo_lms import AMINA, ASSISTANT, BEN, CHLOE, COURSE, ITEM_TYPE, TEACHER, Lms, Tool
from tests.lti.demo_lms.test_launches import place

_LEARNER = "http://purl.imsglobal.org/vocab/lis/v2/membership#Learner"


def another_tool(lms: Lms) -> Tool:
    """Register a second tool, which has the first one's key."""
    client_id = lms.control.register(lms.tool.addresses(), name="another")["client_id"]
    return dataclasses.replace(lms.tool, client_id=client_id, _tokens={})


def read_all(lms: Lms, url: str, *, pages: int = 20) -> list[Any]:
    """Return the bodies of all pages, as `rel="next"` leads from one to the next."""
    bodies = []
    for _ in range(pages):
        answer = lms.tool.call("GET", url).raise_for_status()
        bodies.append(answer.json())
        following = answer.headers.get("Link")
        if following is None or "next" not in following:
            return bodies
        url = html.unescape(following.partition(">")[0].lstrip("<"))
    raise AssertionError(f"no end after {pages} pages, the last leads to {url}")


def test_a_line_item_is_made_read_changed_and_removed(lms: Lms) -> None:
    column = lms.column(20, resourceId="r-1", tag="week-1")
    assert lms.tool.call("GET", column).json() == {
        "id": column, "label": "Loops", "scoreMaximum": 20, "resourceId": "r-1", "tag": "week-1",
    }  # fmt: skip
    changed = lms.tool.call("PUT", column, json={"label": "More loops", "scoreMaximum": 30, "tag": "week-2"})
    assert changed.json() == {"id": column, "label": "More loops", "scoreMaximum": 30, "tag": "week-2"}
    assert lms.tool.call("DELETE", column).status_code == 204
    assert lms.tool.call("GET", column).status_code == 404


def test_removing_a_line_item_removes_its_grades(lms: Lms) -> None:
    column = lms.column()
    lms.post(column)
    assert lms.tool.call("DELETE", column).status_code == 204
    assert lms.control.state()["grades"] == []


def test_line_items_are_found_by_tag_and_resource(lms: Lms) -> None:
    for tag, resource in (("a", "1"), ("a", "2"), ("b", "1")):
        lms.column(label=f"{tag}{resource}", tag=tag, resourceId=resource)
    container = f"{lms.url}/courses/{COURSE}/lineitems"
    for query, labels in (
        ({"tag": "a"}, ["a1", "a2"]),
        ({"resource_id": "1"}, ["a1", "b1"]),
        ({"tag": "b", "resource_id": "2"}, []),
    ):
        found = lms.tool.call("GET", f"{container}?{urlencode(query)}").json()
        assert [one["label"] for one in found] == labels


@pytest.mark.parametrize(
    "body", [{}, {"label": "Loops"}, {"scoreMaximum": 5}, {"label": "Loops", "scoreMaximum": "many"}]
)
def test_a_line_item_needs_a_label_and_a_maximum(lms: Lms, body: dict[str, Any]) -> None:
    assert lms.tool.call("POST", f"{lms.url}/courses/{COURSE}/lineitems", json=body).status_code == 400


@pytest.mark.parametrize("maximum", [0, -5])
def test_a_line_item_needs_a_maximum_above_zero(lms: Lms, maximum: float) -> None:
    body = {"label": "Loops", "scoreMaximum": maximum}
    assert lms.tool.call("POST", f"{lms.url}/courses/{COURSE}/lineitems", json=body).status_code == 400


def test_a_tool_does_not_see_the_columns_of_another(lms: Lms) -> None:
    column = lms.column()
    other = another_tool(lms)
    assert other.call("GET", f"{lms.url}/courses/{COURSE}/lineitems").json() == []
    for method, url in (("GET", column), ("PUT", column), ("DELETE", column), ("GET", f"{column}/results")):
        assert other.call(method, url, json={}).status_code in (403, 404), (method, url)
    assert dataclasses.replace(lms, tool=other).post(column).status_code in (403, 404)
    assert lms.tool.call("GET", column).is_success


def test_results_are_read_back_with_the_comment(lms: Lms) -> None:
    column = lms.column(20)
    lms.post(column, comment="Well done")
    (result,) = lms.tool.call("GET", f"{column}/results?user_id={AMINA}").json()
    assert (result["userId"], result["resultScore"], result["resultMaximum"]) == (AMINA, 14, 20)
    assert result["comment"] == "Well done"


def test_a_teachers_grade_is_what_is_read_back(lms: Lms) -> None:
    column = lms.column()
    lms.post(column)
    lms.control.post("grades", column_id=lms.cell()["column_id"], person_id=AMINA, override=2.5)
    (result,) = lms.tool.call("GET", f"{column}/results?user_id={AMINA}").json()
    assert result["resultScore"] == 2.5


@pytest.mark.parametrize(("mode", "shown"), [("canvas", True), ("moodle", False), ("generic", True)])
def test_moodle_leaves_out_a_score_of_nothing(lms: Lms, mode: str, shown: bool) -> None:
    lms.control.post("mode", mode=mode)
    column = lms.column()
    lms.post(column, scoreGiven=0)
    (result,) = lms.tool.call("GET", f"{column}/results?user_id={AMINA}").json()
    assert ("resultScore" in result) is shown


@pytest.mark.parametrize(("mode", "sizes"), [("canvas", [10, 3]), ("moodle", [13])])
def test_canvas_pages_unasked_and_moodle_does_not(lms: Lms, mode: str, sizes: list[int]) -> None:
    lms.control.post("mode", mode=mode)
    for number in range(13):
        lms.column(label=f"Column {number}")
    bodies = read_all(lms, f"{lms.url}/courses/{COURSE}/lineitems")
    assert [len(body) for body in bodies] == sizes
    assert [one["label"] for body in bodies for one in body] == [f"Column {number}" for number in range(13)]


@pytest.mark.parametrize("mode", ["canvas", "moodle", "generic"])
def test_the_roster_in_small_pages_has_everybody_once(lms: Lms, mode: str) -> None:
    lms.control.post("mode", mode=mode)
    lms.control.post("students", count=25)
    bodies = read_all(lms, f"{lms.url}/courses/{COURSE}/Memberships?limit=7")
    people = [one["user_id"] for body in bodies for one in body["members"]]
    assert len(people) == len(set(people)) == 25 + (5 if mode == "moodle" else 6)
    # A parent is in no course of Moodle's.
    assert ("person-parent" in people) == (mode != "moodle")
    assert {TEACHER, ASSISTANT, AMINA, BEN, CHLOE} < set(people)


def test_a_roster_filtered_by_role_can_be_paged(lms: Lms) -> None:
    lms.control.post("students", count=5)
    bodies = read_all(lms, f"{lms.url}/courses/{COURSE}/Memberships?{urlencode({'role': _LEARNER, 'limit': 3})}")
    assert len([one for body in bodies for one in body["members"]]) == 8


def test_a_senseless_limit_does_not_page_for_ever(lms: Lms) -> None:
    read_all(lms, f"{lms.url}/courses/{COURSE}/Memberships?limit=-1")


def test_moodles_assistant_stands_in_the_roster_as_a_learner(lms: Lms) -> None:
    lms.control.post("mode", mode="moodle")
    members = lms.tool.call("GET", f"{lms.url}/courses/{COURSE}/Memberships").json()["members"]
    roles = {one["user_id"]: one["roles"] for one in members}
    assert roles == {
        TEACHER: ["Instructor"], ASSISTANT: ["Learner"], AMINA: ["Learner"], BEN: ["Learner"], CHLOE: ["Learner"],
    }  # fmt: skip


def test_a_roster_elsewhere_names_roles_in_full(lms: Lms) -> None:
    members = lms.tool.call("GET", f"{lms.url}/courses/{COURSE}/Memberships").json()["members"]
    roles = {one["user_id"]: one["roles"] for one in members}
    assert roles[AMINA] == [_LEARNER]
    assert "http://purl.imsglobal.org/vocab/lis/v2/membership/Instructor#TeachingAssistant" in roles[ASSISTANT]


def test_who_has_left_is_not_an_active_member(lms: Lms) -> None:
    lms.control.post("members", person_id=BEN, active=False)
    members = lms.tool.call("GET", f"{lms.url}/courses/{COURSE}/Memberships").json()["members"]
    assert BEN not in [one["user_id"] for one in members if one["status"] == "Active"]


@pytest.mark.parametrize(("mode", "status"), [("canvas", 404), ("moodle", 403), ("generic", 404)])
def test_a_line_item_belongs_to_a_link_of_its_own_tool(lms: Lms, mode: str, status: int) -> None:
    lms.control.post("mode", mode=mode)
    teacher = Person(lms.url, TEACHER)
    link_id = place(lms, teacher)
    teacher.close()
    body = {"label": "Loops", "scoreMaximum": 5, "resourceLinkId": link_id}
    address, headers = f"{lms.url}/courses/{COURSE}/lineitems", {"Content-Type": ITEM_TYPE}
    assert another_tool(lms).call("POST", address, json=body, headers=headers).status_code == status
    assert lms.tool.call("POST", address, json=body | {"resourceLinkId": "x"}, headers=headers).status_code == status
    assert lms.tool.call("POST", address, json=body, headers=headers).status_code == 201


@pytest.mark.parametrize("body", [[], "Loops", 7, None])
def test_a_line_item_that_is_no_object_is_refused(lms: Lms, body: object) -> None:
    assert lms.tool.call("POST", f"{lms.url}/courses/{COURSE}/lineitems", json=body).status_code == 400
    assert lms.tool.call("PUT", lms.column(), json=body).status_code in (200, 400)


def test_a_course_that_is_not_there_has_no_line_items(lms: Lms) -> None:
    assert lms.tool.call("GET", f"{lms.url}/courses/elsewhere/lineitems").status_code == 404


def test_moodle_wants_each_media_type_by_its_name(lms: Lms) -> None:
    lms.control.post("mode", mode="moodle")
    column, container = lms.column(), f"{lms.url}/courses/{COURSE}/lineitems"
    body = {"label": "Loops", "scoreMaximum": 5}
    assert lms.tool.call("POST", container, json=body).status_code == 400
    for address in (container, f"{column}/results"):
        assert lms.tool.call("GET", address, headers={"Accept": "application/json"}).status_code == 400
        assert lms.tool.call("GET", address).status_code == 200


def test_moodles_gradebook_writes_the_next_page_as_no_other_does(lms: Lms) -> None:
    lms.control.post("mode", mode="moodle")
    for number in range(3):
        lms.column(label=f"Column {number}", tag="a b")
    answer = lms.tool.call("GET", f"{lms.url}/courses/{COURSE}/lineitems?tag=a%20b&limit=2")
    header = dict(answer.headers.raw)[b"Link"].decode()
    assert "&amp;" in header
    assert "rel=\u201cnext\u201d" in header
    (last,) = lms.tool.call("GET", html.unescape(header[1 : header.index(">")])).json()
    assert last["label"] == "Column 2"


@pytest.mark.parametrize(("role", "found"), [("Learner", 3), ("Instructor", 2), ("TeachingAssistant", 1), ("tor", 0)])
def test_a_roster_is_filtered_by_whole_names_of_roles(lms: Lms, role: str, found: int) -> None:
    answer = lms.tool.call("GET", f"{lms.url}/courses/{COURSE}/Memberships?role={role}").json()
    assert len(answer["members"]) == found


def test_moodles_pages_of_results_break_where_there_are_any(lms: Lms) -> None:
    lms.control.post("mode", mode="moodle")
    column = lms.column()
    for scored in (False, True):
        if scored:
            assert lms.post(column).is_success
        answer = lms.tool.call("GET", f"{column}/results?limit=5")
        assert answer.status_code == (404 if scored else 200)
    assert [one["userId"] for one in lms.tool.call("GET", f"{column}/results").json()] == [AMINA]
