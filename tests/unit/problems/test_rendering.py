"""Templates that make programs: what of CodeRunner's Twig they understand, and what they cannot do."""

import random

import pytest

from lti_grader.problems.harness import TestText
from lti_grader.problems.rendering import CannotRender, program_text, rendered, unknown_names

TEST = TestText(code="print(f(1))", extra="# more", input="7\n")


def program(template: str, answer: str = "def f(x):\n    return x\n", **parameters: object) -> str:
    return program_text(template, answer, TEST, parameters)


def test_a_template_for_all_tests_is_filled_in_with_one() -> None:
    template = "{{ STUDENT_ANSWER }}\n{% for TEST in TESTCASES %}\n{{ TEST.testcode }}\n{% if not loop.last %}\nprint(SEPARATOR)\n{% endif %}\n{% endfor %}\n"
    assert program(template) == "def f(x):\n    return x\n\nprint(f(1))\n"


@pytest.mark.parametrize(
    ("template", "answer", "text"),
    [
        ('"""{{ STUDENT_ANSWER | e(\'py\') }}"""', 'say "\\n"', '"""say \\"\\\\n\\""""'),
        ("{{ STUDENT_ANSWER | e('java') }}", "a\n\"b'", "a\\n\\\"b\\'"),
        ("{{ STUDENT_ANSWER | e('c') }}", "\t\\", "\\t\\\\"),
        ("{{ STUDENT_ANSWER | escape('matlab') }}", "it's 5%\n", "it''s 5%%\\n"),
        ("{{ STUDENT_ANSWER | replace({'public class ': 'class ', 'b': 'a'}) }}", "public class b", "class a"),
        ("{{ STUDENT_ANSWER ~ '!' }}{{ nothing.of.that }}", "{{ 7 * 7 }}", "{{ 7 * 7 }}!"),
        ("{% for w in QUESTION.parameters.widths %}{{ w }};{% endfor %}{{ widths | json_encode }}", "", "1;2;[1, 2]"),
    ],
)
def test_what_templates_have_in_common_with_twig(template: str, answer: str, text: str) -> None:
    assert program(template, answer, widths=[1, 2]) == text


@pytest.mark.parametrize(
    "template",
    [
        "{{ ''.__class__.__mro__ }}{{ ''.__class__.__mro__[1].__subclasses__() }}",
        "{{ STUDENT_ANSWER.replace('x', 'y') }}",
        "{% for i in range(20000) %}{% for j in range(20000) %}{% endfor %}{% endfor %}",
        "{{ 'x' * 1000000000 }}",
        "{{ 9 ** 999999999 }}",
        "{% set x = 'xxxxxxxxxxxxxxxx' %}" + "{% set x = x ~ x %}" * 40,
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
        "{% include '/etc/passwd' %}",
        "{{ random([1, 2]) }}",
        "{{ 1 / 0 }}",
        "{% if %}",
    ],
)
def test_a_template_reaches_nothing_and_ends(template: str) -> None:
    with pytest.raises(CannotRender, match="cannot be filled in"):
        program(template)


def test_what_a_template_asks_for_that_is_not_here_is_named() -> None:
    template = "{{ STUDENT.username }}{{ TEST.expected }}{% for t in TESTCASES %}{{ t.mark }}{{ t.testcode }}{% endfor %}{{ QUESTION.id }}{{ known }}{{ other }}"
    assert unknown_names(template, ["known"]) == ["QUESTION.id", "STUDENT", "TEST.expected", "TEST.mark", "other"]
    with pytest.raises(CannotRender, match="cannot be read: line 2"):
        unknown_names("\n{% for %}", [])


def test_loops_and_branches_of_twigs_are_understood() -> None:
    template = "{% set total = 0 %}{% for i in 1..3 %}{% if i == 2 %}{% set total = total + 10 %}{% elseif i > 2 %}{% set total = total + 1 %}{% endif %}{% endfor %}{{ total }} {{ attribute(QUESTION.parameters, 'a') }}{{ attribute(QUESTION.parameters, 'b') is defined }}"
    assert program(template, a=5) == "11 5False"


def test_random_values_are_drawn_where_that_is_asked_for() -> None:
    template = "{% set n = 2 + random(3) %}{{ n }} {{ random(['a', 'b']) }}"
    assert rendered(template, {}, draws=random.Random(1)) == rendered(template, {}, draws=random.Random(1))
