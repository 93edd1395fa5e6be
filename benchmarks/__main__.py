"""`python -m benchmarks [PART ...]`: measure everything, or the named parts (web, roster, scores, board,
sandbox).

The figures are this machine's of this moment: compare the ratios. BENCH_STUDENTS (1000), BENCH_MEMBERS (5000),
BENCH_LAUNCHES (50 a second), BENCH_SCORES (60000, on the boards) and BENCH_SECONDS (6, for each cell of the sandbox's
table) make it smaller, to see that it runs.
"""

import os
import platform
import sys
import tempfile
from pathlib import Path

from benchmarks import board, roster, sandbox, scores, web
from tests.fixtures.installation import running

PARTS = ("web", "roster", "scores", "board", "sandbox")


def main() -> None:
    """Run the parts."""
    wanted = sys.argv[1:] or list(PARTS)
    if unknown := set(wanted) - set(PARTS):
        sys.exit(f"There is no part called {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}.")
    load = " ".join(f"{one:.1f}" for one in os.getloadavg())
    print(f"{os.cpu_count()} processors, {platform.machine()}, Linux {platform.release()}, load {load}")
    if "web" in wanted:
        with tempfile.TemporaryDirectory() as folder, running(Path(folder), {}) as installation:
            web.report(installation, students=int(os.environ.get("BENCH_STUDENTS", "1000")))
    if "roster" in wanted:
        with tempfile.TemporaryDirectory() as folder, running(Path(folder), {}) as installation:
            roster.report(installation, count=int(os.environ.get("BENCH_MEMBERS", "5000")))
    if "scores" in wanted:
        scores.report(int(os.environ.get("BENCH_STUDENTS", "1000")))
    if "board" in wanted:
        board.report(int(os.environ.get("BENCH_SCORES", "60000")))
    if "sandbox" in wanted:
        print()
        sandbox.main(float(os.environ.get("BENCH_SECONDS", "6")))


main()
