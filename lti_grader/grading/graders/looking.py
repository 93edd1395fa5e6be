"""Looking at a program: what it does with a test's input, and the word of the problem's checker on that.

A validator may want further runs, each with an input that it writes itself: a problem in several passes
(https://www.kattis.com/problem-package-format/spec/2025-09.html, "Multi-pass validation").
"""

import dataclasses
import functools
from collections.abc import Callable, Mapping
from typing import Any

from lti_grader.grading.graders.endings import ended_badly
from lti_grader.grading.graders.validating import Opinion, Test, Validator
from lti_grader.grading.sandbox import Ending, Limits, Program, RunOutcome, Sandbox
from lti_grader.grading.verdicts import TestStatus
from lti_grader.problems.checkers import Checked, Validated, checker_config

Look = Callable[[Program, bytes, bytes, Limits], tuple[RunOutcome, TestStatus, Checked]]
"""A built program, what the test gives, what is expected, and the limits of a run -> what it did, and the word on it."""

_Seen = tuple[RunOutcome, TestStatus, Opinion]
_Pass = Callable[[Program, Test, Limits], _Seen]
"""A program, what this pass gives it and what earlier ones left, and the limits."""
NEXT_INPUT = "nextpass.in"


def look_of(sandbox: Sandbox, config: Mapping[str, Any]) -> Look:
    """Return how a program is looked at: its output is compared, or a validator reads it or talks with the program.

    Raises
    ------
    UnknownChecker
    """
    wanted = checker_config(config)
    if isinstance(wanted, Validated):
        one = _talking(sandbox, wanted) if wanted.interactive else _reading(sandbox, wanted)
        return functools.partial(_in_passes, one, wanted.passes)

    def compare(
        program: Program, given: bytes, expected: bytes, limits: Limits
    ) -> tuple[RunOutcome, TestStatus, Checked]:
        outcome = sandbox.run(program, given, limits=limits)
        if (ended := ended_badly(outcome, limits)) is not None:
            return outcome, ended[0], Checked(False, ended[1])
        return outcome, *_word(wanted.check(outcome.stdout, expected))

    return compare


def _reading(sandbox: Sandbox, config: Validated) -> _Pass:
    validator = Validator.built(sandbox, config)

    def look(program: Program, test: Test, limits: Limits) -> _Seen:
        outcome = sandbox.run(program, test.given, limits=limits)
        ended = ended_badly(outcome, limits)
        if ended is None or (config.sees == "every run" and outcome.ending is not Ending.SANDBOX_ERROR):
            opinion = validator.check(outcome, test, program)
            status, checked = _word(opinion.checked)
            if ended is None or status is not TestStatus.FAIL:
                return outcome, status, dataclasses.replace(opinion, checked=checked)
        return outcome, ended[0], Opinion(Checked(False, ended[1]))

    return look


def _talking(sandbox: Sandbox, config: Validated) -> _Pass:
    partner = Validator.built(sandbox.partner(), config)

    def talk(program: Program, test: Test, limits: Limits) -> _Seen:
        outcome, opinion, decided = partner.converse(sandbox, program, test, limits)
        ended = ended_badly(outcome, limits)
        if ended is not None and (opinion.checked.right or not decided):
            # What the validator said of a program that was gone is no word on it, and the other way round.
            return outcome, ended[0], Opinion(Checked(False, ended[1]))
        status, checked = _word(opinion.checked)
        return outcome, status, dataclasses.replace(opinion, checked=checked)

    return talk


def _in_passes(
    one: _Pass, most: int, program: Program, given: bytes, expected: bytes, limits: Limits
) -> tuple[RunOutcome, TestStatus, Checked]:
    """Run a program as often as its validator asks for, and return the last look, with the most that a run needed."""
    test = Test(given, expected)
    cpu_ms = memory_kb = 0
    for number in range(1, most + 1):
        outcome, status, opinion = one(program, test, limits)
        cpu_ms, memory_kb = max(cpu_ms, outcome.cpu_ms), max(memory_kb, outcome.memory_kb)
        outcome = dataclasses.replace(outcome, cpu_ms=cpu_ms, memory_kb=memory_kb)
        asked = opinion.left.get(NEXT_INPUT) if most > 1 else None
        if asked is None:
            return outcome, status, opinion.checked
        if status is not TestStatus.PASS:
            trouble = "The problem's validator asks for another pass though the output is not right."
            break
        if number == most:
            trouble = f"The problem's validator asks for more than {most} passes."
            break
        test = Test(asked, expected, {name: text for name, text in opinion.left.items() if name != NEXT_INPUT})
    return outcome, TestStatus.JUDGE_ERROR, Checked(False, trouble)


def _word(checked: Checked) -> tuple[TestStatus, Checked]:
    if checked.trouble:
        return TestStatus.JUDGE_ERROR, Checked(False, checked.trouble)
    return (TestStatus.PASS if checked.right else TestStatus.FAIL), checked
