"""Writing problems as Kattis packages, format 2025-09, and saying what of them that format has no place for.

https://www.kattis.com/problem-package-format/spec/2025-09.html
"""

import math
import uuid
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import yaml

from lti_grader.problems import answer_files
from lti_grader.problems.checkers import Exact, Float, Lines, Regex, Stripped, Tokens, Validated, checker_config
from lti_grader.problems.harness import Harness
from lti_grader.problems.models import Aggregation, OnReject, Visibility
from lti_grader.problems.operations import DraftGroup
from lti_grader.problems.packages import kattis_included
from lti_grader.problems.packages.kattis_submissions import FOLDERS
from lti_grader.problems.packages.package import BadPackage, Package, Submission
from lti_grader.problems.packages.yaml_writing import ENDINGS, safe

_AGGREGATIONS = {Aggregation.SUM: "sum", Aggregation.MIN: "min", Aggregation.PASS_FAIL: "pass-fail"}
_LINES = """\
# Compares lines: {what}.
import sys

def lines(text):
    return [{line} for line in {split}]

said, asked = (lines(text) for text in (sys.stdin.buffer.read(), open(sys.argv[2], "rb").read()))
sys.exit(42 if {said} == {asked} else 43)
"""
_PATTERN = """\
# The answer of a test is a pattern, which the output has to match.
import re, sys

pattern = re.compile(open(sys.argv[2], "rb").read().rstrip(b"\\r\\n"))
said = sys.stdin.buffer.read()
sys.exit(42 if {found} else 43)
"""


def write(package: Package) -> tuple[dict[str, bytes], list[str]]:
    """Return the files of a package, and in words what of the problem is not in them.

    Raises
    ------
    BadPackage
        It is of a kind that no Kattis package can hold.
    """
    has_code = any(test.code for group in package.groups for test in group.tests)
    is_program = package.harness is None or package.harness == Harness(
        files=package.harness.files, only_for=package.harness.only_for
    )
    if not is_program or has_code or package.test_files:
        raise BadPackage(
            "This problem's answers are no programs of their own (it has templates or tests with code), which"
            " Kattis packages have no place for: export it in lti-grader's own format."
        )
    return _Writing(package).written()


class _Writing:
    def __init__(self, package: Package) -> None:
        self.package = package
        self.files: dict[str, bytes] = {}
        self.report: list[str] = []

    def written(self) -> tuple[dict[str, bytes], list[str]]:
        package = self.package
        config = checker_config(package.checker)
        flags = self._checker(config)
        counting = [one for one in package.groups if one.points]
        is_scoring = len(counting) != 1 or counting[0].aggregation is not Aggregation.PASS_FAIL
        is_interactive = isinstance(config, Validated) and config.interactive
        kinds = ["scoring" if is_scoring else "pass-fail", *(["interactive"] if is_interactive else [])]
        passes = config.passes if isinstance(config, Validated) else 1
        kinds += ["multi-pass"] if passes > 1 else []
        about: dict[str, Any] = {
            "problem_format_version": "2025-09",
            "type": kinds if len(kinds) > 1 else kinds[0],
            "name": package.title,
            "uuid": str(uuid.uuid5(uuid.NAMESPACE_URL, f"lti-grader:{package.slug}")),
        }
        if package.tags:
            about["keywords"] = list(package.tags)
        about["limits"] = {"memory": math.ceil(package.memory_kb / 1024)}
        if passes > 1:
            about["limits"]["validation_passes"] = passes
        if package.cpu_ms is not None:
            about["limits"]["time_limit"] = package.cpu_ms / 1000
        self._yaml("problem.yaml", about)
        self.files["statement/problem.en.md"] = package.statement.encode()
        self.files |= {f"statement/{name}": content for name, content in package.pictures.items()}
        self._groups(is_scoring=is_scoring, flags=flags)
        for one in package.submissions:
            self._submission(one)
        if package.harness is not None:
            self.files |= kattis_included.written(package.harness, package.files)
        self._say_what_is_left_out()
        if package.rubric is not None:
            self.report.append("Its rubric is left out: judges there know tests only.")
        return self.files, self.report

    def _yaml(self, name: str, content: Mapping[str, Any]) -> None:
        self.files[name] = yaml.safe_dump(dict(content), sort_keys=False, allow_unicode=True).encode()

    def _checker(self, config: Any) -> list[str]:
        """Write the validator, if one is needed, and return what it or the default one is called with."""
        if isinstance(config, Tokens | Float | Exact):
            return _flags(config)
        if isinstance(config, Validated):
            ending = ENDINGS.get(config.language, "")
            self.files[f"output_validator/validate{ending}"] = config.source.encode()
            self.files |= {f"output_validator/{name}": text.encode() for name, text in config.beside.items()}
            if config.sees != "output":
                self.report.append("Its validator reads how a program ran (run.json), which no other judge tells it.")
            if any("score" in text for text in (config.source, *config.beside.values())):
                self.report.append(
                    f"Its validator gives scores out of {config.full_score}; there they are points of the test, or a"
                    " share where it writes score_multiplier.txt."
                )
            return config.flags
        self.files["output_validator/validate.py"] = _validator(config).encode()
        if isinstance(config, Regex):
            self.report.append("Its tests are patterns in RE2's syntax; there Python reads them, which can take long.")
        return []

    def _groups(self, *, is_scoring: bool, flags: Sequence[str]) -> None:
        names: dict[str, str] = {}
        counting = [one for one in self.package.groups if not _is_sample(one)]
        factor = _factor([one.points for one in counting]) if is_scoring else 1
        if factor != 1:
            self.report.append(f"Points are whole numbers there: all of them are {factor} times what they are here.")
        args: dict[str, Any] = {"output_validator_args": list(flags)} if flags else {}
        if is_scoring:
            total = int(sum((one.points for one in counting), Decimal(0)) * factor)
            self._about("secret", {"max_score": total, "score_aggregation": "sum"})
        else:
            self._about("secret", args)
        self._about("sample", args)
        for number, group in enumerate(self.package.groups, start=1):
            place = "sample" if _is_sample(group) else "secret"
            if place == "secret" and is_scoring:
                place = f"secret/{number:02}-{safe(group.name)}"
                required = {"require_pass": [names[one] for one in group.requires]} if group.requires else {}
                points = {
                    "max_score": int(group.points * factor),
                    "score_aggregation": _AGGREGATIONS[group.aggregation],
                }
                self._about(place, {**points, **required, **args})
                self._say_of(group)
            names[group.name] = place
            self._tests(number, group, place)

    def _about(self, place: str, said: Mapping[str, Any]) -> None:
        if said:
            self._yaml(f"data/{place}/test_group.yaml", said)

    def _say_of(self, group: DraftGroup) -> None:
        if group.aggregation is Aggregation.SUM and len({one.points for one in group.tests}) > 1:
            self.report.append(f"The tests of {group.name!r} have different weights; there each counts the same.")
        if group.on_reject is OnReject.STOP and group.aggregation is Aggregation.SUM:
            self.report.append(f"The group {group.name!r} ends at its first failure; there all of it is run.")

    def _tests(self, number: int, group: DraftGroup, place: str) -> None:
        width = len(str(len(group.tests)))
        for order, test in enumerate(group.tests, start=1):
            assert isinstance(test.input, bytes)
            assert isinstance(test.expected, bytes)
            name = f"{number:02}-{order:0{width}}-{safe(test.name)}"
            places = [place]
            if test.visibility is Visibility.SAMPLE and place != "sample":
                places.append("sample")
                self.report.append(f"{group.name}/{test.name} is a sample that gives points: it is there twice.")
            for one in places:
                self.files[f"data/{one}/{name}.in"] = test.input
                self.files[f"data/{one}/{name}.ans"] = test.expected

    def _submission(self, one: Submission) -> None:
        folder = next((name for name, verdicts in FOLDERS.items() if verdicts == one.expected), None)
        if one.language is None or one.expected is None:
            self.report.append(
                f"{one.path} is left out: nothing says what it is written in, or what it should come to."
            )
            return
        if folder is None:
            folder = "accepted" if "accepted" in one.expected else "rejected"
            self.report.append(
                f"{one.path} should come to {' or '.join(sorted(one.expected))}; there it is only {folder}."
            )
        ending = ENDINGS.get(one.language, "")
        stem = safe(one.path.rpartition("/")[2])
        path = f"submissions/{folder}/{stem}" if stem.endswith(ending) else f"submissions/{folder}/{stem}{ending}"
        number = 1
        while path in self.files:
            number += 1
            path = f"submissions/{folder}/{number}-{stem}" + ("" if stem.endswith(ending) else ending)
        several = one.files or self._several(one.source)
        if several:
            folder = path.removesuffix(ending)
            self.files |= {f"{folder}/{name}": content for name, content in several.items()}
            return
        if one.beside:
            folder = path.removesuffix(ending)
            path = f"{folder}/main{ending}"
            self.files |= {f"{folder}/{safe(name)}": content for name, content in one.beside.items()}
        self.files[path] = one.source

    def _several(self, source: bytes) -> dict[str, bytes] | None:
        """Return the files of a submission that is kept as one text."""
        harness = self.package.harness
        return answer_files.parsed(source) if harness is not None and harness.answer_files is not None else None

    def _say_what_is_left_out(self) -> None:
        package = self.package
        tests = [test for group in package.groups for test in group.tests]
        seen = sum(one.visibility in (Visibility.VISIBLE, Visibility.AFTER_DUE) for one in tests)
        own = sum(one.cpu_ms is not None or one.memory_kb is not None for one in tests)
        left_out = [
            (bool(package.hint), "The hint is left out."),
            (package.difficulty is not None, "How difficult it is is left out."),
            (bool(package.starter_code), "What the editor holds at first is left out."),
            (seen > 0, f"{seen} tests that students may see, at once or after the due date, are secret there."),
            (own > 0, f"{own} tests have limits of their own; there all have the same."),
            (bool(package.language_limits), "Limits of single languages are left out; there all have the same."),
            (package.memory_kb % 1024 != 0, "The memory limit is rounded up to whole MiB."),
            (True, "There is no input validator, which Kattis's own tools ask for."),
        ]
        self.report += [words for is_so, words in left_out if is_so]


def _flags(config: Tokens | Float | Exact) -> list[str]:
    """Return what Kattis's default validator is called with."""
    if isinstance(config, Exact):
        return ["case_sensitive", "space_change_sensitive"]
    flags = ["case_sensitive"] if isinstance(config, Float) or config.case_sensitive else []
    flags += ["space_change_sensitive"] if isinstance(config, Tokens) and config.space_sensitive else []
    for name, value in (("absolute", config.absolute), ("relative", config.relative)):
        flags += [f"float_{name}_tolerance", str(value)] if value is not None else []
    return flags


def _is_sample(group: DraftGroup) -> bool:
    return not group.points and all(one.visibility is Visibility.SAMPLE for one in group.tests)


def _factor(points: Sequence[Decimal]) -> int:
    """Return what all points are multiplied by to be whole."""
    return max((one.as_integer_ratio()[1] for one in points), default=1) if points else 1


def _validator(config: Stripped | Lines | Regex) -> str:
    """Return a program that compares as a checker does that Kattis's default validator cannot be."""
    if isinstance(config, Regex):
        return _PATTERN.format(found="pattern.search(said)" if config.anywhere else "pattern.fullmatch(said.rstrip())")
    if isinstance(config, Lines):
        line = "line.rstrip()" if config.case_sensitive else "line.rstrip().lower()"
        return _LINES.format(
            what="in any order",
            line=line,
            split="text.splitlines() if line.strip()",
            said="sorted(said)",
            asked="sorted(asked)",
        )
    line, split = "line.rstrip()", "text.strip().splitlines()"
    if config.near:
        line, split = 'b" ".join(line.lower().split(None))', "text.splitlines() if line.strip()"
    if config.indented:
        split = split.replace("text.strip()", 'text.strip(b"\\r\\n").rstrip()')
    return _LINES.format(what="without white space at their ends", line=line, split=split, said="said", asked="asked")
