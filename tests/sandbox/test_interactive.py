"""Problems whose validator talks with the program while it runs."""

import uuid
from collections.abc import Callable
from decimal import Decimal

import pytest

from lti_grader.assignments.languages import Language
from lti_grader.grading.graders.code import GroupSpec, TestOutcome, TestSpec, grade
from lti_grader.grading.sandbox import Sandbox
from lti_grader.problems.models import Aggregation

Play = Callable[..., TestOutcome]

GUESSING = """
import sys
given, answer, feedback = sys.argv[1:4]
secret = int(open(given).read())

def end(code, words):
    open(feedback + "teammessage.txt", "w").write(words)
    open(feedback + "judgemessage.txt", "w").write(f"the secret was {secret}")
    sys.exit(code)

for turn in range(1, 11):
    line = sys.stdin.readline()
    if not line:
        end(43, "It stopped asking.")
    try:
        guess = int(line)
    except ValueError:
        end(43, "That is no number.")
    print("correct" if guess == secret else "higher" if guess < secret else "lower", flush=True)
    if guess == secret:
        end(42, f"Found in {turn}.")
print("too many", file=sys.stderr)
end(43, "Too many guesses.")
"""
RIGHT = """
low, high = 1, 1000
while True:
    middle = (low + high) // 2
    print(middle, flush=True)
    said = input()
    if said == "correct":
        break
    low, high = (middle + 1, high) if said == "higher" else (low, middle - 1)
"""
RIGHT_IN_C = """
#include <stdio.h>
#include <string.h>
int main(void) {
    int low = 1, high = 1000;
    char said[16];
    do {
        int middle = (low + high) / 2;
        printf("%d\\n", middle);
        fflush(stdout);
        if (scanf("%15s", said) != 1) return 1;
        if (!strcmp(said, "higher")) low = middle + 1; else high = middle - 1;
    } while (strcmp(said, "correct"));
    return 0;
}
"""


@pytest.fixture
def play(sandbox: Sandbox, language: Callable[[str], Language]) -> Play:
    def judge(source: str, name: str = "python", *, validator: str = GUESSING, cpu_ms: int = 400) -> TestOutcome:
        test = TestSpec(uuid.uuid4(), "1", b"613\n", b"", Decimal(1), cpu_ms, 131072)
        checker = {"kind": "validator", "language": "python", "source": validator, "interactive": True}
        groups = [GroupSpec(uuid.uuid4(), Decimal(1), Aggregation.SUM, [test])]
        graded = grade(sandbox, language(name), source.encode(), groups, checker=checker, fetch={}.__getitem__)
        return graded.outcomes[0]

    return judge


@pytest.mark.parametrize(("source", "name"), [(RIGHT, "python"), (RIGHT_IN_C, "c")], ids=["python", "c"])
def test_a_program_that_asks_well_passes(play: Play, source: str, name: str) -> None:
    outcome = play(source, name)
    assert (outcome.status, outcome.message, outcome.note) == ("pass", "Found in 8.", "the secret was 613")
    assert outcome.memory_kb > 0


@pytest.mark.parametrize(
    ("source", "status", "said"),
    [
        ("for n in range(1, 11):\n    print(n, flush=True)\n    input()", "fail", "Too many guesses."),
        # Whichever comes first: the validator's answer, which nobody reads, or the end of the program.
        ("print(500)", "fail", "It ended before the conversation was over.|It stopped asking."),
        ("pass", "fail", "It stopped asking."),
        ("print('hello', flush=True)\ninput()", "fail", "That is no number."),
        ("import os\nwhile True:\n    os.write(1, b'x\\n' * 1000)", "fail", "That is no number."),
        ("import sys\nprint(500)\nsys.stdin.readline()\nsys.exit(3)", "timeout", "0.9 s"),
        ("print(500, flush=True)\ninput()\n1 / 0", "runtime_error", "ZeroDivisionError"),
        ("while True:\n    pass", "timeout", "0.9 s"),
        ("print(613, flush=True)\ninput()\nimport time\ntime.sleep(0.5)\nraise SystemExit(9)", "runtime_error", "exit code 9"),
        ("x = bytearray(400_000_000)", "memory", "128 MiB"),
    ],
    ids=["too many", "one guess", "silent", "no number", "flood", "not flushed", "crash", "loop", "crash at the end", "memory"],
)  # fmt: skip
def test_each_other_end_has_its_verdict(play: Play, source: str, status: str, said: str) -> None:
    outcome = play(source)
    assert outcome.status == status, outcome
    assert any(words in outcome.message for words in said.split("|"))


@pytest.mark.parametrize(
    ("validator", "said"),
    [
        ("import sys\nprint('why', file=sys.stderr)\nsys.exit(7)", "exit code 7"),
        ("x = (", "does not compile"),
        ("import sys\nsys.stdin.readline()\nraise ValueError('ours')", "ours"),
    ],
    ids=["another exit code", "no program", "crash"],
)
def test_whatever_else_the_validator_does_is_never_the_students_fault(play: Play, validator: str, said: str) -> None:
    outcome = play("print(500, flush=True)\nimport sys\nsys.stdin.readline()", validator=validator)
    assert outcome.status == "judge_error", outcome
    assert said in outcome.message


def test_the_program_cannot_see_what_the_validator_knows(play: Play) -> None:
    source = "import os\nprint(os.path.exists('/data/input'), os.path.exists('/box/feedback'), flush=True)"
    validator = "import sys\nopen(sys.argv[3] + 'teammessage.txt', 'w').write(sys.stdin.readline())\nsys.exit(43)"
    assert play(source, validator=validator).message == "False False"
