"""Kattis packages that are written here: what they say is read again, and what they cannot say is told."""

import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from lti_grader.problems.checkers import checker
from lti_grader.problems.harness import Harness
from lti_grader.problems.models import Aggregation, OnReject, Visibility
from lti_grader.problems.operations import DraftGroup, DraftTest
from lti_grader.problems.packages import kattis, kattis_writing
from lti_grader.problems.packages.package import BadPackage, Package, Submission

SAMPLES = DraftGroup(
    "samples", Decimal(0), [DraftTest("1", b"1 2\n", b"3\n", Visibility.SAMPLE)], Aggregation.PASS_FAIL
)
REST = DraftGroup(
    "rest", Decimal(1), [DraftTest("a", b"3 4\n", b"7\n", Visibility.HIDDEN), DraftTest("b", b"", b"0\n", Visibility.HIDDEN)],
    Aggregation.PASS_FAIL, OnReject.STOP, ["samples"],
)  # fmt: skip


def package(*groups: DraftGroup, **more: Any) -> Package:
    usual: dict[str, Any] = {
        "slug": "sums", "title": "Sums", "statement": "Add.\n", "checker": {"kind": "tokens"}, "cpu_ms": 1500,
        "memory_kb": 65536, "tags": ["loops"],
        "submissions": [
            Submission("solutions/right.py", "python", b"print(sum(map(int, input().split())))\n", frozenset({"accepted"})),
            Submission("three", "cpp", b"int main() {}\n", frozenset({"fail"}), {"own.h": b"//\n"}),
        ],
    }  # fmt: skip
    return Package(groups=groups or (SAMPLES, REST), **(usual | more))


def test_a_pass_fail_problem_comes_back_as_it_was() -> None:
    files, report = kattis_writing.write(package())
    again = kattis.read("sums", files)
    assert report == ["There is no input validator, which Kattis's own tools ask for."]
    assert (again.title, again.statement, again.cpu_ms, again.memory_kb) == ("Sums", "Add.\n", 1500, 65536)
    assert again.checker == {"kind": "tokens", "case_sensitive": True}
    assert [(one.points, one.aggregation, one.on_reject) for one in again.groups] == [
        (0, Aggregation.PASS_FAIL, OnReject.CONTINUE), (1, Aggregation.PASS_FAIL, OnReject.STOP),
    ]  # fmt: skip
    assert [[(test.input, test.expected) for test in one.tests] for one in again.groups] == [
        [(b"1 2\n", b"3\n")], [(b"3 4\n", b"7\n"), (b"", b"0\n")],
    ]  # fmt: skip
    assert [(one.language, one.expected, dict(one.beside)) for one in again.submissions] == [
        ("python", frozenset({"accepted"}), {}), ("cpp", frozenset({"fail"}), {"own.h": b"//\n"}),
    ]  # fmt: skip


def test_groups_with_points_come_back_with_what_they_require() -> None:
    tests = [DraftTest(str(number), b"1", b"1", Visibility.HIDDEN) for number in range(12)]
    small = DraftGroup("small", Decimal("7.5"), tests, Aggregation.SUM, requires=["samples"])
    large = DraftGroup("large one", Decimal(30), tests[:1], Aggregation.MIN, OnReject.STOP, ["small"])
    files, report = kattis_writing.write(package(SAMPLES, small, large))
    assert report[0] == "Points are whole numbers there: all of them are 2 times what they are here."
    again = kattis.read("sums", files).groups
    assert [(one.name, one.points, one.aggregation, list(one.requires)) for one in again] == [
        ("sample", 0, Aggregation.PASS_FAIL, []),
        ("secret/02-small", 15, Aggregation.SUM, ["sample"]),
        ("secret/03-large_one", 60, Aggregation.MIN, ["secret/02-small"]),
    ]
    assert [one.name.rpartition("-")[2] for one in again[1].tests] == [str(number) for number in range(12)]


def test_what_has_no_place_there_is_told() -> None:
    seen = DraftTest("seen", b"", b"", Visibility.VISIBLE, Decimal(2), cpu_ms=9)
    sample = DraftTest("shown", b"", b"", Visibility.SAMPLE)
    group = DraftGroup("all", Decimal(5), [seen, sample], Aggregation.SUM, OnReject.STOP)
    odd = [
        Submission("some", None, b"", frozenset({"accepted"})),
        Submission("slow.py", "python", b"", frozenset({"timeout", "fail"})),
    ]
    other = DraftGroup("other", Decimal(5), [seen])
    _, report = kattis_writing.write(
        package(
            group,
            other,
            submissions=odd,
            hint="h",
            starter_code={"python": "x"},
            memory_kb=65537,
            language_limits={"java": {"cpu_ms": 1}},
        )
    )
    assert report[:-1] == [
        "The tests of 'all' have different weights; there each counts the same.",
        "The group 'all' ends at its first failure; there all of it is run.",
        "all/shown is a sample that gives points: it is there twice.",
        "some is left out: nothing says what it is written in, or what it should come to.",
        "slow.py should come to fail or timeout; there it is only rejected.",
        "The hint is left out.", "What the editor holds at first is left out.",
        "2 tests that students may see, at once or after the due date, are secret there.",
        "2 tests have limits of their own; there all have the same.",
        "Limits of single languages are left out; there all have the same.", "The memory limit is rounded up to whole MiB.",
    ]  # fmt: skip
    with pytest.raises(BadPackage, match="export it in lti-grader's own format"):
        kattis_writing.write(package(harness=Harness(parameters={"low": 1})))


@pytest.mark.parametrize(
    "config",
    [
        {"kind": "stripped"}, {"kind": "stripped", "near": True}, {"kind": "stripped", "indented": True},
        {"kind": "lines"}, {"kind": "lines", "case_sensitive": False}, {"kind": "regex"}, {"kind": "regex", "anywhere": True},
    ],
)  # fmt: skip
def test_other_checkers_become_validators_that_decide_the_same(config: dict[str, Any], tmp_path: Path) -> None:
    files, _ = kattis_writing.write(package(checker=config))
    (tmp_path / "validate.py").write_bytes(files["output_validator/validate.py"])
    for asked in (b"a b\nC\n", b"  a\nb") if config["kind"] != "regex" else (b"a.*",):
        for said in (b"C \na b", b"c\nA  B\n\n", b"  a\nb\n\n", b"xaby"):
            (tmp_path / "answer").write_bytes(asked)
            done = subprocess.run(
                [sys.executable, "-IS", "validate.py", "-", "answer"], cwd=tmp_path, input=said, check=False
            )
            assert done.returncode == (42 if checker(config)(said, asked).right else 43), (asked, said)


def test_files_that_lie_beside_every_program_come_back() -> None:
    given = {"data.txt": b"1\n", "tools.py": b"two = 2\n"}
    harness = Harness(files={name: name for name in given}, only_for={"tools.py": ["python"]})
    files, _ = kattis_writing.write(package(harness=harness, files=given))
    assert {name for name in files if name.startswith("include/")} == {
        "include/default/data.txt",
        "include/python3/tools.py",
    }
    again = kattis.read("sums", files)
    assert (again.harness, again.files) == (harness, given)
