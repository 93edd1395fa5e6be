"""Following a run from outside: what it writes, how much it uses, and when it has to end."""

import contextlib
import os
import selectors
import signal
import time
from pathlib import Path
from typing import IO

from lti_grader.grading.sandbox.cgroups import Cgroup
from lti_grader.grading.sandbox.interface import Ending, Limits, RunOutcome

_POLL_SECONDS = 0.02


class Watch:
    """Follows one run: takes what it writes, and ends it when it goes beyond its limits.

    Parameters
    ----------
    pid
        The run's first process, which has not ended yet, or is not waited for before this returns; with it everything of
        the run ends.
    stdout, stderr
        Pipes to read from; closing them is the caller's. None where somebody else reads what it writes.
    """

    def __init__(self, pid: int, stdout: int | None, stderr: int, limits: Limits, cgroup: Cgroup | None) -> None:
        self._pid = pid
        # A program can be gone, and its number with it, before whoever let it begin comes to look.
        self._process = open(os.pidfd_open(pid))  # noqa: SIM115 (closed by `until_it_ends`)
        self._pipes = {"stderr": stderr} if stdout is None else {"stdout": stdout, "stderr": stderr}
        self._limits = limits
        self._cgroup = cgroup
        self._began = time.monotonic()
        self._ended = self._began
        self._written = {"stdout": bytearray(), "stderr": bytearray()}
        self._seen_cpu_ms = 0
        self._seen_kb = 0
        self._largest_kb = 0
        self._complained_at: float | None = None
        self._hung_up_at: float | None = None

    def until_it_ends(self) -> Ending | None:
        """Return why the run was ended from outside, None if it ended by itself. To wait for it is the caller's."""
        with self._process as end:
            why = self._follow(end)
            self._ended = time.monotonic()
            self._look()
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(end.fileno(), signal.SIGKILL)
        return why

    def _follow(self, end: IO[str]) -> Ending | None:
        with selectors.DefaultSelector() as selector:
            for name, pipe in self._pipes.items():
                os.set_blocking(pipe, False)
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
        if part and name == "stderr" and self._complained_at is None:
            self._complained_at = time.monotonic()
        if not part and name == "stderr":
            self._hung_up_at = time.monotonic()
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
            cpu_ms, kb = _measure_tree(self._pid, self._limits.memory_kb)
            self._seen_cpu_ms, self._seen_kb = max(self._seen_cpu_ms, cpu_ms), max(self._seen_kb, kb)
            if self._seen_kb > self._limits.memory_kb:
                return Ending.MEMORY
        return Ending.TIMEOUT if self._seen_cpu_ms > self._limits.cpu_ms else None

    def add_seen(self, cpu_ms: int, kb: int) -> None:
        """Add what was told of the run afterwards: processor time, and the resident memory of its largest process."""
        self._largest_kb = kb
        # A control group knows both better.
        if self._cgroup is None:
            self._seen_cpu_ms, self._seen_kb = max(self._seen_cpu_ms, cpu_ms), max(self._seen_kb, kb)

    def outcome(self, why: Ending | None, status: int | None, said: str = "") -> RunOutcome:
        """Return what the run did.

        Parameters
        ----------
        status
            The exit code, or 128 and the signal, as shells say it; None if the program never came to its end.
        said
            Why it did not.
        """
        # Kernels count a group's memory in portions: of what needs less than one, nothing is counted.
        peak = (self._cgroup.peak_kb() if self._cgroup is not None else 0) or self._seen_kb
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
                said or errors.decode(errors="replace").strip()[:2000] or "the sandbox broke off",
            )
        return RunOutcome(
            ending=why or (Ending.SIGNALLED if signalled else Ending.EXITED),
            exit_code=status if signalled is None else None,
            signal=signalled,
            cpu_ms=self._seen_cpu_ms,
            wall_ms=round((self._ended - self._began) * 1000),
            memory_kb=peak,
            largest_kb=self._largest_kb,
            stdout=bytes(self._written["stdout"][: self._limits.output_bytes]),
            stderr=errors,
            detail=detail,
            # Whoever talks with it hears of its end when its files close; until its first process is gone takes longer.
            ended_at=min(self._ended, self._hung_up_at or self._ended),
            complained_at=self._complained_at,
        )


def _more(selector: selectors.BaseSelector) -> bool:
    return bool(selector.get_map()) and bool(selector.select(0))


def _measure_tree(pid: int, much_kb: int) -> tuple[int, int]:
    """Return processor milliseconds and KiB of memory of a process and all below it, as /proc shows them now.

    Beyond `much_kb` memory that several of them share is counted once: to find that out takes longer.
    """
    ticks, found, waiting = 0, {}, [pid]
    while waiting:
        one = waiting.pop()
        with contextlib.suppress(OSError, IndexError, ValueError):
            fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
            ticks += sum(int(field) for field in fields[11:15])
            found[one] = int(fields[21]) * os.sysconf("SC_PAGE_SIZE") // 1024
            for task in Path(f"/proc/{one}/task").iterdir():
                waiting += [int(child) for child in (task / "children").read_text().split()]
    kb = sum(found.values())
    if kb > much_kb:
        kb = sum(_share_kb(one, resident) for one, resident in found.items())
    return ticks * 1000 // os.sysconf("SC_CLK_TCK"), kb


def _share_kb(pid: int, resident_kb: int) -> int:
    """Return a process's memory in KiB, of what it shares with others its part only."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
    return resident_kb


def trouble(detail: str) -> RunOutcome:
    return RunOutcome(Ending.SANDBOX_ERROR, None, None, 0, 0, 0, b"", b"", detail)


def memory_file(stack: contextlib.ExitStack, name: str, content: bytes) -> int:
    fd = os.memfd_create(name)
    stack.callback(os.close, fd)
    view = memoryview(content)
    while view:
        view = view[os.write(fd, view) :]
    os.lseek(fd, 0, os.SEEK_SET)
    return fd
