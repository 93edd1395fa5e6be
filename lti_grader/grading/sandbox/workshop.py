"""What every sandbox of a slot has in common: building programs, keeping what came of it, and running them."""

import abc
import collections
import dataclasses
import hashlib
import logging
import os
import shutil
import signal
import tarfile
import tempfile
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

from lti_grader.assignments.languages import PREPARED, Interpreter, Language, available_languages
from lti_grader.grading.sandbox.artefacts import are_too_much, unpacked
from lti_grader.grading.sandbox.calling import called, variables_kb, without_memory
from lti_grader.grading.sandbox.cgroups import Cgroup
from lti_grader.grading.sandbox.interface import Ending, Ends, Limits, Program, RunOutcome
from lti_grader.grading.sandbox.numbers import free_slot
from lti_grader.grading.sandbox.prepared import prepared

log = logging.getLogger(__name__)
_FIRST_UID = 61000
_COMPILE = Limits(cpu_ms=20_000, memory_kb=1_048_576, wall_ms=40_000, processes=64, output_bytes=64 * 1024 * 1024,
                  work_bytes=256 * 1024 * 1024)  # fmt: skip
_PREPARE = Limits(cpu_ms=60_000, memory_kb=2_097_152, wall_ms=120_000, processes=64, output_bytes=512 * 1024 * 1024,
                  work_bytes=512 * 1024 * 1024)  # fmt: skip
# Programs of problems' authors that are kept built.
_MOST_KEPT = 16
# What of the machine a program may read: its toolchains and nothing else.
TOOLCHAIN = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/opt/java")
_FILES = (
    "/etc/alternatives", "/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d",
    "/etc/java-11-openjdk", "/etc/java-17-openjdk", "/etc/java-21-openjdk", "/etc/java-25-openjdk",
)  # fmt: skip
ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "/box", "LANG": "C.UTF-8", "TMPDIR": "/tmp"}
# Runs a program and then shows what it left in the folder `feedback`: as an output, or as an error where it has none.
_LEFT = "left"
_FEEDBACK = f"mkdir feedback && {{ test ! -d /data/{_LEFT} || cp -R --no-preserve=mode /data/{_LEFT}/. feedback/; }}"
_CONSULT = f'{_FEEDBACK} && "$@" 1>&2; said=$?; tar -cf - feedback; exit $said'
_ERRORS = ".errors"
# Where two talk with each other it is told who ended first: neither hears of the other's end before that was seen.
_CONVERSE = (
    f'{_FEEDBACK} && "$@" 2>errors; said=$?; sleep 0.02; head -c 32768 errors >feedback/{_ERRORS}'
    " && tar -cf - feedback 1>&2; sleep 0.02; exit $said"
)
# The launcher of a run and its first process count as well.
EXTRA_PROCESSES = 3
EXTRA_KB = 4096


def shown_files() -> list[str]:
    """Return what else of the machine a program may read, as far as it is there."""
    wanted = [place for language in available_languages().values() for place in language.file.shows]
    return [place for place in dict.fromkeys([*_FILES, *wanted]) if Path(place).exists()]


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
        self._partner: Workshop | None = None
        self._uid = _FIRST_UID + slot if os.geteuid() == 0 else None
        self._home = Path(tempfile.mkdtemp(prefix=f"lti-grader-slot{slot}-"))
        self._home.chmod(0o711)
        self._cgroup = Cgroup.make(f"slot{slot}-{os.getpid()}")
        self._prepared: dict[str, dict[str, Path]] = {}
        self._kept: collections.OrderedDict[str, Program] = collections.OrderedDict()

    @property
    def has_cgroups(self) -> bool:
        """Whether memory and processes of a whole run are limited together, not one process at a time."""
        return self._cgroup is not None

    def _most_data_kb(self, limits: Limits) -> int:
        """Return how much one process may ask for, in KiB; 0 for no limit."""
        if limits.asked_kb is not None:
            return limits.asked_kb
        return limits.memory_kb + limits.reserved_kb + EXTRA_KB if self._cgroup is None else 0

    @abc.abstractmethod
    def _run(
        self, argv: list[str], stdin: bytes | Ends, limits: Limits, *, binds: Mapping[str, Path] | None = None,
        writable: bool = True, interpreter: Interpreter | None = None,
    ) -> RunOutcome: ...  # fmt: skip

    def build(self, language: Language, source: bytes, *, beside: Mapping[str, bytes] | None = None) -> Program:
        """Compile `source` in a sandbox, and take over what came of it.

        Parameters
        ----------
        beside
            Files that lie beside it, such as headers, by their paths; one at the program's own path gives way to it.
        """
        name = language.source_name(source)
        if language.file.check:
            return self._checked(Program(False, "", language, name, source), {**(beside or {}), name: source})
        files = {**(beside or {}), name: source}
        argv = language.compile_argv(name, files)
        wanted = [one for one in language.file.artefacts if one != language.file.source]
        made = " ".join(f"'{one}'" for one in wanted)
        if language.file.runs_as_written:
            wanted += files
        script = (
            f'cp -r /source/. . && rm -rf {made} && mkdir -p classes && "$@" 1>&2 </dev/null && chmod -R u+rX . && exec tar -cf - '
            + " ".join(f"'{one}'" for one in wanted)
        )
        folder = self._fresh_folder(files)
        try:
            outcome = self._run(
                ["/bin/sh", "-c", script, "sh", *(argv or ["true"])], b"", _COMPILE,
                binds={"/source": folder, **self._prepared_for(language)},
            )  # fmt: skip
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        program = Program(False, "", language, name, source)
        if _is_compiled(program, outcome):
            self._take_over(program, outcome.stdout)
        return program

    def _prepared_for(self, language: Language) -> dict[str, Path]:
        """Return what a compiler is given ready-made, by its place; nothing where there is none, or not yet."""
        if language.file.prepare is None:
            return {}
        if language.id not in self._prepared:
            try:
                folder = prepared(language, lambda: self._prepare(language), self._home)
            except OSError as error:
                log.warning("nothing is prepared for %s, which takes longer to compile: %s", language.id, error)
                self._prepared[language.id] = {}
            else:
                if folder is None:
                    return {}
                self._prepared[language.id] = {PREPARED: folder}
        return self._prepared[language.id]

    def _prepare(self, language: Language) -> dict[str, bytes]:
        assert language.file.prepare is not None
        folder = self._fresh_folder({name: text.encode() for name, text in language.file.prepare.files.items()})
        script = 'cp -r /source/. . && mkdir -p prepared && "$@" 1>&2 </dev/null && exec tar -C prepared -cf - .'
        try:
            outcome = self._run(
                ["/bin/sh", "-c", script, "sh", *language.prepare_argv()], b"", _PREPARE, binds={"/source": folder}
            )
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        if outcome.ending is not Ending.EXITED or outcome.exit_code != 0:
            raise OSError(f"{outcome.ending}: {outcome.detail or outcome.stderr.decode(errors='replace')[-500:]}")
        return unpacked(outcome.stdout)

    def _checked(self, program: Program, files: dict[str, bytes]) -> Program:
        """Look through a program that runs as it was written."""
        program.folder = self._fresh_folder(files)
        argv = program.language.check_argv("/program", program.source_name)
        outcome = self._run(
            argv, b"", _COMPILE, binds={"/program": program.folder}, writable=False,
            interpreter=program.language.interpreter(argv),
        )  # fmt: skip
        program.ok = _is_compiled(program, outcome)
        if not program.ok:
            self.discard(program)
        return program

    def _take_over(self, program: Program, archive: bytes) -> None:
        try:
            files = unpacked(archive)
        except tarfile.TarError as error:
            program.trouble = f"the compiled program could not be read: {error}"
            return
        if are_too_much(files):
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

    def run(self, program: Program, stdin: bytes | Ends, *, limits: Limits) -> RunOutcome:
        """Run a built program once, in a sandbox that is gone afterwards.

        Whether the copy of an interpreter crashed or hung because it is a copy is found out by an interpreter that is started
        for it: for a crash at once, for want of time when the program is run again.
        """
        outcome = self._ran(program, stdin, limits)
        if program.language.file.counts_asked and self.has_cgroups:
            return self._explained(outcome, program, stdin, limits)
        if outcome.ending not in (Ending.SIGNALLED, Ending.TIMEOUT) or program.starts_afresh:
            return outcome
        program.starts_afresh = True
        is_kept = program.language.interpreter(called(program, limits)[0]) is not None
        if outcome.ending is Ending.SIGNALLED and is_kept and isinstance(stdin, bytes):
            return self._ran(program, stdin, limits)
        return outcome

    def _explained(self, outcome: RunOutcome, program: Program, stdin: bytes | Ends, limits: Limits) -> RunOutcome:
        """Return what a run did whose requests for memory count: a crash can be that some was refused.

        No program begins that there is no room for the variables of, and one that does not look at what it is given uses what
        it has not got; where that is given it runs out of memory.
        """
        if outcome.ending is not Ending.SIGNALLED or program.folder is None:
            return outcome
        if variables_kb(program.folder / program.language.file.artefacts[0]) > limits.memory_kb:
            return dataclasses.replace(outcome, ending=Ending.MEMORY)
        given = self._ran(program, stdin, limits, refuses=False) if isinstance(stdin, bytes) else outcome
        return given if given.ending is Ending.MEMORY else outcome

    def _ran(self, program: Program, stdin: bytes | Ends, limits: Limits, *, refuses: bool = True) -> RunOutcome:
        argv, limits, folder = called(program, limits, refuses=refuses)
        # A copy has most of its runtime from what it is a copy of.
        is_copy = not program.starts_afresh and not limits.counts_runtime
        interpreter = program.language.interpreter(argv) if is_copy else None
        outcome = self._run(argv, stdin, limits, binds={"/program": folder}, interpreter=interpreter)
        return without_memory(outcome, program.language.file, limits)

    def build_kept(self, language: Language, source: bytes, beside: Mapping[str, bytes]) -> Program:
        """Do as `build` for a program of the problem's author, and keep what came of it for the next attempt."""
        key = hashlib.sha256(repr((language.id, source, sorted(beside.items()))).encode()).hexdigest()
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        program = self.build(language, source, beside=beside)
        if program.ok:
            self._kept[key] = program
            while len(self._kept) > _MOST_KEPT:
                self.discard(self._kept.popitem(last=False)[1])
        return program

    def consult(
        self, program: Program, stdin: bytes | Ends, *, shown: Mapping[str, bytes], arguments: Sequence[str],
        limits: Limits, left: Mapping[str, bytes] | None = None,
    ) -> tuple[RunOutcome, dict[str, bytes]]:  # fmt: skip
        """Run a program of the problem's author once, and take over what it writes into the folder `feedback`.

        Parameters
        ----------
        shown
            Files that it may read, in the folder /data.
        arguments
            What it is called with.
        left
            Files that it finds in `feedback`, from an earlier call.

        Returns
        -------
        What it did, with what it wrote in `stderr`; and the files, by name.
        """
        argv, limits, folder = called(program, limits)
        # Whoever talks to it is not told that it has ended before we are.
        script = _CONVERSE if isinstance(stdin, Ends) else _CONSULT
        earlier = {f"{_LEFT}/{name}": content for name, content in (left or {}).items()}
        data = self._fresh_folder({**shown, **earlier})
        try:
            outcome = self._run(
                ["/bin/sh", "-c", script, "sh", *argv, *arguments], stdin, limits,
                binds={"/program": folder, "/data": data},
            )  # fmt: skip
        finally:
            shutil.rmtree(data, ignore_errors=True)
        try:
            files = unpacked(outcome.stderr if isinstance(stdin, Ends) else outcome.stdout)
        except tarfile.TarError:
            files = {}
        files = {name.removeprefix("feedback/"): content for name, content in files.items()}
        if isinstance(stdin, Ends):
            outcome = dataclasses.replace(outcome, stderr=files.pop(_ERRORS, b""))
        return outcome, files

    def partner(self) -> "Workshop":
        """Return another slot of the same kind, for what runs while a program of this one does; closed with this one."""
        if self._partner is None:
            self._partner = type(self)(*free_slot())
        return self._partner

    def discard(self, program: Program) -> None:
        """Forget a built program."""
        if program.folder is not None:
            shutil.rmtree(program.folder, ignore_errors=True)
            program.folder = None

    def close(self) -> None:
        """Give the slot back."""
        if self._partner is not None:
            self._partner.close()
        if self._cgroup is not None:
            self._cgroup.end_all()
            self._cgroup.remove()
        shutil.rmtree(self._home, ignore_errors=True)
        self._lock.close()

    def _hand_over(self, pipe: int) -> None:
        """Let a run open its end of a pipe by a name, such as /dev/stdout: that is its owner's alone.

        For writing only: who reads along would know what a runner of tests reports, and could say it in its place.
        """
        if self._uid is not None:
            os.fchmod(pipe, 0o200)
            os.fchown(pipe, self._uid, self._uid)

    def _become(self) -> None:
        """Give up being root, and what the worker heeds of signals, in a process that is about to become a sandbox.

        Who is started by `nohup`, or in the background of a script, ignores some, and so would every program.
        """
        for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
        if self._uid is not None:
            os.setgroups([])
            os.setresgid(self._uid, self._uid, self._uid)
            os.setresuid(self._uid, self._uid, self._uid)


def _is_compiled(program: Program, outcome: RunOutcome) -> bool:
    """Return whether a compiler was content, and note what it said."""
    said = outcome.stderr.decode(errors="replace").replace("/box/", "").replace("/program/", "")[:65536]
    program.compiler_output = said
    if outcome.ending is Ending.SANDBOX_ERROR:
        program.trouble = outcome.detail
    elif outcome.ending is not Ending.EXITED:
        reason = {Ending.TIMEOUT: "takes too long", Ending.MEMORY: "needs too much memory"}
        program.compiler_output = f"Compiling this program {reason.get(outcome.ending, 'went wrong')}.\n{said}"
    return outcome.ending is Ending.EXITED and outcome.exit_code == 0
