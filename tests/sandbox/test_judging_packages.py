"""`lti-grader judge` and `lti-grader problems verify`: a package judged without database, queue or web."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from lti_grader.cli import cli

RIGHT = "print(2 * int(input()))\n"
VALIDATOR = """
import sys
from pathlib import Path
given = int(Path(sys.argv[1]).read_text())
try:
    right = int(sys.stdin.read()) == 2 * given
except ValueError:
    right = False
Path(sys.argv[3], "judgemessage.txt").write_text(f"asked to double {given}")
sys.exit(42 if right else 43)
"""


@pytest.fixture
def package(tmp_path: Path) -> Path:
    folder = tmp_path / "double"
    for name, text in {
        "problem.yaml": "name: Double\nlimits: {memory: 64}\n",
        "data/sample/1.in": "1\n", "data/sample/1.ans": "2\n",
        "data/secret/1.in": "20\n", "data/secret/1.ans": "40\n",
        "data/secret/2.in": "-3\n", "data/secret/2.ans": "-6\n",
        "submissions/accepted/right.py": RIGHT,
        "submissions/accepted/right.c": '#include <stdio.h>\nint main(void) { long n; scanf("%ld", &n); printf("%ld", 2 * n); }\n',
        "submissions/accepted/other.cob": "fun main() {}\n",
        "submissions/wrong_answer/same.py": "print(input())\n",
        "submissions/run_time_error/zero.py": "print(2 * 20 // (int(input()) - 20))\n",
    }.items():  # fmt: skip
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def run(*arguments: object) -> Result:
    return CliRunner().invoke(cli, [str(one) for one in arguments])


def judged(package: Path, code: str, *more: str) -> tuple[int, dict[str, Any]]:
    source = package.parent / "mine.py"
    source.write_text(code)
    done = run("judge", package, source, "--json", *more)
    return done.exit_code, json.loads(done.stdout)


def test_a_program_is_judged_with_verdicts_points_times_and_memory(package: Path) -> None:
    code, said = judged(package, RIGHT)
    assert (code, said["verdicts"], said["points"], said["maximum"]) == (0, ["accepted"], 1.0, 1.0)
    assert [(one["group"], one["name"], one["verdict"]) for one in said["tests"]] == [
        ("sample", "1", "pass"), ("secret", "1", "pass"), ("secret", "2", "pass"),
    ]  # fmt: skip
    assert all(one["memory_kb"] > 0 for one in said["tests"])
    assert said["cpu_ms"] >= 1000


def test_what_is_wrong_ends_with_one_and_leaves_out_what_follows(package: Path) -> None:
    code, said = judged(package, "print(abs(2 * int(input())) % 40 or 7)\n", "--time-limit", "3")
    assert (code, said["verdicts"], said["points"], said["cpu_ms"]) == (1, ["fail"], 0.0, 3000)
    assert [one["verdict"] for one in said["tests"]] == ["pass", "fail", "skipped"]
    code, said = judged(package, "print(2 *")
    assert (code, said["verdicts"]) == (1, ["compile_error"])
    assert "SyntaxError" in said["compiler_output"]


def test_in_words_it_says_where_the_limit_comes_from(package: Path) -> None:
    source = package.parent / "mine.py"
    source.write_text(RIGHT)
    done = run("judge", package, source)
    assert done.exit_code == 0
    assert "5 times the slowest accepted submission here" in done.stdout or "limit 1 s" in done.stdout
    assert "accepted: 1 of 1 points" in done.stdout


def test_a_packages_own_validator_judges(package: Path) -> None:
    (package / "problem.yaml").write_text("name: Double\nvalidation: custom\n")
    (package / "output_validators").mkdir()
    (package / "output_validators" / "check.py").write_text(VALIDATOR)
    assert judged(package, RIGHT)[1]["verdicts"] == ["accepted"]
    code, said = judged(package, "print('no number')\n")
    assert (code, said["verdicts"]) == (1, ["fail"])
    assert said["tests"][0]["note"] == "asked to double 1"
    (package / "output_validators" / "check.py").write_text("import sys; sys.exit(7)\n")
    code, said = judged(package, RIGHT)
    assert code == 2
    assert "exit code 7" in said["trouble"]


def test_a_package_is_verified_by_its_own_submissions(package: Path) -> None:
    done = run("problems", "verify", package)
    assert done.exit_code == 0, done.output
    assert "4 of 4 as expected; 1 not compared" in done.stdout
    (package / "submissions" / "wrong_answer" / "right.py").write_text(RIGHT)
    done = run("problems", "verify", package, "--json", "--time-limit", "2")
    assert done.exit_code == 1
    by_path = {one["path"]: one for one in json.loads(done.stdout)["submissions"]}
    assert by_path["submissions/wrong_answer/right.py"]["agrees"] is False
    assert by_path["submissions/accepted/other.cob"] == {
        "path": "submissions/accepted/other.cob", "language": None, "agrees": None, "why": "its language is not here",
        "verdicts": [], "expected": ["accepted"],
    }  # fmt: skip


def test_what_is_no_package_or_no_language_is_said(package: Path) -> None:
    source = package.parent / "mine.cob"
    source.write_text("x")
    done = run("judge", package, source)
    assert "none of the languages that are here" in str(done.exception)
    done = run("judge", package / "data", package / "submissions/accepted/right.py")
    assert "of no format that is known here: there is no" in str(done.exception)


# It asks for the double of what the program wrote until that is over 10, and counts the passes in a file of its own.
PASSES = """
import sys
from pathlib import Path
given, left = int(Path(sys.argv[1]).read_text()), Path(sys.argv[3])
said = int(sys.stdin.read())
with (left / "passes").open("a") as file:
    file.write("x")
(left / "judgemessage.txt").write_text((left / "passes").read_text())
if said != 2 * given:
    sys.exit(43)
if said <= 10:
    (left / "nextpass.in").write_text(str(said))
sys.exit(42)
"""


@pytest.mark.parametrize(
    ("passes", "code", "verdict", "words"),
    [(4, RIGHT, "pass", "xxxx"), (4, "print(int(input()) * 2 % 8)\n", "fail", "xxx"), (3, RIGHT, "judge_error", "more than 3 passes")],
)  # fmt: skip
def test_a_validator_may_ask_for_further_passes(
    passes: int, code: str, verdict: str, words: str, package: Path
) -> None:
    about = f"problem_format_version: 2025-09\nname: Twice\ntype: multi-pass\nlimits: {{time_limit: 1, validation_passes: {passes}}}\n"
    (package / "problem.yaml").write_text(about)
    (package / "output_validator").mkdir()
    (package / "output_validator" / "validate.py").write_text(PASSES)
    _, said = judged(package, code)
    first = said["tests"][0]
    assert (first["verdict"], words in first["note"] + first["message"]) == (verdict, True)


def test_several_files_are_one_program(package: Path) -> None:
    half = "int half_of_four(int n) { return 2 * n; }\n"
    for name, text in {
        "cpp/main.cc": "#include <iostream>\nint half_of_four(int);\nint main() { int n; std::cin >> n; std::cout << half_of_four(n); }\n",
        "cpp/half.cc": half,
        "included/main.cc": '#include <iostream>\n#include "half.cc"\nint main() { int n; std::cin >> n; std::cout << half_of_four(n); }\n',
        "included/half.cc": half,
        "python/main.py": "import half\nprint(half.double(int(input())))\n",
        "python/half.py": "def double(n):\n    return 2 * n\n",
    }.items():  # fmt: skip
        path = package / "submissions" / "accepted" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    done = run("problems", "verify", package, "--time-limit", "5", "--json")
    lines = {one["path"].rpartition("/")[2]: one["agrees"] for one in json.loads(done.stdout)["submissions"]}
    assert (lines["cpp"], lines["included"], lines["python"]) == (True, True, True)


def test_files_of_the_package_lie_beside_programs_of_their_language(package: Path) -> None:
    for name, text in {
        "problem.yaml": "name: Double\nlimits: {memory: 64}\nconstants: {factor: 2}\n",
        "include/python3/given.py": "factor = {{factor}}\n",
        "submissions/accepted/right.py": "import given\nprint(given.factor * int(input()))\n",
        "submissions/run_time_error/zero.py": "open('factor.h')\n",
        "include/c/factor.h": "#define FACTOR {{factor}}\n",
        "submissions/accepted/right.c": '#include <stdio.h>\n#include "factor.h"\n'
        'int main(void) { long n; scanf("%ld", &n); printf("%ld", FACTOR * n); }\n',
    }.items():
        (package / name).parent.mkdir(parents=True, exist_ok=True)
        (package / name).write_text(text)
    done = run("problems", "verify", package, "--time-limit", 2)
    assert "4 of 4 as expected" in done.stdout, done.output
