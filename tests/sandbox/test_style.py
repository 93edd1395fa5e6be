"""Looks at the style of an answer: what they find, what it costs, and what cannot be done about it."""

import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from lti_grader.assignments.languages import Language
from lti_grader.grading.graders.code import GradedCode, GroupSpec, TestSpec, grade
from lti_grader.grading.runners.checks import available_checks, missing_checks
from lti_grader.grading.sandbox import Sandbox
from lti_grader.problems.harness import Harness
from lti_grader.problems.models import Aggregation
from tests.sandbox.conftest import OF_ONE_KIND

JudgeStyle = Callable[..., GradedCode]
PLAIN = "print(2 * int(input()))\n"
UNUSED = "import os\nimport sys\n" + PLAIN


@pytest.fixture
def judged(sandbox: Sandbox, language: Callable[[str], Language]) -> JudgeStyle:
    """Judge an answer that doubles a number, and look at it: `judged(source, language=, test=, tool=, ...)`."""

    def judge(source: str, name: str = "python", *, in_test: bool = True, **check: Any) -> GradedCode:
        tool = check.setdefault("tool", "ruff")
        if tool not in available_checks():
            pytest.skip(f"{tool} is not on this machine: {missing_checks()[tool]}")
        doubled = TestSpec(uuid.uuid4(), "doubled", b"4\n", b"8\n", Decimal(1), 3000, 262144)
        style = TestSpec(uuid.uuid4(), "Style", b"", b"", Decimal(1), 3000, 262144)
        groups = [GroupSpec(uuid.uuid4(), Decimal(6), Aggregation.SUM, [doubled])]
        if in_test:
            groups.append(GroupSpec(uuid.uuid4(), Decimal(4), Aggregation.SUM, [style]))
        harness = Harness.model_validate({"checks": {"Style": check}, "files": {"twice.h": "twice.h"}})
        return grade(
            sandbox, language(name), source.encode(), groups, checker={}, fetch={}.__getitem__, harness=harness,
            files={"twice.h": b"#define TWICE(n) (2 * (n))\n"},
        )  # fmt: skip

    return judge


C = '#include <stdio.h>\nint main(void) {\n    int n, lost;\n    if (scanf("%d", &n) != 1) return lost;\n    printf("%d", 2 * n);\n}\n'
JAVA = "import java.util.*;\npublic class Main {\n  public static void main(String[] x) {\n    int n = new Scanner(System.in).nextInt(); int m = 2;\n    System.out.println(m * n);\n  }\n}\n"


JAVASCRIPT = (
    'const lost = 1; // eslint-disable-line no-unused-vars\nconsole.log(2 * Number(require("fs").readFileSync(0)));\n'
)


@OF_ONE_KIND
@pytest.mark.parametrize(
    ("tool", "name", "source", "place", "rule"),
    [
        ("ruff", "python", UNUSED, "main.py:1:", "[F401]"),
        ("clang-tidy", "c", C, "main.c:4:", "[clang-analyzer-core.uninitialized.UndefReturn]"),
        ("checkstyle", "java", JAVA, "Main.java:4:", "[OneStatementPerLine]"),
        ("eslint", "javascript", JAVASCRIPT, "main.js:1:", "[no-unused-vars]"),
    ],
)  # fmt: skip
def test_findings_cost_a_part_of_the_points_and_stand_by_their_lines(
    judged: JudgeStyle, sandbox: Sandbox, tool: str, name: str, source: str, place: str, rule: str
) -> None:
    graded = judged(source, name, tool=tool)
    message = graded.outcomes[1].message
    assert message.startswith(place)
    assert rule in message
    assert graded.outcomes[1].status == "fail"
    assert 6 < graded.points < 10
    assert message.splitlines()[0] in graded.compiler_output


@OF_ONE_KIND
@pytest.mark.parametrize(
    ("source", "check", "points"),
    [
        (PLAIN, {}, 10), (UNUSED, {"loss": "1"}, 6), (UNUSED, {"loss": "1", "most": "0.5"}, 8), (UNUSED, {"without": ["F4"]}, 10),
        (UNUSED, {"rules": ["E5"]}, 10), ("import os\nl = 1\n" + PLAIN, {}, 8),
        # What an answer says of itself does not count.
        ("# ruff: noqa\nimport os  # noqa\n" + PLAIN, {}, 9), ("# flake8: noqa\nimport os  # noqa: F401\n" + PLAIN, {}, 9),
        # It has no style that does nothing, or is nothing.
        ("", {}, 0), ("print(3)\n", {}, 0), ("import\n", {}, 0),
    ],
)  # fmt: skip
def test_what_style_is_worth_is_what_the_teacher_says(
    judged: JudgeStyle, sandbox: Sandbox, source: str, check: dict[str, Any], points: int
) -> None:
    assert judged(source, **check).points == points


@OF_ONE_KIND
def test_what_an_answer_includes_of_the_problem_is_there(judged: JudgeStyle, sandbox: Sandbox) -> None:
    source = '#include <stdio.h>\n#include "twice.h"\nint main(void) {\n    int n;\n    if (scanf("%d", &n) != 1) return 1;\n    printf("%d", TWICE(n));\n    return 0;\n}\n'
    assert judged(source, "c", tool="clang-tidy").points == 10


def test_advice_costs_nothing_and_is_told(judged: JudgeStyle) -> None:
    graded = judged(UNUSED, in_test=False)
    assert (graded.points, len(graded.outcomes)) == (6, 1)
    assert graded.compiler_output.startswith("On style:\nmain.py:1:8: warning: `os` imported but unused [F401]\n")


def test_a_tool_reads_an_answer_where_it_can_harm_nobody_and_is_no_judge_where_it_is_stopped(
    judged: JudgeStyle,
) -> None:
    graded = judged("x = " + "(" * 20_000 + ")" * 20_000 + "\n")
    assert graded.trouble == ""
    assert graded.points == 0


def test_a_tool_that_is_missing_is_no_fault_of_the_answer(judged: JudgeStyle, monkeypatch: pytest.MonkeyPatch) -> None:
    if "ruff" not in available_checks():
        pytest.skip(missing_checks()["ruff"])
    monkeypatch.setattr("lti_grader.grading.graders.style.available_checks", dict)
    monkeypatch.setattr("lti_grader.grading.graders.style.missing_checks", lambda: {"ruff": "there is no ruff"})
    assert judged(PLAIN).trouble == "ruff, which looks at style, is not on this machine: there is no ruff."
    assert judged(PLAIN, in_test=False).points == 6
