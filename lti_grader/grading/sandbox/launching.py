"""A slot's launchers: processes that live long and start runs, see `launcher/slot.c`."""

import contextlib
import dataclasses
import os
import socket
import struct
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

from lti_grader.assignments.languages import Interpreter
from lti_grader.grading.sandbox import seccomp
from lti_grader.grading.sandbox.interface import SandboxUnavailable
from lti_grader.grading.sandbox.keeping import KEEPERS, kept_started
from lti_grader.grading.sandbox.watching import memory_file
from lti_grader.grading.sandbox.workshop import ENVIRONMENT, TOOLCHAIN, shown_files

_ANSWER = struct.Struct("=i")
_SECONDS = 10.0


@dataclasses.dataclass(frozen=True)
class Held:
    """Memory in KiB that is there before a run begins: its launcher's own, which the run finds there if it is a copy.

    `threads` are its launcher's, which count as processes.
    """

    threads: int = 1
    anonymous_kb: int = 0
    resident_kb: int = 0
    data_kb: int = 0

    @classmethod
    def by(cls, pid: int) -> "Held":
        """Measure a process."""
        fields = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
        # In whole MiB, for limits that need not be set anew for each run.
        kb = (-(-int(fields[name].split()[0]) // 1024) * 1024 for name in ("RssAnon", "VmRSS", "VmData"))
        return cls(int(fields["Threads"]), *kb)


class NotBegunError(OSError):
    """The launcher has ended, and nothing of the program was run."""


class Launcher:
    """A process that starts runs, one at a time.

    Parameters
    ----------
    home
        The slot's folder.
    interpreter
        What it is to become; nothing for one that executes programs.
    become
        Called in the new process before anything else.
    join
        Called with the number of the new process before it does anything.
    """

    def __init__(
        self, home: Path, *, interpreter: Interpreter | None = None, become: Callable[[], None],
        join: Callable[[int], None],
    ) -> None:  # fmt: skip
        self._home = home
        self._interpreter = interpreter
        self._become = become
        self._join = join
        self._process: subprocess.Popen[bytes] | None = None
        self._channel: socket.socket | None = None
        self.begun = 0
        """Runs since it was started."""
        self.held = Held()

    @property
    def is_started(self) -> bool:
        return self._channel is not None

    def start(self) -> None:
        """Start it, if it does not run already.

        Raises
        ------
        SandboxUnavailable
            It does not get ready.
        """
        if self.is_started:
            return
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with contextlib.ExitStack() as stack:
            stack.enter_context(theirs)
            filter_fd = memory_file(stack, "seccomp", seccomp.program())
            fds = (theirs.fileno(), filter_fd)
            argv = [str(self._home / "slot"), *map(str, fds), str(self._home), *_shown()]
            env = ENVIRONMENT
            if self._interpreter is not None:
                argv += ["exec", *kept_started(self._interpreter, fds)]
                env = {**ENVIRONMENT, **KEEPERS[self._interpreter.keeper].environment}
            self._process = subprocess.Popen(
                argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                env=env, cwd="/", pass_fds=fds, preexec_fn=self._become,
            )  # fmt: skip
        self._channel = ours
        ours.settimeout(_SECONDS)
        try:
            self._join(self._process.pid)
            self._answer()
            if self._interpreter is not None:
                self.held = Held.by(self._process.pid)
        except OSError:
            self._process.kill()
            said = self._process.communicate()[1].decode(errors="replace").strip()
            self.stop()
            raise SandboxUnavailable(
                f"The slot launcher does not start: {said or 'it gave no answer'}. It needs Linux 5.12 and unprivileged"
                " user namespaces (sysctl kernel.unprivileged_userns_clone=1, user.max_user_namespaces>0; in a"
                " container, a seccomp profile that permits them)."
            ) from None

    def begin(self, request: bytes, fds: Sequence[int]) -> int:
        """Have a run begun, and return the number of its first process, or a negative errno.

        Raises
        ------
        NotBegunError
            The launcher has ended before.
        """
        assert self._channel is not None
        try:
            socket.send_fds(self._channel, [request], list(fds))
            self.begun += 1
            return self._answer()
        except OSError as error:
            raise NotBegunError(str(error)) from None

    def end(self) -> None:
        """Return once every process of the run is gone.

        Raises
        ------
        OSError
            The launcher has ended.
        """
        self._answer()

    def _answer(self) -> int:
        assert self._channel is not None
        said = self._channel.recv(_ANSWER.size)
        if len(said) != _ANSWER.size:
            raise ConnectionError("the slot launcher has ended")
        return int(_ANSWER.unpack(said)[0])

    def stop(self) -> None:
        """End it, and with it what it runs."""
        if self._channel is not None:
            self._channel.close()
            self._channel = None
        if self._process is not None:
            self._process.kill()
            with self._process:
                pass
            self._process = None
        self.begun, self.held = 0, Held()


def _shown() -> list[str]:
    shown: list[str] = []
    for path in TOOLCHAIN:
        if os.path.islink(path):
            shown += ["link", os.readlink(path), path]
        elif os.path.isdir(path):
            shown += ["ro", path]
    return shown + [text for path in shown_files() for text in ("ro", path)]
