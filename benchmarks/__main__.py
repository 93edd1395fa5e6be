"""`python -m benchmarks [PART ...]`: measure everything, or the named parts (web, burst, quizzes, roster, scores, releases,
board, pages, similarity, sandbox).

The figures are this machine's of this moment: compare the ratios. BENCH_STUDENTS (1000), BENCH_MEMBERS (5000),
BENCH_LAUNCHES (50 a second), BENCH_SCORES (60000, on the boards), BENCH_RESULTS (5000000, of tests behind pages), BENCH_ROUNDS
(4, in each of which a page is asked five times), BENCH_SECONDS (6, for each cell of the sandbox's table), BENCH_BURST_SECONDS (60),
BENCH_QUIZ_SECONDS (180, twice) and BENCH_LANGUAGES (python,cpp,java,javascript) make it smaller, to see that it runs.
"""

import os
import platform
import sys
import tempfile
from pathlib import Path

from benchmarks import board, burst, pages, quizzes, releases, roster, sandbox, scores, similarity, web
from tests.fixtures.installation import running

PARTS = ("web", "burst", "quizzes", "roster", "scores", "releases", "board", "pages", "similarity", "sandbox")
_COUNTED = {
    "scores": scores.report,
    "releases": releases.report,
    "board": board.report,
    "pages": pages.report,
    "similarity": similarity.report,
}


def main() -> None:
    """Run the parts."""
    wanted = sys.argv[1:] or list(PARTS)
    if unknown := set(wanted) - set(PARTS):
        sys.exit(f"There is no part called {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}.")
    load = " ".join(f"{one:.1f}" for one in os.getloadavg())
    print(f"{os.cpu_count()} processors, {platform.machine()}, Linux {platform.release()}, load {load}")
    students = int(os.environ.get("BENCH_STUDENTS", "1000"))
    if {"web", "burst", "quizzes"} & set(wanted):
        _on_one_installation(wanted, students)
    if "roster" in wanted:
        with tempfile.TemporaryDirectory() as folder, running(Path(folder), {}) as installation:
            roster.report(installation, count=int(os.environ.get("BENCH_MEMBERS", "5000")))
    counts = dict.fromkeys(_COUNTED, students) | {"board": int(os.environ.get("BENCH_SCORES", "60000"))}
    for part in [one for one in _COUNTED if one in wanted]:
        _COUNTED[part](counts[part])
    if "sandbox" in wanted:
        print()
        languages = os.environ.get("BENCH_LANGUAGES", ",".join(sandbox.SOURCES)).split(",")
        sandbox.main(float(os.environ.get("BENCH_SECONDS", "6")), languages)


def _on_one_installation(wanted: list[str], students: int) -> None:
    with tempfile.TemporaryDirectory() as folder, running(Path(folder), {}) as installation:
        for name, part in (("web", web), ("burst", burst), ("quizzes", quizzes)):
            if name in wanted:
                part.report(installation, students=students)


main()
