"""Notebooks are run cell by cell, each test in a process of its own: what costs a test its points, and what does not."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from lti_grader.grading import packages
from lti_grader.grading.packages import Judged
from lti_grader.grading.sandbox import Sandbox
from lti_grader.problems.packages import formats
from lti_grader.problems.packages.package import Package
from tests.fixtures.notebooks import cell, notebook, primes, squares
from tests.sandbox.conftest import OF_ONE_KIND

Hand = Callable[..., Judged]
SQUARES = "def squares(n):\n    return [i ** 2 for i in range(1, n + 1)]\n"


def read() -> Package:
    [found] = formats.read_upload("squares.ipynb", squares()).problems
    assert isinstance(found, Package)
    return found


@pytest.fixture
def handed(sandbox: Sandbox) -> Hand:
    def judge(change: Callable[[list[Any]], object] = lambda cells: None, **answers: str) -> Judged:
        """Judge the students' copy with these answers, and with what `change` makes of its cells."""
        package = read()
        copy = json.loads(package.starter_code["python"])
        for one in copy["cells"]:
            name = one["metadata"].get("nbgrader", {}).get("grade_id")
            one["source"] = {"squares": SQUARES, "half": "half = limit / 2", **answers}.get(name, one["source"])
        change(copy["cells"])
        text = json.dumps(copy).encode()
        return packages.judge(sandbox, package, text, packages.language_named("python"), cpu_ms=5000)

    return judge


def verdicts(done: Judged) -> list[str]:
    """Return what became of the test of squares, of its hidden part, and of the test of half."""
    return [str(one.outcome.status) for one in done.tests]


def message(done: Judged, place: int) -> str:
    return done.tests[place].outcome.message


def test_the_solution_passes_and_so_does_the_same_in_a_students_copy(sandbox: Sandbox, handed: Hand) -> None:
    [verified] = packages.verify(sandbox, read(), cpu_ms=5000)
    assert verified.agrees, verified.why
    done = handed()
    assert (verdicts(done), done.graded.points) == (["pass", "pass", "pass"], done.graded.maximum)


@OF_ONE_KIND
def test_points_are_for_all_of_a_cell_with_its_hidden_part(sandbox: Sandbox, handed: Hand) -> None:
    done = handed(squares="def squares(n):\n    return [1]")
    assert verdicts(done) == ["pass", "fail", "pass"]
    assert [float(one.points) for one in done.tests] == [0, 0, 0.5]


def test_a_visible_test_cannot_be_made_to_show_a_hidden_one(handed: Hand) -> None:
    spy = "import glob\ndef squares(n):\n    raise ValueError([open(one, errors='replace').read() for one in sorted(glob.glob('/program/*.json'))])"
    done = handed(squares=spy)
    assert "squares(1)" in message(done, 0)
    assert "squares(3)" not in message(done, 0)


@OF_ONE_KIND
def test_an_error_costs_only_what_depends_on_it(sandbox: Sandbox, handed: Hand) -> None:
    done = handed(squares="def squares(n):\n  return n +\n")
    assert verdicts(done) == ["fail", "fail", "pass"]
    said = message(done, 0)
    assert said.startswith("NameError: name 'squares' is not defined\ncheck_squares, line 1: assert squares(1) == [1]")
    assert "Before that, cell 2 stopped with SyntaxError" in said
    done = handed(half="exit()")
    assert verdicts(done) == ["pass", "pass", "fail"]


@OF_ONE_KIND
def test_a_test_says_what_its_author_wrote_and_where(sandbox: Sandbox, handed: Hand) -> None:
    done = handed(half="half = 51")
    assert message(done, 2) == "half of 100 is 50\ncheck_half, line 1: assert half == 50, 'half of 100 is 50'"


@OF_ONE_KIND
def test_cells_that_are_not_the_students_are_the_authors(sandbox: Sandbox, handed: Hand) -> None:

    def cheat(cells: list[Any]) -> None:
        by_name = {one["metadata"].get("nbgrader", {}).get("grade_id"): one for one in cells}
        by_name["begin"]["source"] = "limit = 7"
        by_name["check_half"]["source"] = "pass"
        cells.remove(by_name["check_squares"])

    assert verdicts(handed(cheat, squares="def squares(n):\n    return []")) == ["fail", "fail", "pass"]
    assert verdicts(handed(cheat, half="half = 3.5")) == ["pass", "pass", "fail"]
    # One that was taken out comes before the next one that is there, after what the student wrote between the two.
    assert verdicts(handed(cheat)) == ["pass", "pass", "pass"]


@OF_ONE_KIND
def test_what_only_jupyter_knows_is_left_out_or_stands_for_it(sandbox: Sandbox, handed: Hand) -> None:
    jupyter = (
        "%matplotlib inline\n!pip install lots\n?squares\n"
        "from IPython.display import Markdown, display as show\nshow(Markdown('a')), display(1)\n"
        "get_ipython().run_line_magic('load_ext', 'x')\nimport asyncio\nawait asyncio.sleep(0)\n"
        "%time half = (limit\n  % 60 + 10)\n"
    )
    assert (
        verdicts(handed(half=jupyter.replace("%time half = (limit\n  % 60 + 10)", "half = (limit\n  % 60 + 10)")))[2]
        == "pass"
    )
    assert verdicts(handed(half="%%time\nhalf = limit / 2"))[2] == "pass"
    assert verdicts(handed(half="%time half = limit / 2"))[2] == "pass"
    done = handed(half="%%bash\necho 1")
    assert "NameError" in message(done, 2)
    done = handed(half="lines = !ls\nhalf = 50")
    assert "What !ls gives is not there" in message(done, 2)
    done = handed(half="half = input('How much? ')")
    assert "input() gets no answer when a notebook is graded" in message(done, 2)


@OF_ONE_KIND
@pytest.mark.parametrize(
    "hostile",
    [
        "import os\nos._exit(0)",
        "import builtins\nbuiltins.exec = builtins.compile = lambda *a, **k: None",
        "import sys\nsys.settrace(None)\nfor name in list(sys.modules):\n    if 'notebook' in name or 'report' in name:\n        sys.modules[name].__dict__.clear()",
        'import os, json\nfor number in range(1, 300):\n    try:\n        os.write(number, b\'{"status": "pass"}\\n\' * 3)\n    except OSError:\n        pass\nos._exit(0)',
        "class AssertionError(Exception):\n    pass\nimport sys\nsys.excepthook = print\nhalf = 3",
        "import sys\nsys.stdout = sys.stderr = None\nsys.stdin = None\nhalf = 3",
    ],
)
def test_a_notebook_that_would_rather_pass_does_not(sandbox: Sandbox, handed: Hand, hostile: str) -> None:
    assert verdicts(handed(half=hostile))[2] != "pass"


@OF_ONE_KIND
def test_otters_tests_say_what_was_to_be_shown(sandbox: Sandbox) -> None:
    [package] = formats.read_upload("primes.ipynb", primes()).problems
    assert isinstance(package, Package)
    [verified] = packages.verify(sandbox, package, cpu_ms=5000)
    assert verified.agrees, verified.why
    # A copy that otter gave out has its own check in the place of ours.
    copy = [cell("code", "x = 2"), cell("code", 'grader.check("q1")'), cell("code", "x = 9")]
    done = packages.judge(sandbox, package, notebook(*copy), packages.language_named("python"), cpu_ms=5000)
    assert verdicts(done) == ["pass", "pass", "fail"]
    wrong = json.loads(package.starter_code["python"])
    wrong["cells"][1]["source"] = "import otter\ngrader = otter.Notebook()\ngrader.check('q1')\nx = 0"
    wrong["cells"][4]["source"] = "def double(n):\n    return n"
    done = packages.judge(sandbox, package, json.dumps(wrong).encode(), packages.language_named("python"), cpu_ms=5000)
    assert [message(done, place) for place in (0, 2)] == [
        "Think of even numbers.\nx > 1\nwas to show True\nand showed False",
        "not 4\nq3 - 1, line 3: test_double(double)\nq3 - 1, line 2: assert double(2) == 4, 'not 4'",
    ]


def test_a_file_that_is_no_notebook_is_told_so(sandbox: Sandbox) -> None:
    done = packages.judge(sandbox, read(), b"print(1)", packages.language_named("python"), cpu_ms=5000)
    assert done.verdicts == {"compile_error"}
    assert "no notebook that can be read" in done.graded.compiler_output
