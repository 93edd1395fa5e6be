"""Looks at the style of an answer, as points or as advice: tools read it in the sandbox, and never run it."""

import dataclasses
import logging
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import PurePosixPath

from lti_grader.assignments.languages import Language
from lti_grader.grading.graders.endings import KEPT_MESSAGE_CHARACTERS
from lti_grader.grading.graders.specs import TestOutcome, TestSpec
from lti_grader.grading.runners.checks import Finding, StyleTool, available_checks, missing_checks
from lti_grader.grading.sandbox import Sandbox
from lti_grader.grading.verdicts import TestStatus
from lti_grader.problems.harness import StyleCheck

log = logging.getLogger(__name__)
LONGEST_LOOK_MS = 40_000
"""A tool is given as long as a compiler."""
_MOST_SHOWN = 50
_STOPPED = "Compiling this program "


@dataclasses.dataclass(frozen=True)
class _Look:
    """What a tool found; `trouble` where it could not be run, which is no fault of the answer."""

    findings: Sequence[Finding] = ()
    is_read: bool = True
    applies: bool = True
    trouble: str = ""


class Styles:
    """The looks at one answer, each taken once.

    Parameters
    ----------
    name
        What the answer's file is called where students read of it.
    checks
        By name: a test of that name is worth what the look at it comes to, and without one it is advice.
    beside
        The rest of the answer's files, by their paths: those in a language of the tool are looked at as well.
    given
        Files that the answer may include, and none that it may not read.
    """

    def __init__(
        self, sandbox: Sandbox, language: Language, source: bytes, *, name: str, checks: Mapping[str, StyleCheck],
        beside: Mapping[str, bytes], given: Mapping[str, bytes],
    ) -> None:  # fmt: skip
        self._sandbox = sandbox
        self._language = language
        self._source = source
        self._checks = checks
        self._beside = {**beside, **given}
        more = [
            one for one in sorted(beside) if one not in given and PurePosixPath(one).suffix in language.file.endings
        ]
        self._looked_at = [name, *more]
        self._looks: dict[str, _Look] = {}

    def judge(self, test: TestSpec, *, is_earned: bool) -> TestOutcome | None:
        """Return what a test is worth that is such a look; None for any other test.

        Parameters
        ----------
        is_earned
            Whether any other test was passed: an answer that does nothing has no style.
        """
        check = self._checks.get(test.name)
        if check is None:
            return None
        look = self._look(test.name, check)
        if look.trouble:
            return _outcome(test, TestStatus.JUDGE_ERROR, 0, look.trouble)
        if not look.applies:
            return _outcome(test, TestStatus.PASS, 1, f"{check.tool} does not read {self._language.label}.")
        if not look.is_read:
            return _outcome(test, TestStatus.FAIL, 0, "It cannot be read, or looking at it takes too long.")
        if not is_earned:
            return _outcome(test, TestStatus.FAIL, 0, "Style counts as soon as another test is passed.")
        kinds = {one.rule for one in look.findings}
        loss = min(check.loss * len(kinds), check.most)
        status = TestStatus.FAIL if kinds else TestStatus.PASS
        return _outcome(test, status, 1 - loss, self._in_words(look.findings))

    def advice(self) -> str:
        """Return every finding, as compilers say theirs."""
        said: dict[str, None] = {}
        for name, check in self._checks.items():
            look = self._look(name, check)
            if look.trouble:
                log.warning("no advice on style: %s", look.trouble)
            elif look.is_read:
                said |= dict.fromkeys(self._in_words(look.findings).splitlines())
        return "\n".join(["On style:", *said]) if said else ""

    def _in_words(self, findings: Sequence[Finding]) -> str:
        lines = [f"{one.file}:{one.line}:{one.column}: warning: {one.words} [{one.rule}]" for one in findings]
        left = len(lines) - _MOST_SHOWN
        return "\n".join([*lines[:_MOST_SHOWN], *([f"and {left} more"] if left > 0 else [])])

    def _look(self, name: str, check: StyleCheck) -> _Look:
        if name not in self._looks:
            tool = available_checks().get(check.tool)
            if tool is None:
                why = missing_checks().get(check.tool, "no file in configs/checks describes it")
                self._looks[name] = _Look(trouble=f"{check.tool}, which looks at style, is not on this machine: {why}.")
            elif self._language.id not in tool.file.languages:
                self._looks[name] = _Look(applies=False)
            else:
                self._looks[name] = self._looked(tool, check)
        return self._looks[name]

    def _looked(self, tool: StyleTool, check: StyleCheck) -> _Look:
        rules = [*(check.rules or tool.file.levels.get(check.level, [])), *(f"-{one}" for one in check.without)]
        wanted = rules if tool.id == "clang-tidy" else [one for one in rules if not one.startswith("-")]
        looking = tool.looking(self._looked_at, wanted)
        program = self._sandbox.build(looking, self._source, beside={**self._beside, **tool.beside})
        self._sandbox.discard(program)
        if program.trouble or not program.ok:
            return _Look(
                trouble=f"{tool.file.label} could not look at the answer: {program.trouble or program.compiler_output}"
            )
        found = tool.findings(program.compiler_output, self._looked_at, wanted)
        kept = [one for one in found if not any(one.rule.startswith(left) for left in check.without)]
        return _Look(kept, is_read=not any(one.rule in tool.file.unreadable for one in found))


def _outcome(test: TestSpec, status: TestStatus, share: Decimal | int, message: str) -> TestOutcome:
    return TestOutcome(test.id, status, Decimal(share), 0, 0, message[:KEPT_MESSAGE_CHARACTERS])
