"""What isolation costs: attempts of ten tests a second, each kind of sandbox beside bare processes, in one run.

`python -m benchmarks.sandbox [SECONDS_EACH]` prints a table; compare ratios, for the rates are this machine's of this moment.
"""

import dataclasses
import multiprocessing
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from benchmarks import peers
from benchmarks.load import percentile
from lti_grader.assignments.language_files import LanguageFile
from lti_grader.assignments.languages import Language, available_languages
from lti_grader.grading.graders.code import GroupSpec, TestSpec, grade
from lti_grader.grading.sandbox import Limits, Sandbox, open_sandbox
from lti_grader.grading.sandbox.workshop import ENVIRONMENT
from lti_grader.problems.models import Aggregation

KINDS = (
    "slot",
    "bubblewrap",
    *(["isolate"] if peers.has_isolate() else []),
    *(["jobe"] if peers.JOBE_URL else []),
)
AT_ONCE = 2
TESTS = [(f"{number} {number * 7}\n".encode(), f"{number * 8}\n".encode()) for number in range(10)]
SOURCES = {
    "python": "a, b = map(int, input().split())\nprint(a + b)\n",
    "c": '#include <stdio.h>\nint main(void) { long a, b; scanf("%ld %ld", &a, &b); printf("%ld\\n", a + b); }\n',
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


def unprepared(language: Language) -> Language:
    """Return a language without what is prepared for its compiler, and with the usual linker."""
    return dataclasses.replace(language, file=language.file.model_copy(update={"prepare": None, "additions": []}))


def attempt_bare(language: Language, source: bytes) -> None:
    """Do what an attempt does, without any wall around it: for the sources above only."""
    with tempfile.TemporaryDirectory() as folder:
        name = language.source_name(source)
        Path(folder, name).write_bytes(source)
        Path(folder, "classes").mkdir()
        if argv := language.compile_argv(name, {}) or language.check_argv(folder, name):
            subprocess.run(argv, cwd=folder, check=True, capture_output=True, env=ENVIRONMENT)
        argv = language.run_argv(folder, source, name, 262144)
        for given, expected in TESTS:
            done = subprocess.run(argv, cwd=folder, input=given, check=True, capture_output=True, env=ENVIRONMENT)
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
        checker={},
        fetch={}.__getitem__,
    )
    if graded.points != graded.maximum:
        raise AssertionError(f"{language.id}: {graded}")


@dataclasses.dataclass(frozen=True)
class Rate:
    """How often a second something was done, and what it took of the processor each time, in milliseconds.

    The second figure is what other work on the machine disturbs less. It has a share of what is begun once: launchers, interpreters.
    None where the work is another server's, and cannot be seen from here.
    """

    a_second: float
    cpu_ms: float | None

    def shown(self) -> str:
        return f"{'-':>8}" if self.cpu_ms is None else f"{self.cpu_ms:>8.1f}"


def rate(once: Callable[[], object], seconds: float) -> tuple[float, int]:
    """Return how often a second `once` can be done, and how often it was; the first time is for warming up."""
    once()
    began, times = time.perf_counter(), 0
    while (spent := time.perf_counter() - began) < seconds:
        once()
        times += 1
    return times / spent, times + 1


def _processor_seconds() -> float:
    """Return what this process has taken, with all that it started and that has ended."""
    own, others = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return own.ru_utime + own.ru_stime + others.ru_utime + others.ru_stime


def _worker(kind: str, language: Language | None, seconds: float) -> Rate:
    before = _processor_seconds()
    a_second, times = _measured(kind, language, seconds)
    return Rate(a_second, None if kind == "jobe" else (_processor_seconds() - before) * 1000 / times)


def _measured(kind: str, language: Language | None, seconds: float) -> tuple[float, int]:
    if kind == "bare":
        if language is None:
            return rate(lambda: subprocess.run(["/bin/true"], check=True, capture_output=True), seconds)
        return rate(lambda: attempt_bare(language, SOURCES[language.id].encode()), seconds)
    if kind == "isolate":
        if language is None:
            return rate(peers.nothing, seconds)
        return rate(lambda: peers.attempt(unprepared(language), SOURCES[language.id].encode(), TESTS), seconds)
    if kind == "jobe" and language is not None:
        return rate(lambda: peers.attempt_at_jobe(language, SOURCES[language.id].encode(), TESTS), seconds)
    sandbox = open_sandbox(kind)
    try:
        if language is None:
            program = sandbox.build(Language("nothing", NOTHING, {}), b"")
            return rate(lambda: sandbox.run(program, b"", limits=Limits(cpu_ms=1000, memory_kb=65536)), seconds)
        return rate(lambda: attempt_in(sandbox, language, SOURCES[language.id].encode()), seconds)
    finally:
        sandbox.close()


def together(kind: str, language: Language | None, seconds: float) -> Rate:
    """Return the rate of `AT_ONCE` workers together, each a process with a sandbox of its own."""
    with multiprocessing.get_context("spawn").Pool(AT_ONCE) as pool:
        found = pool.starmap(_worker, [(kind, language, seconds)] * AT_ONCE)
    times = [one.cpu_ms for one in found if one.cpu_ms is not None]
    return Rate(sum(one.a_second for one in found), statistics.mean(times) if times else None)


# What is measured beside others, and what others do meanwhile: little memory, and more of it than the processor's cache holds.
_COUNTS = "total = 0\nfor n in range(2_000_000):\n    total += n\nprint(total)\n"
_WALKS = "kept = bytearray(64 << 20)\nfor turn in range({turns}):\n    for at in range(0, len(kept), 4096):\n        kept[at] = 1\nprint(len(kept))\n"
OWN = {"counting": _COUNTS, "walking through 64 MiB": _WALKS.format(turns=60)}
NEIGHBOURS = {"counting": "while True: pass\n", "walking through 64 MiB": _WALKS.format(turns=1_000_000)}


def _run_for_ever(source: str, begun: Any) -> None:
    sandbox = open_sandbox("auto")
    program = sandbox.build(available_languages()["python"], source.encode())
    begun.set()
    while True:
        sandbox.run(program, b"", limits=Limits(cpu_ms=5000, memory_kb=262144))


def processor_ms(source: str, times: int) -> list[int]:
    """Return the processor time of each of several runs, as their grading would measure it."""
    sandbox = open_sandbox("auto")
    try:
        program = sandbox.build(available_languages()["python"], source.encode())
        limits = Limits(cpu_ms=20_000, memory_kb=262144)
        return [sandbox.run(program, b"", limits=limits).cpu_ms for _ in range(times)]
    finally:
        sandbox.close()


def disturbance(times: int) -> None:
    """Print how much longer a run takes by the processor's own clock while another runs beside it."""
    label = "processor time beside another run"
    print(f"\n{label:<56}{'alone, ms':>10}{'beside, ms':>12}{'p95':>8}{'more':>8}")
    context = multiprocessing.get_context("spawn")
    for own, source in OWN.items():
        alone = statistics.median(processor_ms(source, times))
        for other, neighbour in NEIGHBOURS.items():
            begun = context.Event()
            beside = context.Process(target=_run_for_ever, args=(neighbour, begun))
            beside.start()
            begun.wait()
            found = processor_ms(source, times)
            beside.terminate()
            beside.join()
            middle, late = statistics.median(found), percentile(found, 95)
            figures = f"{alone:>10.0f}{middle:>12.0f}{late:>8.0f}{middle / alone - 1:>8.0%}"
            print(f"{f'{own}, beside {other}':<56}{figures}", flush=True)


def main(seconds: float = 6.0, wanted: Sequence[str] = tuple(SOURCES)) -> None:
    kinds = "".join(f"{kind:>12}{'of bare':>9}{'cpu ms':>8}" for kind in KINDS)
    print(f"{'attempts of 10 tests a second':<32}{'bare':>8}{'cpu ms':>8}{kinds}")
    if not peers.has_isolate():
        print(peers.HOW_TO_GET_ISOLATE)
    if not peers.JOBE_URL:
        print(peers.HOW_TO_GET_JOBE)
    rows: list[tuple[str, Language | None]] = [("runs of /bin/true a second", None)]
    for language in (one for name, one in available_languages().items() if name in SOURCES and name in wanted):
        rows.append((language.label, language))
        if language.file.warm is not None:
            anew = language.file.model_copy(update={"warm": None})
            rows.append((f"{language.label}, started for each run", dataclasses.replace(language, file=anew)))
        if language.file.prepare is not None:
            rows.append((f"{language.label}, nothing prepared", unprepared(language)))
    for label, language in rows:
        bare = together("bare", language, seconds)
        # Jobe has no program that does nothing.
        cells = [together(kind, language, seconds) for kind in KINDS if kind != "jobe" or language is not None]
        shown = "".join(f"{cell.a_second:>12.1f}{cell.a_second / bare.a_second:>9.0%}{cell.shown()}" for cell in cells)
        print(f"{label:<32}{bare.a_second:>8.1f}{bare.shown()}{shown}", flush=True)
    if "python" in wanted:
        disturbance(max(1, round(4 * seconds)))


if __name__ == "__main__":
    main(*map(float, sys.argv[1:2]))
