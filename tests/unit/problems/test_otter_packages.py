"""Notebooks of otter-grader: what of them students get, how points are shared out, and what is said of the rest."""

import json
from decimal import Decimal
from typing import Any

import pytest

from lti_grader.problems.notebooks import read_notebook
from lti_grader.problems.packages import formats, otter_tests
from lti_grader.problems.packages.files import zipped
from lti_grader.problems.packages.otter_tests import Case
from lti_grader.problems.packages.package import BadPackage, Package
from tests.fixtures.notebooks import cell, notebook, primes


def read(content: bytes) -> Package:
    [found] = formats.read_upload("primes.ipynb", content).problems
    assert isinstance(found, Package), found
    return found


def parts_of(package: Package, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(package.files[name])["tests"]
    return found


def test_questions_are_groups_whose_cases_share_their_points() -> None:
    package = read(primes())
    assert [(one.name, one.points, str(one.aggregation)) for one in package.groups] == [
        ("q1", Decimal(4), "pass_fail"), ("q3", Decimal(1), "sum"),
    ]  # fmt: skip
    assert [(one.name, one.points, str(one.visibility)) for one in package.groups[0].tests] == [
        ("q1 - 1", Decimal(1), "sample"), ("q1 - 2", Decimal(3), "hidden"),
    ]  # fmt: skip
    shown, hidden = parts_of(package, "shown_tests.json"), parts_of(package, "hidden_tests.json")
    assert (shown["q1 - 1"]["code"], shown["q1 - 1"]["failing"]) == (">>> x > 1\nTrue", "Think of even numbers.")
    assert hidden["q1 - 2"]["code"] == ">>> for one in (1, 2):\n...     x += 0\n>>> x == 2\nTrue"
    assert (shown["q3 - 1"]["kind"], shown["q3 - 1"]["parameters"]) == ("call", ["double"])
    assert json.loads(package.files["notebook.json"])["seed"] == 7
    assert package.report == [
        "q2 (1.5 points) is marked by a person: it is in the notebook, without points.",
        "Of its settings: what its requirements list has to be installed on each machine that grades.",
    ]


def test_students_get_blanks_and_the_tests_that_they_may_see() -> None:
    given = [one.source for one in read_notebook(read(primes()).starter_code["python"].encode()).cells]
    assert given == [
        "Assign `x` to the smallest prime.",
        "import random\nx = ...\nz = random.random()",
        (
            "# Tests of q1: run this cell to see whether they pass.\nimport doctest\n"
            'doctest.run_docstring_examples(r"""\n>>> x > 1\nTrue\n""", globals(), name=\'q1 - 1\')'
        ),
        "_Type your answer here, replacing this text._",
        "def double(n):\n    ...",
        (
            "# Tests of q3: run this cell to see whether they pass.\n"
            "def test_double(double):\n    assert double(2) == 4, 'not 4'\ntest_double(double)"
        ),
    ]


@pytest.mark.parametrize(
    ("own", "points", "weights"),
    [
        ([None, None], None, ["0.5", "0.5"]),
        ([None, None, None], 3, ["1", "1", "1"]),
        ([2, None, None], 3, ["2", "0.5", "0.5"]),
        ([2, None], None, ["2", "0"]),
        ([None, None], [10, 2], ["10", "2"]),
        ([None, None], {"each": 2}, ["2", "2"]),
    ],
)
def test_points_are_shared_out_as_otter_does(own: list[Any], points: object, weights: list[str]) -> None:
    cases = [Case("doctest", "", False, None if one is None else Decimal(one)) for one in own]
    question = otter_tests.question_of("q", cases, points, is_whole=False)
    assert [one.weight for one in question.tests] == [Decimal(one) for one in weights]
    assert question.points == sum(Decimal(one) for one in weights)


def test_thirds_come_to_the_whole() -> None:
    assert otter_tests.question_of("q", [Case("doctest", "", False)] * 3, None, is_whole=False).points == 1


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ([cell("raw", "# BEGIN QUESTION\nname: q1")], "There is no END QUESTION"),
        ([cell("raw", "# BEGIN TESTS")], "belongs into a question"),
        ([cell("raw", "# BEGIN QUESTION\nname: [")], "cannot be read"),
        ([cell("markdown", "```\nBEGIN QUESTION\nname: q1\n```")], "otter's first versions"),
    ],
)
def test_a_mark_that_stands_wrong_is_said(cells: list[Any], words: str) -> None:
    with pytest.raises(BadPackage, match=r"primes\.ipynb: ") as refused:
        read(notebook(*cells))
    assert words in refused.value.message


CHECKED = notebook(
    cell("code", "import otter\ngrader = otter.Notebook('primes.ipynb')"),
    cell("code", "x = 2 # SOLUTION", tags=["otter_assign_solution_cell"]),
    cell("code", 'grader.check("q1")'),
    cell("code", 'grader.check("q2")'),
    cell("code", "grader.export(run_tests=True)"),
)
AS_DOCTEST = b"""OK_FORMAT = True
test = {'name': 'q1', 'points': [1, 2], 'suites': [{'type': 'doctest', 'setup': '', 'cases': [
    {'code': '>>> x > 1\\nTrue', 'hidden': False}, {'code': '>>> x\\n2'}]}]}
"""
AS_FUNCTION = b"""from otter.test_files import test_case
OK_FORMAT = False
name = "q2"
points = 3
@test_case(points=None, hidden=True, failure_message="No.")
def test_x(x, env):
    assert x == 2
"""


def test_what_otter_made_is_read_with_its_tests_and_without_running_them() -> None:
    files = {
        "dist/autograder/primes.ipynb": CHECKED, "dist/autograder/tests/q1.py": AS_DOCTEST, "dist/autograder/data.csv": b"1",
        "dist/autograder/tests/q2.py": AS_FUNCTION, "dist/student/primes.ipynb": CHECKED, "dist/x": b"",
    }  # fmt: skip
    [package] = formats.read_upload("dist.zip", zipped(files, "")).problems
    assert isinstance(package, Package)
    assert [(one.name, one.points) for one in package.groups] == [("q1", Decimal(3)), ("q2", Decimal(3))]
    assert [[str(test.visibility) for test in one.tests] for one in package.groups] == [
        ["sample", "hidden"],
        ["hidden"],
    ]
    assert parts_of(package, "hidden_tests.json")["q2 - 1"]["parameters"] == ["x", "env"]
    starter = package.starter_code["python"]
    assert next(one.source for one in read_notebook(starter.encode()).cells) == "x = ..."
    assert "grader" not in starter
    assert "SOLUTION" in package.submissions[0].source.decode()
    assert sorted(package.files) == ["data.csv", "hidden_tests.json", "notebook.json", "shown_tests.json"]
    assert package.report == [
        "Students get with it, and it can read: data.csv.",
        "Left out, for the originals are elsewhere: student/primes.ipynb.",
    ]
    evil = b"test = {'name': 'q1', 'suites': __import__('os').system('true')}"
    with pytest.raises(BadPackage, match="would have to be run"):
        otter_tests.of_file(evil.decode(), "q1")
