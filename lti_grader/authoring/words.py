"""Checkers, runners of unit tests and looks at style in words, for whoever reads a problem."""

from collections.abc import Mapping
from typing import Any

from lti_grader.core.errors import GraderError
from lti_grader.problems.checkers import (
    Exact,
    Float,
    Lines,
    Regex,
    Stripped,
    Tokens,
    Validated,
    checker_config,
)
from lti_grader.problems.harness import StyleCheck, UnitTests, harness_of

KINDS: Mapping[str, str] = {
    "tokens": "The same words, whatever the white space between",
    "exact": "The same bytes",
    "stripped": "The same lines, without white space at the ends",
    "float": "The same words, numbers within a tolerance",
    "lines": "The same lines in any order",
    "regex": "What a pattern says",
    "validator": "What a program says",
}


def checker_words(config: Mapping[str, Any]) -> str:
    """Return what a problem's `checker` takes for right, as a sentence."""
    try:
        checker = checker_config(config)
    except GraderError as error:
        return error.message
    more = _more(checker)
    return f"{KINDS[checker.kind]}{'; ' if more else ''}{'; '.join(more)}."


def right_words(checker: Mapping[str, Any], harness: Mapping[str, Any]) -> str:
    """Return by what a problem's answers are judged: a runner's word or a checker's, and looks at their style."""
    try:
        read = harness_of(harness)
    except GraderError as error:
        return error.message
    unit_tests = read.unit_tests if read else None
    said = [_unit_tests_words(unit_tests) if unit_tests else checker_words(checker)]
    return " ".join([*said, *(_style_words(name, one) for name, one in (read.checks if read else {}).items())])


def _unit_tests_words(unit_tests: UnitTests) -> str:
    files = ", ".join(f"{name} ({str(seen).replace('_', ' ')})" for name, seen in unit_tests.tests.items())
    answer = f"; the answer is {unit_tests.answer}" if unit_tests.answer else ""
    return f"What {unit_tests.runner} says of the tests in {files}{answer}."


def _style_words(name: str, check: StyleCheck) -> str:
    rules = ", ".join(check.rules) or f"level {check.level}"
    without = f" without {', '.join(check.without)}" if check.without else ""
    most = f", {float(100 * check.most):g} % at most" if check.most < 1 else ""
    return f"{name}: {check.tool}, {rules}{without}; each kind of finding costs {float(100 * check.loss):g} %{most}."


def _more(checker: Tokens | Exact | Stripped | Float | Lines | Regex | Validated) -> list[str]:
    match checker:
        case Tokens():
            told = [
                (not checker.case_sensitive, "capital letters do not count"),
                (checker.space_sensitive, "white space counts"),
                (checker.line_sensitive, "words have to stand in the same lines"),
                (checker.absolute is not None, f"numbers may differ by {checker.absolute}"),
                (checker.relative is not None, f"numbers may differ by {checker.relative} of their size"),
            ]
        case Stripped():
            told = [
                (checker.indented, "white space before the first word counts"),
                (checker.near, "capital letters, empty lines and the number of blanks do not count"),
            ]
        case Float():
            told = [
                (True, f"of {checker.absolute:g}, or {checker.relative:g} of their size"),
                (checker.line_sensitive, "words have to stand in the same lines"),
            ]
        case Lines():
            told = [(not checker.case_sensitive, "capital letters do not count")]
        case Regex():
            told = [(checker.anywhere, "anywhere in the output")]
        case Validated():
            told = [
                (True, f"in {checker.language}, {len(checker.source.encode())} bytes"),
                (checker.interactive, "it talks with the student's program"),
                (checker.passes > 1, f"it may have the program run {checker.passes} times on a test"),
                (checker.sees == "run", "it sees time, memory and source as well"),
                (checker.sees == "every run", "it also judges programs that end badly"),
                (bool(checker.flags), f"flags {' '.join(checker.flags)}"),
            ]
        case _:
            told = []
    return [words for holds, words in told if holds]
