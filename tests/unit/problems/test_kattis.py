"""Kattis packages: what is read of them, what is said about the rest, and what is refused."""

import io
import zipfile
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from lti_grader.problems.models import Aggregation, OnReject, Visibility
from lti_grader.problems.packages import files, kattis
from lti_grader.problems.packages.package import BadPackage, Package

SMALL = {
    "problem.yaml": "name: Small\n",
    "problem_statement/problem.en.md": "Double it.\n",
    "data/sample/1.in": "1\n", "data/sample/1.ans": "2\n",
    "data/secret/b.in": "3\n", "data/secret/b.ans": "6\n",
    "data/secret/a.in": "2\n", "data/secret/a.ans": "4\n",
    "submissions/accepted/right.py": "print(2 * int(input()))\n",
}  # fmt: skip


def read(more: Mapping[str, str] | None = None, *, without: str = "") -> Package:
    given = {name: text.encode() for name, text in (SMALL | dict(more or {})).items() if name != without}
    return kattis.read("A Small-Package", given)


def test_a_pass_fail_package_is_a_group_that_stops_behind_its_samples() -> None:
    package = read()
    sample, secret = package.groups
    assert (package.slug, package.title, package.statement) == ("a-small-package", "Small", "Double it.\n")
    assert [one.visibility for one in sample.tests] == [Visibility.SAMPLE]
    assert (sample.points, secret.points) == (0, 1)
    assert (secret.aggregation, secret.on_reject, secret.requires) == (Aggregation.PASS_FAIL, OnReject.STOP, ["sample"])
    assert [(one.name, one.input, one.expected) for one in secret.tests] == [
        ("a", b"2\n", b"4\n"),
        ("b", b"3\n", b"6\n"),
    ]
    assert package.checker == {"kind": "tokens", "case_sensitive": False}
    assert (package.cpu_ms, package.memory_kb, package.time_multiplier) == (None, 2048 * 1024, 5)
    assert package.report == []


@pytest.mark.parametrize(
    ("flags", "config"),
    [
        ("case_sensitive", {"case_sensitive": True}),
        ("space_change_sensitive", {"space_sensitive": True}),
        ("float_tolerance 1e-4", {"absolute": 1e-4, "relative": 1e-4}),
        ("float_absolute_tolerance 1e-4 case_sensitive", {"absolute": 1e-4, "case_sensitive": True}),
        ("float_relative_tolerance 0.5", {"relative": 0.5}),
    ],
)
def test_the_default_validators_flags(flags: str, config: dict[str, Any]) -> None:
    wanted = {"kind": "tokens", "case_sensitive": False} | config
    assert read({"problem.yaml": f"validator_flags: {flags}\n"}).checker == wanted
    assert read({"data/testdata.yaml": f"output_validator_flags: {flags}\n"}).checker == wanted


def test_limits_in_either_format() -> None:
    legacy = read({"problem.yaml": "limits: {time_multiplier: 3, memory: 64}\n", ".timelimit": "2.5\n"})
    assert (legacy.cpu_ms, legacy.memory_kb, legacy.time_multiplier) == (2500, 65536, 3)
    modern = read(
        {
            "problem.yaml": "problem_format_version: 2025-09\nname: {sv: Liten, en: Small}\n"
            "limits: {time_limit: 1.5, time_multipliers: {ac_to_time_limit: 4}}\n"
        }
    )
    assert (modern.title, modern.cpu_ms, modern.time_multiplier) == ("Small", 1500, 4)


def test_an_own_validator_with_what_lies_beside_it() -> None:
    package = read(
        {
            "problem.yaml": "validation: custom\nvalidator_flags: strict 3\n",
            "output_validators/check/check.cc": '#include "check.h"\nint main() {}\n',
            "output_validators/check/check.h": "// words\n",
        }
    )
    assert package.checker == {
        "kind": "validator", "language": "cpp", "source": '#include "check.h"\nint main() {}\n',
        "beside": {"check.h": "// words\n"}, "flags": ["strict", "3"],
    }  # fmt: skip


@pytest.mark.parametrize(
    "about", ["validation: custom interactive\n", "problem_format_version: 2025-09\nname: Talk\ntype: [interactive]\n"]
)
def test_an_interactive_packages_validator_talks_with_programs(about: str) -> None:
    package = read({"problem.yaml": about, "output_validators/talk.py": "import sys\nsys.exit(42)\n"})
    assert (package.checker["kind"], package.checker["interactive"]) == ("validator", True)


def test_groups_of_a_scoring_package_are_worth_what_they_say() -> None:
    data = {
        "problem.yaml": "type: scoring\n",
        "data/testdata.yaml": "grader_flags: ignore_sample\nrange: 0 100\n",
        "data/sample/testdata.yaml": "accept_score: 0\n",
        "data/secret/1-easy/testdata.yaml": "grader_flags: min\naccept_score: 40\non_reject: break\n",
        "data/secret/1-easy/1.in": "1", "data/secret/1-easy/1.ans": "2",
        "data/secret/1-easy/2.in": "1", "data/secret/1-easy/2.ans": "2",
        "data/secret/2-hard/testdata.yaml": "grader_flags: sum\naccept_score: 20\non_reject: continue\n",
        "data/secret/2-hard/1.in": "1", "data/secret/2-hard/1.ans": "2",
        "data/secret/2-hard/2.in": "1", "data/secret/2-hard/2.ans": "2",
        "data/secret/2-hard/3.in": "1", "data/secret/2-hard/3.ans": "2",
    }  # fmt: skip
    given = {
        name: text for name, text in (SMALL | data).items() if not name.startswith(("data/secret/a", "data/secret/b"))
    }
    package = kattis.read("s", {name: text.encode() for name, text in given.items()})
    assert [(one.name, one.points, one.aggregation, one.on_reject) for one in package.groups] == [
        ("sample", 0, Aggregation.SUM, OnReject.CONTINUE),
        ("secret/1-easy", 40, Aggregation.MIN, OnReject.STOP),
        ("secret/2-hard", 60, Aggregation.SUM, OnReject.CONTINUE),
    ]


def test_groups_of_the_newer_format_may_require_others() -> None:
    package = read(
        {
            "problem.yaml": "problem_format_version: 2025-09\ntype: scoring\n",
            "data/secret/one/test_group.yaml": "scoring: {score: 30, aggregation: min}\n",
            "data/secret/one/1.in": "1", "data/secret/one/1.ans": "2",
            "data/secret/two/test_group.yaml": "scoring: {score: 70, aggregation: min, require_pass: [sample, one]}\n",
            "data/secret/two/1.in": "1", "data/secret/two/1.ans": "2",
        }
    )  # fmt: skip
    by_name = {one.name: one for one in package.groups}
    assert by_name["secret/two"].requires == ["sample", "secret/one"]
    assert (by_name["secret/one"].points, by_name["secret/two"].points) == (30, 70)


def test_what_groups_cannot_be_is_said() -> None:
    package = read(
        {
            "problem.yaml": "type: scoring\n",
            "data/secret/testdata.yaml": "grader_flags: max\n",
            "data/secret/one/1.in": "1", "data/secret/one/1.ans": "2",
        }
    )  # fmt: skip
    assert any("best of its tests counts" in words for words in package.report)
    assert any("data/secret: its groups count by their best" in words for words in package.report)


def test_submissions_say_what_they_are_to_come_to() -> None:
    package = read(
        {
            "submissions/wrong_answer/w.cc": "int main() {}\n",
            "submissions/time_limit_exceeded/slow.java": "// @EXPECTED_RESULTS@: TIMELIMIT, WRONG-ANSWER\nclass Main {}\n",
            "submissions/accepted/old.py": "#!/usr/bin/env python2\nprint 1\n",
            "submissions/accepted/Other.cob": "fun main() {}\n",
            "submissions/run_time_error/two/main.py": "import helper\n",
            "submissions/run_time_error/two/helper.py": "1 / 0\n",
            "submissions/mine/unsaid.py": "print(1)\n",
            "submissions/accepted/.gitkeep": "",
        }
    )
    said = {one.path.removeprefix("submissions/"): (one.language, one.expected) for one in package.submissions}
    assert said == {
        "accepted/right.py": ("python", frozenset({"accepted"})),
        "accepted/old.py": (None, frozenset({"accepted"})),
        "accepted/Other.cob": (None, frozenset({"accepted"})),
        "wrong_answer/w.cc": ("cpp", frozenset({"fail"})),
        "time_limit_exceeded/slow.java": ("java", frozenset({"timeout", "fail"})),
        "run_time_error/two": ("python", frozenset({"runtime_error", "memory"})),
        "mine/unsaid.py": ("python", None),
    }
    assert next(one for one in package.submissions if one.path.endswith("two")).beside == {"helper.py": b"1 / 0\n"}
    assert any("accepted/Other.cob, accepted/old.py" in words for words in package.report)


@pytest.mark.parametrize(
    ("more", "without", "words"),
    [
        ({}, "problem.yaml", "no problem.yaml"),
        ({"problem.yaml": "name: [\n"}, "", "problem.yaml cannot be read"),
        ({"problem.yaml": "just words\n"}, "", "holds no names"),
        ({"problem.yaml": "validation: custom interactive\n"}, "", "no single program"),
        (
            {"problem.yaml": "type: [pass-fail, multi-pass]\n"},
            "",
            "no output validator that could ask for the next one",
        ),
        ({"problem.yaml": "type: submit-answer\n"}, "", "takes answers"),
        ({"problem.yaml": "limits: {memory: lots}\n"}, "", "limits.memory"),
        ({"problem.yaml": "limits: {time_limit: -1}\n"}, "", "more than 0"),
        ({"problem.yaml": "validator_flags: float_tolerance\n"}, "", "no flag"),
        ({"problem.yaml": "validator_flags: float_tolerance x\n"}, "", "no number"),
        ({"problem.yaml": "validation: custom\n"}, "", "no single program"),
        ({}, "data/secret/a.ans", "data/secret/a.ans is missing"),
        ({"problem.yaml": "type: scoring\n", "data/testdata.yaml": "accept_score: much\n"}, "", "is no number"),
        ({"problem.yaml": "type: scoring\n", "data/testdata.yaml": "accept_score: 0\n"}, "", "worth no points"),
        ({"data/testdata.yaml": "- a\n"}, "", "holds no names"),
    ],
)
def test_what_cannot_be_judged_is_refused_in_words(more: dict[str, str], without: str, words: str) -> None:
    with pytest.raises(BadPackage, match=words):
        read(more, without=without)


def packed(names: Mapping[str, bytes]) -> bytes:
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in names.items():
            archive.writestr(name, content)
    return kept.getvalue()


def test_a_zip_archive_is_read_without_the_folder_around_it(tmp_path: Path) -> None:
    given = {f"small/{name}": text.encode() for name, text in SMALL.items()}
    (tmp_path / "small.zip").write_bytes(packed(given))
    assert kattis.read("small", files.read_files(tmp_path / "small.zip")).title == "Small"


def test_an_archive_reaches_nothing_outside_of_itself() -> None:
    found = files.unzipped(packed({"a/x": b"1", "../y": b"2", "/etc/z": b"3", "b\\..\\w": b"4"}))
    assert set(found.values()) == {b"1"}


def test_a_link_out_of_a_package_is_no_file_of_it(tmp_path: Path) -> None:
    (tmp_path / "p").mkdir()
    (tmp_path / "secret").write_text("not yours")
    (tmp_path / "p" / "link").symlink_to(tmp_path / "secret")
    (tmp_path / "p" / "own").write_text("mine")
    assert files.read_files(tmp_path / "p") == {"own": b"mine"}


def test_more_than_a_package_may_be_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MOST_BYTES", 1000)
    with pytest.raises(BadPackage, match="at most"):
        files.unzipped(packed({"a": b"0" * 2000}))
    monkeypatch.setattr(files, "MOST_FILES", 2)
    with pytest.raises(BadPackage, match="at most 2 files"):
        files.unzipped(packed({"a": b"", "b": b"", "c": b""}))
    with pytest.raises(BadPackage, match="no ZIP archive"):
        files.unzipped(b"PK and no more")


def test_points_are_numbers_of_the_package() -> None:
    assert sum((one.points for one in read().groups), Decimal(0)) == 1


def test_nothing_is_left_out_silently() -> None:
    about = (
        "name: Small\nkeywords: [numbers, easy]\nlicense: cc by-sa\nlanguages: [python3]\nconstants: {n: 5}\ngrading: custom\n"
        "limits: {output: 1, time_limit: 2}\n"
    )
    more = dict.fromkeys(
        ["attachments/a.txt", "generators/g.py", "problem_statement/pic.png", "data/secret/a.hint"], ""
    )
    tried = {"data/invalid_output/1.in": "", "data/invalid_output/1.ans": ""}
    package = read(
        {"problem.yaml": about, "data/secret/a.yaml": "output_validator_args: case_sensitive\n", **more, **tried}
    )
    assert package.tags == ["numbers", "easy"]
    assert [one.name for group in package.groups for one in group.tests] == ["1", "a", "b"]
    assert package.report == [
        "problem.yaml: license, limits.output left out.",
        "Left out, since they look at tests or explain them: generators/.",
        "Students do not get what is in attachments/: a.txt.",
        "Left out beside the statement: pic.png.",
        "It is written for these languages, which are chosen for an assignment here: python3.",
        "Left out of data/: invalid_output.",
        "Hints and descriptions of single tests are left out.",
        *package.losses,
    ]
    assert package.losses == [
        "The validator's flags of single groups or tests are left out: data/secret/a.yaml.",
        "graders/ is left out: a program of the package works out the points there.",
    ]


def test_what_submissions_come_to_may_stand_in_a_file_of_its_own() -> None:
    said = "accepted: {permitted: [AC, TLE]}\nmine/*.py: {required: [RTE], entrypoint: x.py}\nmine: {permitted: 3}\n"
    package = read({"submissions/submissions.yaml": said, "submissions/mine/crash.py": "1 / 0\n"})
    assert {one.path: one.expected for one in package.submissions} == {
        "submissions/accepted/right.py": {"accepted", "timeout"},
        "submissions/mine/crash.py": {"runtime_error", "memory"},
    }
    assert package.report == ["submissions/submissions.yaml: of mine/*.py left out: entrypoint."]


def test_files_that_are_included_lie_beside_programs_of_their_language() -> None:
    package = read(
        {
            "include/default/data.txt": "1\n", "include/python3/data.txt": "2\n", "include/python3/tools.py": "", "include/cpp/tools.h": "",
            "include/java/deep/Tools.java": "", "include/cpp/main.cpp": "int main() {}",
        }
    )  # fmt: skip
    assert package.files == {"data.txt": b"2\n", "tools.py": b"", "tools.h": b""}
    assert package.harness is not None
    assert package.harness.only_for == {"data.txt": ["python"], "tools.py": ["python"], "tools.h": ["cpp"]}
    assert [one.split(" is ")[0] for one in package.losses] == [
        "include/cpp/main.cpp", "include/java/deep/Tools.java", "include/default/data.txt"
    ]  # fmt: skip


def test_constants_stand_where_their_names_stood() -> None:
    package = read(
        {
            "problem.yaml": "name: Small\nconstants: {most: {value: 1000, tex: '1\\,000'}, least: 2}\n",
            "problem_statement/problem.en.md": "From {{least}} to {{most.tex}}, not {{unknown}}.\n",
            "submissions/accepted/right.py": "print({{most}})\n", "include/default/most.txt": "{{most.value}}",
            "data/sample/1.in": "{{most}}",
        }
    )  # fmt: skip
    assert package.statement == "From 2 to 1\\,000, not {{unknown}}.\n"
    assert package.submissions[0].source == b"print(1000)\n"
    assert package.files == {"most.txt": b"1000"}
    assert package.groups[0].tests[0].input == b"{{most}}"


def test_of_several_files_the_one_that_none_names_begins() -> None:
    package = read(
        {
            "submissions/accepted/two/hello.js": "import { said } from './words.js'\n",
            "submissions/accepted/two/words.js": "export const said = 1\n",
            "submissions/accepted/three/a.js": "", "submissions/accepted/three/b.js": "",
        }
    )  # fmt: skip
    found = {one.path: (one.language, one.main, list(one.beside)) for one in package.submissions}
    assert found["submissions/accepted/two"] == ("javascript", "hello.js", ["words.js"])
    assert found["submissions/accepted/three"][0] is None


def test_flags_that_each_group_says_for_itself_hold_for_all() -> None:
    said = {
        f"data/{one}/test_group.yaml": "output_validator_args: [case_sensitive]\n" for one in ("sample", "secret/1")
    }
    package = read({"problem.yaml": "problem_format_version: 2025-09\nname: Small\n", **said})
    assert package.checker == {"kind": "tokens", "case_sensitive": True}
    assert package.losses == []
