"""Runs started by a launcher that lives as long as the slot: see `launcher/slot.c`.

What a sandbox costs is paid once a slot; a run costs a process namespace and some small mounts.
"""

import contextlib
import os
import platform
import shutil
import signal
import socket
import struct
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import IO

from lti_grader.grading.sandbox import seccomp
from lti_grader.grading.sandbox.interface import Ending, Limits, RunOutcome, SandboxUnavailable
from lti_grader.grading.sandbox.watching import Watch, memory_file, trouble
from lti_grader.grading.sandbox.workshop import (
    ENVIRONMENT,
    EXTRA_KB,
    EXTRA_PROCESSES,
    FILES,
    TOOLCHAIN,
    Workshop,
)

# `struct request` and `struct report` of the launcher.
_REQUEST = struct.Struct("=4Q7I4x")
_REPORT = struct.Struct("=iiqq64s")
_ANSWER = struct.Struct("=i")
_SECONDS = 10.0


def launcher() -> Path:
    """Return the launcher's program, built for this machine when the tool was set up.

    Raises
    ------
    SandboxUnavailable
        It was not.
    """
    found = Path(__file__).parent / "bin" / f"slot-{platform.machine()}"
    if not found.exists():
        raise SandboxUnavailable(
            "The slot launcher was not built on this machine: install a C compiler and run scripts/build-launcher, or"
            " set `sandbox` to bubblewrap."
        )
    return found


class _NotBegunError(OSError):
    """The launcher has ended, and nothing of the program was run."""


class SlotSandbox(Workshop):
    """A slot whose launcher starts every run."""

    kind = "slot"

    def __init__(self, slot: int, lock: IO[str]) -> None:
        super().__init__(slot, lock)
        self._process: subprocess.Popen[bytes] | None = None
        self._channel: socket.socket | None = None
        try:
            # Where the slot's user can reach it: the installation may lie in somebody's home.
            self._program = Path(shutil.copyfile(launcher(), self._home / "slot"))
            self._program.chmod(0o555)
            (self._home / "root").mkdir()
            self._start()
            outcome = self._run(["/bin/true"], b"", Limits(cpu_ms=2000, memory_kb=65536), writable=False)
        except (SandboxUnavailable, NotImplementedError) as error:
            self.close()
            raise SandboxUnavailable(str(error)) from None
        if outcome.ending is not Ending.EXITED or outcome.exit_code != 0:
            self.close()
            said = outcome.detail or outcome.stderr.decode(errors="replace").strip() or outcome.ending
            raise SandboxUnavailable(f"The slot launcher cannot keep programs apart on this machine: {said}.")

    def _start(self) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with contextlib.ExitStack() as stack:
            stack.enter_context(theirs)
            filter_fd = memory_file(stack, "seccomp", seccomp.program())

            self._process = subprocess.Popen(
                [str(self._program), str(theirs.fileno()), str(filter_fd), str(self._home), *_shown()],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                env={}, cwd="/", pass_fds=(theirs.fileno(), filter_fd), preexec_fn=self._become,
            )  # fmt: skip
        self._channel = ours
        ours.settimeout(_SECONDS)
        try:
            if self._stays_in_group:
                self._join(self._process.pid)
            self._answer()
        except OSError:
            self._process.kill()
            said = self._process.communicate()[1].decode(errors="replace").strip()
            raise SandboxUnavailable(
                f"The slot launcher does not start: {said or 'it gave no answer'}. It needs Linux 5.12 and unprivileged"
                " user namespaces (sysctl kernel.unprivileged_userns_clone=1, user.max_user_namespaces>0; in a"
                " container, a seccomp profile that permits them)."
            ) from None

    @property
    def _stays_in_group(self) -> bool:
        """Whether the launcher is in the control group for good, so that no run has to be moved: that takes milliseconds.

        In version 2 each run has a new group.
        """
        return self._cgroup is not None and self._cgroup.version == 1

    def _join(self, pid: int) -> None:
        for path in self._cgroup.join_files() if self._cgroup is not None else []:
            Path(path).write_text(str(pid))

    def close(self) -> None:
        """Give the slot back."""
        self._stop()
        super().close()

    def _stop(self) -> None:
        if self._channel is not None:
            self._channel.close()
            self._channel = None
        if self._process is not None:
            self._process.kill()
            with self._process:
                pass
            self._process = None

    def _answer(self) -> int:
        assert self._channel is not None
        said = self._channel.recv(_ANSWER.size)
        if len(said) != _ANSWER.size:
            raise ConnectionError("the slot launcher has ended")
        return int(_ANSWER.unpack(said)[0])

    def _run(
        self, argv: list[str], stdin: bytes, limits: Limits, *, binds: Mapping[str, Path] | None = None,
        writable: bool = True,
    ) -> RunOutcome:  # fmt: skip
        try:
            try:
                return self._run_once(argv, stdin, limits, binds or {}, writable=writable)
            except _NotBegunError:
                # The launcher had ended before it began this run: another one does.
                self._stop()
                return self._run_once(argv, stdin, limits, binds or {}, writable=writable)
        except (OSError, SandboxUnavailable) as error:
            self._stop()
            return trouble(f"the slot launcher: {error}")

    def _run_once(
        self, argv: list[str], stdin: bytes, limits: Limits, binds: Mapping[str, Path], *, writable: bool
    ) -> RunOutcome:
        if self._channel is None:
            self._start()
        with contextlib.ExitStack() as stack:
            given = memory_file(stack, "stdin", stdin)
            (out, out_), (err, err_), (go_, go), (report, report_) = (_pipe(stack) for _ in range(4))
            if self._cgroup is not None:
                self._cgroup.limit(memory_kb=limits.memory_kb + EXTRA_KB, processes=limits.processes + EXTRA_PROCESSES)
            assert self._channel is not None
            theirs = [given, out_.fileno(), err_.fileno(), go_.fileno(), report_.fileno()]
            try:
                socket.send_fds(self._channel, [self._request(argv, limits, binds, writable=writable)], theirs)
                pid = self._answer()
            except OSError as error:
                raise _NotBegunError(str(error)) from None
            for end in (out_, err_, go_, report_):
                end.close()
            if pid < 0:
                return trouble(f"no process can be started: {os.strerror(-pid)}")
            try:
                if not self._stays_in_group:
                    self._join(pid)
                watch = Watch(pid, out.fileno(), err.fileno(), limits, self._cgroup)
                go.write(b"g")
                go.close()
                ending = watch.until_it_ends()
            except BaseException:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                raise
            finally:
                # Every process of the run is gone then.
                self._answer()
            return _outcome(watch, ending, report.read())

    def _request(self, argv: list[str], limits: Limits, binds: Mapping[str, Path], *, writable: bool) -> bytes:
        variables = [f"{name}={value}" for name, value in ENVIRONMENT.items()]
        alone = self._cgroup is None
        memory = (limits.memory_kb + limits.reserved_kb + EXTRA_KB) * 1024 if alone else 0
        strings = [text for place, folder in binds.items() for text in (folder.name, place)] + argv + variables
        if any("\0" in text for text in strings):
            raise ValueError("a NUL character in an argument")
        return _REQUEST.pack(
            limits.work_bytes, limits.work_bytes, limits.work_inodes, memory, limits.cpu_ms // 1000 + 2,
            limits.open_files, limits.processes + EXTRA_PROCESSES, writable, len(binds), len(argv), len(variables),
        ) + b"".join(os.fsencode(text) + b"\0" for text in strings)  # fmt: skip


def _pipe(stack: contextlib.ExitStack) -> tuple[IO[bytes], IO[bytes]]:
    read, write = os.pipe()
    return stack.enter_context(open(read, "rb", 0)), stack.enter_context(open(write, "wb", 0))


def _shown() -> list[str]:
    shown: list[str] = []
    for path in TOOLCHAIN:
        if os.path.islink(path):
            shown += ["link", os.readlink(path), path]
        elif os.path.isdir(path):
            shown += ["ro", path]
    return shown + [text for path in FILES if Path(path).exists() for text in ("ro", path)]


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
