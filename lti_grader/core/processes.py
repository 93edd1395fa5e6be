"""Processes that end with the one that started them, and those that did."""

import ctypes
import gc
import os
import signal
import sys
from pathlib import Path

_PR_SET_PDEATHSIG = 1


def die_with_parent(parent: int | None = None) -> None:
    """See to it that this process is killed when the process that started it ends, however that ends.

    Parameters
    ----------
    parent
        The process that is expected to be the parent; where it is gone already, this one ends at once.
    """
    if sys.platform != "linux":
        return
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if parent is not None and os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)


def running_in_group(group: int) -> list[int]:
    """Return the processes of a process group that still run; those that only wait to be buried do not."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            # The name, in brackets, may hold anything; state, parent and group follow it.
            state, _, its_group = (folder / "stat").read_text().rpartition(")")[2].split()[:3]
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(its_group) == group and state not in "ZX":
            found.append(int(folder.name))
    return found


def keep_shared() -> None:
    """Have this process's objects looked through no more, so that processes forked from it go on sharing their memory."""
    gc.collect()
    gc.freeze()
