"""A copy of an interpreter that runs already does what one that was started for the program does."""

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from lti_grader.assignments.languages import Language
from lti_grader.grading.sandbox import Limits, RunOutcome, Sandbox, open_sandbox
from lti_grader.grading.sandbox.slots import SlotSandbox
from tests.sandbox.kept import cold, once

Compare = Callable[..., RunOutcome]

PROGRAMS = {
    "arguments": "import sys\nprint(sys.argv, sys.orig_argv, sys.flags, sys.path, __name__, __file__, __spec__, __cached__)",
    "names": "print(sorted(globals()), type(__loader__), __builtins__, __annotations__)",
    "environment": "import os\nprint(sorted(set(os.environ) - {'PWD'}), os.getcwd(), os.environ['HOME'])",
    "streams": (
        "import sys\nfor one in (sys.stdin, sys.stdout, sys.stderr):\n"
        "    print(one.name, one.mode, one.encoding, one.errors, one.newlines, one.line_buffering, one.isatty(),"
        " one.fileno(), type(one.buffer), one is getattr(sys, '__' + one.name[1:-1] + '__'))"
    ),
    "bytes": "import sys\nsys.stdout.buffer.write(sys.stdin.buffer.read())",
    "surrogates": "print(ascii(input()))",
    "input": "print(int(input()) * 2 if input('How many? ') else input())",
    "descriptors": "import os\nprint(sorted(os.listdir('/proc/self/fd'))[:3], len(os.listdir('/proc/self/fd')))",
    "exit": "raise SystemExit(300)",
    "exit with words": "import sys\nprint('so far')\nsys.exit('no more')",
    "exit at once": "import os\nprint('lost')\nos._exit(7)",
    "traceback": "def divide(n):\n    return 1 / n\n\ntry:\n    divide(0)\nexcept ZeroDivisionError as error:\n    raise ValueError('no') from error",
    "group": "raise ExceptionGroup('several', [ValueError(1), KeyError('a')])",
    "hook": "import sys\nsys.excepthook = lambda kind, error, trace: print(kind, error, trace.tb_lineno)\n1 / 0",
    "interrupt": "raise KeyboardInterrupt",
    "signal": "import os, signal\nos.kill(os.getpid(), signal.SIGTERM)",
    "abort": "import os\nos.abort()",
    "interrupted": "import os, signal\ntry:\n    os.kill(os.getpid(), signal.SIGINT)\n    signal.pause()\nexcept KeyboardInterrupt:\n    print('caught')",
    "broken pipe": "import os\nr, w = os.pipe()\nos.close(r)\nos.write(w, b'x')",
    "recursion": "depth = 0\ndef deeper():\n    global depth\n    depth += 1\n    deeper()\ntry:\n    deeper()\nexcept RecursionError as error:\n    print(depth, error)",
    "deep stack": "import sys\nsys.setrecursionlimit(10**6)\ndef down(n):\n    return n and down(n - 1)\nprint(down(50_000), sorted(range(9), key=lambda n: -n))",
    "destructors": "class A:\n    def __init__(self, name):\n        self.name = name\n    def __del__(self):\n        print('bye', self.name)\n_a, b = A('_a'), A('b')\nring = [A('ring')]\nring.append(ring)\nprint('end')",
    "at exit": "import atexit\natexit.register(print, 'at exit')\nprint('end')",
    "thread": "import threading, time\nthreading.Thread(target=lambda: (time.sleep(0.1), print('later'))).start()\nprint(threading.current_thread().name, threading.active_count())",
    "daemon": "import threading, time\nthreading.Thread(target=lambda: (time.sleep(5), print('never')), daemon=True).start()\nprint('end')",
    "unclosed file": "file = open('/box/out', 'w')\nfile.write('kept')\nimport atexit, os\nprint(os.path.exists('/box/out'))",
    "closed stdout": "import sys\nprint('gone')\nsys.stdout.close()",
    "fork": "import os\nif os.fork() == 0:\n    print('child')\n    raise SystemExit\nos.wait()\nprint('parent')",
    "processes": "from concurrent.futures import ProcessPoolExecutor\nif __name__ == '__main__':\n    with ProcessPoolExecutor(2) as pool:\n        print(list(pool.map(abs, [-1, 2, -3])))",
    "child": "import subprocess, sys\nprint(subprocess.run([sys.executable, '-c', 'print(6 * 7)'], capture_output=True, text=True).stdout)",
    "pickle": "import pickle\nclass Point:\n    pass\nprint(type(pickle.loads(pickle.dumps(Point()))).__module__)",
    "dataclass": "from __future__ import annotations\nimport dataclasses, typing\n@dataclasses.dataclass\nclass P:\n    x: int\nprint(P(1), typing.get_type_hints(P))",
    "annotation": "x: int = 1\nprint(__annotations__)",
    "garbage": "import gc\nprint(gc.isenabled(), gc.get_threshold())\nclass A: pass\na = A(); a.a = a; del a\nprint(gc.collect())",
    "unimported": "import __main__, sys\nprint(__main__.__file__, sys.modules['__main__'] is __main__)\nimport no_such_module",
    "latin": "# -*- coding: latin-1 -*-\nprint('gr\u00fcn')",
    "pid": "import os\nprint(os.getpid() < 4, os.getppid(), open('/proc/self/comm').read())",
    "memory": "print(len(bytearray(20_000_000)))",
}  # fmt: skip
SYNTAX = {
    "unclosed": "print((1, 2)\nx = [1",
    "indented": "def f():\nreturn 1",
    "nul": "print(1)\0",
    "not utf-8": "print('gr\udcfcn')",
}


@pytest.fixture(scope="module")
def slot() -> Iterator[Sandbox]:
    opened = open_sandbox("slot")
    yield opened
    opened.close()


@pytest.fixture
def python(language: Callable[[str], Language]) -> Language:
    return language("python")


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_cannot_tell_the_difference(slot: Sandbox, python: Language, name: str) -> None:
    encoding = "latin-1" if name == "latin" else "utf-8"
    source = PROGRAMS[name].encode(encoding)
    limits = Limits(cpu_ms=5000, memory_kb=131072)
    told = []
    for one in (python, cold(python)):
        program = slot.build(one, source)
        assert program.ok, program.compiler_output
        outcome = once(slot, program, b"12\r\n\xff21\n", limits)
        told.append((outcome.ending, outcome.exit_code, outcome.signal, outcome.stdout, outcome.stderr))
        slot.discard(program)
    assert told[0] == told[1]


@pytest.mark.parametrize("name", SYNTAX)
def test_a_syntax_error_is_told_in_the_same_words(slot: Sandbox, python: Language, name: str) -> None:
    source = SYNTAX[name].encode(errors="surrogateescape")
    warm, anew = (slot.build(one, source) for one in (python, cold(python)))
    assert (warm.ok, warm.trouble) == (anew.ok, anew.trouble) == (False, "")
    assert warm.compiler_output == anew.compiler_output


def test_files_beside_a_program_can_be_imported_where_its_options_say_so(slot: Sandbox, python: Language) -> None:
    run = ["{python}", "-s", "-E", "-B", "{program}/main.py"]
    said = []
    for one in (python, cold(python)):
        open_to_files = dataclasses.replace(one, file=one.file.model_copy(update={"run": run}))
        source = b"import sys, beside\nprint(beside.NUMBER, sys.path, sys.flags, sys.orig_argv)\nimport warm"
        program = slot.build(open_to_files, source, beside={"beside.py": b"NUMBER = 42"})
        outcome = slot.run(program, b"", limits=Limits(cpu_ms=5000, memory_kb=131072))
        said.append((outcome.stdout, outcome.stderr))
    assert said[0] == said[1]
    assert said[0][0].startswith(b"42 ")
    assert b"No module named 'warm'" in said[0][1]


def test_random_numbers_differ_from_run_to_run(slot: Sandbox, python: Language) -> None:
    program = slot.build(
        python, b"import random, uuid, tempfile\nprint(random.random(), uuid.uuid4(), tempfile.mktemp())"
    )
    said = [slot.run(program, b"", limits=Limits(cpu_ms=2000, memory_kb=65536)).stdout.split() for _ in range(6)]
    assert all(len(set(column)) == 6 for column in zip(*said, strict=True))


def test_one_run_leaves_nothing_in_the_interpreter_for_the_next(slot: Sandbox, python: Language) -> None:
    leave = b"import sys, os, math, random, builtins\nsys.left = builtins.left = math.left = 1\nos.environ['LEFT'] = '1'\nrandom.seed(1)"
    look = b"import sys, os, math, builtins\nprint(any(hasattr(o, 'left') for o in (sys, math, builtins)), 'LEFT' in os.environ)"
    for source, said in ((leave, b""), (look, b"False False\n")):
        assert slot.run(slot.build(python, source), b"", limits=Limits(cpu_ms=2000, memory_kb=65536)).stdout == said


def test_nothing_of_the_launcher_is_within_reach(slot: Sandbox, python: Language) -> None:
    source = b"""
import ctypes, os
print(os.path.exists("/slot/slot.so"), os.listdir("/slot"))
print([line.split()[-1] for line in open("/proc/self/maps") if "memfd" in line or "socket" in line])
print(open("/proc/self/status").read().split("CapEff:")[1].split()[0], open("/proc/self/oom_score_adj").read())
try:
    open("/proc/1/mem")
except OSError as error:
    print(type(error).__name__)
library = ctypes.CDLL(None)
print(library.prctl(47, 2, 21, 0, 0), library.unshare(0x20000))
"""
    outcome = slot.run(slot.build(python, source), b"", limits=Limits(cpu_ms=2000, memory_kb=65536))
    assert outcome.stdout.decode().splitlines() == [
        "False []", "[]", "0000000000000000 1000", "", "PermissionError", "-1 -1",
    ]  # fmt: skip


def test_a_program_that_uses_all_memory_takes_itself_only(slot: Sandbox, python: Language) -> None:
    hog = slot.build(python, b"import os\nfor _ in range(5):\n    os.fork()\nx = bytearray(40_000_000)\nprint(len(x))")
    outcome = slot.run(hog, b"", limits=Limits(cpu_ms=5000, memory_kb=65536))
    assert outcome.ending == "memory"
    fine = slot.run(slot.build(python, b"print('fine')"), b"", limits=Limits(cpu_ms=2000, memory_kb=65536))
    assert fine.stdout == b"fine\n"


@pytest.mark.parametrize(
    ("code", "asked", "kept"),
    [
        ("import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)\n", [b""], [True, False]),
        ("while True: pass\n", [b"", b""], [True, False]),
        ("raise SystemExit(3)\n", [b"", b""], [True, True]),
    ],
    ids=["a crash", "want of time", "an exit code"],
)
def test_what_could_be_the_fault_of_a_copy_is_decided_without_one(
    slot: Sandbox, python: Language, monkeypatch: pytest.MonkeyPatch, code: str, asked: list[bytes], kept: list[bool]
) -> None:
    assert isinstance(slot, SlotSandbox)
    seen: list[bool] = []
    run = slot._run

    def noted(*args: Any, **options: Any) -> RunOutcome:
        seen.append(options["interpreter"] is not None)
        return run(*args, **options)

    program = slot.build(python, code.encode())
    monkeypatch.setattr(slot, "_run", noted)
    outcomes = [slot.run(program, given, limits=Limits(cpu_ms=300, memory_kb=65_536)) for given in asked]
    slot.discard(program)
    assert seen == kept
    assert len({one.ending for one in outcomes}) == 1
