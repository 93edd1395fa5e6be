"""Sections, groups and differences as the demo LMS tells them, and a course of thousands."""

import json
from typing import Any

import pytest

from tests.fixtures.demo_lms import AMINA, BEN, CHLOE, COURSE, LTI, SCOPES, Lms
from tests.lti.demo_lms.test_services import read_all

GROUPS = "https://purl.imsglobal.org/spec/lti-gs/scope/contextgroup.readonly"


def members(lms: Lms, query: str = "") -> dict[str, dict[str, Any]]:
    answer = lms.tool.call("GET", f"{lms.url}/courses/{COURSE}/Memberships?{query}").raise_for_status()
    return {one["user_id"]: one for one in answer.json()["members"]}


def test_canvas_names_sections_where_it_is_asked_for_a_link(lms: Lms) -> None:
    lms.control.post("mode", mode="canvas")
    lms.control.post("members", person_id=AMINA, sections=["Morning", "Lab 2"])
    found = members(lms, f"rlid={COURSE}")
    custom = found[AMINA]["message"][0][f"{LTI}custom"]
    assert json.loads(custom["lti_grader_sections"]) == ["Lab 2", "Morning"]
    assert json.loads(found[BEN]["message"][0][f"{LTI}custom"]["lti_grader_sections"]) == []
    assert "message" not in members(lms)[AMINA]


def test_a_link_that_is_not_there_is_refused(lms: Lms) -> None:
    assert lms.tool.call("GET", f"{lms.url}/courses/{COURSE}/Memberships?rlid=nothing").status_code == 400


def test_differences_are_told_from_the_time_of_the_link_on(lms: Lms) -> None:
    lms.control.post("mode", mode="generic")
    answer = lms.tool.call("GET", f"{lms.url}/courses/{COURSE}/Memberships")
    address = answer.links["differences"]["url"]
    assert lms.tool.call("GET", address).json()["members"] == []
    lms.control.post("members", person_id=BEN, active=False)
    lms.control.post("members", person_id=CHLOE, role="assistant")
    answer = lms.tool.call("GET", address)
    assert {one["user_id"]: one["status"] for one in answer.json()["members"]} == {BEN: "Deleted", CHLOE: "Active"}
    assert lms.tool.call("GET", answer.links["differences"]["url"]).json()["members"] == []


@pytest.mark.parametrize("mode", ["canvas", "moodle"])
def test_products_tell_no_differences(lms: Lms, mode: str) -> None:
    lms.control.post("mode", mode=mode)
    assert "differences" not in lms.tool.call("GET", f"{lms.url}/courses/{COURSE}/Memberships").links


def test_groups_are_listed_with_their_set_and_named_in_the_roster(lms: Lms) -> None:
    lms.control.post("mode", mode="generic")
    lms.control.post("members", person_id=AMINA, groups=["red", "blue"])
    lms.control.post("members", person_id=BEN, groups=["red"])
    at = f"{lms.url}/courses/{COURSE}"
    groups = lms.tool.call("GET", f"{at}/groups", GROUPS).json()["groups"]
    assert [(one["id"], one["set_id"]) for one in groups] == [("blue", "set-project"), ("red", "set-project")]
    assert lms.tool.call("GET", f"{at}/groups?user_id={BEN}", GROUPS).json()["groups"][0]["id"] == "red"
    assert lms.tool.call("GET", f"{at}/group-sets", GROUPS).json()["sets"][0]["name"] == "Project"
    assert members(lms, "groups=true")[AMINA]["group_enrollments"] == [{"group_id": "blue"}, {"group_id": "red"}]
    assert "group_enrollments" not in members(lms)[AMINA]
    assert lms.tool.call("GET", f"{at}/groups", *SCOPES).status_code == 401


def test_people_may_be_oddly_described(lms: Lms) -> None:
    lms.control.post("odd-members")
    found = members(lms)
    assert "name" not in found["odd-nameless"]
    assert len(found["odd-several"]["roles"]) == 4
    assert found["odd-inactive"]["status"] == "Inactive"


def test_a_course_of_thousands_is_read_in_pages(lms: Lms) -> None:
    lms.control.post("students", count=5000)
    bodies = read_all(lms, f"{lms.url}/courses/{COURSE}/Memberships?limit=1000")
    assert len({one["user_id"] for body in bodies for one in body["members"]}) == 5006
    assert len(bodies) == 6
