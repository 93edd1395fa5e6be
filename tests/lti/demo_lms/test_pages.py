"""The demo LMS's pages and levers, without a browser."""

from collections.abc import Iterator

import httpx
import pytest

from lti_grader.demo.lms.client import Person, forms
from lti_grader.lti.registration import Registration
from tests.fixtures.demo_lms import AMINA, BEN, COURSE, HTTP, REGISTRAR, TEACHER, Lms
from tests.lti.demo_lms.test_launches import announced, place


@pytest.fixture
def people(lms: Lms) -> Iterator[dict[str, Person]]:
    found = {one: Person(lms.url, one) for one in (TEACHER, AMINA, REGISTRAR)}
    yield found
    for one in found.values():
        one.close()


def page(lms: Lms, person: Person, path: str = "") -> httpx.Response:
    return person.send("GET", f"{lms.url}/courses/{COURSE}{path}")


def test_a_stranger_is_asked_who_to_be(lms: Lms) -> None:
    answer = HTTP.get(f"{lms.url}/courses/{COURSE}/gradebook", follow_redirects=True)
    assert "Who would you like to be?" in answer.text


def test_a_student_sees_their_own_grade_and_nobody_elses(lms: Lms, people: dict[str, Person]) -> None:
    column = lms.column(20)
    lms.post(column)
    lms.post(column, userId=BEN, scoreGiven=3)
    seen = page(lms, people[AMINA], "/gradebook").text
    assert "Amina Yusuf" in seen
    assert "14" in seen
    assert "Ben Okafor" not in seen


def test_staff_see_everybodys_grades(lms: Lms, people: dict[str, Person]) -> None:
    lms.post(lms.column(20))
    for one in (TEACHER, REGISTRAR):
        seen = page(lms, people[one], "/gradebook").text
        assert "Amina Yusuf" in seen
        assert "Ben Okafor" in seen


@pytest.mark.parametrize("path", ["/controls", "/people"])
def test_a_student_is_turned_away_from_what_is_for_staff(lms: Lms, people: dict[str, Person], path: str) -> None:
    assert page(lms, people[AMINA], path).url.path == "/"


def test_a_teacher_sets_a_grade_by_hand_and_takes_it_back(lms: Lms, people: dict[str, Person]) -> None:
    lms.post(lms.column())
    form = {"column": lms.cell()["column_id"], "person": AMINA}
    for text, override in (("3.5", 3.5), ("", None)):
        people[TEACHER].send("POST", f"{lms.url}/courses/{COURSE}/gradebook", data=form | {"override": text})
        assert lms.cell()["override"] == override


def test_a_student_cannot_set_a_grade(lms: Lms, people: dict[str, Person]) -> None:
    lms.post(lms.column())
    form = {"column": lms.cell()["column_id"], "person": AMINA, "override": "10"}
    people[AMINA].send("POST", f"{lms.url}/courses/{COURSE}/gradebook", data=form)
    assert lms.cell()["override"] is None


@pytest.mark.parametrize("text", ["seven", "nan"])
def test_a_grade_that_is_no_number_is_refused_in_words(lms: Lms, people: dict[str, Person], text: str) -> None:
    lms.post(lms.column())
    form = {"column": lms.cell()["column_id"], "person": AMINA, "override": text}
    answer = people[TEACHER].send("POST", f"{lms.url}/courses/{COURSE}/gradebook", data=form)
    assert answer.status_code in (400, 422)


def test_numbered_students_are_not_offered_as_people_to_be(lms: Lms) -> None:
    lms.control.post("students", count=1001)
    assert "person-student0" not in HTTP.get(lms.url).text


def test_numbered_students_are_the_same_each_time(lms: Lms) -> None:
    assert lms.control.post("students", count=3) == lms.control.post("students", count=3)
    assert lms.control.post("students", count=5)["ids"][:3] == lms.control.post("students", count=3)["ids"]


def test_scripts_run_by_nonce_only_and_nobody_elses_page_may_frame_ours(lms: Lms, people: dict[str, Person]) -> None:
    for path in ("", "/gradebook", "/people", "/controls"):
        answer = page(lms, people[TEACHER], path)
        policy = answer.headers["Content-Security-Policy"]
        assert "script-src 'nonce-" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'self'" in policy
        assert " onclick=" not in answer.text
        assert " style=" not in answer.text


def test_levers_do_not_move_for_a_page(lms: Lms) -> None:
    answer = HTTP.post(f"{lms.url}/control/reset", headers={"Origin": "https://evil.example"})
    assert answer.status_code == 403


def test_levers_do_not_move_under_another_name(lms: Lms) -> None:
    answer = HTTP.get(f"{lms.url}/control/state", headers={"Host": "evil.example"})
    assert answer.status_code >= 400


def test_two_demos_side_by_side_have_cookies_of_their_own(lms: Lms) -> None:
    answer = HTTP.post(f"{lms.url}/be", data={"person": TEACHER, "course": COURSE})
    assert lms.url.rpartition(":")[2] in answer.headers["Set-Cookie"].partition("=")[0]


def test_a_tool_that_registers_again_keeps_the_paths_of_its_links(lms: Lms, people: dict[str, Person]) -> None:
    link_id = place(lms, people[TEACHER], url=f"{lms.tool.url}/launch?task=loops")
    lms.control.register(lms.tool.addresses(), name="stand-in")
    login = announced(people[AMINA], f"{lms.url}/launch/{link_id}")
    assert login["target_link_uri"].endswith("?task=loops")


def test_a_registration_is_what_platforms_add_takes(lms: Lms) -> None:
    registration = Registration.model_validate(lms.control.register(lms.tool.addresses(), name="new"))
    assert registration.issuer == lms.url
    assert registration.deployments == ["1"]


def test_staff_see_a_scores_comment_and_can_have_a_new_key(lms: Lms, people: dict[str, Person]) -> None:
    lms.post(lms.column(), comment="Well <done>")
    assert "Well &lt;done&gt;" in page(lms, people[TEACHER], "/gradebook").text
    before = HTTP.get(f"{lms.url}/keys").json()["keys"]
    people[AMINA].send("POST", f"{lms.url}/courses/{COURSE}/keys")
    assert HTTP.get(f"{lms.url}/keys").json()["keys"] == before
    people[TEACHER].send("POST", f"{lms.url}/courses/{COURSE}/keys")
    assert len(HTTP.get(f"{lms.url}/keys").json()["keys"]) == len(before) + 1


@pytest.mark.parametrize("field", ["column", "person"])
def test_a_grade_for_what_is_not_there_is_refused(lms: Lms, people: dict[str, Person], field: str) -> None:
    lms.post(lms.column())
    form = {"column": lms.cell()["column_id"], "person": AMINA, "override": "1"} | {field: "gone"}
    answer = people[TEACHER].send("POST", f"{lms.url}/courses/{COURSE}/gradebook", data=form)
    assert answer.status_code == 404


def test_in_a_large_course_staff_come_first_and_the_rest_is_counted(lms: Lms, people: dict[str, Person]) -> None:
    lms.control.post("students", count=1001)
    lms.column()
    seen = page(lms, people[TEACHER], "/people").text
    assert "Marta Lindqvist" in seen.partition("</tbody>")[0]
    assert "And 808 more" in seen
    gradebook = page(lms, people[TEACHER], "/gradebook").text
    assert gradebook.count("<tr>") == 1 + 30
    assert "975 more have no grade yet" in gradebook


def test_staff_get_to_the_student_view_from_the_course_and_out_again(lms: Lms, people: dict[str, Person]) -> None:
    assert "Student View" not in page(lms, people[AMINA]).text
    (form,) = [one for one in forms(page(lms, people[TEACHER])) if one.action.endswith("/be")]
    seen = people[TEACHER].submit(form, person="person-student-view").text
    assert "leave Student View" in seen
    assert "LMS controls" not in seen


def test_faults_that_were_set_from_outside_outlive_a_change_of_product(lms: Lms, people: dict[str, Person]) -> None:
    column = lms.column()
    lms.control.post("faults", status=418, services=["scores"])
    (form,) = [one for one in forms(page(lms, people[TEACHER], "/controls")) if one.action.endswith("/controls")]
    assert "As set from outside" in page(lms, people[TEACHER], "/controls").text
    people[TEACHER].submit(form, mode="canvas", faults="other")
    assert lms.post(column).status_code == 418


def test_a_browser_that_asks_for_an_icon_gets_one(lms: Lms) -> None:
    answer = HTTP.get(f"{lms.url}/favicon.ico")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "image/svg+xml; charset=utf-8")
    assert "/favicon.ico" in HTTP.get(lms.url).text
