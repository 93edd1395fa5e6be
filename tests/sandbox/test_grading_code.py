"""Judging real programs: verdicts, points, and what a student reads."""

import dataclasses
import uuid
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import pytest

from lti_grader.assignments.languages import Language
from lti_grader.grading.graders.code import GradedCode, GroupSpec, TestOutcome, TestSpec, grade
from lti_grader.grading.sandbox import Ending, Limits, Program, RunOutcome, Sandbox
from lti_grader.problems.models import Aggregation
from tests.sandbox.conftest import OF_ONE_KIND

Judge = Callable[..., GradedCode]

SUMS = {
    "python": "a, b = map(int, input().split())\nprint(a + b)\n",
    "cpp": "#include <bits/stdc++.h>\nint main() { long a, b; std::cin >> a >> b; std::cout << a + b << '\\n'; }\n",
    "java": "import java.util.*;\npublic class Sum {\n  public static void main(String[] x) {\n    Scanner in = new Scanner(System.in);\n    System.out.println(in.nextInt() + in.nextInt());\n  }\n}\n",
    "javascript": "const [a, b] = require('fs').readFileSync(0, 'utf8').split(' ').map(Number);\nconsole.log(a + b);\n",
}
BROKEN = {
    "python": "print('fine')\nif True print('no')\n",
    "cpp": "int main() {\n  return undeclared;\n}\n",
    "java": "public class Main {\n  int x = undeclared;\n}\n",
    "javascript": "console.log('fine');\nlet = = 3;\n",
}
CRASHING = {
    "python": ("def inner():\n    return [][1]\n\ninner()\n", "main.py", "line 2", "IndexError"),
    "cpp": ("#include <cstdlib>\nint main() { abort(); }\n", "abort()", "SIGABRT"),
    "java": ('public class Main {\n  public static void main(String[] x) {\n    throw new IllegalStateException("gone");\n  }\n}\n', "Main.java:3", "IllegalStateException: gone"),
    "javascript": ("function inner() {\n  null.x;\n}\ninner();\n", "main.js:2", "TypeError"),
}  # fmt: skip


def case(given: bytes, expected: bytes, *, points: int = 1, cpu_ms: int = 2000, memory_kb: int = 131072) -> TestSpec:
    return TestSpec(uuid.uuid4(), "a test", given, expected, Decimal(points), cpu_ms, memory_kb)


def group(*tests: TestSpec, points: int = 10, aggregation: Aggregation = Aggregation.SUM) -> GroupSpec:
    return GroupSpec(uuid.uuid4(), Decimal(points), aggregation, tests)


@pytest.fixture
def judge(sandbox: Sandbox, language: Callable[[str], Language]) -> Judge:
    def judge_it(
        source: str, *groups: GroupSpec, name: str = "python", checker: Mapping[str, Any] | None = None, **more: Any
    ) -> GradedCode:
        return grade(
            sandbox, language(name), source.encode(), groups, checker=checker or {}, fetch={}.__getitem__, **more
        )

    return judge_it


@pytest.mark.parametrize("name", SUMS)
def test_a_right_program_has_all_the_points(judge: Judge, name: str) -> None:
    graded = judge(SUMS[name], group(case(b"1 2", b"3"), case(b"20 22\n", b"42\n"), case(b"-5 5", b"0\n\n")), name=name)
    assert [one.status for one in graded.outcomes] == ["pass"] * 3
    assert (graded.points, graded.maximum, graded.trouble) == (Decimal(10), Decimal(10), "")
    assert 0 < graded.time_ms < 2000
    assert 200 < graded.memory_kb < 400_000


@pytest.mark.parametrize("name", BROKEN)
def test_a_program_that_does_not_compile_shows_file_and_line(judge: Judge, name: str) -> None:
    graded = judge(BROKEN[name], group(case(b"", b"")), name=name)
    assert [one.status for one in graded.outcomes] == ["compile_error"]
    assert graded.points == 0
    assert any(
        form in graded.compiler_output for form in ('main.py", line 2', "main.cpp:2:", "Main.java:2:", "main.js:2")
    )
    assert not any(place in graded.compiler_output for place in ("/box", "/program", "/source", "lti-grader-slot"))


@pytest.mark.parametrize("name", CRASHING)
def test_a_program_that_crashes_shows_where(judge: Judge, name: str) -> None:
    source, *words = CRASHING[name]
    [outcome] = judge(source, group(case(b"", b"")), name=name).outcomes
    assert outcome.status == "runtime_error"
    assert [word for word in words if word not in outcome.message] == []
    assert "/program" not in outcome.message


def test_a_segmentation_fault_is_called_one(judge: Judge) -> None:
    [outcome] = judge("int main() { *(volatile int *)8 = 1; }", group(case(b"", b"")), name="cpp").outcomes
    assert outcome.status == "runtime_error"
    assert "segmentation fault" in outcome.message
    assert "SIGSEGV" in outcome.message


@pytest.mark.parametrize(
    ("source", "status"),
    [
        ("print(7)", "fail"),
        ("while True: pass", "timeout"),
        ("x = bytearray(1 << 30)", "memory"),
        ("while True: print('x' * 100000)", "output_limit"),
        ("raise SystemExit(3)", "runtime_error"),
        ("print(42); raise SystemExit(1)", "runtime_error"),
        ("print(42); print('debugging', file=__import__('sys').stderr)", "pass"),
        ("import os, signal; print(42, flush=True); os.kill(os.getpid(), signal.SIGTERM)", "runtime_error"),
    ],
)
def test_each_end_has_its_verdict(judge: Judge, source: str, status: str) -> None:
    [outcome] = judge(source, group(case(b"", b"42", cpu_ms=300, memory_kb=65536))).outcomes
    assert (str(outcome.status), int(outcome.share)) == (status, int(status == "pass"))


@OF_ONE_KIND
@pytest.mark.parametrize(
    ("aggregation", "points"), [(Aggregation.SUM, "7.5"), (Aggregation.MIN, "0"), (Aggregation.PASS_FAIL, "0")]
)
def test_a_group_adds_up_as_it_is_told_to(judge: Judge, aggregation: Aggregation, points: str) -> None:
    echo = "print(input())"
    half = group(case(b"a", b"a", points=3), case(b"b", b"other", points=1), aggregation=aggregation)
    assert judge(echo, half).points == Decimal(points)
    whole = group(case(b"a", b"a", points=3), case(b"b", b"b", points=1), aggregation=aggregation)
    assert judge(echo, whole).points == 10


@OF_ONE_KIND
def test_thirds_add_up_to_the_whole(judge: Judge) -> None:
    graded = judge("print(input())", group(*(case(b"x", b"x") for _ in range(3)), points=1))
    assert graded.points == 1
    assert sum(graded.points_of.values()) == 1


@OF_ONE_KIND
def test_a_group_whose_tests_weigh_nothing_still_gives_its_points_to_a_right_program(judge: Judge) -> None:
    assert judge("print(input())", group(case(b"x", b"x", points=0))).points == 10


@OF_ONE_KIND
def test_outcomes_are_told_one_by_one_in_order(judge: Judge) -> None:
    told: list[TestOutcome] = []
    tests = [case(b"x", b"x"), case(b"y", b"z")]
    graded = judge("print(input())", group(*tests), on_test=told.append)
    assert [one.test_id for one in told] == [test.id for test in tests]
    assert told == list(graded.outcomes)


def test_only_the_beginning_of_a_long_output_is_kept(judge: Judge) -> None:
    [outcome] = judge("print('x' * 100000)", group(case(b"", b""))).outcomes
    assert len(outcome.output) == 4096


def test_an_input_reaches_the_program_byte_for_byte(judge: Judge) -> None:
    every_byte = bytes(range(256)) * 5000
    source = "import sys\nsys.stdout.buffer.write(sys.stdin.buffer.read())"
    [outcome] = judge(source, group(case(every_byte, every_byte)), checker={"kind": "exact"}).outcomes
    assert outcome.status == "pass"


@OF_ONE_KIND
@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("class Node { int v = 4; }\nclass Solution { public static void main(String[] x) { System.out.println(new Node().v); } }", b"4\n"),
        ("// this class prints\nclass Printer { public static void main(String[] x) { System.out.println(4); } }", b"4\n"),
        ("package exercises.one;\npublic class Main { public static void main(String[] x) { System.out.println(4); } }", b"4\n"),
        ("/*\npublic class Old {}\n*/\npublic class New { public static void main(String[] x) { System.out.println(4); } }", b"4\n"),
        ("public class Größe { public static void main(String[] x) { System.out.println(4); } }", b"4\n"),
    ],
    ids=["helper class first", "the word class in a comment", "in a package", "a commented-out class", "letters beyond ASCII"],
)  # fmt: skip
def test_the_java_class_with_main_is_the_one_that_runs(judge: Judge, source: str, shown: bytes) -> None:
    graded = judge(source, group(case(b"", b"4")), name="java")
    assert graded.compiler_output == ""
    assert [(one.status, one.output) for one in graded.outcomes] == [("pass", shown)]


@OF_ONE_KIND
@pytest.mark.parametrize(
    ("name", "source", "words"),
    [
        (
            "java",
            f"public class {'a' * 300} {{ public static void main(String[] x) {{}} }}",
            "should be declared in a file",
        ),
        ("go", "package other\n\nfunc main() {}\n", "a program begins with: package main"),
    ],
)
def test_what_compiles_to_no_program_does_not_compile(judge: Judge, name: str, source: str, words: str) -> None:
    graded = judge(source, group(case(b"", b"4")), name=name)
    assert ([one.status for one in graded.outcomes], words in graded.compiler_output) == (["compile_error"], True)


class Watched:
    """A sandbox as it is, which also counts, and can be told to break, or to have less patience with who waits."""

    kind = "watched"

    def __init__(self, real: Sandbox, *, breaks: bool = False, wall_ms: int | None = None) -> None:
        self._real, self._breaks, self._wall_ms, self.runs = real, breaks, wall_ms, 0

    def build(self, language: Language, source: bytes, *, beside: Mapping[str, bytes] | None = None) -> Program:
        return self._real.build(language, source, beside=beside)

    def build_kept(self, language: Language, source: bytes, beside: Mapping[str, bytes]) -> Program:
        return self._real.build_kept(language, source, beside)

    def consult(
        self, program: Program, stdin: bytes, *, shown: Mapping[str, bytes], arguments: Sequence[str], limits: Limits
    ) -> tuple[RunOutcome, dict[str, bytes]]:
        return self._real.consult(program, stdin, shown=shown, arguments=arguments, limits=limits)

    def run(self, program: Program, stdin: bytes, *, limits: Limits) -> RunOutcome:
        self.runs += 1
        if self._breaks:
            return RunOutcome(Ending.SANDBOX_ERROR, None, None, 0, 0, 0, b"", b"", "the disk is gone")
        return self._real.run(program, stdin, limits=dataclasses.replace(limits, wall_ms=self._wall_ms))

    def discard(self, program: Program) -> None:
        self._real.discard(program)

    def close(self) -> None:
        return


@OF_ONE_KIND
@pytest.mark.parametrize(
    ("source", "wall_ms"),
    [
        pytest.param("import time\ntime.sleep(60)", 300, id="waiting"),
        pytest.param("while True: pass", None, id="working"),
    ],
)
def test_a_timeout_counts_only_when_it_comes_twice(
    sandbox: Sandbox, language: Callable[[str], Language], source: str, wall_ms: int | None
) -> None:
    watched = Watched(sandbox, wall_ms=wall_ms)
    quick: Sequence[GroupSpec] = [group(*[case(b"", b"", cpu_ms=50) for _ in range(4)])]
    graded = grade(watched, language("python"), source.encode(), quick, checker={}, fetch={}.__getitem__)
    assert [one.status for one in graded.outcomes] == ["timeout"] * 4
    # The machine is not to blame each time: two tests are looked at twice, the others once.
    assert watched.runs == 2 + 2 + 1 + 1


@OF_ONE_KIND
def test_a_broken_sandbox_is_no_verdict_on_the_program(sandbox: Sandbox, language: Callable[[str], Language]) -> None:
    watched = Watched(sandbox, breaks=True)
    graded = grade(
        watched,
        language("python"),
        b"print(1)",
        [group(case(b"", b"1"), case(b"", b"1"))],
        checker={},
        fetch={}.__getitem__,
    )
    assert [one.status for one in graded.outcomes] == ["judge_error"]
    assert graded.trouble == "the disk is gone"
    assert watched.runs == 1
