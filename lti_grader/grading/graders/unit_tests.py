"""Grading by a runner of unit tests: each test is a run of its own, and what the runner reports of it.

The answer and the test run in one process, so what is reported comes from where the student's code is, too. It is believed only
with a word that was drawn for this run, and of the one test that was asked for; a run that ends without it is not passed.
docs/unit-tests.md says what that prevents and what it cannot.
"""

import dataclasses
import json
import re
import secrets
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from lti_grader.grading.graders.endings import KEPT_MESSAGE_CHARACTERS, ended_badly
from lti_grader.grading.graders.looks import SecondLooks
from lti_grader.grading.graders.specs import KEPT_OUTPUT_BYTES, TestOutcome, TestSpec
from lti_grader.grading.runners import Runner, available_runners, missing_runners
from lti_grader.grading.sandbox import Limits, Program, RunOutcome, Sandbox
from lti_grader.grading.verdicts import TestStatus
from lti_grader.problems.harness import Harness, UnitTests
from lti_grader.problems.models import Visibility

_COLLECTING = Limits(cpu_ms=20_000, memory_kb=1_048_576, processes=64)
_WORDS = {
    "lost": "The runner did not find this test any more once it had read the answer.",
    "skipped": "The test was skipped, which is not a pass.",
    "tampered": "Tests that always fail were passed: the program has changed the runner, so that its word does not count.",
    "silent": "The program ended before the test was over, as exit() does: so there is no result.",
}
_GIVEN = "given"


@dataclasses.dataclass(frozen=True)
class FoundTest:
    """A test that a runner found: `file::name`, and its text where the runner tells it."""

    name: str
    code: str


@dataclasses.dataclass(frozen=True)
class Found:
    """The tests of a problem, or why they cannot be told."""

    tests: Sequence[FoundTest]
    trouble: str = ""


class UnitTesting:
    """An answer, and the programs that it becomes: one for all tests that are seen by the same people.

    Parameters
    ----------
    harness
        With `unit_tests`.
    files
        The harness's files: name -> content.
    beside
        Files that belong to the answer; where one has the name of a file of the problem, that stands.
    main
        What the file of the answer is called; "" for the problem's name for it, or else the runner's.
    """

    def __init__(
        self, sandbox: Sandbox, answer: bytes, *, harness: Harness, files: Mapping[str, bytes], beside: Mapping[str, bytes],
        main: str = "",
    ) -> None:  # fmt: skip
        assert harness.unit_tests is not None
        self._sandbox = sandbox
        self._answer = answer
        self._config: UnitTests = harness.unit_tests
        self._files = files
        self._beside = beside
        self._main = main
        self._runner: Runner | None = available_runners().get(self._config.runner)
        self._programs: dict[Visibility | None, Program] = {}
        self._second_looks = SecondLooks()

    def judge(self, test: TestSpec) -> TestOutcome:
        """Run a test, and return what became of it."""
        if self._runner is None:
            return _trouble(test, missing_runner(self._config.runner))
        file = test.extra.partition("::")[0]
        if file not in self._config.tests:
            return _trouble(test, f"The problem has no file {file!r} with tests.")
        seen = _seen(self._config.tests[file])
        program = self._built(seen)
        if program.trouble:
            return _trouble(test, program.trouble)
        if not program.ok:
            words = "The program does not compile together with its tests."
            return TestOutcome(test.id, TestStatus.COMPILE_ERROR, Decimal(0), 0, 0, words)
        outcome = self._run(program, self._runner, test)
        # Whoever may not read a file may not read what its lines come to either.
        is_told = seen in (Visibility.VISIBLE, _seen(test.visibility))
        return outcome if is_told else dataclasses.replace(outcome, message="", output=b"")

    def _run(self, program: Program, runner: Runner, test: TestSpec) -> TestOutcome:
        limits = Limits(
            cpu_ms=test.cpu_ms if test.is_exact else runner.language.cpu_ms(test.cpu_ms), memory_kb=test.memory_kb
        )
        outcome, status, message = self._second_looks.decide(lambda: self._asked(program, test, limits))
        return TestOutcome(
            test_id=test.id,
            status=status,
            share=Decimal(1) if status is TestStatus.PASS else Decimal(0),
            time_ms=outcome.cpu_ms,
            memory_kb=outcome.memory_kb,
            message=self._by_place(message)[:KEPT_MESSAGE_CHARACTERS],
            output=outcome.stderr[:KEPT_OUTPUT_BYTES],
        )

    def _asked(self, program: Program, test: TestSpec, limits: Limits) -> tuple[RunOutcome, TestStatus, str]:
        word = secrets.token_hex(16)
        outcome = self._sandbox.run(program, f"{test.extra}\n{word}\n".encode(), limits=limits)
        ended = ended_badly(outcome, limits)
        if ended is not None:
            return outcome, *ended
        return outcome, *_verdict(_reports(outcome.stdout, word))

    def _built(self, seen: Visibility | None) -> Program:
        """Return the answer with the tests that are seen at a time; with none for None."""
        assert self._runner is not None
        if seen not in self._programs:
            language = self._runner.named(self._main or self._config.answer or self._runner.file.answer)
            given = {name: text for name, text in self._files.items() if name not in self._config.tests}
            tests = {name: self._files[name] for name, its in self._config.tests.items() if _seen(its) is seen}
            if given:
                run = ["/bin/sh", "-c", f'cp -R /program/{_GIVEN}/. . && exec "$@"', "sh", *language.file.run]
                language = dataclasses.replace(language, file=language.file.model_copy(update={"run": run}))
            beside = {**self._beside, **given, **tests, **self._runner.drivers}
            program = self._sandbox.build(language, self._answer, beside=beside)
            if program.folder is not None and given:
                (program.folder / _GIVEN).mkdir(mode=0o755)
                for name, content in given.items():
                    (program.folder / _GIVEN / name).write_bytes(content)
                    (program.folder / _GIVEN / name).chmod(0o644)
            self._programs[seen] = program
        return self._programs[seen]

    def _by_place(self, said: str) -> str:
        """Return what was said with lines of tests named so that nobody takes them for lines of the answer."""
        names = "|".join(map(re.escape, [*self._config.tests, *(self._runner.drivers if self._runner else ())]))
        return re.sub(rf"^({names}):(\d+)(?::\d+)?:", r"\1, line \2:", said, flags=re.MULTILINE)

    def compiler_output(self) -> str:
        """Return what a compiler said, for the student: never about what stands in a hidden test."""
        shown = self._programs.get(Visibility.VISIBLE)
        if shown is not None and not shown.ok:
            return self._by_place(shown.compiler_output)
        if any(not one.ok and not one.trouble for one in self._programs.values()):
            alone = self._built(None)
            words = "It does not compile together with hidden tests: does it have all the names that are asked for?"
            return words if alone.ok else self._by_place(alone.compiler_output)
        return self._by_place(shown.compiler_output) if shown is not None else ""

    def found(self) -> Found:
        """Return the tests that the runner finds in every file, with this answer.

        For whoever makes a problem: what is said holds the tests' text.
        """
        if self._runner is None:
            return Found((), missing_runner(self._config.runner))
        found: list[FoundTest] = []
        for file, visibility in self._config.tests.items():
            program, word = self._built(_seen(visibility)), secrets.token_hex(16)
            if not program.ok:
                return Found((), program.trouble or program.compiler_output)
            outcome = self._sandbox.run(program, f"?{file}\n{word}\n".encode(), limits=_COLLECTING)
            reports = _reports(outcome.stdout, word)
            if len(reports) != 1 or reports[0].get("message"):
                said = reports[0]["message"] if reports else outcome.detail or outcome.stderr.decode(errors="replace")
                return Found((), f"The tests in {file} cannot be listed: {said.strip() or outcome.ending}")
            found += [FoundTest(one["name"], one.get("code", "")) for one in reports[0]["tests"]]
        return Found(found)

    def discard(self) -> None:
        """Forget what was built."""
        for program in self._programs.values():
            self._sandbox.discard(program)
        self._programs.clear()


def missing_runner(name: str) -> str:
    """Return why a runner cannot be used here, for staff."""
    why = missing_runners().get(name, "no file in configs/runners describes it")
    return f"The runner {name} of this problem's tests is not on this machine: {why}."


def _seen(visibility: Visibility) -> Visibility:
    return Visibility.VISIBLE if visibility is Visibility.SAMPLE else visibility


def _trouble(test: TestSpec, words: str) -> TestOutcome:
    return TestOutcome(test.id, TestStatus.JUDGE_ERROR, Decimal(0), 0, 0, words)


def _reports(written: bytes, word: str) -> list[dict[str, Any]]:
    """Return what was reported with the word of this run; whatever else was written is nobody's business."""
    found = []
    for line in written.splitlines():
        said, _, report = line.partition(b" ")
        if said == word.encode():
            try:
                found.append(json.loads(report))
            except ValueError:
                found.append({"status": "tampered"})
    return found


def _verdict(reports: Sequence[Mapping[str, Any]]) -> tuple[TestStatus, str]:
    if not reports:
        return TestStatus.FAIL, _WORDS["silent"]
    status, message = str(reports[0].get("status")), str(reports[0].get("message") or "")
    if len(reports) > 1:
        status = "tampered"
    match status:
        case "pass":
            return TestStatus.PASS, ""
        case "fail":
            return TestStatus.FAIL, message or "The test failed."
        case "error":
            return TestStatus.RUNTIME_ERROR, message
    return TestStatus.FAIL, _WORDS.get(status, _WORDS["tampered"])
