"""results.json, as autograders write it, and as they should not."""

import json
from decimal import Decimal
from typing import Any

import pytest

from lti_grader.grading.graders.results_json import BadResults, read_results


def read(said: Any) -> Any:
    return read_results(json.dumps(said).encode(), Decimal(50), "said")


@pytest.mark.parametrize(
    ("said", "share"),
    [
        ({"score": 25}, "0.5"), ({"score": "25.0", "tests": []}, "0.5"), ({"score": 60}, "1"), ({"score": -3}, "0"),
        ({"tests": [{"score": 1, "max_score": 2}, {"score": 1, "max_score": 2}]}, "0.5"),
        ({"tests": [{"score": 10}]}, "0.2"), ({"score": 1, "tests": [{"score": 9, "max_score": 10}]}, "0.1"),
    ],
)  # fmt: skip
def test_the_share_of_the_points(said: Any, share: str) -> None:
    assert read(said).share == Decimal(share)


def test_who_may_read_what() -> None:
    found = read({
        "output": "all of it", "visibility": "after_due_date", "stdout_visibility": "visible", "execution_time": 1.5, "extra_data": {"a": 1},
        "tests": [{"name": "a", "status": "passed", "score": 1, "visibility": "visible"}, {"score": 0, "output": "no"}],
    })  # fmt: skip
    assert found.message == "a: passed\nsaid"
    assert found.note == '[after_due_date] all of it\n[after_due_date] Test 2\nno\nextra_data is left out: {"a": 1}'
    assert found.time_ms == 1500


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ([], "no names"), ({}, "neither a score"), ({"score": "much"}, "score is 'much'"), ({"score": True}, "no number"),
        ({"tests": [{"score": [1]}]}, "score of test 1"), ({"tests": {"score": 1}}, "no list"), ({"score": 1e300}, "no number"),
        ({"score": 1, "visibility": "all"}, "'all' is none of"),
    ],
)  # fmt: skip
def test_what_is_no_result_is_told(said: Any, words: str) -> None:
    with pytest.raises(BadResults, match=words):
        read(said)
