"""Where students' programs run: never outside of here, and here never without walls."""

import fcntl
import logging
import os
import shutil
import tempfile
from pathlib import Path
from typing import IO, TYPE_CHECKING

from lti_grader.grading.sandbox.cgroups import Cgroup
from lti_grader.grading.sandbox.interface import (
    Ending,
    Limits,
    Program,
    RunOutcome,
    Sandbox,
    SandboxUnavailable,
)

if TYPE_CHECKING:
    from lti_grader.grading.sandbox.workshop import Workshop

__all__ = ["Ending", "Limits", "Program", "RunOutcome", "Sandbox", "SandboxUnavailable", "open_sandbox"]

_MOST_SLOTS = 1024
log = logging.getLogger(__name__)


def open_sandbox(kind: str = "auto") -> Sandbox:
    """Open a sandbox for this process, in the first slot of this machine that is free.

    Parameters
    ----------
    kind
        "slot", "bubblewrap", or "auto" for the fastest one that this machine can have.

    Raises
    ------
    SandboxUnavailable
        Programs cannot be kept apart here; the message says what is missing.
    """
    from lti_grader.grading.sandbox.bubblewrap import BubblewrapSandbox
    from lti_grader.grading.sandbox.slots import SlotSandbox

    kinds: dict[str, type[Workshop]] = {one.kind: one for one in (SlotSandbox, BubblewrapSandbox)}
    if kind != "auto":
        if kind not in kinds:
            raise SandboxUnavailable(f"There is no sandbox {kind!r} here: set `sandbox` to auto, slot or bubblewrap.")
        return kinds[kind](*_free_slot())
    try:
        return SlotSandbox(*_free_slot())
    except SandboxUnavailable as error:
        log.warning("Programs run in bubblewrap, which takes longer: %s", error)
        return BubblewrapSandbox(*_free_slot())


def _free_slot() -> tuple[int, IO[str]]:
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
