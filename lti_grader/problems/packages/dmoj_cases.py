"""The test cases and batches of a DMOJ problem as groups."""

import itertools
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from lti_grader.problems.models import Aggregation, OnReject, Visibility
from lti_grader.problems.operations import DraftGroup, DraftTest
from lti_grader.problems.packages import dmoj_programs
from lti_grader.problems.packages.package import AuthorsProgram, BadPackage, Generated

_FILES = r"^(?=.*?\.{0}|{0}).*?(?:(?:^|\W)(?P<batch>\d+)[^\d\s]+)?(?P<case>\d+)[^\d\s]*$"
_READ = {
    "in", "out", "points", "batched", "dependencies", "generator_args", "generator_in", "generator", "checker", "binary_data",
    "output_prefix_length", "output_limit_length", "wall_time_factor", "feedback",
}  # fmt: skip
_Case = Mapping[str, Any]
_Key = tuple[bool, Any]


class Cases:
    """What init.yml says of the tests.

    Parameters
    ----------
    files
        With those of the archive.
    report
        What cannot be carried over is added to it.
    """

    def __init__(self, files: Mapping[str, bytes], about: Mapping[str, Any], report: list[str]) -> None:
        self._files = files
        self._about = about
        self._report = report
        self._numbers = itertools.count(1)
        self._programs: dict[str, AuthorsProgram] = {}
        self.generated: dict[str, Generated] = {}
        self.checkers: list[Any] = []
        """What cases name themselves; all the same where it can be judged."""
        self.points: set[Decimal] = set()

    def groups(self) -> list[DraftGroup]:
        """Return the tests in their order: each batch is a group, and so are the cases between two.

        Raises
        ------
        BadPackage
            A file is missing, or what is said makes no sense; the message names the case.
        """
        pretests = [self._without_points(one) for one in self._about.get("pretest_test_cases") or []]
        groups = [*self._listed(pretests, "pretests"), *self._listed(self._cases(), "cases")]
        if not groups:
            raise BadPackage("init.yml: it has no test cases.")
        if not any(one.points for one in groups):
            raise BadPackage("init.yml: its test cases are worth no points.")
        # A case without points that is not passed ends all.
        needed: list[str] = []
        found = []
        for one in groups:
            found.append(
                DraftGroup(one.name, one.points, one.tests, one.aggregation, one.on_reject, [*needed, *one.requires])
            )
            needed += [one.name] if not one.points else []
        return found

    def _without_points(self, case: Any) -> Any:
        return {**case, "points": 0} if isinstance(case, dict) else case

    def _listed(self, cases: Sequence[Any], name: str) -> Iterator[DraftGroup]:
        batches: list[str] = []
        loose: list[DraftTest] = []
        parts = itertools.count(1)

        def gathered() -> Iterator[DraftGroup]:
            if loose:
                points = sum((one.points for one in loose), Decimal(0))
                yield DraftGroup(f"{name} {next(parts)}", points, list(loose))
                loose.clear()

        for place, case in enumerate(cases, start=1):
            if not isinstance(case, dict):
                raise BadPackage(
                    f"init.yml: the {place}th of its test cases is {case!r}, and has to be names with values."
                )
            if "batched" in case:
                yield from gathered()
                group = self._batch(
                    case, f"{'pretest ' if name == 'pretests' else ''}batch {len(batches) + 1}", batches
                )
                batches.append(group.name)
                yield group
                continue
            test = self._test(case, {})
            # One that is worth nothing stands by itself, for what comes after depends on it.
            if loose and (not test.points or not loose[-1].points):
                yield from gathered()
            loose.append(test)
        yield from gathered()

    def _batch(self, case: _Case, name: str, before: Sequence[str]) -> DraftGroup:
        self._say_what_is_left_out(case)
        tests = [self._test(one, case) for one in case["batched"]]
        if not tests:
            raise BadPackage(f"init.yml: {name} has no cases.")
        needed = [int(one) for one in case.get("dependencies") or []]
        if wrong := [one for one in needed if not 1 <= one <= len(before)]:
            raise BadPackage(f"init.yml: {name} depends on batch {wrong[0]}, which is not before it.")
        worth = _points(case.get("points", self._about.get("points", 1)), name)
        self.points.add(worth)
        return DraftGroup(name, worth, tests, Aggregation.MIN, OnReject.STOP, [before[one - 1] for one in needed])

    def _test(self, case: Any, batch: _Case) -> DraftTest:
        name = f"{next(self._numbers)}"
        if not isinstance(case, dict) or "batched" in case:
            raise BadPackage(f"init.yml: case {name} has to be names with values, and no batch.")
        self._say_what_is_left_out(case)
        said = {**self._about, **batch, **case}
        if case.get("checker") or batch.get("checker"):
            config = said["checker"]
            if config not in self.checkers:
                self.checkers.append(config)
        given, expected = self._input(said, case, name), self._expected(said, case, name)
        points = Decimal(1) if batch else _points(case.get("points", self._about.get("points", 1)), f"case {name}")
        if not batch:
            self.points.add(points)
        return DraftTest(name, given, expected, Visibility.HIDDEN, points)

    def _input(self, said: _Case, case: _Case, name: str) -> bytes | str:
        if not case.get("in") and said.get("generator"):
            made = self._generated(said, case)
            self.generated[f"case {name}"] = made
            return f"case {name}"
        if case.get("in") and said.get("generator") and (case.get("generator_args") or case.get("generator_in")):
            raise BadPackage(f"init.yml: case {name} has an input file and also arguments for the generator.")
        return _normal(self._file(case["in"], name), said) if case.get("in") else b""

    def _expected(self, said: _Case, case: _Case, name: str) -> bytes | str:
        if case.get("out"):
            return _normal(self._file(case["out"], name), said)
        if said.get("generator"):
            key = f"case {name}"
            if key not in self.generated:
                self._report.append(f"case {name} has no expected output; the generator is not asked for it.")
                return b""
            return key
        return b""

    def _generated(self, said: _Case, case: _Case) -> Generated:
        about = said["generator"] if isinstance(said["generator"], dict) else {"source": said["generator"]}
        key = repr(about)
        if key not in self._programs:
            named = about.get("source")
            self._programs[key] = dmoj_programs.program(self._files, named, about, "generator", self._report)
        arguments = case.get("generator_args") or about.get("args") or []
        given = self._file(case["generator_in"], "of a generator") if case.get("generator_in") else b""
        return Generated(self._programs[key], tuple(map(str, arguments)), given, answers=True)

    def _file(self, name: object, case: str) -> bytes:
        if str(name) not in self._files:
            raise BadPackage(f"init.yml: there is no file {name}, which case {case} names.")
        return self._files[str(name)]

    def _say_what_is_left_out(self, case: _Case) -> None:
        for name in sorted(set(case) - _READ):
            words = f"init.yml: {name} of single cases is left out."
            if words not in self._report:
                self._report.append(words)

    def _cases(self) -> Sequence[Any]:
        """Return the cases as they are listed, or found by their files' names."""
        said = self._about.get("test_cases")
        if isinstance(said, list):
            return said
        about = said if isinstance(said, dict) else {}
        try:
            patterns = {
                kind: re.compile(str(about.get(f"{word}_format") or _FILES.format(kind)), re.IGNORECASE)
                for kind, word in (("in", "input"), ("out", "output"))
            }
        except re.error as error:
            raise BadPackage(f"init.yml: a format of its test cases' files cannot be read: {error}.") from None
        points = (
            iter(about["case_points"]) if about.get("case_points") else itertools.repeat(self._about.get("points", 1))
        )
        return list(self._matched(patterns, points))

    def _matched(self, patterns: Mapping[str, re.Pattern[str]], points: Iterator[Any]) -> Iterator[dict[str, Any]]:
        found: dict[_Key, dict[_Key, dict[str, str]]] = defaultdict(lambda: defaultdict(dict))
        batches = set()
        matches = [(kind, name, pattern.match(name)) for kind, pattern in patterns.items() for name in self._files]
        for kind, name, match in matches:
            named = match.groupdict() if match else {}
            if named.get("case") is None:
                continue
            case, batch = _key(named["case"]), named.get("batch")
            batches |= {_key(batch)} if batch is not None else set()
            found[_key(batch) if batch is not None else case][case][kind] = name
        for key in sorted(found):
            worth = next(points, None)
            if worth is None:
                raise BadPackage("init.yml: case_points has fewer points than there are cases.")
            if key in batches:
                yield {"batched": [found[key][case] for case in sorted(found[key])], "points": worth}
            elif len(found[key]) == 1:
                yield {**next(iter(found[key].values())), "points": worth}
            else:
                raise BadPackage(f"init.yml: several files are case {key[1]}.")


def _key(text: str) -> _Key:
    # As the judge has it: words before numbers.
    return (True, int(text)) if text.isdigit() else (False, text)


def _points(value: object, what: str) -> Decimal:
    try:
        points = Decimal(str(value))
    except InvalidOperation:
        raise BadPackage(f"init.yml: the points of {what} are {value!r}, and have to be a number.") from None
    if not points.is_finite() or points < 0:
        raise BadPackage(f"init.yml: the points of {what} are {value!r}.")
    return points


def _normal(data: bytes, said: _Case) -> bytes:
    """Return a text with the judge's ends of lines; other data as it is."""
    if said.get("binary_data") or not data:
        return data
    data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return data if data.endswith(b"\n") else data + b"\n"
