"""Groups that depend on each other, and programs of the problem's author that say what is right."""

import uuid
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

import pytest

from lti_grader.assignments.languages import Language
from lti_grader.grading.graders.code import GradedCode, GroupSpec, TestSpec, grade
from lti_grader.grading.sandbox import Sandbox
from lti_grader.problems.models import Aggregation
from tests.sandbox.conftest import OF_ONE_KIND

ECHO = "print(input())\n"
ANY_FACTOR = """
import sys
from pathlib import Path
given, answer, feedback = sys.argv[1:4]
number, factor = int(Path(given).read_text()), sys.stdin.read().split()
if len(factor) != 1 or not factor[0].isdigit() or int(factor[0]) in (0, 1, number) or number % int(factor[0]):
    Path(feedback, "teammessage.txt").write_text("That is no factor.")
    Path(feedback, "judgemessage.txt").write_text(f"{factor} of {number}, flags {sys.argv[4:]}")
    sys.exit(43)
sys.exit(42)
"""
SCORING = """
import sys
from pathlib import Path
Path(sys.argv[3], "score.txt").write_text(sys.stdin.read())
sys.exit(42)
"""
IN_CPP = '#include "words.h"\nint main(int argc, char **argv) { return check(argc, argv) ? 42 : 43; }\n'
HEADER = """
#include <fstream>
#include <iostream>
#include <string>
inline bool check(int argc, char **argv) {
  std::ifstream answer(argv[2]);
  std::string mine, theirs;
  std::getline(std::cin, mine);
  std::getline(answer, theirs);
  return argc == 5 && std::string(argv[4]) == "strict" && mine == theirs;
}
"""


def case(given: bytes, expected: bytes = b"") -> TestSpec:
    return TestSpec(uuid.uuid4(), "a test", given, expected, Decimal(1), 2000, 131072)


def group(*tests: TestSpec, **more: Any) -> GroupSpec:
    return GroupSpec(uuid.uuid4(), Decimal(10), more.pop("aggregation", Aggregation.SUM), tests, **more)


Judge = Callable[..., GradedCode]


@pytest.fixture
def judge(sandbox: Sandbox, language: Callable[[str], Language]) -> Judge:
    def judge_it(checker: Mapping[str, Any], *groups: GroupSpec, source: str = ECHO) -> GradedCode:
        return grade(sandbox, language("python"), source.encode(), groups, checker=checker, fetch={}.__getitem__)

    return judge_it


def validator(source: str, **more: Any) -> dict[str, Any]:
    return {"kind": "validator", "language": "python", "source": source, **more}


def statuses(graded: GradedCode) -> list[str]:
    return [one.status for one in graded.outcomes]


@OF_ONE_KIND
def test_a_group_stops_where_it_was_told_to_and_others_go_on(judge: Judge) -> None:
    stopping = group(case(b"1", b"1"), case(b"2", b"3"), case(b"4", b"4"), stops=True)
    going_on = group(case(b"2", b"3"), case(b"4", b"4"))
    graded = judge({}, stopping, going_on)
    assert statuses(graded) == ["pass", "fail", "skipped", "fail", "pass"]
    assert graded.outcomes[2].message == "Not run: an earlier test of its group was not passed."
    assert graded.points == Decimal("8.3333")


@OF_ONE_KIND
def test_a_group_that_requires_another_is_run_only_once_that_is_passed(judge: Judge) -> None:
    first, second = group(case(b"1", b"1")), group(case(b"2", b"3"))
    third = group(case(b"4", b"4"), requires=frozenset({first.id}))
    fourth = group(case(b"5", b"5"), requires=frozenset({first.id, second.id}))
    fifth = group(case(b"6", b"6"), requires=frozenset({fourth.id}))
    graded = judge({}, first, second, third, fourth, fifth)
    assert statuses(graded) == ["pass", "fail", "pass", "skipped", "skipped"]
    assert (graded.points, graded.maximum) == (Decimal(20), Decimal(50))


def test_a_validator_says_what_is_right_where_many_answers_are(judge: Judge) -> None:
    wanted = validator(ANY_FACTOR, flags=["loud"])
    graded = judge(wanted, group(case(b"91\n"), case(b"15\n")), source="n = int(input())\nprint(7 if n == 91 else 4)\n")
    assert statuses(graded) == ["pass", "fail"]
    assert graded.outcomes[1].message == "That is no factor."
    assert graded.outcomes[1].note == "['4'] of 15, flags ['loud']"
    assert graded.points == 5


def test_a_validator_may_give_a_part_of_the_points(judge: Judge) -> None:
    tests = [case(one) for one in (b"25", b"100", b"250")]
    graded = judge(validator(SCORING), group(*tests))
    assert [one.share for one in graded.outcomes] == [Decimal("0.25"), 1, 1]
    assert graded.points == Decimal("7.5")
    assert judge(validator(SCORING, full_score=50), group(tests[0])).points == 5
    lowest = judge(validator(SCORING), group(*tests, aggregation=Aggregation.MIN))
    assert lowest.points == Decimal("2.5")


def test_a_validator_in_cpp_with_a_file_beside_it_sees_the_answer_and_its_flags(judge: Judge) -> None:
    wanted = {"kind": "validator", "language": "cpp", "source": IN_CPP, "beside": {"words.h": HEADER}}
    tests = group(case(b"one", b"one\n"), case(b"one", b"two\n"))
    assert statuses(judge({**wanted, "flags": ["strict"]}, tests)) == ["pass", "fail"]
    assert statuses(judge(wanted, tests)) == ["fail", "fail"]


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("import sys; sys.exit(0)", "with exit code 0"),
        ("raise ValueError('my own mistake')", "my own mistake"),
        ("import os; os.kill(os.getpid(), 11)", "neither right (42) nor wrong (43)"),
        ("while True: pass", "timeout"),
        ("def broken(:", "does not compile"),
        (SCORING, "no score that can be read"),
        ("import sys, pathlib; pathlib.Path(sys.argv[3], 'score.txt').write_text('-3'); sys.exit(42)", "no score"),
        ("import sys, os; os.symlink('/etc/passwd', sys.argv[3] + '/teammessage.txt'); sys.exit(0)", "exit code 0"),
    ],
)
def test_whatever_else_a_validator_does_is_never_the_students_fault(
    judge: Judge, monkeypatch: pytest.MonkeyPatch, source: str, said: str
) -> None:
    import dataclasses

    from lti_grader.grading.graders import validating

    monkeypatch.setattr(validating, "_LIMITS", dataclasses.replace(validating._LIMITS, cpu_ms=300, wall_ms=4000))
    graded = judge(validator(source), group(case(b"much\n"), case(b"1")))
    assert statuses(graded) == ["judge_error"]
    assert said in graded.trouble
    assert "root:" not in graded.trouble


@OF_ONE_KIND
def test_a_validator_in_a_language_that_is_not_here_is_trouble(judge: Judge) -> None:
    graded = judge({**validator(SCORING), "language": "cobol"}, group(case(b"1")))
    assert graded.trouble == "The problem's validator is in cobol, which is not here."


@OF_ONE_KIND
def test_a_pattern_that_cannot_be_used_is_trouble_too(judge: Judge) -> None:
    graded = judge({"kind": "regex"}, group(case(b"1", b"(")))
    assert statuses(graded) == ["judge_error"]
    assert "pattern cannot be used" in graded.trouble


def test_a_validator_is_built_once_for_many_attempts(
    judge: Judge, sandbox: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    built: list[bytes] = []
    build = sandbox.build
    monkeypatch.setattr(
        sandbox, "build", lambda language, source, **more: built.append(source) or build(language, source, **more)
    )
    for _ in range(3):
        judge(validator(SCORING + "# once\n"), group(case(b"1")))
    assert built.count((SCORING + "# once\n").encode()) == 1
