"""CodeRunner questions from Moodle XML: what is carried over, and what is said of the rest."""

from decimal import Decimal

import pytest

from lti_grader.problems.harness import AnswerFiles
from lti_grader.problems.models import Aggregation, OnReject, Visibility
from lti_grader.problems.packages import moodle
from lti_grader.problems.packages.html import to_markdown
from lti_grader.problems.packages.package import BadPackage, Package, Refused
from tests.fixtures.moodle_xml import question, quiz

ONE = {"testcode": "print(sqr(2))", "expected": "4"}


def read(*questions: str, prototypes: tuple[bytes, ...] = ()) -> list[Package | Refused]:
    return moodle.read(quiz(*questions), prototypes)


def package(*questions: str, prototypes: tuple[bytes, ...] = ()) -> Package:
    found = read(*questions, prototypes=prototypes)[-1]
    assert isinstance(found, Package), found
    return found


def refused(*questions: str) -> str:
    found = read(*questions)[-1]
    assert isinstance(found, Refused), found
    return found.why


def test_a_question_becomes_a_problem_with_its_tests() -> None:
    found = package(
        question(
            "python3", "Square it!", ONE | {"useasexample": "1", "mark": "2.0"},
            {"testcode": "print(sqr(3))", "stdin": "a", "expected": "9\n", "display": "HIDE", "extra": "# more"},
            {"testcode": "check()", "testtype": "1"},
            files={"words.txt": b"a b"}, answer="def sqr(x): return x * x", answerpreload="def sqr(x):", allornothing="0",
            cputimelimitsecs="3", memlimitmb="64", penaltyregime="10, 20, ...", grader="NearEqualityGrader",
        )
    )  # fmt: skip
    assert (found.slug, found.title, found.statement) == ("square-it", "Square it!", "Do **it**.\n")
    assert (found.cpu_ms, found.memory_kb, found.tags) == (3000, 65536, ["Loops", "While"])
    assert found.starter_code == {"python": "def sqr(x):"}
    assert found.checker == {"kind": "stripped", "near": True}
    assert found.files == {"words.txt": b"a b"}
    assert [one.language for one in found.submissions] == ["python"]
    precheck, tests = found.groups
    assert (precheck.points, [one.code for one in precheck.tests]) == (Decimal(0), ["check()"])
    assert (tests.points, tests.aggregation, tests.on_reject) == (Decimal(3), Aggregation.SUM, OnReject.CONTINUE)
    assert [one.visibility for one in tests.tests] == [Visibility.SAMPLE, Visibility.HIDDEN]
    second = tests.tests[1]
    assert (second.code, second.extra, second.input, second.expected) == ("print(sqr(3))", "# more", b"a\n", b"9\n")
    assert found.losses == []
    assert found.report == ["The penalty regime 10, 20, ... is left out: tries cost nothing here."]


def test_pictures_of_its_text_are_carried_over() -> None:
    png = b"\x89PNG\r\n\x1a\n"
    text = "<p>See <img src='@@PLUGINFILE@@/a%20tree.png' alt='A tree'/>.</p>"
    found = package(question("python3", "Q", ONE, shown={"a tree.png": png, "b.svg": b"<svg/>"}, questiontext=text))
    assert (found.statement, found.pictures) == ("See ![A tree](<a tree.png>).\n", {"a tree.png": png})
    assert found.losses == []


def test_all_or_nothing_ends_at_the_first_failure_where_the_rest_is_hidden_then() -> None:
    group = package(question("python3", "Q", ONE | {"hiderestiffail": "1"})).groups[0]
    assert (group.aggregation, group.on_reject) == (Aggregation.PASS_FAIL, OnReject.STOP)
    partly = package(question("python3", "Q", ONE | {"hiderestiffail": "1"}, allornothing="0"))
    assert partly.groups[0].on_reject is OnReject.CONTINUE
    assert "Tests behind one that fails are hidden there" in partly.losses[0]


def test_a_regex_grader_matches_anywhere_in_several_lines() -> None:
    found = package(question("python3", "Q", {"expected": "^a+$\n"}, grader="RegexGrader"))
    assert found.checker == {"kind": "regex", "anywhere": True}
    assert found.groups[0].tests[0].expected == b"(?ms)^a+$"
    assert (
        "pattern of test 1" in package(question("python3", "Q", {"expected": "(a)\\1"}, grader="RegexGrader")).losses[0]
    )


def test_a_type_of_the_sites_own_comes_from_its_prototype() -> None:
    prototype = question(
        "c_via_python", "PROTOTYPE", prototypetype="2", language="python3", acelang="C", template='x = """{{ STUDENT_ANSWER | e("py") }}"""',
        templateparams='{"limit": 3, "depth": 1}', files={"run.h": b"#"},
    )  # fmt: skip
    asked = question("c_via_python", "Q", ONE, templateparams='{"depth": 2}')
    for found in (package(prototype, asked), package(asked, prototypes=(quiz(prototype),))):
        assert found.harness is not None
        assert found.harness.templates["c"].language == "python"
        assert found.harness.parameters == {"limit": 3, "depth": 2}
        assert found.files == {"run.h": b"#"}
    assert "export that prototype" in refused(asked)


def test_random_values_are_drawn_once_and_that_is_a_loss() -> None:
    params = '{% set n = 2 + random(5) %}{"n": {{ n }}}'
    asked = question(
        "python3", "Add {{ n }}", {"testcode": "print(add({{ n }}))", "expected": "{{ n + n }}"}, twigall="1",
        templateparams=params, questiontext="<p>Add {{ n }}</p>",
    )  # fmt: skip
    found = package(asked)
    assert found.harness is not None
    n = found.harness.parameters["n"]
    assert (found.title, found.statement) == (f"Add {n}", f"Add {n}\n")
    assert (found.groups[0].tests[0].code, found.groups[0].tests[0].expected) == (
        f"print(add({n}))",
        str(2 * n).encode(),
    )
    assert "drawn once" in found.losses[0]
    again = package(asked)
    assert again.title == found.title


@pytest.mark.parametrize(
    ("asked", "loss"),
    [
        ({"template": "{{ STUDENT_ANSWER }}{{ TEST.expected }}"}, "Its template uses TEST.expected"),
        ({"template": "{{ STUDENT_ANSWER }}{{ STUDENT.id }}"}, "Its template uses STUDENT"),
        ({"uiplugin": "table"}, "a form of its own (table)"),
        ({"questiontext": "<img src='@@PLUGINFILE@@/tree.png' alt='A tree'>"}, "The picture or film tree.png"),
    ],
)
def test_what_cannot_be_carried_over_is_named(asked: dict[str, str], loss: str) -> None:
    losses = package(question("python3", "Q", ONE, **asked)).losses
    assert len(losses) == 1
    assert loss in losses[0]


def test_files_that_students_attach_are_files_of_an_answer() -> None:
    found = package(
        question("python3", "Q", ONE, attachments="2", attachmentsrequired="1", filenamesregex="[a-z]+\\.py")
    )
    assert found.harness is not None
    assert found.harness.answer_files == AnswerFiles(most=3)
    assert not found.losses
    assert "How many files have to be attached (1)" in found.report[0]
    assert "The pattern of names" in found.report[1]
    many = package(question("python3", "Q", ONE, attachments="-1"))
    assert many.harness is not None
    assert many.harness.answer_files == AnswerFiles()
    assert package(question("python3", "Q", ONE, attachments="0")).harness.answer_files is None


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        (question("directed_graph", "Q", ONE), "drawing a graph"),
        (question("python2", "Q", ONE), "Python 2 is not here"),
        (question("python3", "Q", ONE, grader="TemplateGrader"), "its template decides itself what is right"),
        (question("python3", "Q", ONE, template="{% for x in %}"), "the template cannot be read: line 1"),
        (question("python3", "Q", ONE, template="{{ x ? 1 : 2 }}"), "the template cannot be read"),
        (question("python3", "Q"), "it has no tests"),
        (question("python3", "Q", ONE | {"mark": "much"}), "the mark of its test 1 is 'much'"),
        (question("python3", "Q", ONE, memlimitmb="big"), "its memlimitmb is 'big'"),
        (question("python3", "Q", ONE, templateparams="print({})", templateparamslang="python"), "worked out by a program"),
        (question("python3", "Q", ONE, templateparams="{nothing}"), "no JSON"),
        (question("python3", "Q", ONE, files={"../x": b""}), "names that cannot be used here: ../x"),
        ('<question type="essay"><name><text>E</text></name></question>' , "of the kind 'essay'"),
    ],
)  # fmt: skip
def test_what_cannot_be_brought_in_says_why(asked: str, why: str) -> None:
    assert why in refused(question("python3", "First", ONE), asked)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"no xml", "no XML that can be read"),
        (b"<html/>", "begins with <html>"),
        (quiz(), "no CodeRunner question"),
        (b'<!DOCTYPE q [<!ENTITY a "b">]><quiz/>', "declares entities"),
        ('<!DOCTYPE q [<!ENTITY a "b">]><quiz/>'.encode("utf-16"), "not in UTF-8"),
    ],
)
def test_a_file_that_is_none_is_refused(content: bytes, why: str) -> None:
    with pytest.raises(BadPackage, match=why):
        moodle.read(content)


@pytest.mark.parametrize(
    ("html", "markdown"),
    [
        ("<p>One&nbsp;two</p>\n<p>three<br>four</p>", "One two\n\nthree\nfour\n"),
        (
            "<h3>Head</h3><ul><li>a <code>b_c</code></li><li>d<ol><li>e</li></ol></li></ul>",
            "#### Head\n\n- a `b_c`\n- d\n  1. e\n",
        ),
        ("<pre>def f():\n    return 1 &lt; 2\n</pre>", "```\ndef f():\n    return 1 < 2\n```\n"),
        ("a*b_c &lt;script&gt;<b> bold </b>\\(x_1\\)", "a\\*b\\_c \\<script> **bold** $x_1$\n"),
        (
            "<table><tr><th>n</th><th>f|g</th></tr><tr><td>1</td></tr></table>",
            "| n | f\\|g |\n| --- | --- |\n| 1 |  |\n",
        ),
        (
            '<a href="javascript:x()">no</a> <a href="https://e.org">yes</a><script>x</script>',
            "no [yes](https://e.org)\n",
        ),
    ],
)
def test_html_becomes_markdown(html: str, markdown: str) -> None:
    assert to_markdown(html, lambda _: None).replace("  \n", "\n").replace("\N{NO-BREAK SPACE}", " ") == markdown
