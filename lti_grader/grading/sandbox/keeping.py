"""How interpreters are kept started, and what of the launcher lies in a slot's folder for that."""

import dataclasses
import platform
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from lti_grader.assignments.languages import Interpreter
from lti_grader.grading.sandbox.interface import SandboxUnavailable

_HERE = Path(__file__).parent


@dataclasses.dataclass(frozen=True)
class Keeper:
    """What an interpreter is given to read so that it serves runs: arguments before the program's name, and variables.

    `trial` is a program that the first copy runs, where not every version of an interpreter may bear to be copied: it has to
    exit with 0.
    """

    options: Sequence[str]
    environment: Mapping[str, str] = dataclasses.field(default_factory=dict)
    trial: bytes = b""


# Of what a copy lacks, so much that it would be noticed: its garbage is collected, time goes by, and threads read a file.
_NODE_TRIAL = b"""
for (let kept = [], n = 0; n < 300000; n++) kept.push({ n });
setTimeout(() => require("fs").readFile(__filename, (error) => { process.exitCode = error ? 1 : 0; }), 1);
"""
KEEPERS = {
    "python": Keeper(["/slot/warm.py"]),
    # A copy has one thread, so nothing may be left to others: V8 does it all in the first one.
    "node": Keeper(
        ["--single-threaded", "--v8-pool-size=1", "--require", "/slot/warm.js"],
        {"LD_PRELOAD": "/slot/node.so"},
        _NODE_TRIAL,
    ),
}


def kept_started(interpreter: Interpreter, fds: tuple[int, int]) -> list[str]:
    """Return the command of an interpreter that is kept started.

    Parameters
    ----------
    fds
        The descriptors of its socket and of its seccomp program.
    """
    keeper, program = KEEPERS[interpreter.keeper], [interpreter.program] if interpreter.program else []
    return [*interpreter.argv, *keeper.options, *program, *map(str, fds), *interpreter.preload]


def lay_out(home: Path) -> None:
    """Put the launcher and what interpreters read where the slot's user can reach it: the installation may lie in somebody's home.

    Raises
    ------
    SandboxUnavailable
        The launcher was not built.
    """
    built = _HERE / "bin" / f"slot-{platform.machine()}"
    files = {name: _HERE / "launcher" / name for name in ("warm.py", "warm.js")}
    # What interpreters load may be missing: they are started for each run then, and the log says why.
    files |= {name: Path(f"{built}{end}") for name, end in (("slot", ""), ("slot.so", ".so"), ("node.so", "-node.so"))}
    if not built.exists():
        raise SandboxUnavailable(
            "The slot launcher was not built on this machine: install a C compiler and run scripts/build-launcher, or"
            " set `sandbox` to bubblewrap."
        )
    for name, file in files.items():
        if file.exists():
            shutil.copyfile(file, home / name)
            (home / name).chmod(0o555)
