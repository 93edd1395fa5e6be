"""Polygon's packages: what is read of them, what is told, and what is refused."""

from decimal import Decimal

import pytest

from lti_grader.problems.models import Aggregation, OnReject, Visibility
from lti_grader.problems.packages import polygon
from lti_grader.problems.packages.package import BadPackage, Generated, Package

PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)
XML = """<?xml version="1.0" encoding="utf-8"?>
<problem revision="7" short-name="a-plus-b" url="https://polygon.codeforces.com/x">
  <names><name language="russian" value="Сумма"/><name language="english" value="A + B"/></names>
  <judging cpu-name="x" cpu-speed="3600" input-file="" output-file="" run-count="1">
    <testset name="tests">
      <time-limit>1500</time-limit><memory-limit>67108864</memory-limit><test-count>3</test-count>
      <input-path-pattern>tests/%02d</input-path-pattern><answer-path-pattern>tests/%02d.a</answer-path-pattern>
      <tests>
        <test method="manual" sample="true"/>
        <test method="manual"/>
        <test cmd="gen 5 -n=2" method="generated"/>
      </tests>
    </testset>
  </judging>
  <files>
    <resources><file path="files/testlib.h" type="h.g++"/></resources>
    <executables><executable><source path="files/gen.cpp" type="cpp.g++17"/></executable></executables>
  </files>
  <assets>
    <checker name="std::ncmp.cpp" type="testlib"><source path="files/check.cpp" type="cpp.g++17"/></checker>
    <validators><validator><source path="files/val.cpp" type="cpp.g++17"/></validator></validators>
    <solutions>
      <solution tag="wrong-answer"><source path="solutions/wa.py" type="python.3"/></solution>
      <solution tag="main"><source path="solutions/main.cpp" type="cpp.g++20"/></solution>
      <solution tag="time-limit-exceeded-or-accepted"><source path="solutions/slow.java" type="java17"/></solution>
      <solution tag="accepted"><source path="solutions/old.py" type="python.2"/></solution>
    </solutions>
  </assets>
  <tags><tag value="math"/></tags>
</problem>
"""
FILES = {
    "tests/01": "1 2\n", "tests/01.a": "3\n", "tests/02": "3 4\n", "tests/02.a": "7\n",
    "files/check.cpp": '#include "testlib.h"\n', "files/testlib.h": "//\n", "files/gen.cpp": "int main() {}\n", "files/val.cpp": "",
    "solutions/wa.py": "1", "solutions/main.cpp": "int main() {}", "solutions/slow.java": "2", "solutions/old.py": "print 3",
    "statement-sections/english/legend.tex": "Add $a$ and \\textbf{b}.\n", "statement-sections/english/input.tex": "Two numbers.",
    "statement-sections/russian/legend.tex": "Сложите.\n",
}  # fmt: skip
POINTS = (
    XML.replace('<test method="manual" sample="true"/>', '<test method="manual" sample="true" points="0" group="0"/>')
    .replace('<test method="manual"/>', '<test method="manual" points="30" group="1"/>')
    .replace('method="generated"/>', 'method="generated" points="35.5" group="2"/>')
    .replace(
        "</tests>",
        """</tests><groups><group name="0" points-policy="each-test"/>
        <group name="1" points-policy="complete-group"><dependencies><dependency group="0"/></dependencies></group>
        <group name="2" points="70" points-policy="each-test"/></groups>""",
    )
)


def read(xml: str = XML, *, without: str = "", **more: str | bytes) -> Package:
    files = {"problem.xml": xml, **FILES, **more}
    return polygon.read(
        "somewhere",
        {name: one.encode() if isinstance(one, str) else one for name, one in files.items() if name != without},
    )


def test_a_package_is_read_with_its_statement_tests_and_solutions() -> None:
    package = read()
    samples, tests = package.groups
    assert (package.slug, package.title, package.cpu_ms, package.memory_kb) == ("a-plus-b", "A + B", 1500, 65536)
    assert package.statement == "Add $a$ and **b**.\n\n## Input\n\nTwo numbers.\n"
    assert [(one.input, one.expected, one.visibility) for one in samples.tests] == [
        (b"1 2\n", b"3\n", Visibility.SAMPLE)
    ]
    assert (tests.aggregation, tests.on_reject, tests.requires) == (Aggregation.PASS_FAIL, OnReject.STOP, ["samples"])
    assert [(one.input, one.expected) for one in tests.tests] == [(b"3 4\n", b"7\n"), ("input 3", "answers")]
    made = package.generated["input 3"]
    assert made == Generated(made.program, ("5", "-n=2"))
    assert (made.program.name, dict(made.program.beside)) == ("files/gen.cpp", {"testlib.h": b"//\n"})
    assert package.generated["answers"].program.name == "solutions/main.cpp"
    assert package.checker == {
        "kind": "validator", "language": "cpp", "source": '#include "testlib.h"\n', "protocol": "testlib",
        "beside": {"testlib.h": "//\n"}, "full_score": "1",
    }  # fmt: skip
    assert [(one.path, one.language, one.expected) for one in package.submissions] == [
        ("solutions/main.cpp", "cpp", frozenset({"accepted"})), ("solutions/wa.py", "python", frozenset({"fail"})),
        ("solutions/slow.java", "java", frozenset({"timeout", "accepted"})), ("solutions/old.py", None, frozenset({"accepted"})),
    ]  # fmt: skip
    assert package.report == [
        "solutions/old.py (python.2, accepted) is not compared.",
        "Answers that are not in the package are made by solutions/main.cpp.",
        "Its validators of inputs are left out: they look at tests, not at programs.",
        "Of its statements the english one is kept; left out: russian.",
    ]


def test_groups_have_their_points_policies_and_dependencies() -> None:
    assert [
        (one.name, one.points, one.aggregation, one.on_reject, list(one.requires)) for one in read(POINTS).groups
    ] == [
        ("0", 0, Aggregation.SUM, OnReject.CONTINUE, []),
        ("1", 30, Aggregation.PASS_FAIL, OnReject.STOP, ["0"]),
        ("2", Decimal(70), Aggregation.SUM, OnReject.CONTINUE, []),
    ]


def test_points_that_are_all_nothing_are_none() -> None:
    zero = read(XML.replace('<test method="manual"/>', '<test method="manual" points="0.0"/>')).groups
    assert [(one.name, one.points) for one in zero] == [("samples", 0), ("tests", 1)]


def test_what_would_be_another_problem_is_a_loss() -> None:
    interactor = '<interactor><source path="files/talk.cpp" type="cpp.g++17"/></interactor></assets>'
    package = read(XML.replace("</assets>", interactor), **{"files/talk.cpp": "int main() {}"})
    assert (package.checker["interactive"], package.checker["source"]) == (True, "int main() {}")
    assert package.losses == [
        "After its interactor the checker std::ncmp.cpp looks at what that wrote; here the interactor decides alone."
    ]
    grader = '<file path="files/g.cpp"><assets><asset name="SOLUTION"/></assets></file></resources>'
    assert read(XML.replace("</resources>", grader)).losses == [
        "files/g.cpp is compiled together with each solution there; here it is left out."
    ]
    assert read(POINTS, **{"files/check.cpp": "quitp(1)"}).losses == [
        "The checker gives points, and tests are worth different ones: here they are taken for parts of 100."
    ]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('input-file=""', 'input-file="in.txt"', "programs read in.txt and write their output"),
        ('run-count="1"', 'run-count="2"', "several times"),
        ('cmd="gen 5 -n=2" method="generated"', 'method="manual"', "Test 3 is not in the package: take a full package"),
        ('cmd="gen 5', 'cmd="unheard 5', "cannot be made here by 'unheard 5 -n=2'"),
        ("files/check.cpp", "files/other.cpp", "there is no file files/other.cpp, which the checker is in"),
        ('<source path="files/check.cpp" type="cpp.g++17"/>', '<source path="files/check.cpp" type="delphi.7"/>', "is in delphi.7"),
        ("<time-limit>1500", "<time-limit>soon", "time-limit is 'soon'"),
        ("tests/%02d</input", "tests/</input", "input-path-pattern is 'tests/'"),
        ("<problem ", "<!DOCTYPE x><problem ", "declares entities"),
        ("</problem>", "", "problem.xml is no XML that can be read"),
    ],
)  # fmt: skip
def test_what_cannot_be_judged_is_refused_in_words(old: str, new: str, words: str) -> None:
    assert old in XML
    with pytest.raises(BadPackage) as told:
        read(XML.replace(old, new))
    assert words in told.value.message
    with pytest.raises(BadPackage, match=r"includes testlib\.h, which is not in the package"):
        read(without="files/testlib.h")


def test_pictures_of_its_statement_come_along_and_others_are_losses() -> None:
    legend = "See \\includegraphics[width=3cm]{plan.png} and \\includegraphics{old.eps} and \\includegraphics{map}.\n"
    sections = {
        "statement-sections/english/legend.tex": legend, "statements/english/plan.png": "other",
        "statement-sections/english/old.eps": "%!PS", "statements/english/map.png": PNG, "statement-sections/russian/x.png": PNG,
        "statement-sections/english/plan.png": PNG + b"1", "statement-sections/english/unused.png": PNG,
    }  # fmt: skip
    package = read(XML, **sections)
    assert package.statement.startswith("See ![](<plan.png>) and  and ![](<map.png>)."), package.statement
    assert package.pictures == {"plan.png": PNG + b"1", "map.png": PNG}
    assert package.losses == ["The picture old.eps is left out."]
    page = '<p>See <img src="https://elsewhere.example/a/plan.png" alt="it"><img src="gone.png"></p>'
    files = {name: text.encode() for name, text in FILES.items() if not name.startswith("statement-sections/")}
    files |= {"problem.xml": XML.encode(), "statements/.html/english/problem.html": page.encode()}
    package = polygon.read("somewhere", files | {"statements/.html/english/plan.png": PNG})
    assert package.statement == "See ![it](<plan.png>)\n"
    assert package.pictures == {"plan.png": PNG}
    assert package.losses == ["The picture or film gone.png of the statement is left out."]
