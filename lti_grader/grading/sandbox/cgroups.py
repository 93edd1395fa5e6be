"""Control groups, versions 1 and 2: how much a run used, and an end to all of it at once."""

import contextlib
import os
import signal
import time
from pathlib import Path

_V1 = ("memory", "pids", "cpuacct")
_ROOT = Path("/sys/fs/cgroup")
# Files that runs have read stay in memory under the group's name; more of them than this are given back between runs.
_MUCH_CACHE_KB = 16 * 1024


class Cgroup:
    """A group of its own for the runs of one slot; `None` controllers where the machine gives none."""

    def __init__(self, folders: dict[str, Path], version: int) -> None:
        self._folders = folders
        self.version = version
        self._limits: tuple[int, int] | None = None
        self._base_kb = 0

    @classmethod
    def make(cls, name: str) -> "Cgroup | None":
        """Return a new group, or None where this process may not make one."""
        try:
            if all((_ROOT / controller / "cgroup.procs").exists() for controller in _V1):
                folders = {controller: _ROOT / controller / "lti_grader" / name for controller in _V1}
                version = 1
            elif (_ROOT / "cgroup.controllers").exists():
                parent = _delegated()
                folders = dict.fromkeys(_V1, parent / name)
                version = 2
            else:
                return None
            for folder in set(folders.values()):
                folder.mkdir(parents=True, exist_ok=True)
            made = cls(folders, version)
            made.limit(memory_kb=1024 * 1024, processes=64)
        except (OSError, ValueError):
            return None
        return made

    @staticmethod
    def clear(prefix: str) -> None:
        """Remove the groups whose name begins with `prefix` and whose maker is no longer alive."""
        # Others make and remove groups meanwhile, which may end the search: what it missed is found by the next.
        with contextlib.suppress(FileNotFoundError):
            for folder in _ROOT.glob(f"**/lti_grader/{prefix}*"):
                if not Path("/proc", folder.name.removeprefix(prefix)).exists():
                    with contextlib.suppress(OSError):
                        folder.rmdir()

    def _write(self, controller: str, file: str, value: object) -> None:
        (self._folders[controller] / file).write_text(str(value))

    def _read(self, controller: str, file: str) -> str:
        return (self._folders[controller] / file).read_text()

    def limit(self, *, memory_kb: int, processes: int, held_kb: int = 0) -> None:
        """Set the limits of the next run, and forget the figures of the last.

        Parameters
        ----------
        held_kb
            What those hold who are in the group for good: it is not the run's.
        """
        memory_kb += held_kb
        if self.version == 2:
            # memory.peak cannot be set back in all kernels: a new group begins at nothing.
            for folder in set(self._folders.values()):
                folder.rmdir()
                folder.mkdir()
            self._set(memory_kb * 1024, processes)
        else:
            if self._usage_kb() > held_kb + _MUCH_CACHE_KB:
                # What the last runs left in the page cache would count against this one.
                with contextlib.suppress(OSError):
                    self._write("memory", "memory.force_empty", 0)
            if self._limits != (memory_kb, processes):
                self._limits = None
                self._set(memory_kb * 1024, processes)
                self._limits = memory_kb, processes
            with contextlib.suppress(OSError):
                self._write("memory", "memory.max_usage_in_bytes", 0)
            self._base_kb = self._usage_kb()
        self._base_cpu_ns = self._cpu_ns()
        self._base_kills = self._kills()

    def _set(self, size: int, processes: int) -> None:
        if self.version == 2:
            self._write("memory", "memory.max", size)
            with contextlib.suppress(OSError):
                self._write("memory", "memory.swap.max", 0)
        else:
            both = self._folders["memory"] / "memory.memsw.limit_in_bytes"
            if both.exists():
                self._write("memory", "memory.memsw.limit_in_bytes", -1)
            self._write("memory", "memory.limit_in_bytes", size)
            if both.exists():
                self._write("memory", "memory.memsw.limit_in_bytes", size)
        self._write("pids", "pids.max", processes)

    def _usage_kb(self) -> int:
        try:
            return int(self._read("memory", "memory.usage_in_bytes")) // 1024
        except OSError:
            return 0

    def join_files(self) -> list[str]:
        """Return the files that a process writes its number into to be in this group."""
        return sorted({str(folder / "cgroup.procs") for folder in self._folders.values()})

    def _cpu_ns(self) -> int:
        if self.version == 2:
            fields = dict(line.split() for line in self._read("cpuacct", "cpu.stat").splitlines())
            return int(fields["usage_usec"]) * 1000
        return int(self._read("cpuacct", "cpuacct.usage"))

    def cpu_ms(self) -> int:
        """Return the processor time of the run so far, in milliseconds."""
        return max(0, self._cpu_ns() - self._base_cpu_ns) // 1_000_000

    def peak_kb(self) -> int:
        """Return the most memory that the run held at one time, in KiB; 0 where the kernel does not say."""
        file = "memory.peak" if self.version == 2 else "memory.max_usage_in_bytes"
        try:
            return max(0, int(self._read("memory", file)) // 1024 - self._base_kb)
        except OSError:
            return 0

    def _kills(self) -> int:
        try:
            text = self._read("memory", "memory.events" if self.version == 2 else "memory.oom_control")
        except OSError:
            return 0
        return int(dict(line.split() for line in text.splitlines()).get("oom_kill", "0"))

    def ran_out_of_memory(self) -> bool:
        """Return whether the kernel ended a process of this run for its memory."""
        return self._kills() > self._base_kills

    def end_all(self) -> None:
        """End every process of the group, and return once none is left.

        Raises
        ------
        OSError
            Some process would not go within two seconds: the slot must not be used again.
        """
        for _ in range(400):
            left = {
                int(pid)
                for folder in set(self._folders.values())
                for pid in (folder / "cgroup.procs").read_text().split()
            }
            if not left:
                return
            for pid in left:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.005)
        raise OSError(f"processes {left} of a finished run do not end")

    def remove(self) -> None:
        """Remove the group."""
        for folder in set(self._folders.values()):
            with contextlib.suppress(OSError):
                folder.rmdir()


def _delegated() -> Path:
    """Return a version 2 group below our own whose children have the controllers that we need."""
    own = next(line for line in Path("/proc/self/cgroup").read_text().splitlines() if line.startswith("0::"))
    here = _ROOT / own.removeprefix("0::/")
    if here.name == "lti_grader_self":
        here = here.parent
    # A group with controllers for its children holds no processes itself: ours move into a leaf.
    leaf = here / "lti_grader_self"
    leaf.mkdir(exist_ok=True)
    for pid in (here / "cgroup.procs").read_text().split():
        with contextlib.suppress(OSError):
            (leaf / "cgroup.procs").write_text(pid)
    (here / "cgroup.subtree_control").write_text("+memory +pids +cpu")
    parent = here / "lti_grader"
    parent.mkdir(exist_ok=True)
    (parent / "cgroup.subtree_control").write_text("+memory +pids +cpu")
    return parent
