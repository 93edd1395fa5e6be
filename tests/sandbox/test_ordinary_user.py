"""The sandbox of a worker that is an ordinary user, without control groups: weaker in places, and never open."""

import os
import pickle
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest

from lti_grader.assignments.languages import Language

# Loaded while we may still read where Python itself lies, which can be root's home.
from lti_grader.grading.sandbox import (
    Ending,
    Limits,
    RunOutcome,
    Sandbox,
    bubblewrap,  # noqa: F401
    open_sandbox,
)

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else for a test")
NOBODY = 65534
Result = TypeVar("Result")


@pytest.fixture(autouse=True)
def folder_of_nobody(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with tempfile.TemporaryDirectory() as folder:
        os.chown(folder, NOBODY, NOBODY)
        Path(folder).chmod(0o711)
        monkeypatch.setattr(tempfile, "tempdir", folder)
        yield


def as_nobody(work: Callable[[], Result]) -> Result:
    """Return what `work` returns in a process of an ordinary user."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setresgid(NOBODY, NOBODY, NOBODY)
            os.setresuid(NOBODY, NOBODY, NOBODY)
            answer: object = work()
        except BaseException as error:
            answer = AssertionError(f"{type(error).__name__}: {error}")
        with os.fdopen(write, "wb") as pipe:
            pickle.dump(answer, pipe)
        os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        answer = pickle.load(pipe)
    os.waitpid(child, 0)
    if isinstance(answer, AssertionError):
        raise answer
    return answer  # type: ignore[return-value]


def runs(*programs: tuple[Language, str, Limits]) -> list[RunOutcome]:
    """Build and run programs, one after the other, in a sandbox of an ordinary user."""

    def work() -> list[RunOutcome]:
        opened: Sandbox = open_sandbox()
        try:
            outcomes = []
            for language, source, limits in programs:
                program = opened.build(language, source.encode())
                assert program.ok, program.compiler_output or program.trouble
                outcomes.append(opened.run(program, b"20 22\n", limits=limits))
                opened.discard(program)
            return outcomes
        finally:
            opened.close()

    return as_nobody(work)


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("python", "print(sum(map(int, input().split())))"),
        ("cpp", "#include <iostream>\nint main() { int a, b; std::cin >> a >> b; std::cout << a + b << '\\n'; }"),
        ("javascript", "console.log(require('fs').readFileSync(0, 'utf8').split(' ').reduce((a, b) => +a + +b))"),
        (
            "java",
            "public class Main { public static void main(String[] x) {\nvar s = new java.util.Scanner(System.in);\nSystem.out.println(s.nextInt() + s.nextInt()); } }",
        ),
    ],
)
def test_every_language_runs(language: Callable[[str], Language], name: str, source: str) -> None:
    [outcome] = runs((language(name), source, Limits(cpu_ms=4000, memory_kb=262144)))
    assert (outcome.ending, outcome.exit_code, outcome.stdout) == (Ending.EXITED, 0, b"42\n"), outcome


def test_limits_hold(language: Callable[[str], Language]) -> None:
    quick = Limits(cpu_ms=300, memory_kb=65536, output_bytes=65536)
    hogging, working, flooding, waiting = runs(
        (language("python"), "kept = bytearray(1 << 30)", quick),
        (language("python"), "while True: pass", quick),
        (language("python"), "while True: print('x' * 10000)", quick),
        (language("python"), "import time\ntime.sleep(60)", Limits(cpu_ms=300, wall_ms=300, memory_kb=65536)),
    )
    assert hogging.ending is Ending.MEMORY or b"MemoryError" in hogging.stderr
    assert [working.ending, flooding.ending, waiting.ending] == [Ending.TIMEOUT, Ending.OUTPUT_LIMIT, Ending.TIMEOUT]


def test_memory_of_processes_together_is_watched(language: Callable[[str], Language]) -> None:
    source = (
        "import os, time\nfor _ in range(8):\n    if os.fork() == 0:\n        kept = bytearray(b'x') * (40 << 20)\n"
        "        time.sleep(2)\n        os._exit(0)\nfor _ in range(8):\n    os.wait()\n"
    )
    [outcome] = runs((language("python"), source, Limits(cpu_ms=3000, memory_kb=131072)))
    assert outcome.ending is Ending.MEMORY


def test_a_fork_bomb_is_held_by_number_and_by_time(language: Callable[[str], Language]) -> None:
    counting = (
        "import os, time\nmade = 0\ntry:\n    while made < 300:\n        if os.fork() == 0:\n            time.sleep(20)\n"
        "            os._exit(0)\n        made += 1\nexcept OSError:\n    pass\nprint(made)"
    )
    [outcome] = runs((language("python"), counting, Limits(cpu_ms=1000, memory_kb=524288)))
    assert int(outcome.stdout) < 64


def test_cpu_time_and_memory_are_measured(language: Callable[[str], Language]) -> None:
    source = "import time\nkept = bytearray(b'x') * (50 << 20)\nwhile time.process_time() < 0.4: pass"
    [outcome] = runs((language("python"), source, Limits(cpu_ms=3000, memory_kb=262144)))
    assert 300 <= outcome.cpu_ms < 900
    assert 50 * 1024 < outcome.memory_kb < 120 * 1024


def test_neither_files_nor_processes_nor_network_of_the_host_are_there(language: Callable[[str], Language]) -> None:
    source = (
        "import os, socket\nprint(os.path.exists('/etc/passwd'), os.path.exists('/home'), len([p for p in os.listdir('/proc') if p.isdigit()]) < 4)\n"
        "try:\n    socket.create_connection(('192.0.2.1', 80), 1)\nexcept OSError as error:\n    print('no')\n"
    )
    [outcome] = runs((language("python"), source, Limits(cpu_ms=2000, memory_kb=65536)))
    assert outcome.stdout == b"False False True\nno\n"
