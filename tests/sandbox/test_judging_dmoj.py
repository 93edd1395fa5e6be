"""A DMOJ problem judged: tests that a generator makes, checkers and an interactor by that judge's protocols."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from lti_grader.cli import cli

GENERATOR = "import sys\nprint(sys.argv[1])\nprint(2 * int(sys.argv[1]), file=sys.stderr)\n"
CHECKER = "import sys\ngiven, said, asked = (open(one).read() for one in sys.argv[1:4])\nsys.exit(0 if int(said) == 2 * int(given) else 1)\n"
OWN = "from dmoj.result import CheckerResult\ndef check(process_output, judge_output, judge_input, point_value, **kwargs):\n    right = process_output.split() == judge_output.split()\n    return CheckerResult(right, point_value / 2, 'half of it')\n"
INTERACTOR = "import sys\nnumber = open(sys.argv[1]).read().strip()\nprint(number, flush=True)\nsys.exit(0 if int(input()) == 2 * int(number) else 1)\n"
RIGHT, WRONG = "print(2 * int(input()))\n", "print(3 * int(input()))\n"


def judged(folder: Path, init: str, code: str) -> tuple[int, list[str], float]:
    for name, text in {
        "init.yml": init, "gen.py": GENERATOR, "check.py": CHECKER, "own.py": OWN, "talk.py": INTERACTOR, "in.txt": "21\n",
    }.items():  # fmt: skip
        (folder / name).write_text(text)
    source = folder.parent / "mine.py"
    source.write_text(code)
    done = CliRunner().invoke(cli, ["judge", str(folder), str(source), "--json"])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    said = json.loads(done.stdout)
    return done.exit_code, [one["verdict"] for one in said["tests"]], said["points"]


@pytest.mark.parametrize(
    ("init", "points"),
    [
        ("generator: gen.py\ntest_cases: [{generator_args: [7], points: 4}, {generator_args: [8], points: 6}]", 10),
        ("checker: {name: bridged, args: {files: check.py, lang: PY3}}\ntest_cases: [{in: in.txt, points: 4}]", 4),
        ("generator: gen.py\nchecker: own.py\ntest_cases: [{generator_args: [7], points: 4}]", 2),
        ("generator: gen.py\nchecker: linecount\ntest_cases: [{generator_args: [7], points: 4}]", 4),
        ("interactive: {files: talk.py, lang: PY3}\ntest_cases: [{in: in.txt, points: 4}]", 4),
    ],
)  # fmt: skip
def test_a_problem_is_judged_as_its_author_says(init: str, points: float, tmp_path: Path) -> None:
    folder = tmp_path / "double"
    folder.mkdir()
    code, verdicts, gained = judged(folder, init, RIGHT)
    assert (code, set(verdicts), gained) == (0, {"pass"}, points)
    code, verdicts, gained = judged(folder, init, WRONG)
    assert (code, set(verdicts), gained) == (1, {"fail"}, 0)


def test_a_generator_that_fails_is_told_with_its_words(tmp_path: Path) -> None:
    (tmp_path / "init.yml").write_text("generator: gen.py\ntest_cases: [{generator_args: [seven]}]")
    (tmp_path / "gen.py").write_text(GENERATOR)
    done = CliRunner().invoke(cli, ["judge", str(tmp_path), str(tmp_path / "gen.py")])
    assert "cases 1/1: gen.py, which makes it, ended so" in str(done.exception)
    assert "ValueError" in str(done.exception)
