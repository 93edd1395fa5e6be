"""Programs that say whether an output is right, by Kattis's protocol.

`validator input answer feedback_folder [flag ...] < output` ends with 42 where it is right and with 43 where it is
not, and may leave words and a score in the folder (https://www.kattis.com/problem-package-format/spec/legacy.html,
"Output validators"). An interactive one talks with the program instead of reading what it wrote. Whatever else happens is the
problem's fault and never the student's.
"""

import concurrent.futures
import dataclasses
import json
import signal
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

from lti_grader.assignments.languages import available_languages
from lti_grader.grading.graders import protocols
from lti_grader.grading.sandbox import Ending, Ends, Limits, Program, RunOutcome, Sandbox, crossed
from lti_grader.problems.checkers import Checked, Validated

RIGHT, WRONG = 42, 43
_LIMITS = Limits(cpu_ms=30_000, memory_kb=2_097_152, wall_ms=90_000, processes=64, output_bytes=32 * 1024 * 1024)


@dataclasses.dataclass(frozen=True)
class Test:
    """What a validator reads of a test: what that gives, or this pass of it; its answer; what it left itself in an earlier pass."""

    __test__ = False

    given: bytes
    expected: bytes
    left: Mapping[str, bytes] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Opinion:
    """A validator's word, and the files that it left."""

    checked: Checked
    left: Mapping[str, bytes] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Validator:
    """A validator that was built, and the sandbox that it runs in."""

    sandbox: Sandbox
    config: Validated
    program: Program | None
    trouble: str = ""

    @classmethod
    def built(cls, sandbox: Sandbox, config: Validated) -> "Validator":
        """Build the validator of a problem; one that was built lately is taken as it is."""
        language = available_languages().get(config.language)
        if language is None:
            return cls(sandbox, config, None, f"The problem's validator is in {config.language}, which is not here.")
        beside = {name: text.encode() for name, text in config.beside.items()}
        program = sandbox.build_kept(language, config.source.encode(), beside)
        if program.ok:
            return cls(sandbox, config, program)
        said = program.trouble or f"The problem's validator does not compile.\n{program.compiler_output}"
        return cls(sandbox, config, None, said)

    def check(self, run: RunOutcome, test: Test, program: Program) -> Opinion:
        """Return the validator's word on a run of a program."""
        outcome, files = self._consulted(run.stdout, test, self._told(program, run))
        return Opinion(self._said(outcome, files), files)

    def _told(self, program: Program, run: RunOutcome | None) -> dict[str, bytes]:
        """Return what the validator may know of a run beside its output."""
        if self.config.sees == "output":
            return {}
        about: dict[str, object] = {
            "language": program.language.id, "source": program.source.decode(errors="replace"),
        }  # fmt: skip
        if run is not None:
            about |= {
                "ending": run.ending, "exit_code": run.exit_code, "signal": run.signal, "cpu_ms": run.cpu_ms,
                "wall_ms": run.wall_ms, "memory_kb": run.memory_kb, "stderr": run.stderr.decode(errors="replace"),
            }  # fmt: skip
        return {"run.json": json.dumps(about).encode()}

    def _consulted(
        self, stdin: bytes | Ends, test: Test, told: dict[str, bytes]
    ) -> tuple[RunOutcome | None, dict[str, bytes]]:
        if self.program is None:
            return None, {}
        shown = {"input": test.given, "answer": test.expected, **told}
        if self.config.protocol != "kattis" and isinstance(stdin, bytes):
            shown, stdin = {**shown, "output": stdin}, b""
        return self.sandbox.consult(
            self.program, stdin, shown=shown, arguments=protocols.arguments(self.config), limits=_LIMITS, left=test.left
        )

    def _said(self, outcome: RunOutcome | None, files: dict[str, bytes]) -> Checked:
        if outcome is None:
            return Checked(False, trouble=self.trouble)
        if self.config.protocol != "kattis" and outcome.ending is Ending.EXITED:
            words = outcome.stderr.decode(errors="replace")
            said = protocols.said(self.config, outcome.exit_code or 0, words)
            return said or Checked(
                False, trouble=f"The problem's validator ended with exit code {outcome.exit_code}.\n{words[-1000:]}"
            )
        if outcome.ending is not Ending.EXITED or outcome.exit_code not in (RIGHT, WRONG):
            return Checked(False, trouble=_trouble(outcome, files))
        right = outcome.exit_code == RIGHT
        message, note = _text(files, "teammessage.txt"), _text(files, "judgemessage.txt")
        try:
            share = _share(files, self.config) if right else None
        except (InvalidOperation, ValueError) as error:
            return Checked(False, trouble=f"The problem's validator gives no score that can be read: {error}")
        return Checked(right, message or ("" if right else "The output is not right."), note=note, share=share)

    def converse(
        self, sandbox: Sandbox, program: Program, test: Test, limits: Limits
    ) -> tuple[RunOutcome, Opinion, bool]:
        """Run a program and the validator together, each reading what the other writes.

        Parameters
        ----------
        sandbox
            Where the program was built; the validator was built in its partner.

        Returns
        -------
        What the program did; the validator's word; and whether it had decided before the program ended.
        """
        if self.program is None:
            return _nothing(), Opinion(Checked(False, trouble=self.trouble)), True
        ours, theirs = crossed()
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            consulting = pool.submit(self._consulted, theirs, test, self._told(program, None))
            try:
                outcome = sandbox.run(self._flushing(program), ours, limits=limits)
            finally:
                # Else it would wait for a program that never began.
                ours.close()
            talk, files = consulting.result()
        assert talk is not None
        decided = talk.complained_at is not None and talk.complained_at <= outcome.ended_at
        if not decided and _lost_partner(talk):
            return outcome, Opinion(Checked(False, "It ended before the conversation was over.")), decided
        return outcome, Opinion(self._said(talk, files), files), decided

    def _flushing(self, program: Program) -> Program:
        """Return a program that flushes all that it writes, where that is wanted and its language can."""
        file = program.language.file
        own = available_languages().get(program.language.id)
        if not self.config.unbuffered or not file.unbuffered or own is None or file.run != own.file.run:
            return program
        calling = dataclasses.replace(program.language, file=file.model_copy(update={"run": file.unbuffered}))
        return dataclasses.replace(program, language=calling)


def _lost_partner(talk: RunOutcome) -> bool:
    """Return whether a validator ended for nobody read any more what it said, as the kernel and most languages tell it."""
    return talk.signal == signal.SIGPIPE or b"Broken pipe" in talk.stderr


def _nothing() -> RunOutcome:
    return RunOutcome(Ending.EXITED, 0, None, 0, 0, 0, b"", b"")


def _text(files: dict[str, bytes], name: str) -> str:
    return files.get(name, b"").decode(errors="replace").strip()[:2000]


def _share(files: dict[str, bytes], config: Validated) -> Decimal | None:
    """Return which part of the points it is worth, 0 to 1; None where the validator gives no score."""
    if (factor := _text(files, "score_multiplier.txt")) != "":
        share = Decimal(factor)
    elif (score := _text(files, "score.txt")) != "":
        share = Decimal(score) / config.full_score
    else:
        return None
    if not share.is_finite() or share < 0:
        raise ValueError(f"{share} of the points")
    return min(share, Decimal(1))


def _trouble(outcome: RunOutcome, files: dict[str, bytes]) -> str:
    if outcome.ending is Ending.SANDBOX_ERROR:
        return outcome.detail
    how = f"with exit code {outcome.exit_code}" if outcome.ending is Ending.EXITED else f"by {outcome.ending}"
    said = _text(files, "judgemessage.txt") or outcome.stderr.decode(errors="replace").strip()[-1000:]
    return f"The problem's validator ended {how}, which says neither right (42) nor wrong (43).\n{said}".strip()
