"""Runs started by a launcher that lives as long as the slot: see `launcher/slot.c`.

What a sandbox costs is paid once a slot; a run costs a process namespace and some small mounts. For languages whose
interpreter can be kept started, a run is a copy of that: see `launcher/warm.py`.
"""

import collections
import contextlib
import dataclasses
import logging
import os
import shutil
import signal
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import IO

from lti_grader.assignments.languages import Interpreter
from lti_grader.grading.sandbox.interface import Ending, Ends, Limits, RunOutcome, SandboxUnavailable
from lti_grader.grading.sandbox.keeping import KEEPERS, lay_out
from lti_grader.grading.sandbox.launching import Launcher, NotBegunError
from lti_grader.grading.sandbox.watching import Watch, memory_file, trouble
from lti_grader.grading.sandbox.workshop import ENVIRONMENT, EXTRA_KB, EXTRA_PROCESSES, Workshop

# `struct request` and `struct report` of the launcher.
_REQUEST = struct.Struct("=4Q7I4x")
_REPORT = struct.Struct("=iiqq64s")
# All copies of one interpreter have the same seed for the order of sets: now and then it is another.
_MOST_COPIES = 256
_TRIAL = Limits(cpu_ms=5000, memory_kb=262_144, wall_ms=20_000, processes=64)
# Interpreters that a slot keeps: one for each set of options, and Node's options hold the limit of memory.
_MOST_KEPT = 4
log = logging.getLogger(__name__)


class SlotSandbox(Workshop):
    """A slot whose launchers start every run."""

    kind = "slot"

    def __init__(self, slot: int, lock: IO[str]) -> None:
        super().__init__(slot, lock)
        self._interpreters: collections.OrderedDict[Interpreter, Launcher | None] = collections.OrderedDict()
        self._plain = Launcher(self._home, become=self._become, join=self._join_for_good)
        try:
            lay_out(self._home)
            (self._home / "root").mkdir()
            self._plain.start()
            outcome = self._run(["/bin/true"], b"", Limits(cpu_ms=2000, memory_kb=65536), writable=False)
        except (SandboxUnavailable, NotImplementedError) as error:
            self.close()
            raise SandboxUnavailable(str(error)) from None
        if outcome.ending is not Ending.EXITED or outcome.exit_code != 0:
            self.close()
            said = outcome.detail or outcome.stderr.decode(errors="replace").strip() or outcome.ending
            raise SandboxUnavailable(f"The slot launcher cannot keep programs apart on this machine: {said}.")

    @property
    def _stays_in_group(self) -> bool:
        """Whether the launchers are in the control group for good, so that no run has to be moved: that takes milliseconds.

        In version 2 each run has a new group.
        """
        return self._cgroup is not None and self._cgroup.version == 1

    def _join_for_good(self, pid: int) -> None:
        if self._stays_in_group:
            self._join(pid)

    def _join(self, pid: int) -> None:
        for path in self._cgroup.join_files() if self._cgroup is not None else []:
            Path(path).write_text(str(pid))

    @property
    def _launchers(self) -> list[Launcher]:
        return [self._plain, *(one for one in self._interpreters.values() if one is not None)]

    def close(self) -> None:
        """Give the slot back."""
        self._stop()
        super().close()

    def _stop(self) -> None:
        for one in self._launchers:
            one.stop()

    def _interpreter(self, wanted: Interpreter) -> Launcher | None:
        """Return a started interpreter that is ready, or None where this machine's cannot be kept."""
        is_new = wanted not in self._interpreters
        if is_new:
            self._interpreters[wanted] = Launcher(
                self._home, interpreter=wanted, become=self._become, join=self._join_for_good
            )
            if len(self._interpreters) > _MOST_KEPT and (oldest := self._interpreters.popitem(last=False)[1]):
                oldest.stop()
        self._interpreters.move_to_end(wanted)
        found = self._interpreters[wanted]
        if found is not None:
            if found.begun >= _MOST_COPIES:
                found.stop()
            try:
                found.start()
                if is_new:
                    self._try_out(found, wanted)
            except (SandboxUnavailable, OSError) as error:
                log.warning("%s is started anew for each run, which takes longer: %s", wanted.argv[0], error)
                found.stop()
                self._interpreters[wanted] = None
        return self._interpreters[wanted]

    def _try_out(self, launcher: Launcher, interpreter: Interpreter) -> None:
        """Have an interpreter's first copy run the program that is kept for that.

        Raises
        ------
        SandboxUnavailable, OSError
            It does not do that well.
        """
        if not (trial := KEEPERS[interpreter.keeper].trial):
            return
        folder = self._fresh_folder({Path(interpreter.program).name: trial})
        try:
            outcome = self._run_once(launcher, [interpreter.program], b"", _TRIAL, {"/program": folder}, writable=True)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        if outcome.ending is not Ending.EXITED or outcome.exit_code != 0:
            said = outcome.detail or outcome.stderr.decode(errors="replace").strip()[-500:]
            raise SandboxUnavailable(f"A copy of it does not run as it should ({outcome.ending}): {said}")

    def _run(
        self, argv: list[str], stdin: bytes | Ends, limits: Limits, *, binds: Mapping[str, Path] | None = None,
        writable: bool = True, interpreter: Interpreter | None = None,
    ) -> RunOutcome:  # fmt: skip
        launcher = self._plain
        if interpreter is not None and (kept := self._interpreter(interpreter)) is not None:
            launcher, argv = kept, argv[len(interpreter.argv) :]
        try:
            try:
                return self._run_once(launcher, argv, stdin, limits, binds or {}, writable=writable)
            except NotBegunError:
                # The launcher had ended before it began this run: another one does.
                launcher.stop()
                return self._run_once(launcher, argv, stdin, limits, binds or {}, writable=writable)
        except (OSError, SandboxUnavailable) as error:
            launcher.stop()
            return trouble(f"the slot launcher: {error}")
        finally:
            if isinstance(stdin, Ends):
                stdin.close()

    def _run_once(
        self, launcher: Launcher, argv: list[str], stdin: bytes | Ends, limits: Limits, binds: Mapping[str, Path], *,
        writable: bool,
    ) -> RunOutcome:  # fmt: skip
        launcher.start()
        if self._cgroup is None:
            # What a copy finds there is counted with its own.
            limits = dataclasses.replace(
                limits, memory_kb=limits.memory_kb + launcher.held.resident_kb,
                reserved_kb=limits.reserved_kb + launcher.held.data_kb,
            )  # fmt: skip
        with contextlib.ExitStack() as stack:
            (err, err_), (go_, go), (report, report_) = (_pipe(stack) for _ in range(3))
            out: IO[bytes] | None = None
            if isinstance(stdin, Ends):
                given, written, close = stdin.stdin, stdin.stdout, stdin.close
            else:
                given, (out, out_) = memory_file(stack, "stdin", stdin), _pipe(stack)
                written, close = out_.fileno(), out_.close
                self._hand_over(written)
            self._limit(limits)
            theirs = [given, written, err_.fileno(), go_.fileno(), report_.fileno()]
            pid = launcher.begin(self._request(launcher, argv, limits, binds, writable=writable), theirs)
            close()
            for end in (err_, go_, report_):
                end.close()
            if pid < 0:
                return trouble(f"no process can be started: {os.strerror(-pid)}")
            try:
                if not self._stays_in_group:
                    self._join(pid)
                watch = Watch(pid, out.fileno() if out is not None else None, err.fileno(), limits, self._cgroup)
                go.write(b"g")
                go.close()
                ending = watch.until_it_ends()
            except BaseException:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                raise
            finally:
                # Every process of the run is gone then.
                launcher.end()
            return _outcome(watch, ending, report.read())

    def _limit(self, limits: Limits) -> None:
        if self._cgroup is None:
            return
        others = [one for one in self._launchers if self._stays_in_group and one.is_started]
        self._cgroup.limit(
            memory_kb=limits.memory_kb + EXTRA_KB,
            processes=limits.processes + EXTRA_PROCESSES + max(1, sum(one.held.threads for one in others)) - 1,
            held_kb=sum(one.held.anonymous_kb for one in others),
        )

    def _request(
        self, launcher: Launcher, argv: list[str], limits: Limits, binds: Mapping[str, Path], *, writable: bool
    ) -> bytes:
        variables = [f"{name}={value}" for name, value in ENVIRONMENT.items()]
        strings = [text for place, folder in binds.items() for text in (folder.name, place)] + argv + variables
        if any("\0" in text for text in strings):
            raise ValueError("a NUL character in an argument")
        return _REQUEST.pack(
            limits.work_bytes, limits.work_bytes, limits.work_inodes, self._most_data_kb(limits) * 1024, limits.cpu_ms // 1000 + 2,
            limits.open_files, limits.processes + EXTRA_PROCESSES + launcher.held.threads - 1, writable, len(binds), len(argv), len(variables),
        ) + b"".join(os.fsencode(text) + b"\0" for text in strings)  # fmt: skip


def _pipe(stack: contextlib.ExitStack) -> tuple[IO[bytes], IO[bytes]]:
    read, write = os.pipe()
    return stack.enter_context(open(read, "rb", 0)), stack.enter_context(open(write, "wb", 0))


def _outcome(watch: Watch, ending: Ending | None, said: bytes) -> RunOutcome:
    if len(said) < _REPORT.size:
        return watch.outcome(ending, None)
    # Where the program itself tells why it was not started, its parent tells of its end after that.
    status, error, cpu_us, peak_kb, what = _REPORT.unpack_from(said)
    if status == -1:
        words = what.rstrip(b"\0").decode(errors="replace")
        return watch.outcome(ending, None, said=f"{words}: {os.strerror(error)}")
    watch.add_seen(cpu_us // 1000, peak_kb)
    code = 128 + os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.waitstatus_to_exitcode(status)
    return watch.outcome(ending, code)
