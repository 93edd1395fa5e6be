"""Many requests at once, and what is left of them after a restart."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.fixtures.demo_lms import Lms, Tool, running_lms

POSTS = 24


def test_scores_of_many_students_at_once_all_arrive(lms: Lms) -> None:
    people = lms.control.post("students", count=POSTS)["ids"]
    column = lms.column()
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda one: lms.post(column, userId=one), people))
    assert {answer.status_code for answer in answers} == {200}
    grades = lms.control.state()["grades"]
    assert sorted(one["person_id"] for one in grades) == sorted(people)
    assert {(one["score"], one["posts"]) for one in grades} == {(7, 1)}


def test_of_scores_for_one_student_at_once_each_is_taken_or_refused_and_the_newest_stays(lms: Lms) -> None:
    for round_ in range(4):
        column = lms.column(100, label=f"Round {round_}")
        lms.post(column, timestamp="2026-03-01T09:00:00Z")

        def post(second: int, column: str = column) -> int:
            moment = f"2026-03-01T10:00:{second:02}Z"
            return lms.post(column, scoreGiven=second, scoreMaximum=100, timestamp=moment).status_code

        with ThreadPoolExecutor(12) as pool:
            statuses = list(pool.map(post, range(POSTS)))
        assert set(statuses) <= {200, 400}
        (cell,) = [one for one in lms.control.state()["grades"] if one["label"] == f"Round {round_}"]
        assert cell["score"] == max(second for second, status in enumerate(statuses) if status == 200)
        assert cell["posts"] == 1 + statuses.count(200)


def test_of_first_scores_at_once_none_is_an_error(lms: Lms) -> None:
    for round_ in range(6):
        column = lms.column(label=f"Round {round_}")
        with ThreadPoolExecutor(12) as pool:
            statuses = list(pool.map(lambda _, column=column: lms.post(column).status_code, range(12)))
        assert sorted(set(statuses)) == [200, 400], statuses
        assert statuses.count(200) == 1


def test_a_fault_for_three_requests_hits_three_of_many_at_once(lms: Lms) -> None:
    people = lms.control.post("students", count=POSTS)["ids"]
    column = lms.column()
    lms.control.post("faults", status=503, remaining=3, services=["scores"])
    with ThreadPoolExecutor(12) as pool:
        statuses = list(pool.map(lambda one: lms.post(column, userId=one).status_code, people))
    assert statuses.count(503) == 3


def test_everything_is_still_there_after_a_restart(tmp_path: Path, tool_server: Tool) -> None:
    with running_lms(tmp_path, tool_server) as before:
        before.control.post("mode", mode="moodle")
        before.post(before.column(40))
        before.control.post("grades", column_id=before.cell()["column_id"], person_id="person-amina", override=3)
        state, port = before.control.state(), before.url.rpartition(":")[2]
        keys = before.tool.call("GET", f"{before.url}/keys").json()
    with running_lms(tmp_path, tool_server, int(port)) as after:
        assert after.control.state() == state
        assert after.tool.client_id == before.tool.client_id
        assert after.tool.call("GET", f"{after.url}/keys").json() == keys
        assert after.tool.ask_token("x").headers["Content-Type"].startswith("application/json")  # an error, in any mode
        assert before.tool.call("GET", f"{after.url}/courses/course-cs101/lineitems").status_code == 200
