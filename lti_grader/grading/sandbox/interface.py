"""What a sandbox offers: it only runs things and reports what happened. Graders make points of that."""

import dataclasses
import enum
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from lti_grader.assignments.languages import Language
from lti_grader.core.errors import GraderError


class SandboxUnavailable(GraderError):
    """Programs cannot be kept apart on this machine: nothing is run rather than run unprotected."""

    code = "sandbox_unavailable"


class Ending(enum.StrEnum):
    EXITED = "exited"
    SIGNALLED = "signalled"
    TIMEOUT = "timeout"
    MEMORY = "memory"
    OUTPUT_LIMIT = "output_limit"
    SANDBOX_ERROR = "sandbox_error"


@dataclasses.dataclass(frozen=True)
class Limits:
    """What a run may use.

    Times are in milliseconds, memory in KiB, the rest in bytes or pieces. `wall_ms` None means a multiple
    of the processor time and a constant: a program that waits for the processor is not one that hangs. To `memory_kb` is
    added what the language's runtime needs, unless it `counts_runtime`. A process that asks for more than `asked_kb` for its data is
    refused that; None for no such limit where a control group counts what is used.
    """

    cpu_ms: int
    memory_kb: int
    wall_ms: int | None = None
    processes: int = 32
    output_bytes: int = 8 * 1024 * 1024
    work_bytes: int = 64 * 1024 * 1024
    work_inodes: int = 4096
    open_files: int = 256
    reserved_kb: int = 0
    counts_runtime: bool = False
    asked_kb: int | None = None

    @property
    def wall(self) -> int:
        return self.wall_ms if self.wall_ms is not None else 3 * self.cpu_ms + 2000


class Ends:
    """Ends of pipes that a run has in place of an input and of an output that is kept; whoever runs it closes them."""

    def __init__(self, stdin: int, stdout: int) -> None:
        self.stdin = stdin
        self.stdout = stdout
        self._is_open = True

    def close(self) -> None:
        """Close both, once."""
        if self._is_open:
            self._is_open = False
            os.close(self.stdin)
            os.close(self.stdout)


def crossed() -> tuple[Ends, Ends]:
    """Return the ends of two pipes for two runs, of which each reads what the other writes."""
    (one_reads, other_writes), (other_reads, one_writes) = os.pipe(), os.pipe()
    return Ends(one_reads, one_writes), Ends(other_reads, other_writes)


@dataclasses.dataclass(frozen=True)
class RunOutcome:
    """What a run did. Times in milliseconds, memory in KiB, of the program's own processes.

    `largest_kb` is what the largest of those had at most in memory, with libraries and files that others have there too; 0 where
    it is not known. `ended_at` and `complained_at` are seconds of the monotonic clock: its end, and its first word to standard error.
    """

    ending: Ending
    exit_code: int | None
    signal: int | None
    cpu_ms: int
    wall_ms: int
    memory_kb: int
    stdout: bytes
    stderr: bytes
    detail: str = ""
    largest_kb: int = 0
    ended_at: float = 0.0
    complained_at: float | None = None


@dataclasses.dataclass
class Program:
    """What a build made: either a folder that runs, or the compiler's words on why not."""

    ok: bool
    compiler_output: str
    language: Language
    source_name: str
    source: bytes
    folder: Path | None = None
    trouble: str = ""
    """Set where the sandbox itself failed: that is no verdict on the program."""
    starts_afresh: bool = False
    """Set once a run ended by a signal or ran out of time: from then on its interpreter is started for each run."""


class Sandbox(Protocol):
    """Builds and runs programs, each run in a world of its own."""

    kind: str

    def build(self, language: Language, source: bytes, *, beside: Mapping[str, bytes] | None = None) -> Program: ...

    def build_kept(self, language: Language, source: bytes, beside: Mapping[str, bytes]) -> Program: ...

    def consult(
        self, program: Program, stdin: bytes | Ends, *, shown: Mapping[str, bytes], arguments: Sequence[str],
        limits: Limits, left: Mapping[str, bytes] | None = None,
    ) -> tuple[RunOutcome, dict[str, bytes]]: ...  # fmt: skip

    def run(self, program: Program, stdin: bytes | Ends, *, limits: Limits) -> RunOutcome: ...

    def partner(self) -> "Sandbox": ...

    def discard(self, program: Program) -> None: ...

    def close(self) -> None: ...


Sources = Mapping[str, bytes]
