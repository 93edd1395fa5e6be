"""How the demo LMS fails when it is told to."""

import time
from typing import Any

import httpx
import pytest

from tests.fixtures.demo_lms import COURSE, Lms


@pytest.mark.parametrize("status", [500, 502, 503])
def test_a_broken_service_answers_so_until_it_is_mended(lms: Lms, status: int) -> None:
    column = lms.column()
    lms.control.post("faults", status=status)
    assert [lms.post(column).status_code for _ in range(3)] == [status] * 3
    assert lms.control.state()["grades"] == []
    lms.control.post("faults")
    assert lms.post(column).status_code == 200


def test_a_fault_may_last_for_some_requests_only(lms: Lms) -> None:
    column = lms.column()
    lms.control.post("faults", status=500, remaining=2)
    assert [lms.post(column).status_code for _ in range(3)] == [500, 500, 200]


def test_a_throttling_lms_says_when_to_come_back(lms: Lms) -> None:
    column = lms.column()
    lms.control.post("faults", status=429, retry_after=7)
    answer = lms.post(column)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "7")


def test_canvas_throttles_with_403_and_says_so(lms: Lms) -> None:
    column = lms.column()
    lms.control.post("faults", status=403)
    answer = lms.post(column)
    assert answer.status_code == 403
    assert "Rate Limit Exceeded" in answer.text


def test_a_fault_of_one_service_leaves_the_others_well(lms: Lms) -> None:
    column = lms.column()
    lms.control.post("faults", status=503, services=["scores"])
    assert lms.post(column).status_code == 503
    assert lms.tool.call("GET", f"{column}/results").status_code == 200
    assert lms.tool.call("GET", f"{lms.url}/courses/{COURSE}/Memberships").status_code == 200


def test_a_slow_lms_answers_late_and_rightly(lms: Lms) -> None:
    column = lms.column()
    lms.control.post("faults", delay_ms=400)
    began = time.monotonic()
    assert lms.post(column).status_code == 200
    assert time.monotonic() - began >= 0.4


def test_a_lost_answer_has_done_its_work(lms: Lms) -> None:
    column = lms.column()
    lms.control.post("faults", status=502, remaining=1, break_after=True, services=["scores"])
    assert lms.post(column).status_code == 502
    assert (lms.cell()["score"], lms.cell()["posts"]) == (7, 1)
    assert lms.post(column).status_code == 400, "the second post has the timestamp of the first"


def passed(lms: Lms, ending: str) -> list[dict[str, Any]]:
    return [one for one in lms.control.log() if one["path"].endswith(ending)]


def test_what_passed_is_noted_with_its_status_faults_included(lms: Lms) -> None:
    column = lms.column()
    lms.post(column)
    lms.control.post("faults", status=500, remaining=1)
    lms.post(column)
    noted = passed(lms, "/scores")
    assert [one["status"] for one in noted] == [200, 500]
    assert '"scoreGiven": 7' in noted[0]["body"]


def test_no_client_assertion_is_noted(lms: Lms) -> None:
    assertion = lms.tool.assertion()
    assert lms.tool.ask_token("https://purl.imsglobal.org/spec/lti-ags/scope/score", assertion=assertion).is_success
    noted = str(lms.control.log())
    assert "/token" in noted
    assert assertion not in noted


def test_no_access_token_is_noted(lms: Lms) -> None:
    scope = "https://purl.imsglobal.org/spec/lti-ags/scope/score"
    token = lms.tool.ask_token(scope).json()["access_token"]
    assert token not in str(lms.control.log())


def test_a_request_for_what_is_not_there_is_noted_too(lms: Lms) -> None:
    assert lms.tool.call("GET", f"{lms.url}/courses/{COURSE}/lineitems/gone/lineitem").status_code == 404
    assert [one["status"] for one in passed(lms, "/gone/lineitem")] == [404]


def test_an_lms_that_is_down_says_nothing_at_all(lms: Lms) -> None:
    column = lms.column()
    lms.control.post("faults", hangs_up=True, remaining=1, services=["scores"])
    with pytest.raises(httpx.HTTPError):
        lms.post(column)
    assert lms.control.state()["grades"] == []
    assert lms.post(column).is_success


def test_an_answer_that_is_lost_has_been_given_all_the_same(lms: Lms) -> None:
    column = lms.column()
    lms.control.post("faults", hangs_up=True, break_after=True, remaining=1, services=["scores"])
    with pytest.raises(httpx.HTTPError):
        lms.post(column)
    assert lms.cell()["score"] == 7


def test_a_slow_lms_may_be_slow_for_some_requests_only(lms: Lms) -> None:
    column = lms.column()
    lms.control.post("faults", delay_ms=300, remaining=1, services=["scores"])
    times = []
    for second in range(2):
        began = time.monotonic()
        assert lms.post(column, timestamp=f"2026-03-01T10:00:0{second}Z").is_success
        times.append(time.monotonic() - began)
    assert times[0] >= 0.3 > times[1]


def test_a_service_request_that_leads_nowhere_is_noted(lms: Lms) -> None:
    assert lms.tool.call("POST", f"{lms.url}/courses/{COURSE}/lineitem/x/score", json={}).status_code == 404
    assert [(one["method"], one["status"]) for one in passed(lms, "/lineitem/x/score")] == [("POST", 404)]
