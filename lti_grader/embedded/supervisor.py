"""Keeps a set of processes running, in their order, and leaves none behind."""

import contextlib
import ctypes
import dataclasses
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from lti_grader.core.processes import die_with_parent
from lti_grader.embedded.state import CannotStart

_CLONE_NEWUSER = 0x10000000
_NOBODY = 65534
_KEPT_LOG_BYTES = 5_000_000


@dataclasses.dataclass(frozen=True)
class Service:
    """A process to be kept running.

    Parameters
    ----------
    ready
        Returns when the process answers; raises, or returns False, while it does not.
    stdin
        What it is given to read; a password there is in no list of processes.
    not_root
        It refuses to run as root: as root, it gets a user namespace in which it is somebody else.
    stop_signal
        What asks it to end.
    """

    name: str
    command: Sequence[str]
    ready: Callable[[], object] = lambda: None
    env: Mapping[str, str] = dataclasses.field(default_factory=dict)
    stdin: str | None = None
    not_root: bool = False
    stop_signal: signal.Signals = signal.SIGTERM
    start_seconds: float = 60
    cwd: Path | None = None


@dataclasses.dataclass
class _Running:
    service: Service
    process: "subprocess.Popen[bytes]"
    began: float
    failures: int = 0


class Supervisor:
    """Starts services one after the other, restarts what ends, and stops all in the reverse order.

    Parameters
    ----------
    log_folder
        One file for each service.
    say
        Told in words of what happens.
    """

    def __init__(self, log_folder: Path, say: Callable[[str], None] = lambda _: None) -> None:
        self._log_folder = log_folder
        self._say = say
        self._running: dict[str, _Running] = {}
        self._retry_at: dict[str, float] = {}
        self._left_down: set[str] = set()
        self._turn = threading.RLock()

    def start(self, service: Service) -> None:
        """Start a service and wait until it is ready.

        Raises
        ------
        CannotStart
            It ended, or was not ready in time; its log is named.
        """
        self._running[service.name] = _Running(service, self._spawn(service), time.monotonic())
        self._wait_until_ready(service)

    def _spawn(self, service: Service) -> "subprocess.Popen[bytes]":
        log = self._log_folder / f"{service.name}.log"
        if log.exists() and log.stat().st_size > _KEPT_LOG_BYTES:
            log.replace(log.with_suffix(".old"))
        with log.open("ab") as out:
            process = subprocess.Popen(
                list(service.command),
                stdin=subprocess.PIPE if service.stdin is not None else subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                env=dict(service.env) or None,
                cwd=service.cwd,
                start_new_session=True,
                preexec_fn=_before_exec(not_root=service.not_root and os.geteuid() == 0),
            )
        if service.stdin is not None and process.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                process.stdin.write(service.stdin.encode())
                process.stdin.close()
        return process

    def _wait_until_ready(self, service: Service) -> None:
        ends = time.monotonic() + service.start_seconds
        last: object = ""
        while time.monotonic() < ends:
            running = self._running[service.name]
            if running.process.poll() is not None:
                raise CannotStart(f"{service.name} ended at once. {self._last_words(service)}")
            try:
                if service.ready() is not False:
                    return
            except Exception as error:  # whatever keeps it from answering, it is not ready yet
                last = error
            time.sleep(0.05)
        raise CannotStart(
            f"{service.name} was not ready in {service.start_seconds:g} s ({last}). {self._last_words(service)}"
        )

    def _last_words(self, service: Service) -> str:
        log = self._log_folder / f"{service.name}.log"
        lines = log.read_text(errors="replace").splitlines()[-8:] if log.exists() else []
        return f"The end of {log}:\n" + "\n".join(f"  {line}" for line in lines)

    def names(self) -> list[str]:
        """Return the services in the order they were started."""
        return list(self._running)

    def pid(self, name: str) -> int:
        """Return a service's process."""
        return self._running[name].process.pid

    def kill(self, name: str, *, leave_down: bool = False) -> None:
        """End a service as a fault would: SIGKILL, to its whole group. `leave_down`: until it is started again."""
        with self._turn:
            process = self._running[name].process
            if leave_down:
                self._left_down.add(name)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def restart(self, name: str) -> None:
        """Start a service again, whether it runs or was killed, and wait until it is ready."""
        with self._turn:
            service = self._running[name].service
            self._stop_one(self._running[name])
            self._left_down.discard(name)
            self._retry_at.pop(name, None)
            self.start(service)

    def stop(self, name: str) -> None:
        """Stop one service."""
        self._stop_one(self._running.pop(name))

    def watch(self) -> None:
        """Look once at every service, and start again what ended; after repeated ends, less and less often."""
        with self._turn:
            self._watch(time.monotonic())

    def _watch(self, now: float) -> None:
        for name, running in list(self._running.items()):
            if name in self._left_down:
                continue
            if running.process.poll() is None:
                if now - running.began > 60:
                    running.failures = 0
                continue
            if name not in self._retry_at:
                wait = min(0.5 * 2**running.failures, 30.0)
                self._retry_at[name] = now + wait
                self._say(f"{name} ended (exit {running.process.returncode}); starting it again in {wait:g} s")
            elif now >= self._retry_at[name]:
                del self._retry_at[name]
                failures = running.failures + 1
                self._running[name] = _Running(running.service, self._spawn(running.service), now, failures)

    def stop_all(self) -> None:
        """Stop everything, the last started first."""
        for running in reversed(list(self._running.values())):
            self._stop_one(running)
        self._running.clear()

    def _stop_one(self, running: _Running, seconds: float = 20) -> None:
        process = running.process
        if process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(running.service.stop_signal)
            try:
                process.wait(seconds)
            except subprocess.TimeoutExpired:
                self._say(f"{running.service.name} does not stop; ending it")
        # What it left in its group goes with it.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _before_exec(*, not_root: bool) -> Callable[[], None]:
    parent = os.getpid()

    def before_exec() -> None:
        if not_root:
            _be_nobody()
        die_with_parent(parent)

    return before_exec


def _be_nobody() -> None:
    """Enter a user namespace where this process is nobody, though its files stay its own."""
    if sys.platform != "linux":
        return
    if ctypes.CDLL(None, use_errno=True).unshare(_CLONE_NEWUSER) != 0:
        raise OSError(
            ctypes.get_errno(), "user namespaces are not allowed here: start as an ordinary user instead of root"
        )
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{_NOBODY} 0 1")
    Path("/proc/self/gid_map").write_text(f"{_NOBODY} 0 1")


def run_as_nobody(command: Sequence[str], *, env: Mapping[str, str] | None = None) -> None:
    """Run a command to its end, not as root even where this process is.

    Raises
    ------
    CannotStart
        It failed; what it said is passed on.
    """
    done = subprocess.run(
        list(command),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        env=None if env is None else dict(env),
        preexec_fn=_before_exec(not_root=os.geteuid() == 0),
    )
    if done.returncode != 0:
        said = (done.stderr or done.stdout).decode(errors="replace").strip()[-1500:]
        raise CannotStart(f"{Path(command[0]).name} failed: {said}")
