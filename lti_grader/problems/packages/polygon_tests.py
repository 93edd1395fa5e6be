"""The tests and groups of a Polygon package."""

import shlex
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from pathlib import PurePosixPath

from lti_grader.problems.models import Aggregation, OnReject, Visibility
from lti_grader.problems.operations import DraftGroup, DraftTest
from lti_grader.problems.packages.kattis_submissions import LANGUAGES
from lti_grader.problems.packages.package import AuthorsProgram, BadPackage, Generated, Submission

_POLICIES = {"complete-group": Aggregation.PASS_FAIL, "each-test": Aggregation.SUM}


class Tests:
    """A testset.

    Parameters
    ----------
    generators
        The sources of its executables, by name without ending.
    main
        What makes the answers that are not in the package.
    report
        What cannot be carried over is added to it.
    """

    __test__ = False

    def __init__(
        self, testset: ET.Element, files: Mapping[str, bytes], generators: Mapping[str, ET.Element], main: Submission | None,
        report: list[str],
    ) -> None:  # fmt: skip
        self._testset = testset
        self._files = files
        self._generators = generators
        self._main = main
        self._report = report
        self.generated: dict[str, Generated] = {}
        self.points: set[Decimal] = set()

    def groups(self) -> list[DraftGroup]:
        """Return the groups, the samples first where nothing has points.

        Raises
        ------
        BadPackage
            A test is missing, or a group depends on one that is not before it.
        """
        elements = self._testset.findall("tests/test")
        if not elements:
            raise BadPackage("problem.xml: the testset has no tests.")
        tests = [self._test(number, one) for number, one in enumerate(elements, start=1)]
        about = {one.get("name", ""): one for one in self._testset.iterfind("groups/group")}
        if not any(_decimal(one.get("points") or "0", "a test") for one in [*elements, *about.values()]):
            return _pass_fail(tests)
        members: dict[str, list[DraftTest]] = {}
        for element, test in zip(elements, tests, strict=True):
            members.setdefault(element.get("group") or "tests", []).append(test)
        found: list[DraftGroup] = []
        waiting = {name: _needed(about.get(name)) for name in members}
        while waiting:
            done = {one.name for one in found}
            name = next((one for one, needed in waiting.items() if done.issuperset(needed)), None)
            if name is None:
                stuck, needed = next(iter(waiting.items()))
                raise BadPackage(
                    f"problem.xml: the group {stuck!r} depends on {needed[0]!r}, which has no tests or depends on it."
                )
            found.append(self._group(name, members[name], about.get(name), waiting.pop(name)))
        return found

    def _group(self, name: str, tests: list[DraftTest], about: ET.Element | None, needed: list[str]) -> DraftGroup:
        policy = about.get("points-policy", "each-test") if about is not None else "each-test"
        aggregation = _POLICIES.get(policy)
        if aggregation is None:
            raise BadPackage(
                f"problem.xml: the group {name!r} has the points policy {policy!r}, which is not known here."
            )
        own = (
            _decimal(about.get("points"), f"the group {name!r}") if about is not None and about.get("points") else None
        )
        points = own if own is not None else sum((one.points for one in tests), Decimal(0))
        stops = OnReject.STOP if aggregation is Aggregation.PASS_FAIL else OnReject.CONTINUE
        return DraftGroup(name, points, tests, aggregation, stops, needed)

    def _test(self, number: int, element: ET.Element) -> DraftTest:
        given, expected = self._content("input", number), self._content("answer", number)
        name = str(number)
        if given is None:
            self._generate(name, element)
        if expected is None:
            self._answer(name)
        points = _decimal(element.get("points") or "1", f"test {number}")
        self.points.add(points)
        seen = Visibility.SAMPLE if element.get("sample") == "true" else Visibility.HIDDEN
        return DraftTest(
            name, f"input {name}" if given is None else given, "answers" if expected is None else expected, seen, points
        )

    def _content(self, kind: str, number: int) -> bytes | None:
        pattern = (self._testset.findtext(f"{kind}-path-pattern") or "").strip()
        try:
            return self._files.get(pattern % number)
        except (TypeError, ValueError):
            raise BadPackage(
                f"problem.xml: {kind}-path-pattern is {pattern!r}, and has to be as tests/%02d is."
            ) from None

    def _generate(self, name: str, element: ET.Element) -> None:
        command = element.get("cmd")
        if not command:
            raise BadPackage(f"Test {name} is not in the package: take a full package from Polygon, with its tests.")
        try:
            words = shlex.split(command)
        except ValueError as error:
            raise BadPackage(f"problem.xml: the command of test {name} cannot be read: {error}.") from None
        source = self._generators.get(PurePosixPath(words[0]).stem) if words else None
        path = source.get("path", "") if source is not None else ""
        language = LANGUAGES.get(PurePosixPath(path).suffix)
        if path not in self._files or language is None or {"|", ">", "<"} & set(words):
            raise BadPackage(
                f"Test {name} is not in the package, and cannot be made here by {command!r}: take a full package."
            )
        headers = {
            PurePosixPath(one).name: text
            for one, text in self._files.items()
            if one.startswith("files/") and one.endswith(".h")
        }
        program = AuthorsProgram(path, language, self._files[path], headers)
        self.generated[f"input {name}"] = Generated(program, tuple(words[1:]))

    def _answer(self, name: str) -> None:
        main = self._main
        if main is None or main.language is None:
            raise BadPackage(f"Test {name} has no answer in the package, and no main solution that could make it.")
        if "answers" not in self.generated:
            self._report.append(f"Answers that are not in the package are made by {main.path}.")
            self.generated["answers"] = Generated(AuthorsProgram(main.path, main.language, main.source))


def _needed(about: ET.Element | None) -> list[str]:
    return [] if about is None else [one.get("group", "") for one in about.iterfind("dependencies/dependency")]


def _pass_fail(tests: list[DraftTest]) -> list[DraftGroup]:
    samples = [one for one in tests if one.visibility is Visibility.SAMPLE]
    rest = [one for one in tests if one.visibility is not Visibility.SAMPLE]
    if not rest:
        return [DraftGroup("samples", Decimal(1), samples, Aggregation.PASS_FAIL)]
    before = [DraftGroup("samples", Decimal(0), samples, Aggregation.PASS_FAIL)] if samples else []
    needed = [one.name for one in before]
    return [*before, DraftGroup("tests", Decimal(1), rest, Aggregation.PASS_FAIL, OnReject.STOP, needed)]


def _decimal(text: str | None, what: str) -> Decimal:
    try:
        points = Decimal(text or "")
    except InvalidOperation:
        raise BadPackage(f"problem.xml: the points of {what} are {text!r}, and have to be a number.") from None
    if not points.is_finite() or points < 0:
        raise BadPackage(f"problem.xml: the points of {what} are {text!r}.")
    return points
