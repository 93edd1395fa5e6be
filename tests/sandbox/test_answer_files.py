"""Answers of several files: they lie where students have them, in every way of judging, and in nobody's place."""

import importlib.util
import uuid
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import CliRunner

from lti_grader.assignments.languages import Language
from lti_grader.assignments.main_file import NoMainFile
from lti_grader.cli import judging
from lti_grader.grading import packages
from lti_grader.grading.graders.answers import answer_of, answer_of_text
from lti_grader.grading.graders.code import GradedCode, GroupSpec, TestSpec, grade_answer
from lti_grader.grading.packages import Judged
from lti_grader.grading.runners import available_runners, missing_runners
from lti_grader.grading.sandbox import Sandbox
from lti_grader.problems.answer_files import written
from lti_grader.problems.harness import AnswerFiles, Harness, StyleCheck
from lti_grader.problems.models import Aggregation
from lti_grader.problems.packages import formats
from lti_grader.problems.packages.files import zipped
from lti_grader.problems.packages.package import Package, Submission

PROBLEMS = Path(__file__).parent / "unit_tests"
FILES = Harness(answer_files=AnswerFiles())
ANSWERS = {
    "python": {
        "main.py": "from shapes.square import area\nfrom queue import ask\nprint(area(ask()), open('data/unit.txt').read())",
        "shapes/__init__.py": "", "shapes/square.py": "def area(side):\n    return side * side",
        # A module of Python's has this name, too; the nearer one is meant.
        "queue.py": "def ask():\n    return int(input())", "data/unit.txt": "cm2",
    },
    "c": {
        "src/app.c": '#include "include/square.h"\n#include <stdio.h>\nint main(void) {\n  int side;\n  scanf("%d", &side);\n'
        '  printf("%d cm2", square(side));\n}',
        "src/square.c": '#include "../include/square.h"\nint square(int side) { return side * side; }',
        "include/square.h": "int square(int side);",
    },
    "java": {
        "src/app/Start.java": "package app;\n\nimport shapes.Square;\n\npublic class Start {\n  public static void main(String[] args) {\n"
        '    System.out.println(new Square(new java.util.Scanner(System.in).nextInt()).area() + " cm2");\n  }\n}',
        "src/shapes/Square.java": "package shapes;\n\npublic record Square(int side) {\n  public int area() { return side * side; }\n}",
    },
    "javascript": {
        "main.mjs": 'import { area } from "./shapes/square.mjs";\nimport fs from "fs";\nconsole.log(area(+fs.readFileSync(0)), "cm2");',
        "shapes/square.mjs": "export const area = (side) => side * side;",
    },
    "bash": {"main.sh": ". ./lib/square.sh\nread side\narea $side", "lib/square.sh": 'area() { echo "$(($1 * $1)) cm2"; }'},
}  # fmt: skip


def groups() -> list[GroupSpec]:
    tests = [TestSpec(uuid.uuid4(), "a test", b"7\n", b"49 cm2\n", Decimal(1), 4000, 262144)]
    return [GroupSpec(uuid.uuid4(), Decimal(10), Aggregation.SUM, tests)]


def graded(sandbox: Sandbox, language: Language, files: Mapping[str, str], harness: Harness = FILES) -> GradedCode:
    text = written({name: one.encode() for name, one in files.items()}).encode()
    answer = answer_of_text(text, language, harness)
    given = dict.fromkeys(harness.files, b"")
    return grade_answer(
        sandbox, language, answer, groups(), checker={}, fetch={}.__getitem__, harness=harness, files=given
    )


@pytest.mark.parametrize("name", ANSWERS)
def test_files_lie_where_they_say(sandbox: Sandbox, language: Callable[[str], Language], name: str) -> None:
    done = graded(sandbox, language(name), ANSWERS[name])
    assert [one.status for one in done.outcomes] == ["pass"], (done.outcomes, done.compiler_output)


@pytest.mark.parametrize(
    ("name", "file", "text", "said"),
    [
        ("java", "src/shapes/Square.java", "package shapes;\n\npublic record Square(int side) {", "src/shapes/Square.java:3: error"),
        ("c", "src/square.c", "int square(int side) {\n  return sid;\n}", "src/square.c:2:10: error"),
        ("python", "shapes/square.py", "def area(side):\n    return side / 0", 'File "shapes/square.py", line 2, in area'),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_by_the_students_own_paths(
    sandbox: Sandbox, language: Callable[[str], Language], name: str, file: str, text: str, said: str
) -> None:
    done = graded(sandbox, language(name), ANSWERS[name] | {file: text})
    assert done.points == 0
    words = done.compiler_output + done.outcomes[0].message
    assert said in words
    assert not any(place in words for place in ("/box", "/program", "/source"))


def test_style_is_looked_at_in_every_file(sandbox: Sandbox, language: Callable[[str], Language]) -> None:
    harness = Harness(answer_files=AnswerFiles(), checks={"style": StyleCheck(tool="ruff")})
    files = ANSWERS["python"] | {"shapes/square.py": "import os\n\n\ndef area(side):\n    return side * side"}
    done = graded(sandbox, language("python"), files, harness)
    assert "shapes/square.py:1:8: warning: `os` imported but unused [F401]" in done.compiler_output


def test_what_is_not_taken_is_told_and_what_begins_nowhere_is_refused(
    sandbox: Sandbox, language: Callable[[str], Language]
) -> None:
    harness = FILES.model_copy(update={"files": {"data/unit.txt": "x", "numbers.csv": "x"}})
    done = graded(sandbox, language("python"), {"main.py": "print(49, 'cm2')", "numbers.csv": "1"}, harness)
    assert done.points == 10
    assert done.compiler_output == "numbers.csv is left out: it has the name of a file of the problem."
    # As a version may, that asks for another file than the one that the answer was handed in to.
    done = graded(sandbox, language("python"), {"a.py": "x = 1", "b.py": "y = 1"})
    assert [one.status for one in done.outcomes] == ["compile_error"]
    assert "Name that one main.py" in done.compiler_output


WRONG = {
    runner: next((PROBLEMS / runner / "submissions" / "wrong_answer").iterdir()).read_text()
    for runner in ("pytest", "node", "gtest", "junit")
}
_UNCHECKED = importlib.util.MAGIC_NUMBER + b"\1\0\0\0" + b"\0" * 8
# What says that a test is passed with the word that is to be read only by the driver.
_TELLS = 'import os\nwords = os.pread(0, 9999, 0).decode().split()\nos.write(1, (words[-1] + \' {"status": "pass"}\\n\').encode())\n'
_PASSES = "import pytest\n\n@pytest.hookimpl(tryfirst=True)\ndef pytest_pyfunc_call(pyfuncitem):\n    return True if 'add' in pyfuncitem.name else None\n"
HOSTILE: list[tuple[str, dict[str, bytes | str]]] = [
    ("pytest", {
        "conftest.py": _PASSES, "tests/conftest.py": _PASSES, "pytest_driver.py": _TELLS, "one_report.py": _TELLS,
        "one_report/__init__.py": _TELLS, "json.py": _TELLS, "fcntl.py": _TELLS, "inspect/__init__.py": _TELLS, "sitecustomize.py": _TELLS,
        "__pycache__/one_report.cpython-311.pyc": _UNCHECKED, "one_report.abi3.so": b"\x7fELF", "pytest.py": _TELLS, "_pytest/__init__.py": _TELLS,
        "pluggy/__init__.py": _TELLS, "test_sums.py": "def test_add():\n    pass", "test_sums/__init__.py": "def test_add():\n    pass",
        "Test_Sums.py": "def test_add():\n    pass", "pytest_control.py": "def test_control():\n    pass",
    }),
    ("node", {
        "node_driver.mjs": "", "node_entry.mjs": "", "sums.test.mjs": "import test from 'node:test';\ntest('adds', () => {});",
        "sums.test.mjs/index.js": "", "package.json": '{"type": "commonjs"}', "node_modules/node:test/index.js": "module.exports = () => {};",
    }),
    ("gtest", {
        "gtest/gtest.h": "#include_next <gtest/gtest.h>\n#undef EXPECT_EQ\n#define EXPECT_EQ(a, b) SUCCEED()\n",
        "gtest_driver.cpp": "int main() {}", "sums_test.cpp": "#include <gtest/gtest.h>\nTEST(Sums, Adds) {}", "main": "x",
    }),
    ("junit", {
        "TestsDriver.java": "class TestsDriver {}", "SumsTest.java": "class SumsTest { @org.junit.jupiter.api.Test void adds() {} }",
        "classes/SumsTest.class": b"\xca\xfe", "classes/junit-platform.properties": "junit.jupiter.extensions.autodetection.enabled=true",
    }),
    ("junit", {"other/SumsTest.java": "package other;\n\nclass SumsTest {\n    @org.junit.jupiter.api.Test void adds() {}\n}"}),
]  # fmt: skip


@pytest.mark.parametrize(("runner", "hostile"), HOSTILE, ids=[one[0] for one in HOSTILE])
def test_no_name_of_a_file_gains_points(sandbox: Sandbox, runner: str, hostile: dict[str, bytes | str]) -> None:
    if runner not in available_runners():
        pytest.skip(f"{runner} is not on this machine: {missing_runners()[runner]}")
    if runner in ("gtest", "junit") and sandbox.kind != "slot":
        pytest.skip("compiling is the same there, and takes long")
    [read] = formats.read(PROBLEMS / runner).problems
    assert isinstance(read, Package)
    assert read.harness is not None
    assert read.harness.unit_tests is not None
    name = read.harness.unit_tests.answer
    assert name is not None
    language = packages.language_named(available_runners()[runner].file.language)
    told = {path: text.encode() if isinstance(text, str) else text for path, text in hostile.items()}
    answer = answer_of({**told, name: WRONG[runner].encode()}, language, read.harness)
    assert answer.main == name
    test = {"pytest": "test_add", "node": "adds", "gtest": "Sums.Adds", "junit": "adds"}[runner]
    file = next(iter(read.harness.unit_tests.tests))
    spec = TestSpec(uuid.uuid4(), test, b"", b"", Decimal(1), 5000, 524_288, extra=f"{file}::{test}")
    done = grade_answer(
        sandbox, language, answer, [GroupSpec(uuid.uuid4(), Decimal(1), Aggregation.SUM, [spec])], checker={},
        fetch={}.__getitem__, harness=read.harness, files=read.files,
    )  # fmt: skip
    assert not done.trouble
    assert done.points == 0
    assert [one.status for one in done.outcomes] in (["fail"], ["runtime_error"])


def judged(sandbox: Sandbox, package: Package, one: Submission) -> Judged:
    language = packages.language_named(one.language or "")
    return packages.judge(sandbox, package, one.source, language, cpu_ms=2000, beside=one.beside, main=one.main)


def test_a_packages_submissions_keep_their_folders(sandbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "data/secret").mkdir(parents=True)
    (tmp_path / "problem.yaml").write_text("name: Areas\n")
    (tmp_path / "data/secret/1.in").write_text("7\n")
    (tmp_path / "data/secret/1.ans").write_text("49 cm2\n")
    for language in ("python", "bash"):
        for name, text in ANSWERS[language].items():
            path = tmp_path / "submissions/accepted" / language / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
    [read] = formats.read(tmp_path).problems
    assert isinstance(read, Package)
    done = {one.path: judged(sandbox, read, one).verdicts for one in read.submissions}
    assert done == dict.fromkeys(("submissions/accepted/bash", "submissions/accepted/python"), frozenset({"accepted"}))


def test_a_shell_judges_a_folder_and_an_archive(tmp_path: Path) -> None:
    problem, mine = tmp_path / "problem", tmp_path / "mine"
    problem.mkdir()
    (problem / "lti-grader.yaml").write_text(
        "lti_grader: 1\ntitle: Areas\nanswer: {files: {}}\ngroups:\n  - {name: all, points: 4, tests: [{input: 7, expected: 49 cm2}]}\n"
        "solutions:\n  - {source: {folder: right}, language: python, expected: accepted}\n"
    )
    for folder in (mine, problem / "right"):
        for name, text in ANSWERS["python"].items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text)
    (tmp_path / "mine.zip").write_bytes(
        zipped({name: text.encode() for name, text in ANSWERS["python"].items()}, "mine")
    )
    for given in (mine, tmp_path / "mine.zip"):
        done = CliRunner().invoke(judging.command, [str(problem), str(given), "--sandbox", "slot"])
        assert done.exit_code == 0, done.output
        assert "accepted: 4 of 4 points" in done.output
    (mine / "main.py").rename(mine / "other.py")
    done = CliRunner().invoke(judging.command, [str(problem), str(mine), "--time-limit", "1", "--sandbox", "slot"])
    assert isinstance(done.exception, NoMainFile)
    assert "Name that one main.py" in done.exception.message
