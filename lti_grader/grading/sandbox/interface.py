"""What a sandbox offers: it only runs things and reports what happened. Graders make points of that."""

import dataclasses
import enum
from collections.abc import Mapping
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
    of the processor time and a constant: a program that waits for the processor is not one that hangs.
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

    @property
    def wall(self) -> int:
        return self.wall_ms if self.wall_ms is not None else 3 * self.cpu_ms + 2000


@dataclasses.dataclass(frozen=True)
class RunOutcome:
    """What a run did. Times in milliseconds, memory in KiB, of the program's own processes."""

    ending: Ending
    exit_code: int | None
    signal: int | None
    cpu_ms: int
    wall_ms: int
    memory_kb: int
    stdout: bytes
    stderr: bytes
    detail: str = ""


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


class Sandbox(Protocol):
    """Builds and runs programs, each run in a world of its own."""

    kind: str

    def build(self, language: Language, source: bytes) -> Program: ...

    def run(self, program: Program, stdin: bytes, *, limits: Limits) -> RunOutcome: ...

    def discard(self, program: Program) -> None: ...

    def close(self) -> None: ...


Sources = Mapping[str, bytes]
