"""Where students' programs run: never outside of here, and here never without walls."""

import logging
from typing import TYPE_CHECKING

from lti_grader.grading.sandbox.interface import (
    Ending,
    Ends,
    Limits,
    Program,
    RunOutcome,
    Sandbox,
    SandboxUnavailable,
    crossed,
)
from lti_grader.grading.sandbox.numbers import free_slot

if TYPE_CHECKING:
    from lti_grader.grading.sandbox.workshop import Workshop

__all__ = [
    "Ending",
    "Ends",
    "Limits",
    "Program",
    "RunOutcome",
    "Sandbox",
    "SandboxUnavailable",
    "crossed",
    "open_sandbox",
]

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
        return kinds[kind](*free_slot())
    try:
        return SlotSandbox(*free_slot())
    except SandboxUnavailable as error:
        log.warning("Programs run in bubblewrap, which takes longer: %s", error)
        return BubblewrapSandbox(*free_slot())
