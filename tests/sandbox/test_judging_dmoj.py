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
        "talking.py": TALKING, "measuring.py": MEASURING, "failing.py": FAILING,
    }.items():  # fmt: skip
        (folder / name).write_text(text)
    source = folder.parent / "mine.py"
    source.write_text(code)
    done = CliRunner().invoke(cli, ["judge", str(folder), str(source), "--json"])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    said = json.loads(done.stdout)
    return done.exit_code, [one["verdict"] for one in said["tests"]], said["points"]


# Like many it flushes nothing, and reads what the problem says by a name.
TALKING = """
from dmoj.graders.interactive import InteractiveGrader
class Grader(InteractiveGrader):
    def interact(self, case, interactor):
        interactor.writeln(case.input_data().decode().strip())
        return interactor.readint(0, 1000) == 2 * int(case.input_data())
"""
MEASURING = """
from dmoj.checkers import standard
def check(process_output, judge_output, *, result, submission_source, submission_language, **kwargs):
    assert b"input()" in submission_source and submission_language == "PY3"
    return result.max_memory < 60000 and result.execution_time < 5 and standard.check(process_output, judge_output)
"""
FAILING = """
from dmoj.graders.standard import StandardGrader
from dmoj.result import CheckerResult, Result
class Grader(StandardGrader):
    def check_result(self, case, result):
        crashed = bool(result.result_flag & Result.IR)
        result.result_flag &= ~Result.IR
        return CheckerResult(crashed, min(case.points, 100 / len(self.source)) if crashed else 0)
"""


@pytest.mark.parametrize(
    ("init", "points"),
    [
        ("generator: gen.py\ntest_cases: [{generator_args: [7], points: 4}, {generator_args: [8], points: 6}]", 10),
        ("checker: {name: bridged, args: {files: check.py, lang: PY3}}\ntest_cases: [{in: in.txt, points: 4}]", 4),
        ("generator: gen.py\nchecker: own.py\ntest_cases: [{generator_args: [7], points: 4}]", 2),
        ("generator: gen.py\nchecker: linecount\ntest_cases: [{generator_args: [7], points: 4}]", 4),
        ("interactive: {files: talk.py, lang: PY3}\ntest_cases: [{in: in.txt, points: 4}]", 4),
        ("custom_judge: talking.py\nunbuffered: true\ntest_cases: [{in: in.txt, points: 4}]", 4),
        ("checker: measuring.py\ngenerator: gen.py\ntest_cases: [{generator_args: [7], points: 4}]", 4),
    ],
)  # fmt: skip
def test_a_problem_is_judged_as_its_author_says(init: str, points: float, tmp_path: Path) -> None:
    folder = tmp_path / "double"
    folder.mkdir()
    code, verdicts, gained = judged(folder, init, RIGHT)
    assert (code, set(verdicts), gained) == (0, {"pass"}, points)
    code, verdicts, gained = judged(folder, init, WRONG)
    assert (code, set(verdicts), gained) == (1, {"fail"}, 0)


def test_a_grader_may_want_what_others_take_for_a_mistake(tmp_path: Path) -> None:
    (folder := tmp_path / "crash").mkdir()
    init = "custom_judge: failing.py\ntest_cases: [{in: in.txt, points: 4}]"
    assert judged(folder, init, f"1 / 0  # {'x' * 40}\n") == (0, ["pass"], 2)
    assert judged(folder, init, RIGHT) == (1, ["fail"], 0)


def test_what_a_program_reads_and_writes_can_be_opened_by_names(tmp_path: Path) -> None:
    (folder := tmp_path / "named").mkdir()
    init = "file_io: {input: a.inp, output: a.out}\ngenerator: gen.py\ntest_cases: [{generator_args: [7], points: 4}]"
    code = "number = int(open('a.inp').read())\nopen('a.out', 'w').write(str(2 * number))\n"
    assert judged(folder, init, code) == (0, ["pass"], 4)


def test_a_submission_has_the_limits_that_its_author_names(tmp_path: Path) -> None:
    (folder := tmp_path / "tight").mkdir()
    java = "public class a { public static void main(String[] words) {} }"
    for name, text in {
        "init.yml": "test_cases: [{in: in.txt}]", "in.txt": "1\n", "tests/a/a.java": java,
        "tests/a/test.yml": "language: JAVA\nsource: a.java\ntime: 2\nmemory: 1024\nexpect: MLE\n",
    }.items():  # fmt: skip
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    done = CliRunner().invoke(cli, ["problems", "verify", str(folder), "--time-limit", "5", "--json"])
    (line,) = json.loads(done.stdout)["submissions"]
    assert line["verdicts"] == ["memory"]


def test_a_generator_that_fails_is_told_with_its_words(tmp_path: Path) -> None:
    (tmp_path / "init.yml").write_text("generator: gen.py\ntest_cases: [{generator_args: [seven]}]")
    (tmp_path / "gen.py").write_text(GENERATOR)
    done = CliRunner().invoke(cli, ["judge", str(tmp_path), str(tmp_path / "gen.py")])
    assert "cases 1/1: gen.py, which makes it, ended so" in str(done.exception)
    assert "ValueError" in str(done.exception)
