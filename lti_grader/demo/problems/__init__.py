"""The demo's problems: statement, tests, and a reference solution in each language; and a quiz."""

import importlib.util
import tomllib
from collections.abc import Callable
from decimal import Decimal
from itertools import groupby
from pathlib import Path

from lti_grader.problems.models import Difficulty, Visibility
from lti_grader.problems.operations import DraftGroup, DraftProblem, DraftTest
from lti_grader.problems.packages import yaml_reading
from lti_grader.problems.packages.yaml_form import MARK

HERE = Path(__file__).parent
SLUGS = ("two-sum-count", "balanced-brackets", "shortest-path")
QUIZ = "what-it-costs"
_SUFFIX = {"python": "py", "cpp": "cpp", "java": "java", "javascript": "js"}
STARTER = {
    "python": "import sys\n\n\ndef main():\n    data = sys.stdin.read().split()\n    # Your program\n\n\nmain()\n",
    "cpp": "#include <bits/stdc++.h>\nusing namespace std;\n\nint main() {\n    // Your program\n}\n",
    "java": "import java.util.*;\n\npublic class Main {\n    public static void main(String[] args) {\n"
    "        Scanner in = new Scanner(System.in);\n        // Your program\n    }\n}\n",
    "javascript": 'const lines = require("fs").readFileSync(0, "utf8").trim().split("\\n");\n// Your program\n',
}


def solution(slug: str, language: str) -> str:
    """Return a reference solution."""
    return (HERE / slug / f"solution.{_SUFFIX[language]}").read_text(encoding="utf-8")


def draft(slug: str, answer: Callable[[bytes], bytes]) -> DraftProblem:
    """Return a problem as a draft.

    Parameters
    ----------
    answer
        Gives the expected output of an input: the reference solution, run for real.
    """
    described = tomllib.loads((HERE / slug / "problem.toml").read_text(encoding="utf-8"))
    spec = importlib.util.spec_from_file_location(f"lti_grader_demo_{slug}", HERE / slug / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    groups = []
    for (name, points), rows in groupby(module.tests(), key=lambda row: row[:2]):
        listed = list(rows)
        tests = [DraftTest(row[3], row[4].encode(), answer(row[4].encode()), Visibility(row[2])) for row in listed]
        groups.append(DraftGroup(name, Decimal(points * len(listed)), tests))
    return DraftProblem(
        slug=slug,
        title=described["title"],
        description_markdown=described["statement"].strip(),
        groups=groups,
        starter_code=STARTER,
        reference_solution={language: solution(slug, language) for language in _SUFFIX},
        hint=described["hint"],
        tags=described["tags"],
        difficulty=Difficulty(described["difficulty"]),
        cpu_ms=described["cpu_ms"],
        memory_kb=described["memory_kb"],
    )


def quiz() -> DraftProblem:
    """Return the quiz, which stands in a file of our own format."""
    package = yaml_reading.read(QUIZ, {MARK: (HERE / QUIZ / MARK).read_bytes()})
    return DraftProblem(
        package.slug,
        package.title,
        package.statement,
        package.groups,
        tags=package.tags,
        difficulty=package.difficulty,
        quiz=package.quiz,
    )
