"""The numbers of this machine's slots: each is held by one sandbox at a time."""

import fcntl
import os
import shutil
import tempfile
from pathlib import Path
from typing import IO

from lti_grader.grading.sandbox.cgroups import Cgroup
from lti_grader.grading.sandbox.interface import SandboxUnavailable

_MOST_SLOTS = 1024


def free_slot() -> tuple[int, IO[str]]:
    """Return a slot's number, and the lock that holds it: another one must not get the same user id meanwhile."""
    folder = Path(tempfile.gettempdir()) / f"lti-grader-slots-{os.geteuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.stat().st_uid != os.geteuid():
        raise SandboxUnavailable(f"{folder} belongs to somebody else: remove it.")
    for slot in range(_MOST_SLOTS):
        lock = (folder / str(slot)).open("w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            continue
        _clear(slot)
        return slot, lock
    raise SandboxUnavailable(f"All {_MOST_SLOTS} slots of this machine are in use.")


def _clear(slot: int) -> None:
    """Remove what a worker that was killed left of this slot, which nobody else holds now."""
    for folder in Path(tempfile.gettempdir()).glob(f"lti-grader-slot{slot}-*"):
        if folder.lstat().st_uid == os.geteuid():
            shutil.rmtree(folder, ignore_errors=True)
    Cgroup.clear(f"slot{slot}-")
