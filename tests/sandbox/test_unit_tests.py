"""Tests in a runner's own form: points by their names, words that a student reads, and answers that would rather pass."""

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from lti_grader.grading import packages
from lti_grader.grading.packages import Judged
from lti_grader.grading.runners import available_runners, missing_runners
from lti_grader.grading.sandbox import Sandbox
from lti_grader.problems.packages import formats
from lti_grader.problems.packages.package import BadPackage, Package
from tests.sandbox.conftest import OF_ONE_KIND

JudgeAnswer = Callable[..., Judged]
PROBLEMS = Path(__file__).parent / "unit_tests"
RUNNERS = ("pytest", "node", "gtest", "junit")


@pytest.fixture(scope="session")
def package(sandbox: Sandbox) -> Callable[[str], Package]:
    """Return the problem whose tests a runner runs, with every test named."""
    kept: dict[str, Package] = {}

    def read(runner: str) -> Package:
        if runner not in available_runners():
            pytest.skip(f"{runner} is not on this machine: {missing_runners()[runner]}")
        if runner not in kept:
            [found] = formats.read(PROBLEMS / runner).problems
            assert isinstance(found, Package), found
            kept[runner] = packages.settled(sandbox, found)
        return kept[runner]

    return read


@pytest.fixture
def judged(sandbox: Sandbox, package: Callable[[str], Package]) -> JudgeAnswer:
    def judge(runner: str, answer: str, *only: str) -> Judged:
        read = package(runner)
        if only:
            kept = [dataclasses.replace(one, tests=[it for it in one.tests if it.name in only]) for one in read.groups]
            read = dataclasses.replace(read, groups=[one for one in kept if one.tests])
        language = packages.language_named(next(iter(read.harness.templates)))
        return packages.judge(sandbox, read, answer.encode(), language, cpu_ms=5000)

    return judge


def right(runner: str) -> str:
    [path] = (PROBLEMS / runner / "submissions" / "accepted").iterdir()
    return path.read_text()


def wrong(runner: str) -> str:
    [path] = (PROBLEMS / runner / "submissions" / "wrong_answer").iterdir()
    return path.read_text()


def verdicts(found: Judged) -> dict[str, str]:
    return {one.test: str(one.outcome.status) for one in found.tests}


@pytest.mark.parametrize(
    ("sandbox", "runner"), [*(("slot", one) for one in RUNNERS), ("bubblewrap", "pytest")], indirect=["sandbox"]
)
def test_each_test_of_a_runner_has_its_own_verdict_message_and_points(
    sandbox: Sandbox, package: Callable[[str], Package], judged: JudgeAnswer, runner: str
) -> None:
    expected = json.loads((PROBLEMS / runner / "expected.json").read_text())
    assert {one.name: float(one.points) for group in package(runner).groups for one in group.tests} == expected[
        "points"
    ]
    done = judged(runner, wrong(runner))
    assert verdicts(done) == expected["wrong"]
    messages = {one.test: one.outcome.message for one in done.tests}
    for name, words in expected["messages"].items():
        assert all(word in messages[name] for word in words), messages[name]
    assert not any(place in text for text in messages.values() for place in ("/program", "/box", "_driver", "/usr"))


def test_an_accepted_answer_has_all_the_points(judged: JudgeAnswer) -> None:
    done = judged("pytest", right("pytest"))
    assert (done.verdicts, done.graded.points, done.graded.maximum) == ({"accepted"}, 6, 6)


ADD = "def add(a, b):\n    return a + b\n"
MEAN = "def mean(numbers):\n    return sum(numbers) / len(numbers)\n"
HOSTILE = {
    "it ends": ("import os\ndef add(a, b):\n    os._exit(0)\n" + MEAN, "ended before the test was over"),
    "it ends while others wait": (
        "import os, threading\ndef add(a, b):\n    threading.Thread(target=os._exit, args=(0,)).start()\n    return a\n" + MEAN, "",
    ),
    "it skips": ("import pytest\ndef add(a, b):\n    pytest.skip('later')\n" + MEAN, "skipped"),
    "it expects to fail": ("import pytest\ndef add(a, b):\n    pytest.xfail('yes')\n" + MEAN, "skipped"),
    "it stops the runner": ("import pytest\ndef add(a, b):\n    pytest.exit('enough', 0)\n" + MEAN, "ended before"),
    "it exits politely": ("def add(a, b):\n    raise SystemExit(0)\n" + MEAN, "SystemExit"),
    "it writes a report": (
        "import os\nfor number in range(1, 300):\n    try:\n        os.write(number, b'{\"status\": \"pass\"}\\n' * 3)\n"
        "    except OSError:\n        pass\ndef add(a, b):\n    os._exit(0)\n" + MEAN, "ended before",
    ),
    "it changes what fails": (
        "import _pytest.python\n_pytest.python.Function.runtest = lambda self: None\n"
        "def add(a, b):\n    return 0\n" + MEAN, "the program has changed the runner",
    ),
    "it changes what is reported": (
        "import _pytest.reports as r\nold = r.TestReport.from_item_and_call.__func__\n"
        "def new(kind, item, call):\n    made = old(kind, item, call)\n    made.outcome = 'passed'\n    return made\n"
        "r.TestReport.from_item_and_call = classmethod(new)\ndef add(a, b):\n    return 0\n" + MEAN, "the program has changed the runner",
    ),
}  # fmt: skip


@pytest.mark.parametrize("answer", HOSTILE.values(), ids=HOSTILE)
def test_an_answer_that_ends_or_changes_the_runner_passes_nothing_by_that(
    judged: JudgeAnswer, answer: tuple[str, str]
) -> None:
    done = judged("pytest", answer[0], "test_add", "test_mean[numbers1]")
    [mine] = [one.outcome for one in done.tests if one.test == "test_add"]
    assert mine.status != "pass"
    assert answer[1] in mine.message
    if "changed" not in answer[1] and "b'" not in answer[0]:
        # It counts only against the tests that come to it.
        assert verdicts(done)["test_mean[numbers1]"] == "pass"


@OF_ONE_KIND
@pytest.mark.parametrize(
    ("file", "runner", "test", "words"),
    [
        ("ends.mjs", "node", "adds", "ended before"),
        ("writes.mjs", "node", "adds", "ended before"),
        ("patches.mjs", "node", "adds", "the program has changed the runner"),
        ("constructs.h", "gtest", "Sums.Adds", "ended before"),
        ("Twin.java", "junit", "adds", "does not compile"),
        ("Assertions.java", "junit", "adds", "does not compile"),
        ("Halts.java", "junit", "adds", "ended before"),
    ],
)
def test_in_no_language_an_answer_passes_by_what_it_does_to_its_tests(
    sandbox: Sandbox, judged: JudgeAnswer, file: str, runner: str, test: str, words: str
) -> None:
    [mine] = judged(runner, (PROBLEMS / "hostile" / file).read_text(), test).tests
    assert mine.outcome.status != "pass"
    assert words in mine.outcome.message


def test_what_the_runner_was_given_can_be_read_by_nobody_after_it(judged: JudgeAnswer) -> None:
    spy = (
        "import os\nfor place in ('/proc/self', '/proc/1', f'/proc/{os.getppid()}'):\n    for number in (0, 1, 2, 200):\n"
        "        try:\n            print('read', open(f'{place}/fd/{number}').read())\n        except OSError:\n            pass\n"
    )
    [mine] = [one.outcome for one in judged("pytest", spy + ADD + MEAN, "test_add").tests]
    said = mine.output.decode()
    assert "read" in said
    assert "test_add" not in said


def test_a_visible_test_cannot_be_made_to_show_a_hidden_one(judged: JudgeAnswer) -> None:
    spy = (
        "import os\nfor folder, _, names in os.walk('/program'):\n    for name in names:\n"
        "        print(name, open(os.path.join(folder, name), errors='replace').read())\n"
    )
    shown = [
        one
        for one in judged("pytest", spy + "def add(a, b):\n    return 0\n" + MEAN).tests
        if one.group == "test_sums.py"
    ]
    said = "".join(one.outcome.message + one.outcome.output.decode() for one in shown)
    assert "test_sums.py" in said
    assert "test_more.py" not in said
    assert "negative" not in said


def test_points_for_a_test_that_is_not_there_are_refused_with_those_that_are(sandbox: Sandbox, tmp_path: Path) -> None:
    if "pytest" not in available_runners():
        pytest.skip(missing_runners()["pytest"])
    for name in ("problem.yaml", "unit_tests/test_sums.py", "submissions/accepted/sums.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text((PROBLEMS / "pytest" / name).read_text())
    described = "runner: pytest\nanswer: sums.py\ntests: [{file: test_sums.py, points: {test_ad: 2}}]\n"
    (tmp_path / "unit_tests" / "unit_tests.yaml").write_text(described)
    [read] = formats.read(tmp_path).problems
    assert isinstance(read, Package)
    with pytest.raises(BadPackage, match=r"no test 'test_ad'.*it has test_add"):
        packages.settled(sandbox, read)
