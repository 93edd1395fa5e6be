"""Problems of DMOJ's judge: what is read of them, what is told, and what is refused."""

from decimal import Decimal
from typing import Any

import pytest

from lti_grader.grading.graders import protocols
from lti_grader.problems.checkers import Validated, checker_config
from lti_grader.problems.models import Aggregation, OnReject
from lti_grader.problems.packages import dmoj
from lti_grader.problems.packages.package import BadPackage, Generated, Package
from tests.unit.problems.test_formats import zipped

PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)
DATA = {f"{number}.{kind}": str(number) for number in range(1, 7) for kind in ("in", "out")}
LIMITS = "DMOJ keeps the time and memory limits and samples elsewhere: look at all three before it is published."


def read(init: str, **more: str | bytes) -> Package:
    files = {"init.yml": init, "statement.md": "Echo.\n", **DATA, **more}
    return dmoj.read("Echo It", {name: one.encode() if isinstance(one, str) else one for name, one in files.items()})


def test_batches_are_groups_and_so_are_the_cases_between_them() -> None:
    package = read(
        """
        pretest_test_cases: [{in: 1.in, out: 1.out}]
        test_cases:
        - {in: 2.in, out: 2.out, points: 3}
        - {in: 3.in, out: 3.out, points: 5}
        - {batched: [{in: 4.in, out: 4.out}, {in: 5.in, out: 5.out}], points: 20}
        - {batched: [{in: 6.in, out: 6.out}], points: 30, dependencies: [1]}
        """
    )
    assert [(one.name, one.points, one.aggregation, one.on_reject, list(one.requires)) for one in package.groups] == [
        ("pretests 1", 0, Aggregation.SUM, OnReject.CONTINUE, []),
        ("cases 1", 8, Aggregation.SUM, OnReject.CONTINUE, ["pretests 1"]),
        ("batch 1", 20, Aggregation.MIN, OnReject.STOP, ["pretests 1"]),
        ("batch 2", 30, Aggregation.MIN, OnReject.STOP, ["pretests 1", "batch 1"]),
    ]
    # The judge's inputs end with a line's end.
    assert [(one.input, one.expected, one.points) for one in package.groups[1].tests] == [
        (b"2\n", b"2\n", 3), (b"3\n", b"3\n", 5),
    ]  # fmt: skip
    assert (package.slug, package.title, package.statement, package.cpu_ms) == ("echo-it", "Echo It", "Echo.\n", None)
    assert package.report == [LIMITS]


def test_cases_are_found_by_the_names_of_files_in_an_archive() -> None:
    archive = zipped(
        {"t.1.in": "x", "t.1.out": "x", "t.2-1.in": "y", "t.2-1.out": "y", "t.2-2.in": "z", "t.2-2.out": "z"}
    )
    package = read("archive: tests.zip\ntest_cases: {input_format: '^t.(?:(?P<batch>\\d+)-)?(?P<case>\\d+).in$', output_format: '^t.(?:(?P<batch>\\d+)-)?(?P<case>\\d+).out$', case_points: [5, 7]}", **{"tests.zip": archive})  # fmt: skip
    assert [(one.name, one.points, [test.input for test in one.tests]) for one in package.groups] == [
        ("cases 1", 5, [b"x\n"]), ("batch 1", 7, [b"y\n", b"z\n"]),
    ]  # fmt: skip
    usual = read("archive: tests.zip", **{"tests.zip": zipped({"a.in.1": "x", "b.1.in": "y", "b.1.out": "y"})})
    assert sum(len(one.tests) for one in usual.groups) >= 1


@pytest.mark.parametrize(
    ("said", "config"),
    [
        ("standard", {"kind": "tokens", "line_sensitive": True}),
        ("identical", {"kind": "exact"}),
        ("{name: floats, args: {precision: 2}}", {"kind": "float", "absolute": 0.01, "relative": 0.01, "line_sensitive": True}),
        ("{name: floatsabs}", {"kind": "float", "absolute": 1e-6, "relative": 0.0, "line_sensitive": True}),
        ("{name: bridged, args: {files: c.cpp, type: testlib, flags: [-DX=2]}}",
         {"kind": "validator", "language": "cpp", "source": "#define X 2\n#line 1\nint main() {}", "beside": {}, "protocol": "testlib", "full_score": "5"}),
        ("{name: bridged, args: {files: [c.cpp, h.h], lang: CPP14, args_format_string: '{input_file} \"a b\"'}}",
         {"kind": "validator", "language": "cpp", "source": "int main() {}", "beside": {"h.h": "//"}, "protocol": "dmoj", "arguments": ["{input}", "a b"]}),
    ],
)  # fmt: skip
def test_its_checkers(said: str, config: dict[str, Any]) -> None:
    package = read(
        f"checker: {said}\ntest_cases: [{{in: 1.in, out: 1.out, points: 5}}]", **{"c.cpp": "int main() {}", "h.h": "//"}
    )
    assert package.checker == config
    checker_config(package.checker)


def test_what_an_interactor_writes_is_flushed_for_it() -> None:
    said = "interactive: {{files: talk.cpp, type: testlib, unbuffered: {}}}\ntest_cases: [{{in: 1.in, points: 5}}]"
    source = "int main() {}\n"
    flushed = read(said.format("true"), **{"talk.cpp": source}).checker
    assert (flushed["interactive"], flushed["protocol"], "setvbuf" in flushed["source"]) == (True, "testlib", True)
    assert flushed["source"].endswith(f"#line 1\n{source}")
    assert read(said.format("false"), **{"talk.cpp": source}).checker["source"] == source


def test_a_generator_is_asked_later_for_what_is_not_there() -> None:
    package = read(
        "generator: {source: gen.py, time_limit: 2}\ntest_cases: [{generator_args: [1, two]}, {in: 1.in, out: 1.out}]",
        **{"gen.py": "print(1)"},
    )
    assert [(one.input, one.expected) for one in package.groups[0].tests] == [("case 1", "case 1"), (b"1\n", b"1\n")]
    made = package.generated["case 1"]
    assert made == Generated(made.program, ("1", "two"), b"", answers=True)
    assert (made.program.language, made.program.cpu_ms) == ("python", 2000)


def test_its_tests_are_submissions() -> None:
    source = {"tests/slow/test.yml": "language: PY3\nsource: a.py\ntime: 0.5\nmemory: 1024\ncases: [AC, TLE, SC]\n", "tests/slow/a.py": "1",
              "tests/old/test.yml": "language: PY2\nsource: b.py\n", "tests/old/b.py": "2", "tests/old/test.linux.yml": "expect: WA\n",
              "tests/other/test.freebsd.yml": "language: C\nsource: c.c\n", "tests/other/c.c": "3"}  # fmt: skip
    found = read("test_cases: [{in: 1.in, out: 1.out}, {in: 2.in, out: 2.out}]", **source).submissions
    assert [(one.path, one.language, one.expected, one.cpu_ms, one.memory_kb) for one in found] == [
        ("tests/old/b.py", "python2", frozenset({"fail"}), None, None),
        ("tests/slow/a.py", "python", frozenset({"timeout"}), 500, 1024),
    ]
    # Of one case alone the second's verdict is never asked for.
    assert read("test_cases: [{in: 1.in, out: 1.out}]", **source).submissions[1].expected == {"accepted"}


def test_graders_and_checkers_in_python_become_validators() -> None:
    asking = "from dmoj.result import CheckerResult\ndef check(process_output, judge_output, batch, **kwargs): return CheckerResult(True, 5)\ncheck.run_on_error = True\n"
    package = read("checker: own.py\ntest_cases: [{in: 1.in, points: 5}]", **{"own.py": asking})
    assert (package.checker["sees"], package.checker["flags"]) == ("every run", ["own.py", "5"])
    assert "The checker own.py asks for a batch's number, which is not known to it here: it is told 0 or nothing." in package.report  # fmt: skip
    grader = "import rules\nfrom dmoj.graders.interactive import InteractiveGrader\nclass Grader(InteractiveGrader):\n    pass\n"
    package = read(
        "custom_judge: own.py\nunbuffered: true\ntest_cases: [{in: 1.in}]", **{"own.py": grader, "rules.py": "N = 1"}
    )
    assert {"interactive": True, "unbuffered": True}.items() <= package.checker.items()
    assert set(package.checker["beside"]) == {"own.py", "rules.py", "dmoj_interface.py", "dmoj_checkers.py"}
    checker_config(package.checker)


def test_names_stand_for_what_is_read_and_written() -> None:
    package = read("file_io: {input: a.inp, output: a.out}\ntest_cases: [{in: 1.in, out: 1.out}]")
    assert package.harness is not None
    assert package.harness.links == {"a.inp": "stdin", "a.out": "stdout"}


@pytest.mark.parametrize(
    ("init", "words"),
    [
        ("custom_judge: none.py\ntest_cases: [{in: 1.in}]", "there is no file none.py"),
        ("custom_judge: own.py\ntest_cases: [{in: 1.in}]", "own.py starts programs itself (launch)"),
        ("checker: aids.py\ntest_cases: [{in: 1.in}]", "aids.py imports dmoj.utils.helper_files"),
        ("test_cases: [{in: 9.in}]", "there is no file 9.in, which case 1 names"),
        ("test_cases: []", "it has no test cases"),
        ("test_cases: [{batched: [{in: 1.in}], dependencies: [1]}]", "batch 1 depends on batch 1, which is not before it"),
        ("test_cases: [{in: 1.in, points: many}]", "the points of case 1 are 'many'"),
        ("checker: unheard\ntest_cases: [{in: 1.in}]", "there is no checker 'unheard' here"),
        ("checker: {name: bridged, args: {files: 1.in}}\ntest_cases: [{in: 1.in}]", "the checker 1.in is in a language that is not known"),
        ("generator: 1.out\ntest_cases: [{in: 1.in, generator_args: [1]}]", "case 1 has an input file and also arguments"),
        ("archive: none.zip", "there is no archive none.zip"),
    ],
)  # fmt: skip
def test_what_cannot_be_judged_is_refused_in_words(init: str, words: str) -> None:
    own = "from dmoj.graders import StandardGrader\nclass Grader(StandardGrader):\n    def grade(self, case): return self.binary.launch()\n"
    with pytest.raises(BadPackage) as told:
        read(init, **{"own.py": own, "aids.py": "from dmoj.utils.helper_files import mktemp\n"})
    assert words in told.value.message


def test_what_is_left_out_is_told() -> None:
    report = read(
        "hints: [nobigmath]\nsymlinks: {a: /etc/passwd}\nchecker: linecount\ntest_cases: [{in: 1.in, out: 1.out, colour: red}]"
    ).report
    assert report[:-1] == [
        "init.yml: colour of single cases is left out.",
        "The checker linecount also gives points for lines of a wrong output; here that gives none.",
        "init.yml: the link a is left out: only standard input and output can be opened by a name.",
        "init.yml: BigInteger and BigDecimal, which programs in Java may not use there, can be used here.",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("protocol", "code", "words", "share"),
    [
        ("testlib", 0, "ok", "1"), ("testlib", 1, "wrong", None), ("testlib", 2, "form", None), ("testlib", 7, "points 4\n", "0.4"),
        ("testlib", 7, "points 11", "trouble"), ("testlib", 3, "fail", "no word"), ("dmoj", 1, "", None), ("dmoj", 7, "", "no word"),
        ("coci", 7, "partial 1/4", "0.25"), ("coci", 7, "partial 1/0", "trouble"), ("peg", 1, "3\n4\n", "0.75"), ("peg", 1, "", None),
    ],
)  # fmt: skip
def test_words_of_other_judges_validators(protocol: str, code: int, words: str, share: str | None) -> None:
    config = checker_config(
        {"kind": "validator", "language": "c", "source": "", "protocol": protocol, "full_score": "10"}
    )
    assert isinstance(config, Validated)
    said = protocols.said(config, code, words)
    if said is None:
        assert share == "no word"
    elif said.trouble:
        assert share == "trouble"
    else:
        assert (said.right, said.share if said.share is not None else 1) == (share is not None, Decimal(share or "1"))


def test_pictures_of_its_statement_come_along_and_others_are_losses() -> None:
    statement = 'See ![it](img/plan.png), <IMG SRC="img/plan.png" alt="it">, ![away](https://elsewhere.example/a.png) and ![old](old.svg).\n'
    beside = {"img/plan.png": PNG, "plan.png": PNG, "old.svg": b"<svg/>", "bad.png": b"<html>"}
    package = read("test_cases: [{in: 1.in, out: 1.out, points: 1}]\n", **{"statement.md": statement, **beside})
    assert package.pictures == {"img/plan.png": PNG}
    assert package.statement.startswith("See ![it](img/plan.png), ![it](<img/plan.png>), ![away]")
    assert package.losses == [
        "The picture https://elsewhere.example/a.png is left out.",
        "The picture old.svg is left out.",
    ]
    assert (
        read("test_cases: [{in: 1.in, out: 1.out, points: 1}]\n", **{"statement.md": "None.\n", **beside}).pictures
        == {}
    )
