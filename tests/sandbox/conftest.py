"""Every test here runs real programs in a real sandbox, and looks afterwards for what they left behind."""

import contextlib
import ctypes
import os
import time
from collections.abc import Callable, Collection, Iterator
from pathlib import Path

import pytest

from lti_grader.assignments.languages import Language, available_languages
from lti_grader.grading.sandbox import Limits, RunOutcome, Sandbox, open_sandbox

KINDS = ["slot", "bubblewrap"]
# For what is the same in every sandbox.
OF_ONE_KIND = pytest.mark.parametrize("sandbox", ["slot"], indirect=True)
# Tests of problems, which are run as a student's are.
collect_ignore = ["unit_tests"]
PR_SET_CHILD_SUBREAPER = 36

Run = Callable[..., RunOutcome]


@pytest.fixture(scope="session")
def language() -> Callable[[str], Language]:
    """Return a language by its id, or skip the test where its toolchain is not on this machine."""

    def look_up(name: str) -> Language:
        here = available_languages()
        if name not in here:
            pytest.skip(f"the toolchain of {name} is not on this machine")
        return here[name]

    return look_up


def children_of(process: Path) -> list[str]:
    """Return the numbers of a process's children; none of one that has ended meanwhile."""
    children: list[str] = []
    with contextlib.suppress(OSError):
        for task in (process / "task").glob("*/children"):
            children += task.read_text().split()
    return children


def processes_below_us(besides: Collection[str] = ()) -> list[str]:
    """Return the living processes that descend from this one, by number and name; bury the dead ones.

    `besides` are numbers of those who are passed over, with all that descends from them.
    """
    found, waiting = [], [Path("/proc/self")]
    while waiting:
        for child in children_of(waiting.pop()):
            if child in besides:
                continue
            folder = Path("/proc") / child
            try:
                name, _, rest = (folder / "stat").read_text().rpartition(") ")
            except OSError:
                continue
            if not rest.startswith("Z"):
                found.append(name)
                waiting.append(folder)
            elif rest.split()[1] == str(os.getpid()):
                # Dead already, and ours since its own parent died: ask how it ended, as an init does.
                with contextlib.suppress(ChildProcessError):
                    os.waitpid(int(child), os.WNOHANG)
    return found


@pytest.fixture(scope="session", autouse=True)
def orphans_come_to_us() -> None:
    """Make this process the parent of whatever outlives its own: a program that escaped is then seen here."""
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_CHILD_SUBREAPER)")


@pytest.fixture(scope="session", params=KINDS)
def sandbox(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    opened = open_sandbox(request.param)
    assert opened.kind == request.param
    yield opened
    opened.close()


@pytest.fixture
def living() -> Callable[[], list[str]]:
    """Return what lists the living processes below this one, and buries the dead."""
    return processes_below_us


def others_children() -> set[str]:
    """Return the numbers of our children that start no programs in slots: databases, workers and browsers of other tests.

    They start processes of their own at any time; a program that escapes from a sandbox becomes a child of ours instead.
    """
    found = set()
    for child in children_of(Path("/proc/self")):
        with contextlib.suppress(OSError):
            if (Path("/proc") / child / "comm").read_text() != "slot\n":
                found.add(child)
    return found


@pytest.fixture(autouse=True)
def nothing_is_left_running(orphans_come_to_us: None) -> Iterator[None]:
    others = others_children()
    before = set(processes_below_us(others))

    def left() -> set[str]:
        launchers = {f"{child} (slot" for child in children_of(Path("/proc/self"))}
        return set(processes_below_us(others)) - before - launchers

    yield
    deadline = time.monotonic() + 2
    while (running := left()) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not running


@pytest.fixture
def run(sandbox: Sandbox, language: Callable[[str], Language]) -> Run:
    """Build a program and run it once: `run(source, language=, stdin=, **limits)`."""

    def build_and_run(source: str, name: str = "python", stdin: bytes = b"", **limits: int) -> RunOutcome:
        program = sandbox.build(language(name), source.encode())
        assert program.ok, program.compiler_output or program.trouble
        try:
            allowed = {"cpu_ms": 1000, "memory_kb": 131072, **limits}
            return sandbox.run(program, stdin, limits=Limits(**allowed))
        finally:
            sandbox.discard(program)

    return build_and_run


@pytest.fixture
def still_works(run: Run) -> Iterator[None]:
    """After the test, an honest program must run as if nothing had been."""
    yield
    processes_below_us()
    after = run("print(int(input()) * 2)", stdin=b"21\n")
    assert (after.ending, after.exit_code, after.stdout) == ("exited", 0, b"42\n")
