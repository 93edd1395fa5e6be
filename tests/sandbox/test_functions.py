"""Answers that are functions and classes: run by a test's code, and told of in the student's own lines."""

import uuid
from collections.abc import Callable, Mapping
from decimal import Decimal

import pytest

from lti_grader.assignments.languages import Language
from lti_grader.grading.graders.code import GradedCode, GroupSpec, TestSpec, grade
from lti_grader.grading.sandbox import Sandbox
from lti_grader.problems.harness import Harness, Template
from lti_grader.problems.models import Aggregation, Visibility
from tests.sandbox.conftest import OF_ONE_KIND

Judge = Callable[..., GradedCode]

SQUARES = {
    "python": ("def sqr(n):\n    return n * n\n", "print(sqr({}))"),
    "javascript": ("function sqr(n) {\n  return n * n;\n}\n", "console.log(sqr({}));"),
    "c": ("int sqr(int n) {\n    return n * n;\n}\n", 'printf("%d\\n", sqr({}))'),
    "cpp": ("int sqr(int n) {\n    return n * n;\n}\n", "cout << sqr({}) << endl"),
    "java": ("int sqr(int n) {\n    return n * n;\n}\n", "System.out.println(sqr({}))"),
}
COUNTER = "import java.util.ArrayList;\n\npublic class Counter {\n    private int n;\n    public int next() {\n        return ++n;\n    }\n}\n"


def case(code: str, expected: str, *, given: str = "", visibility: Visibility = Visibility.VISIBLE) -> TestSpec:
    return TestSpec(
        uuid.uuid4(),
        "a test",
        given.encode(),
        expected.encode(),
        Decimal(1),
        2000,
        131072,
        code=code,
        visibility=visibility,
    )


@pytest.fixture
def judge(sandbox: Sandbox, language: Callable[[str], Language]) -> Judge:
    def judge_it(
        answer: str, *tests: TestSpec, name: str = "python", harness: Harness | None = None,
        files: Mapping[str, bytes] | None = None, stops: bool = False,
    ) -> GradedCode:  # fmt: skip
        group = GroupSpec(uuid.uuid4(), Decimal(10), Aggregation.SUM, tests, stops=stops)
        return grade(
            sandbox, language(name), answer.encode(), [group], checker={"kind": "stripped"}, fetch={}.__getitem__,
            harness=harness, files=files,
        )  # fmt: skip

    return judge_it


def statuses(graded: GradedCode) -> list[str]:
    return [str(one.status) for one in graded.outcomes]


@pytest.mark.parametrize("name", SQUARES)
def test_a_function_is_called_by_each_test(judge: Judge, name: str) -> None:
    answer, call = SQUARES[name]
    graded = judge(
        answer, case(call.format(3), "9"), case(call.format(-4), "16"), case(call.format(5), "24"), name=name
    )
    assert statuses(graded) == ["pass", "pass", "fail"], graded
    assert graded.points == Decimal("6.6667")


def test_a_class_in_java_is_used_by_each_test(judge: Judge) -> None:
    uses = "Counter one = new Counter();\none.next();\nSystem.out.println(one.next())"
    assert statuses(judge(COUNTER, case(uses, "2"), name="java")) == ["pass"]


@OF_ONE_KIND
@pytest.mark.parametrize(
    ("name", "answer", "call", "said"),
    [
        ("python", "def sqr(n):\n    return n +\n", "print(sqr(2))", 'File "main.py", line 2'),
        ("c", "int sqr(int n) {\n    return m;\n}\n", "sqr(2)", "main.c:2:12: error: 'm' undeclared"),
        ("java", "int sqr(int n) {\n    return m;\n}\n", "sqr(2)", "Main.java:2: error: cannot find symbol"),
        ("java", COUNTER.replace("++n", "++m"), "new Counter()", "Counter.java:6: error: cannot find symbol"),
    ],
)
def test_a_compiler_speaks_of_the_students_own_lines(
    judge: Judge, name: str, answer: str, call: str, said: str
) -> None:
    graded = judge(answer, case(call, ""), name=name)
    assert statuses(graded) == ["compile_error"]
    assert said in graded.compiler_output.replace("‘", "'").replace("’", "'")


@OF_ONE_KIND
@pytest.mark.parametrize(
    ("name", "answer", "call", "own", "call_is_in"),
    [
        (
            "python",
            "def first(x):\n    return x[0]\n",
            "x = []\nprint(first(x))",
            'File "main.py", line 2, in first',
            'File "test.py", line 2',
        ),
        ("java", "int first(int[] x) {\n    return x[0];\n}\n", "first(new int[0])", "(Main.java:2)", "(test.java:1)"),
    ],
)
def test_a_crash_is_told_of_in_the_students_own_lines(
    judge: Judge, name: str, answer: str, call: str, own: str, call_is_in: str
) -> None:
    graded = judge(answer, case(call, ""), name=name)
    assert statuses(graded) == ["runtime_error"]
    assert own in graded.outcomes[0].message
    assert call_is_in in graded.outcomes[0].message


def test_what_does_not_suit_one_test_fails_that_one_alone_and_a_hidden_tests_code_stays_hidden(judge: Judge) -> None:
    answer = "int one(void) { return 1; }\n"
    graded = judge(
        answer,
        case('printf("%d", one())', "1"),
        case("secret_call();;7 = 7", "", visibility=Visibility.HIDDEN),
        name="c",
    )
    assert statuses(graded) == ["pass", "compile_error"]
    assert graded.compiler_output == "It does not compile together with the code of a hidden test."
    broken = judge("int one(void) { return x; }\n", case("secret_call()", "", visibility=Visibility.HIDDEN), name="c")
    assert "main.c:1:24" in broken.compiler_output
    assert "secret_call" not in broken.compiler_output


@OF_ONE_KIND
@pytest.mark.parametrize("name", ["c", "cpp", "java"])
def test_tests_that_are_compiled_together_stand_by_themselves(judge: Judge, name: str) -> None:
    answer, call = SQUARES[name]
    both = [case(call.format(3), "9"), case(call.format(4).replace("sqr", "cube"), "64")]
    graded = judge(answer, *both, name=name)
    assert statuses(graded) == ["pass", "compile_error"]
    assert "test." in graded.compiler_output
    assert "cube" in graded.compiler_output
    graded = judge(answer.replace("n * n", "m * n"), *both, name=name)
    assert statuses(graded) == ["compile_error"] * 2
    assert "cube" not in graded.compiler_output
    ends = {"java": "System.exit(0)"}.get(name, "exit(0)")
    late = case("int x = 2;\n" + call.format("x / 0" if name == "java" else "2"), "4")
    graded = judge(answer, case(ends, ""), case(call.format(5), "25"), late, name=name)
    assert statuses(graded) == ["pass", "pass", "runtime_error" if name == "java" else "pass"]
    if name == "java":
        assert "(test.java:2)" in graded.outcomes[2].message


def test_files_of_the_problem_can_be_opened_and_imported(judge: Judge) -> None:
    files = {"words.txt": b"three small words\n", "helper.py": b"def count(text):\n    return len(text.split())\n"}
    answer = (
        "import helper\n\ndef words(name):\n    with open(name) as file:\n        return helper.count(file.read())\n"
    )
    harness = Harness(templates={"python": Template()}, files=dict.fromkeys(files, "blob"))
    assert statuses(judge(answer, case("print(words('words.txt'))", "3"), harness=harness, files=files)) == ["pass"]
    program = "print(open('words.txt').read())\nopen('words.txt', 'w').write('gone')\n"
    assert (
        statuses(judge(program, case("", "three small words"), case("", "three small words"), files=files))
        == ["pass"] * 2
    )


@OF_ONE_KIND
def test_a_template_of_the_problems_own_is_given_the_answer_as_text(judge: Judge) -> None:
    text = 'answer = """{{ STUDENT_ANSWER | e("py") }}"""\nprint(len(answer), answer.count(chr(92)), {{ limit }})\n{{ TEST.testcode }}\n'
    harness = Harness(templates={"c": Template(text=text, language="python")}, parameters={"limit": 7})
    graded = judge('say "\\n"', case("print('end')", "8 1 7\nend"), name="c", harness=harness)
    assert statuses(graded) == ["pass"], graded.outcomes[0]


@OF_ONE_KIND
def test_a_template_that_cannot_be_filled_in_is_never_the_students_fault(judge: Judge) -> None:
    harness = Harness(
        templates={
            "python": Template(text="{% for i in range(20000) %}{% for j in range(20000) %}{% endfor %}{% endfor %}")
        }
    )
    graded = judge("pass", case("", ""), harness=harness)
    assert statuses(graded) == ["judge_error"]
    assert "too many steps" in graded.trouble


def test_an_answer_finds_nothing_of_what_is_expected(judge: Judge) -> None:
    looks = "def f():\n    import os, glob\n    return ''.join(open(p, errors='replace').read() for d in ('/program', '/box', '/data') for p in glob.glob(d + '/**', recursive=True) if os.path.isfile(p))\n"
    uses = "print('5ec' + 'ret' in f(), 'so' + 'rry' in f())"
    graded = judge(looks, case(uses, "False False"), case("print('sorry'[:0])", "5ecret"))
    assert statuses(graded) == ["pass", "fail"]


def test_a_program_that_reads_itself_finds_no_test_that_others_may_not_see(judge: Judge) -> None:
    answer = """
int look(void) {
    static char all[1 << 20];
    FILE *file = fopen("/proc/self/exe", "rb");
    size_t size = fread(all, 1, sizeof all, file);
    for (size_t at = 0; at + 8 < size; at++)
        if (!memcmp(all + at, "see", 3) && !memcmp(all + at + 3, "nby_", 4)) printf("%.12s ", all + at);
    return 0;
}
"""
    tests = [
        case(f'if (look()) puts("seenby_{seen}{number}")', "", visibility=seen)
        for seen in (Visibility.VISIBLE, Visibility.AFTER_DUE, Visibility.HIDDEN)
        for number in (1, 2)
    ]
    found = [set(one.output.decode().split()) for one in judge(answer, *tests, name="c").outcomes]
    assert found[0] == found[1] == {"seenby_visib"}
    assert found[2] == found[3] == {"seenby_after"}
    assert found[4] == found[5] == {"seenby_hidde"}
