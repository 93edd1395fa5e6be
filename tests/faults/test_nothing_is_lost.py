"""Processes are killed for real, and every submission still ends with one result and the right score in the LMS."""

import os
import signal
import time
from pathlib import Path

import httpx
import pytest

from tests.fixtures.installation import DOUBLE, Installation, Student, until

pytestmark = [pytest.mark.faults, pytest.mark.timeout(240)]

SLOW = "import time\nnumber = int(input())\ntime.sleep(1)\nprint(2 * number)\n"
HALF = "number = int(input())\nprint(2 * number if number > 0 else 1)\n"
_numbers = iter(range(1, 200))


@pytest.fixture
def student(installation: Installation) -> Student:
    installation.control.post("mode", mode="canvas")
    installation.control.post("faults", status=0)
    installation.ready()
    return installation.student(next(_numbers))


def attempt_of(answer: httpx.Response) -> str:
    assert answer.status_code == 202, answer.text
    return answer.json()["attempt"]["id"]


def is_in_hand(installation: Installation, attempt: str) -> bool:
    return bool(installation.rows(f"SELECT 1 FROM grading_jobs WHERE attempt_id = '{attempt}' AND status = 'running'"))


def children(pid: int) -> list[int]:
    found = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        found += [int(one) for one in (task / "children").read_text().split()]
    return found


def check_one_result(installation: Installation, attempt: str) -> None:
    done = installation.rows(
        f"SELECT id FROM grading_jobs WHERE attempt_id = '{attempt}' AND status = 'done' AND superseded_by IS NULL"
    )
    assert len(done) == 1
    results = installation.rows(
        f"SELECT count(*), count(DISTINCT test_case_id) FROM test_results WHERE attempt_id = '{attempt}'"
    )
    assert tuple(results[0]) == (4, 4)


def check_delivered_once(student: Student, score: float) -> None:
    cell = student.wait_for_score(score)
    time.sleep(1.5)
    again = student.in_the_lms()
    assert again is not None
    assert again["posts"] == cell["posts"] == 1
    until(
        lambda: {one.status for one in student.installation.rows(
            f"SELECT d.status FROM score_deliveries d JOIN users u ON u.id = d.user_id WHERE u.sub = '{student.id}'"
        )} == {"verified"},
        "verified",
    )  # fmt: skip


def test_without_any_fault_the_score_arrives_once(installation: Installation, student: Student) -> None:
    attempt = attempt_of(student.hand_in())
    check_delivered_once(student, 10)
    check_one_result(installation, attempt)


def test_a_worker_killed_while_it_grades(installation: Installation, student: Student) -> None:
    attempt = attempt_of(student.hand_in(SLOW))
    until(lambda: is_in_hand(installation, attempt), "in hand")
    for pid in children(installation.servers.supervisor.pid("worker-code")):
        os.kill(pid, signal.SIGKILL)
    check_delivered_once(student, 10)
    check_one_result(installation, attempt)


def test_the_whole_group_of_workers_killed_while_it_grades(installation: Installation, student: Student) -> None:
    attempt = attempt_of(student.hand_in(SLOW))
    until(lambda: is_in_hand(installation, attempt), "in hand")
    installation.servers.supervisor.kill("worker-code")
    check_delivered_once(student, 10)
    check_one_result(installation, attempt)


def test_a_worker_that_is_told_to_stop_ends_what_it_judges_first(installation: Installation, student: Student) -> None:
    attempt = attempt_of(student.hand_in(SLOW))
    until(lambda: is_in_hand(installation, attempt), "in hand")
    os.kill(installation.servers.supervisor.pid("worker-code"), signal.SIGTERM)
    check_delivered_once(student, 10)
    check_one_result(installation, attempt)
    # By nobody else, and not a second time.
    assert [
        tuple(row) for row in installation.rows(f"SELECT tries FROM grading_jobs WHERE attempt_id = '{attempt}'")
    ] == [(1,)]


def test_the_web_killed_while_students_submit(installation: Installation) -> None:
    """Whatever the student was told is true, and pressing again with the same key makes no second attempt."""
    students = [installation.student(next(_numbers)) for _ in range(3)]
    accepted: dict[str, str] = {}
    installation.servers.supervisor.kill("web", leave_down=True)
    for one in students:
        with pytest.raises(httpx.HTTPError):
            one.hand_in(key=f"press-{one.id}")
    installation.servers.supervisor.restart("web")
    for turn in range(2):
        for one in students:
            attempt = attempt_of(one.hand_in(key=f"press-{one.id}"))
            assert accepted.setdefault(one.id, attempt) == attempt, turn
    for one in students:
        check_delivered_once(one, 10)
        check_one_result(installation, accepted[one.id])


def test_valkey_killed_between_submission_and_result(installation: Installation, student: Student) -> None:
    assert student.save("kept = 1\n", 0).json()["revision"] == 1
    attempt = attempt_of(student.hand_in(SLOW))
    installation.servers.supervisor.kill("valkey", leave_down=True)
    saved = student.save("kept = 2\n", 1)
    assert saved.status_code == 200, saved.text
    assert saved.json()["stored"] == "database"
    second = attempt_of(student.hand_in(HALF))
    installation.servers.supervisor.restart("valkey")
    installation.ready()
    student.wait_for_score(10, seconds=120)
    for one in (attempt, second):
        until(
            lambda one=one: installation.rows(
                f"SELECT 1 FROM grading_jobs WHERE attempt_id = '{one}' AND status = 'done'"
            ),
            "done",
            90,
        )
        check_one_result(installation, one)
    assert student.save("kept = 3\n", 2).json()["revision"] == 3


def test_postgresql_killed_while_it_grades(installation: Installation, student: Student) -> None:
    attempt = attempt_of(student.hand_in(SLOW))
    until(lambda: is_in_hand(installation, attempt), "in hand")
    installation.servers.supervisor.kill("postgres", leave_down=True)
    refused = student.hand_in(HALF, key="while-it-was-down")
    assert refused.status_code in (500, 503)
    assert refused.json()["error"]["retryable"]
    installation.servers.supervisor.restart("postgres")
    installation.ready()
    check_delivered_once(student, 10)
    check_one_result(installation, attempt)


@pytest.mark.parametrize("mode", ["canvas", "moodle", "generic"])
def test_the_lms_down_for_the_whole_grading(installation: Installation, student: Student, mode: str) -> None:
    installation.control.post("mode", mode=mode)
    # Some say that they are down, and some say nothing any more.
    installation.control.post("faults", **({"hangs_up": True} if mode == "moodle" else {"status": 503}))
    first = attempt_of(student.hand_in(HALF))
    until(
        lambda: installation.rows(f"SELECT 1 FROM grading_jobs WHERE attempt_id = '{first}' AND status = 'done'"),
        "graded",
    )
    second = attempt_of(student.hand_in(DOUBLE))
    until(
        lambda: installation.rows(f"SELECT 1 FROM grading_jobs WHERE attempt_id = '{second}' AND status = 'done'"),
        "graded",
    )
    assert student.in_the_lms() is None
    installation.control.post("faults", status=0)
    check_one_result(installation, first)
    # The newest score is the only one that is sent.
    cell = student.wait_for_score(10, seconds=90)
    assert cell["posts"] == 1


@pytest.mark.parametrize("mode", ["canvas", "moodle", "generic"])
def test_an_answer_of_the_lms_that_gets_lost_is_no_second_post(
    installation: Installation, student: Student, mode: str
) -> None:
    installation.control.post("mode", mode=mode)
    lost = {"hangs_up": True} if mode == "canvas" else {"status": 502}
    installation.control.post("faults", remaining=1, services=["scores"], break_after=True, **lost)
    attempt_of(student.hand_in())
    check_delivered_once(student, 10)


def test_a_throttling_lms_gets_its_scores_in_its_own_time(installation: Installation, student: Student) -> None:
    installation.control.post("faults", status=429, retry_after=1, remaining=3, services=["token", "results", "scores"])
    attempt_of(student.hand_in())
    check_delivered_once(student, 10)


def test_the_passback_worker_killed_while_it_sends(installation: Installation, student: Student) -> None:
    installation.control.post("faults", delay_ms=1500, services=["scores"])
    attempt_of(student.hand_in())
    until(
        lambda: installation.rows(
            f"SELECT 1 FROM score_deliveries d JOIN users u ON u.id = d.user_id WHERE u.sub = '{student.id}' AND d.status = 'sending'"
        ),
        "being sent",
    )
    time.sleep(0.5)
    installation.servers.supervisor.kill("worker-default")
    installation.control.post("faults", status=0)
    # The lease of what was being sent must run out first.
    student.wait_for_score(10, seconds=120)
    until(
        lambda: installation.rows(
            f"SELECT 1 FROM score_deliveries d JOIN users u ON u.id = d.user_id WHERE u.sub = '{student.id}' AND d.status = 'verified'"
        ),
        "verified",
        120,
    )
    cell = student.in_the_lms()
    assert cell is not None
    assert cell["posts"] == 1
