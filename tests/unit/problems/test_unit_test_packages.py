"""What packages say of unit tests and of style, and what is said of mistakes in it."""

from decimal import Decimal

import pytest

from lti_grader.authoring.words import right_words
from lti_grader.problems.harness import BadHarness, Level, harness_of
from lti_grader.problems.models import Visibility
from lti_grader.problems.packages import yaml_reading, yaml_writing
from lti_grader.problems.packages.package import BadPackage, Package

SUMS = """\
lti_grader: 1
title: Sums
files: {test_a.py: "def test_a(): pass", data.csv: "1,2"}
unit_tests:
  runner: pytest
  answer: sums.py
  tests: [{file: test_a.py, visibility: after_due, points: {test_a: 2.5}, each: 3}]
checks:
  Style: {tool: ruff, level: advanced, points: 2, loss: 0.5, without: [E501]}
  Hints: {tool: ruff, rules: [I, F401]}
solutions: [{source: "", language: python, expected: accepted}]
"""


def read(text: str) -> Package:
    return yaml_reading.read("sums", {"lti-grader.yaml": text.encode()})


def test_files_of_tests_and_looks_at_style_are_read() -> None:
    found = read(SUMS)
    [file] = found.test_files
    assert (file.name, file.visibility, file.points, file.each) == (
        "test_a.py", Visibility.AFTER_DUE, {"test_a": Decimal("2.5")}, Decimal(3),
    )  # fmt: skip
    assert found.harness is not None
    assert found.harness.unit_tests is not None
    assert (found.harness.unit_tests.answer, set(found.harness.files)) == ("sums.py", {"test_a.py", "data.csv"})
    assert (found.harness.checks["Style"].level, found.harness.checks["Style"].loss) == (Level.ADVANCED, Decimal("0.5"))
    assert found.harness.checks["Hints"].rules == ["I", "F401"]
    # What is advice is no test.
    assert [(group.name, group.points, [one.name for one in group.tests]) for group in found.groups] == [
        ("Style", Decimal(2), ["Style"])
    ]


def test_what_is_exported_has_them_again() -> None:
    found = read(SUMS)
    again = yaml_reading.read("sums", yaml_writing.write(found))
    assert again.harness == found.harness
    assert [(one.name, one.points, one.tests) for one in again.groups] == [
        (one.name, one.points, one.tests) for one in found.groups
    ]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("{file: test_a.py,", "{file: test_b.py,", "the file test_b.py, which holds tests, is not among its files"),
        ("answer: sums.py", "answer: test_a.py", "test_a.py is the answer's, and cannot be a file of the problem as well"),
        ("each: 3", "each: -3", "tests.0.each"),
        ("each: 3", "eech: 3", "tests.0.eech"),
        ("answer: sums.py", "answer: ../sums.py", "answer"),
        ("level: advanced", "level: hard", "level"),
        ("loss: 0.5", "loss: 2", "loss"),
        ("rules: [I, F401]", "rules: ['--config=/etc']", "rules"),
    ],
)  # fmt: skip
def test_a_mistake_is_named(old: str, new: str, words: str) -> None:
    with pytest.raises(BadPackage) as refused:
        read(SUMS.replace(old, new))
    assert words in refused.value.message
    assert "lti-grader.yaml, line" in refused.value.message


def test_an_answer_never_takes_the_place_of_a_file_of_the_problem() -> None:
    tests = {"runner": "pytest", "answer": "test_a.py", "tests": {"test_a.py": "hidden"}}
    with pytest.raises(BadHarness, match=r"test_a\.py is the answer's"):
        harness_of({"files": {"test_a.py": "sha256/0"}, "unit_tests": tests})


def test_teachers_read_by_what_answers_are_judged() -> None:
    found = read(SUMS)
    assert found.harness is not None
    assert right_words(found.checker, found.harness.model_dump(mode="json", exclude_defaults=True)) == (
        "What pytest says of the tests in test_a.py (after due); the answer is sums.py."
        " Style: ruff, level advanced without E501; each kind of finding costs 50 %."
        " Hints: ruff, I, F401; each kind of finding costs 25 %."
    )
    assert right_words({"kind": "exact"}, {}) == "The same bytes."
