"""Notebooks with graded cells: what of them students get, what is tested, and what is said of the rest."""

import json
from decimal import Decimal
from typing import Any

import pytest

from lti_grader.problems.notebooks import BadNotebook, read_notebook
from lti_grader.problems.packages import formats, yaml_reading, yaml_writing
from lti_grader.problems.packages.files import zipped
from lti_grader.problems.packages.package import BadPackage, Package, Refused
from tests.fixtures.notebooks import cell, graded, notebook, squares


def read(content: bytes, name: str = "ps1.ipynb") -> Package:
    [found] = formats.read_upload(name, content).problems
    assert isinstance(found, Package), found
    return found


def sources(text: str) -> dict[str, str]:
    return {one.id: one.source for one in read_notebook(text.encode()).cells}


def parts_of(package: Package, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(package.files[name])["tests"]
    return found


def test_each_graded_cell_is_a_group_and_its_hidden_part_a_hidden_test() -> None:
    package = read(squares())
    assert (package.slug, package.title) == ("ps1", "Squares")
    assert [(one.name, one.points, str(one.aggregation)) for one in package.groups] == [
        ("check_squares", Decimal(2), "pass_fail"), ("check_half", Decimal("0.5"), "sum"),
    ]  # fmt: skip
    assert [(one.name, str(one.visibility)) for group in package.groups for one in group.tests] == [
        ("check_squares", "sample"), ("check_squares, hidden part", "hidden"), ("check_half", "sample"),
    ]  # fmt: skip
    shown, hidden = parts_of(package, "shown_tests.json"), parts_of(package, "hidden_tests.json")
    assert shown["check_squares"]["code"] == "assert squares(1) == [1]\n"
    assert "assert squares(3) == [1, 4, 9]" in hidden["check_squares, hidden part"]["code"]
    plan = json.loads(package.files["notebook.json"])["cells"]
    assert [(one["name"], one["kind"], bool(one["source"])) for one in plan] == [
        ("begin", "given", True), ("squares", "open", False), ("check_squares", "test", True), ("half", "open", False),
        ("check_half", "test", True),
    ]  # fmt: skip


def test_students_get_neither_solutions_nor_hidden_tests_and_the_solution_keeps_all() -> None:
    package = read(squares())
    starter = package.starter_code["python"]
    assert "squares(3)" not in starter
    assert "limit / 2" not in starter
    assert "Because" not in starter
    given = sources(starter)
    assert given["cell-3"] == "def squares(n):\n    # YOUR CODE HERE\n    raise NotImplementedError()\n"
    assert given["cell-7"] == "YOUR ANSWER HERE"
    [solution] = package.submissions
    assert solution.expected == {"accepted"}
    assert "squares(3) == [1, 4, 9]" in sources(solution.source.decode())["cell-4"]
    assert not any("squares(3)" in text.decode() for name, text in package.files.items() if name != "hidden_tests.json")


def test_what_a_person_marks_and_what_is_made_later_is_said() -> None:
    package = read(squares())
    assert package.report == [
        "why (4 points) is marked by a person in nbgrader: it is in the notebook, without points."
    ]
    made_later = graded("code", "auto", "### AUTOTEST squares(2)\nassert True", grade=True, points=1)
    part = graded("code", "part", "assert True\n0.5 * good", grade=True, points=1)
    package = read(notebook(made_later, part))
    assert "AUTOTEST" in package.losses[0]
    assert any("part ends with a value" in one for one in package.report)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (notebook(graded("code", "a", "### BEGIN SOLUTION\n1", solution=True)), "BEGIN SOLUTION without END SOLUTION"),
        (notebook(*[graded("code", "a", "assert 1", grade=True, points=1)] * 2), "Two cells are called 'a'"),
        (notebook(cell("code", "print(1)")), "It has no cells of nbgrader's and no marks of otter's"),
        (notebook(graded("code", "a", "1", solution=True)), "no cell with tests"),
        (notebook(graded("code", "a", "assert 1", grade=True), language="R"), "in r: only notebooks in Python"),
        (notebook(version=3), "version 3 of the format: open it in Jupyter and save it"),
        (b'{"nbformat": 4, "cells": [{"cell_type": "picture"}]}', "no notebook that can be read (cells.0.cell_type"),
        (b"[" * 100_000, "no notebook that can be read"),
        (b"\xff\xfe", "no notebook that can be read"),
    ],
)
def test_a_mistake_is_said_with_what_to_do(content: bytes, words: str) -> None:
    with pytest.raises(BadPackage) as refused:
        read(content)
    assert words in refused.value.message


def test_what_is_too_large_is_not_read() -> None:
    with pytest.raises(BadNotebook, match="Clear its outputs"):
        read_notebook(b" " * 16_777_217)


def test_of_a_course_the_originals_are_read_with_the_data_beside_them() -> None:
    files = {
        "source/ps1/one.ipynb": squares(), "source/ps1/two.ipynb": squares(), "source/header.ipynb": notebook(),
        "source/ps1/.ipynb_checkpoints/one-checkpoint.ipynb": squares(), "source/ps1/cities.csv": b"Bern",
        "source/ps1/data/more.csv": b"Rome", "release/ps1/one.ipynb": squares(), "nbgrader_config.py": b"",
    }  # fmt: skip
    found = formats.read_upload("course.zip", zipped(files, ""))
    assert found.format is formats.Format.NOTEBOOK
    header, one, two = found.problems
    assert isinstance(header, Refused)
    assert isinstance(one, Package)
    assert isinstance(two, Package)
    assert (one.slug, two.slug) == ("one", "two")
    assert one.files["cities.csv"] == b"Bern"
    assert "notebook_files.zip" in one.files
    assert any("release/ps1/one.ipynb" in words for words in one.report)
    assert any("nbgrader_config.py is not read" in words for words in one.report)


def test_what_is_exported_is_the_same_again() -> None:
    package = read(squares())
    again = yaml_reading.read("ps1", yaml_writing.write(package))
    assert (again.harness, again.files, again.starter_code) == (package.harness, package.files, package.starter_code)
    assert [one.tests for one in again.groups] == [one.tests for one in package.groups]


def test_in_our_own_format_a_notebook_has_limits_and_files_of_its_own() -> None:
    text = "lti_grader: 1\ntitle: Mine\nnotebook: {file: a/ps1.ipynb}\nlimits: {time: 7, memory: 64}\nfiles: {cities.csv: Bern}\n"
    found = yaml_reading.read("mine", {"lti-grader.yaml": text.encode(), "a/ps1.ipynb": squares()})
    assert (found.title, found.cpu_ms, found.memory_kb, len(found.groups)) == ("Mine", 7000, 65_536, 2)
    assert found.files["cities.csv"] == b"Bern"
    assert any("marked by a person" in one for one in found.report)
    with pytest.raises(BadPackage, match=r"line 3: with a notebook there is no groups"):
        yaml_reading.read("mine", {"lti-grader.yaml": (text + "groups: []\n").encode(), "a/ps1.ipynb": squares()})
