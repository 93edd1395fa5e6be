"""lti-grader.yaml: what is read of it, what a mistake is told, and that writing and reading give the same."""

import re
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lti_grader.problems.answer_files import parsed
from lti_grader.problems.harness import AnswerFiles, Harness, Template
from lti_grader.problems.models import Aggregation, Difficulty, OnReject, Visibility
from lti_grader.problems.operations import DraftGroup, DraftTest
from lti_grader.problems.packages import yaml_reading, yaml_words, yaml_writing
from lti_grader.problems.packages.package import BadPackage, Package, Submission
from lti_grader.problems.quizzes.complaints import complaints
from lti_grader.problems.quizzes.form import QUESTIONS
from lti_grader.problems.rubrics import DraftCriterion, DraftLevel, DraftRubric

SUMS = """\
lti_grader: 1
title: Sums
tags: [loops, sums]
statement: {file: statement.md}
hint: Start with 0.
limits:
  time: 1.5
  memory: 64
  languages:
    java: {time: 4, memory: 256}
checker: {kind: float, absolute: 1e-3}
starter:
  python: |
    numbers = input().split()
groups:
  - name: samples
    points: 0
    visibility: sample
    tests:
      - {input: 1 2, expected: 3.0}
  - name: large
    points: 7.5
    aggregation: pass_fail
    stop: true
    requires: [samples]
    folder: tests/large
    tests:
      - {name: none, expected: no, time: 3, visibility: after_due}
solutions:
  - {source: {file: solutions/right.py}, expected: accepted}
  - {source: print(3), language: python, name: always three, expected: [fail, timeout]}
"""
FILES = {
    "lti-grader.yaml": SUMS, "statement.md": "Add.\n", "solutions/right.py": "print(sum(map(float, input().split())))\n",
    "tests/large/10.in": "1\n", "tests/large/10.ans": "1\n", "tests/large/9.in": "2\n", "tests/large/9.out": "2\n",
    "notes.txt": "for myself",
}  # fmt: skip


def read(text: str = SUMS, **more: str) -> Package:
    files = {**FILES, **more, "lti-grader.yaml": text}
    return yaml_reading.read("Sums 2", {name: one.encode() for name, one in files.items()})


def test_what_an_author_writes_is_the_problem() -> None:
    package = read()
    samples, large = package.groups
    assert (package.slug, package.title, package.statement, package.tags) == (
        "sums-2",
        "Sums",
        "Add.\n",
        ["loops", "sums"],
    )
    assert (package.cpu_ms, package.memory_kb, package.language_limits) == (
        1500, 65536, {"java": {"cpu_ms": 4000, "memory_kb": 262144}},
    )  # fmt: skip
    assert package.checker == {"kind": "float", "absolute": 0.001}
    assert samples.tests == [DraftTest("1", b"1 2", b"3.0", Visibility.SAMPLE)]
    assert (large.points, large.aggregation, large.on_reject, large.requires) == (
        Decimal("7.5"), Aggregation.PASS_FAIL, OnReject.STOP, ["samples"],
    )  # fmt: skip
    # In the order of their numbers; and a word is a word, not what YAML takes it for.
    assert [(one.name, one.expected) for one in large.tests] == [("9", b"2\n"), ("10", b"1\n"), ("none", b"no")]
    assert [(one.path, one.language, one.expected) for one in package.submissions] == [
        ("solutions/right.py", "python", frozenset({"accepted"})),
        ("always three", "python", frozenset({"fail", "timeout"})),
    ]
    assert package.report == ["Left out, for nothing in lti-grader.yaml names them: notes.txt."]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("points: 7.5", "points: many", "line 22: groups[2].points is 'many', and has to be a number."),
        ("points: 7.5", "pionts: 7.5", "line 22: groups[2].pionts is not known here: is points meant?"),
        ("title: Sums\n", "", "line 1: title is missing: add it."),
        ("after_due", "later", "line 28: groups[2].tests[1].visibility cannot be 'later': choose 'sample', 'visible'"),
        ("stop: true", "stop: soon", "line 24: groups[2].stop is 'soon', and has to be true or false."),
        ("statement.md", "words.md", "line 4: there is no file words.md in the package: add it, or write the text itself"),
        ("kind: float", "kind: floats", "line 11: There is no checker 'floats'"),
        ("requires: [samples]", "requires: [sample]", "line 25: the group 'large' requires 'sample', which is not before it"),
        ("folder: tests/large", "folder: tests/huge", "line 26: there is no file that ends in .in below tests/huge/"),
        ("hint: Start with 0.", "hint: [1", "line 6: this is no YAML"),
        ("title: Sums", "title: Sums\ntitle: Sum", "line 3: title is there twice"),
        ("solutions:", "rubric: {criteria: []}\nsolutions:", "line 29: Give the rubric a criterion."),
        ("solutions:", "rubric: {criteria: [{name: Style, levels: [{points: x, description: Good}]}]}\nsolutions:",
         "line 29: rubric.criteria[1].levels[1].points is 'x', and has to be a number."),
        ("lti_grader: 1", "lti_grader: 2", "line 1: lti_grader cannot be '2': choose '1'."),
        ("starter:\n  python: |\n    numbers", "starter: |\n    numbers", "line 12: starter has to be names with values."),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_line_and_what_to_do(old: str, new: str, words: str) -> None:
    assert old in SUMS
    with pytest.raises(BadPackage) as told:
        read(SUMS.replace(old, new))
    assert f"lti-grader.yaml, {words}" in told.value.message


def test_unit_tests_are_found_later_by_their_runner() -> None:
    text = """\
lti_grader: 1
title: Tested
files: {test_sum.py: "def test_it(): pass\\n"}
unit_tests: {runner: pytest, tests: [{file: test_sum.py, each: 2.5, visibility: visible}]}
"""
    package = read(text)
    assert package.harness is not None
    assert package.harness.unit_tests is not None
    assert [(one.name, one.each) for one in package.test_files] == [("test_sum.py", Decimal("2.5"))]
    with pytest.raises(BadPackage, match=r"lti-grader\.yaml, line 4: The unit tests: .*test_some\.py"):
        read(text.replace("file: test_sum", "file: test_some"))
    with pytest.raises(BadPackage, match="line 1: groups is missing"):
        read("lti_grader: 1\ntitle: Empty\n")


def test_every_mistake_is_told_at_once() -> None:
    with pytest.raises(BadPackage) as told:
        read(SUMS.replace("points: 7.5", "points: many").replace("stop: true", "stop: soon"))
    assert len(told.value.message.splitlines()) == 2


def test_a_missing_answer_and_names_for_names_are_refused() -> None:
    with pytest.raises(BadPackage, match=r"tests/large/8\.in has no expected output beside it: add tests/large/8\.ans"):
        read(**{"tests/large/8.in": "1"})
    laughs = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"{name}: &{name} [{', '.join([f'*{before}'] * 10)}]\n"
        for before, name in zip("abcdefg", "bcdefgh", strict=True)
    )
    with pytest.raises(BadPackage, match="more than can be read"):
        read(laughs)


def test_the_examples_of_the_documentation_are_problems_and_every_name_is_told() -> None:
    told = (Path(__file__).parents[3] / "docs" / "problem-format.md").read_text()
    small, large, checker, quiz = re.findall(r"```yaml\n(.*?)```", told, re.DOTALL)
    package = read(small)
    assert [len(one.tests) for one in package.groups] == [1, 2]
    beside = ("statement.md", "call.py", "given.py", "solutions/newton.py", "solutions/halves.py")
    package = read(large, **dict.fromkeys(beside, "text"))
    assert (package.cpu_ms, package.time_multiplier, package.harness is not None) == (None, 4, True)
    package = read(small + checker, **dict.fromkeys(("checker/talk.cpp", "checker/testlib.h"), "text"))
    assert (package.checker["interactive"], package.checker["flags"]) == (True, ["--queries", "20"])
    asked = read(quiz).quiz
    assert asked is not None
    assert complaints(asked) == []
    assert [one.kind for one in asked.questions] == [*list(QUESTIONS)[:4], "order", "match", "blanks"]
    assert asked.questions[5].rows[0].choice == asked.questions[5].choices[0].id
    assert {name for name in yaml_words.KEYS if f"`{name}`" not in told} - {"text"} == set()


texts = st.text(max_size=40) | st.sampled_from(
    ["1.50", "no", "~", "", " a\n b \n", "\n\n", "x: y", "- a", "'", "|\n", "#", "a\n", "\x85", "a\u2028b\nc"]
)
names = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), min_size=1, max_size=12)
points = st.decimals(min_value=0, max_value=1000, places=4)
data = st.binary(max_size=30) | st.binary(min_size=500, max_size=600) | texts.map(str.encode)
languages = st.sampled_from(["python", "cpp", "java", "elvish"])
file_names = st.from_regex(r"\A[a-z_0-9][a-z .+-]{0,9}\Z")
tests = st.builds(
    DraftTest, names, data, data, st.sampled_from(Visibility), points, code=texts, extra=texts,
    cpu_ms=st.none() | st.integers(1, 60_000), memory_kb=st.none() | st.integers(1, 4_000_000),
)  # fmt: skip
groups = st.lists(
    st.builds(
        DraftGroup, names, points, st.lists(tests, min_size=1, max_size=4), st.sampled_from(Aggregation),
        st.sampled_from(OnReject), st.just([]),
    ),
    min_size=1, max_size=3, unique_by=lambda one: one.name,
)  # fmt: skip
checkers = st.sampled_from([
    {"kind": "tokens", "case_sensitive": False, "absolute": 1e-6}, {"kind": "exact"}, {"kind": "regex", "anywhere": True},
    {"kind": "stripped", "near": True},
    {"kind": "validator", "language": "cpp", "source": "int main() {}\n", "beside": {"testlib.h": "//\n"},
     "flags": ["a b", "1"], "interactive": True, "full_score": "100"},
])  # fmt: skip
submissions = st.builds(
    Submission, names, st.none() | languages, st.binary(max_size=50),
    st.none() | st.frozensets(st.sampled_from(["accepted", "fail", "timeout"]), min_size=1),
    st.dictionaries(names, st.binary(max_size=9), max_size=2),
)  # fmt: skip
words = names.map(str.strip).filter(bool)
worth = st.decimals(min_value=1, max_value=1000, places=4)
levels = st.builds(DraftLevel, worth, words, texts)
rubrics = st.builds(
    DraftRubric,
    st.lists(
        st.builds(DraftCriterion, words, st.lists(levels, min_size=1, max_size=3), texts),
        min_size=1, max_size=3, unique_by=lambda one: one.name,
    ),
    st.booleans(),
)  # fmt: skip
limits = st.fixed_dictionaries({}, optional={"cpu_ms": st.integers(1, 600_000), "memory_kb": st.integers(1, 9_000_000)})


@st.composite
def packages(draw: st.DrawFn) -> Package:
    files = draw(st.dictionaries(file_names, st.binary(max_size=50), max_size=2))
    templates = draw(
        st.dictionaries(languages, st.builds(Template, text=texts, language=st.none() | languages), max_size=2)
    )
    parameters = draw(
        st.dictionaries(names, st.none() | st.booleans() | st.integers() | texts | st.lists(texts), max_size=2)
    )
    harness = Harness(templates=templates, parameters=parameters, files={name: name for name in files})
    has_harness = bool(files or templates or parameters) or draw(st.booleans())
    drawn = draw(groups)
    last = DraftGroup("last", Decimal(1), [DraftTest("1", b"", b"", Visibility.HIDDEN)], requires=[drawn[0].name])
    return Package(
        slug="a-problem", title=draw(names), statement=draw(texts), hint=draw(texts),
        groups=[one for one in drawn if one.name != "last"] + ([last] if drawn[0].name != "last" else [DraftGroup("l", Decimal(1), last.tests)]),
        checker=draw(checkers), cpu_ms=draw(st.none() | st.integers(1, 600_000)), memory_kb=draw(st.integers(1, 9_000_000)),
        submissions=draw(st.lists(submissions, max_size=3)), time_multiplier=Decimal(3), report=[],
        tags=draw(st.lists(texts, max_size=2)), difficulty=draw(st.none() | st.sampled_from(Difficulty)), starter_code=draw(st.dictionaries(languages, texts, max_size=2)),
        language_limits=draw(st.dictionaries(languages, limits, max_size=2)),
        harness=harness if has_harness else None, files=files if has_harness else {},
        rubric=draw(st.none() | rubrics),
    )  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(packages())
def test_what_is_written_is_read_as_the_same(package: Package) -> None:
    written: Mapping[str, bytes] = yaml_writing.write(package)
    again = yaml_reading.read("other", written)
    assert again == _with_report(package, again)
    assert yaml_writing.write(again) == written


def _with_report(package: Package, again: Package) -> Package:
    # Solutions in no language are named there; nothing else is.
    assert all("language of this solution" in one for one in again.report)
    return type(package)(**{**package.__dict__, "report": again.report})


FILES_OF_ANSWERS = """\
lti_grader: 1
title: Shapes
answer:
  files: {most: 5, required: [Shape.java], endings: [.java, .txt]}
starter:
  java: {folder: begin}
groups:
  - {name: all, points: 1, tests: [{input: 1, expected: 1}]}
solutions:
  - {source: {folder: right}, language: java, expected: accepted}
"""


def test_answers_of_several_files_come_back_as_they_were_written() -> None:
    files = {
        "lti-grader.yaml": FILES_OF_ANSWERS, "begin/Shape.java": "class Shape {}", "begin/notes.txt": "x", "right/Shape.java": "class Shape { }",
        "right/app/Main.java": "package app;",
    }  # fmt: skip
    read = yaml_reading.read("shapes", {name: one.encode() for name, one in files.items()})
    assert read.harness is not None
    assert read.harness.answer_files == AnswerFiles(most=5, required=["Shape.java"], endings=[".java", ".txt"])
    assert parsed(read.starter_code["java"]) == {"Shape.java": b"class Shape {}", "notes.txt": b"x"}
    assert parsed(read.submissions[0].source) == {"Shape.java": b"class Shape { }", "app/Main.java": b"package app;"}
    assert not read.report
    package = yaml_writing.write(read)
    assert package["starter/java/notes.txt"] == b"x"
    again = yaml_reading.read("shapes", package)
    assert (again.harness, again.starter_code) == (read.harness, read.starter_code)
    assert [one.source for one in again.submissions] == [one.source for one in read.submissions]
    any_files = FILES_OF_ANSWERS.replace("{most: 5, required: [Shape.java], endings: [.java, .txt]}", "{}")
    read = yaml_reading.read(
        "shapes", {**{name: one.encode() for name, one in files.items()}, "lti-grader.yaml": any_files.encode()}
    )
    again = yaml_reading.read("shapes", yaml_writing.write(read))
    assert again.harness == read.harness
    assert again.harness is not None
    assert again.harness.answer_files == AnswerFiles()


@pytest.mark.parametrize(
    ("was", "instead", "words"),
    [
        ("most: 5", "most: 0", "line 4: answer.files: most: Input should be greater than or equal to 1"),
        ("most: 5", "must: 5", "answer.files: must: Extra inputs"),
        ("{folder: begin}", "{folder: nowhere}", "line 6: there is no file below nowhere/"),
        (
            "answer:\n  files: {most: 5, required: [Shape.java], endings: [.java, .txt]}\n",
            "",
            "add `answer: {files: {}}`",
        ),
    ],
)
def test_a_mistake_in_what_answers_are_is_told_with_its_line(was: str, instead: str, words: str) -> None:
    files = {"lti-grader.yaml": FILES_OF_ANSWERS.replace(was, instead), "begin/A.java": "x", "right/A.java": "y"}
    with pytest.raises(BadPackage) as refused:
        yaml_reading.read("shapes", {name: one.encode() for name, one in files.items()})
    assert words in refused.value.message
