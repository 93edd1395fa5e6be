"""What every sandbox of a slot has in common: building programs, keeping what came of it, and running them."""

import abc
import dataclasses
import io
import os
import shutil
import tarfile
import tempfile
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import IO

from lti_grader.assignments.languages import Language
from lti_grader.grading.sandbox.cgroups import Cgroup
from lti_grader.grading.sandbox.interface import Ending, Limits, Program, RunOutcome

_FIRST_UID = 61000
_COMPILE = Limits(cpu_ms=20_000, memory_kb=1_048_576, wall_ms=40_000, processes=64, output_bytes=64 * 1024 * 1024,
                  work_bytes=256 * 1024 * 1024)  # fmt: skip
_MOST_ARTEFACT_BYTES = 64 * 1024 * 1024
_MOST_ARTEFACTS = 512
# What of the machine a program may read: its toolchains and nothing else.
TOOLCHAIN = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/opt/java")
FILES = (
    "/etc/alternatives", "/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d",
    "/etc/java-11-openjdk", "/etc/java-17-openjdk", "/etc/java-21-openjdk", "/etc/java-25-openjdk",
)  # fmt: skip
ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "/box", "LANG": "C.UTF-8", "TMPDIR": "/tmp"}
# The launcher of a run and its first process count as well.
EXTRA_PROCESSES = 3
EXTRA_KB = 4096


class Workshop(abc.ABC):
    """One slot: a user id of its own, one run at a time.

    Parameters
    ----------
    slot
        A number that no other running sandbox on this machine has.
    lock
        What holds that number, until this sandbox is closed.
    """

    kind: str

    def __init__(self, slot: int, lock: IO[str]) -> None:
        self._lock = lock
        self._uid = _FIRST_UID + slot if os.geteuid() == 0 else None
        self._home = Path(tempfile.mkdtemp(prefix=f"lti-grader-slot{slot}-"))
        self._home.chmod(0o711)
        self._cgroup = Cgroup.make(f"slot{slot}-{os.getpid()}")

    @property
    def has_cgroups(self) -> bool:
        """Whether memory and processes of a whole run are limited together, not one process at a time."""
        return self._cgroup is not None

    @abc.abstractmethod
    def _run(
        self, argv: list[str], stdin: bytes, limits: Limits, *, binds: Mapping[str, Path] | None = None,
        writable: bool = True,
    ) -> RunOutcome: ...  # fmt: skip

    def build(self, language: Language, source: bytes) -> Program:
        """Compile `source` in a sandbox, and take over what came of it."""
        name = language.source_name(source)
        argv = language.compile_argv(name)
        wanted = [name if artefact == language.file.source else artefact for artefact in language.file.artefacts]
        script = (
            'mkdir -p classes && cp /source/* . && "$@" 1>&2 </dev/null && chmod -R u+rX . && exec tar -cf - '
            + " ".join(f"'{one}'" for one in wanted)
        )
        folder = self._fresh_folder({name: source})
        try:
            outcome = self._run(
                ["/bin/sh", "-c", script, "sh", *(argv or ["true"])], b"", _COMPILE, binds={"/source": folder}
            )
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        said = outcome.stderr.decode(errors="replace").replace("/box/", "")[:65536]
        program = Program(False, said, language, name, source)
        if outcome.ending is Ending.SANDBOX_ERROR:
            program.trouble = outcome.detail
        elif outcome.ending is not Ending.EXITED:
            reason = {Ending.TIMEOUT: "takes too long", Ending.MEMORY: "needs too much memory"}
            program.compiler_output = f"Compiling this program {reason.get(outcome.ending, 'went wrong')}.\n{said}"
        elif outcome.exit_code == 0:
            self._take_over(program, outcome.stdout)
        return program

    def _take_over(self, program: Program, archive: bytes) -> None:
        files: dict[str, bytes] = {}
        try:
            with tarfile.open(fileobj=io.BytesIO(archive)) as packed:
                for member in packed:
                    # Regular files only: a link could point anywhere on this machine.
                    if member.isreg() and (content := packed.extractfile(member)):
                        files[member.name] = content.read()
        except tarfile.TarError as error:
            program.trouble = f"the compiled program could not be read: {error}"
            return
        too_much = len(files) > _MOST_ARTEFACTS or sum(map(len, files.values())) > _MOST_ARTEFACT_BYTES
        odd = any(name.startswith("/") or ".." in Path(name).parts for name in files)
        if too_much or odd:
            program.compiler_output = "Compiling this program leaves more or other files than can be kept."
            return
        program.ok, program.folder = True, self._fresh_folder(files)

    def _fresh_folder(self, files: dict[str, bytes]) -> Path:
        folder = self._home / uuid.uuid4().hex
        folder.mkdir(mode=0o755)
        for name, content in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            path.chmod(0o555)
        return folder

    def run(self, program: Program, stdin: bytes, *, limits: Limits) -> RunOutcome:
        """Run a built program once, in a sandbox that is gone afterwards."""
        if program.folder is None:
            raise ValueError("this program was not built")
        file = program.language.file
        argv = program.language.run_argv("/program", program.source, program.source_name, limits.memory_kb)
        limits = dataclasses.replace(
            limits,
            memory_kb=limits.memory_kb + file.memory_extra_kb,
            processes=max(limits.processes, file.processes),
            reserved_kb=file.reserved_kb,
        )
        return self._run(argv, stdin, limits, binds={"/program": program.folder})

    def discard(self, program: Program) -> None:
        """Forget a built program."""
        if program.folder is not None:
            shutil.rmtree(program.folder, ignore_errors=True)
            program.folder = None

    def close(self) -> None:
        """Give the slot back."""
        if self._cgroup is not None:
            self._cgroup.end_all()
            self._cgroup.remove()
        shutil.rmtree(self._home, ignore_errors=True)
        self._lock.close()

    def _become(self) -> None:
        """Give up being root, in a process that is about to become a sandbox."""
        if self._uid is not None:
            os.setgroups([])
            os.setresgid(self._uid, self._uid, self._uid)
            os.setresuid(self._uid, self._uid, self._uid)
