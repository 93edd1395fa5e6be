"""What isolation costs: attempts of ten tests a second, each kind of sandbox beside bare processes, in one run.

`python -m benchmarks.sandbox [SECONDS_EACH]` prints a table; compare ratios, for the rates are this machine's of this moment.
"""

import multiprocessing
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

from lti_grader.assignments.languages import Language, LanguageFile, available_languages
from lti_grader.grading.graders.code import GroupSpec, TestSpec, grade
from lti_grader.grading.sandbox import Limits, Sandbox, open_sandbox
from lti_grader.problems.models import Aggregation

KINDS = ("slot", "bubblewrap")
AT_ONCE = 2
TESTS = [(f"{number} {number * 7}\n".encode(), f"{number * 8}\n".encode()) for number in range(10)]
SOURCES = {
    "python": "a, b = map(int, input().split())\nprint(a + b)\n",
    "cpp": "#include <bits/stdc++.h>\nint main() { long a, b; std::cin >> a >> b; std::cout << a + b << '\\n'; }\n",
    "java": (
        "import java.util.Scanner;\npublic class Main {\n  public static void main(String[] words) {\n"
        "    Scanner in = new Scanner(System.in);\n    System.out.println(in.nextInt() + in.nextInt());\n  }\n}\n"
    ),
    "javascript": (
        "const [a, b] = require('fs').readFileSync(0, 'utf8').split(' ').map(Number);\nconsole.log(a + b);\n"
    ),
}
# The smallest program there is, to see what a run costs beyond its program.
NOTHING = LanguageFile(
    label="nothing", highlight="", source="nothing", tools={}, version=[], artefacts=["nothing"], run=["/bin/true"],
    time_multiplier=1, startup_ms=0, memory_extra_kb=0, processes=4,
)  # fmt: skip


def attempt_bare(language: Language, source: bytes) -> None:
    """Do what an attempt does, without any wall around it: for the sources above only."""
    with tempfile.TemporaryDirectory() as folder:
        name = language.source_name(source)
        Path(folder, name).write_bytes(source)
        Path(folder, "classes").mkdir()
        if argv := language.compile_argv(name):
            subprocess.run(argv, cwd=folder, check=True, capture_output=True)
        argv = language.run_argv(folder, source, name, 262144)
        for given, expected in TESTS:
            done = subprocess.run(argv, cwd=folder, input=given, check=True, capture_output=True)
            if done.stdout.split() != expected.split():
                raise AssertionError(f"{language.id}: {done.stdout!r} instead of {expected!r}")


def attempt_in(sandbox: Sandbox, language: Language, source: bytes) -> None:
    """Judge an attempt as a worker does."""
    tests = [TestSpec(uuid.uuid4(), "", given, out, Decimal(1), 2000, 262144) for given, out in TESTS]
    graded = grade(
        sandbox,
        language,
        source,
        [GroupSpec(uuid.uuid4(), Decimal(10), Aggregation.SUM, tests)],
        checker_config={},
        fetch={}.__getitem__,
    )
    if graded.points != graded.maximum:
        raise AssertionError(f"{language.id}: {graded}")


def rate(once: Callable[[], object], seconds: float) -> float:
    """Return how often a second `once` can be done; the first time is for warming up."""
    once()
    began, times = time.perf_counter(), 0
    while (spent := time.perf_counter() - began) < seconds:
        once()
        times += 1
    return times / spent


def _worker(kind: str, language: Language | None, seconds: float) -> float:
    if kind == "bare":
        if language is None:
            return rate(lambda: subprocess.run(["/bin/true"], check=True, capture_output=True), seconds)
        return rate(lambda: attempt_bare(language, SOURCES[language.id].encode()), seconds)
    sandbox = open_sandbox(kind)
    try:
        if language is None:
            program = sandbox.build(Language("nothing", NOTHING, {}), b"")
            return rate(lambda: sandbox.run(program, b"", limits=Limits(cpu_ms=1000, memory_kb=65536)), seconds)
        return rate(lambda: attempt_in(sandbox, language, SOURCES[language.id].encode()), seconds)
    finally:
        sandbox.close()


def together(kind: str, language: Language | None, seconds: float) -> float:
    """Return the rate of `AT_ONCE` workers together, each a process with a sandbox of its own."""
    with multiprocessing.get_context("spawn").Pool(AT_ONCE) as pool:
        return sum(pool.starmap(_worker, [(kind, language, seconds)] * AT_ONCE))


def main(seconds: float = 6.0) -> None:
    print(f"{'attempts of 10 tests a second':<32}{'bare':>10}" + "".join(f"{kind:>14}{'of bare':>9}" for kind in KINDS))
    rows: list[tuple[str, Language | None]] = [("runs of /bin/true a second", None)]
    rows += [(language.label, language) for name, language in available_languages().items() if name in SOURCES]
    for label, language in rows:
        bare = together("bare", language, seconds)
        cells = [together(kind, language, seconds) for kind in KINDS]
        shown = "".join(f"{cell:>14.1f}{cell / bare:>8.0%} " for cell in cells)
        print(f"{label:<32}{bare:>10.1f}{shown}", flush=True)


if __name__ == "__main__":
    main(*map(float, sys.argv[1:2]))
