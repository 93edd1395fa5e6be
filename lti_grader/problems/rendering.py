"""Templates that make a program of an answer and a test: Jinja's language, with what CodeRunner's Twig has in common with it.

A template is its author's, and not trusted: it reaches nothing but what it is given, calls nothing of Python's,
and ends after a number of steps and characters. The answer is data, and never read as a template.
"""

import contextvars
import functools
import json
import random
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

import re2
from jinja2 import ChainableUndefined, Template, TemplateError, meta, nodes, pass_eval_context
from jinja2.exceptions import SecurityError
from jinja2.filters import FILTERS
from jinja2.runtime import Macro
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.tests import TESTS
from jinja2.utils import Namespace
from jinja2.visitor import NodeTransformer

from lti_grader.core.errors import Unprocessable
from lti_grader.problems.harness import TestText

MOST_CHARACTERS = 2_000_000
MOST_STEPS = 20_000
_KNOWN = {
    "STUDENT_ANSWER", "ESCAPED_STUDENT_ANSWER", "MATLAB_ESCAPED_STUDENT_ANSWER", "TEST", "TESTCASES", "QUESTION",
    "ANSWER_LANGUAGE", "IS_PRECHECK",
}  # fmt: skip
_OF_TEST, _OF_QUESTION = {"testcode", "extra", "stdin"}, {"parameters", "precheck"}
# Twig's, where Jinja says it otherwise.
_TAG = re.compile(r"\{%.*?%\}", re.DOTALL)
_ELSEIF = re.compile(r"^\{%(-?\s*)elseif\b")
_STEPS = re.compile(r"(-?\w+)\s*\.\.\s*(\w+|\([^()]*(?:\([^()]*\)[^()]*)*\))")
_SCOPE = "names_beyond_loops"
_FILTERS = (
    "abs", "capitalize", "default", "first", "float", "int", "join", "last", "length", "list", "lower", "reverse", "round",
    "sort", "string", "striptags", "title", "trim", "upper",
)  # fmt: skip
_steps: contextvars.ContextVar[Iterator[int]] = contextvars.ContextVar("steps")


class CannotRender(Unprocessable):
    """A template cannot be made a program; the message says why."""

    code = "cannot_render"


def program_text(
    template: str, answer: str, test: TestText | Sequence[TestText], parameters: Mapping[str, Any], language: str = ""
) -> str:
    """Return the program that a template makes of an answer and a test, or several tests.

    Parameters
    ----------
    parameters
        Names with values, which the template finds as they are and below QUESTION.parameters.
    language
        What the answer is written in, for ANSWER_LANGUAGE.

    Raises
    ------
    CannotRender
    """
    tests = [
        {"testcode": one.code, "extra": one.extra, "stdin": one.input}
        for one in ([test] if isinstance(test, TestText) else test)
    ]
    return rendered(
        template,
        {
            **parameters, "STUDENT_ANSWER": answer, "TEST": tests[0], "TESTCASES": tests, "IS_PRECHECK": False,
            "ANSWER_LANGUAGE": language, "QUESTION": {"parameters": dict(parameters), "precheck": 0},
            "ESCAPED_STUDENT_ANSWER": _escape(answer, "py"), "MATLAB_ESCAPED_STUDENT_ANSWER": _escape(answer, "matlab"),
        },
    )  # fmt: skip


def rendered(text: str, names: Mapping[str, Any], *, draws: random.Random | None = None) -> str:
    """Return a text with its templates filled in.

    Parameters
    ----------
    draws
        Where `random()` in it takes its values from; without, it cannot be used.

    Raises
    ------
    CannotRender
    """
    given = {**names, "random": functools.partial(_random, draws)} if draws else names
    given = {**given, _SCOPE: Namespace(**given)}
    token = _steps.set(iter(range(MOST_STEPS)))
    try:
        return "".join(_limited(_compiled(text).generate(**given)))
    except TemplateError as error:
        raise CannotRender(f"The template cannot be filled in: {_words(error)}") from None
    except Exception as error:  # noqa: BLE001 - its expressions raise whatever Python raises for them
        raise CannotRender(f"The template cannot be filled in: {error!r}") from None
    finally:
        _steps.reset(token)


def _limited(pieces: Iterable[str]) -> Iterator[str]:
    length = 0
    for piece in pieces:
        length += len(piece)
        if length > MOST_CHARACTERS:
            raise SecurityError("it becomes too long")
        yield piece


def unknown_names(template: str, parameters: Iterable[str]) -> list[str]:
    """Return what a template asks for that there is not here, such as STUDENT or TEST.expected.

    Raises
    ------
    CannotRender
        It is none that can be read.
    """
    try:
        parsed = _environment().parse(_as_jinja(template))
    except TemplateError as error:
        raise CannotRender(f"The template cannot be read: {_words(error)}") from None
    names = meta.find_undeclared_variables(parsed) - _KNOWN - set(parameters) - set(_environment().globals)
    names -= {one.target.name for one in parsed.find_all(nodes.Assign) if isinstance(one.target, nodes.Name)}
    for_test = {"TEST"} | {
        one.target.name
        for one in parsed.find_all(nodes.For)
        if isinstance(one.iter, nodes.Name) and one.iter.name == "TESTCASES" and isinstance(one.target, nodes.Name)
    }
    for asked in parsed.find_all(nodes.Getattr):
        of = asked.node.name if isinstance(asked.node, nodes.Name) else ""
        if (of in for_test and asked.attr not in _OF_TEST) or (of == "QUESTION" and asked.attr not in _OF_QUESTION):
            names.add(f"{'TEST' if of in for_test else of}.{asked.attr}")
    return sorted(names)


def _as_jinja(template: str) -> str:
    """Return a template with Twig's `elseif` and `1..n` as Jinja has them."""

    def tag(found: re.Match[str]) -> str:
        return _STEPS.sub(r"range(\1, (\2) + 1)", _ELSEIF.sub(r"{%\1elif", found[0]))

    return _TAG.sub(tag, template)


def _kept_beyond_loops(parsed: nodes.Template) -> set[str]:
    """Return the names that a loop sets and that are also used outside of it: in Twig they keep their values."""

    def names(within: nodes.Node) -> list[str]:
        return [one.name for one in within.find_all(nodes.Name)]

    kept, everywhere = set(), names(parsed)
    for loop in parsed.find_all(nodes.For):
        inside = names(loop)
        for assigned in loop.find_all(nodes.Assign):
            name = assigned.target.name if isinstance(assigned.target, nodes.Name) else ""
            if name and (everywhere.count(name) > inside.count(name) or name in names(assigned.node)):
                kept.add(name)
    return kept


class _Environment(ImmutableSandboxedEnvironment):
    intercepted_binops = frozenset({"+", "*", "**", "%"})

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        numbers = isinstance(left, int | float) and isinstance(right, int | float)
        if operator == "+" and not numbers:
            return (
                _joined([left, right]) if isinstance(left, str) else super().call_binop(context, operator, left, right)
            )
        if not numbers or (operator == "**" and (abs(left) > 1000 or abs(right) > 64)):
            raise SecurityError(f"{operator} cannot be used so")
        return super().call_binop(context, operator, left, right)

    def is_safe_callable(self, obj: Any) -> bool:
        # Only what templates themselves define, and the functions that they are given.
        return isinstance(obj, Macro | functools.partial) or obj in self.globals.values()


class _Limited(NodeTransformer):
    """Counts the steps of loops, holds what is joined to a length, and lets some names live beyond loops."""

    def __init__(self, kept: set[str]) -> None:
        self._kept = kept

    def visit_Assign(self, node: nodes.Assign) -> nodes.Node:  # noqa: N802
        if isinstance(node.target, nodes.Name) and node.target.name in self._kept:
            node.target = nodes.NSRef(_SCOPE, node.target.name, lineno=node.lineno)
        return self.generic_visit(node)

    def visit_Name(self, node: nodes.Name) -> nodes.Node:  # noqa: N802
        if node.ctx == "load" and node.name in self._kept:
            return nodes.Getattr(nodes.Name(_SCOPE, "load", lineno=node.lineno), node.name, "load", lineno=node.lineno)
        return node

    def visit_For(self, node: nodes.For) -> nodes.Node:  # noqa: N802 - as Jinja calls it
        self.generic_visit(node)
        node.iter = nodes.Filter(node.iter, "counted", [], [], None, None, lineno=node.lineno)
        return node

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        listed = nodes.List(node.nodes, lineno=node.lineno)
        return nodes.Filter(listed, "joined", [], [], None, None, lineno=node.lineno)


@functools.cache
def _environment() -> _Environment:
    made = _Environment(undefined=ChainableUndefined, trim_blocks=True, keep_trailing_newline=True, autoescape=False)
    made.filters = {name: FILTERS[name] for name in _FILTERS} | {
        "e": _escaped, "escape": _escaped, "replace": _replaced, "json_encode": _as_json, "raw": str, "split": _split,
        "slice": _slice, "keys": list, "counted": _counted, "joined": _joined, "url_encode": quote, "merge": _merged,
    }  # fmt: skip
    made.tests = {
        name: TESTS[name]
        for name in ("defined", "undefined", "even", "odd", "none", "string", "number", "mapping", "iterable", "sameas")
    } | {"null": TESTS["none"], "empty": lambda value: not value, "matching": _matching}
    made.globals = {"range": _range, "max": max, "min": min, "attribute": _attribute}
    return made


@functools.lru_cache(maxsize=256)
def _compiled(text: str) -> Template:
    environment = _environment()
    parsed = environment.parse(_as_jinja(text))
    limited = _Limited(_kept_beyond_loops(parsed)).visit(parsed)
    limited.set_environment(environment)
    return Template.from_code(environment, environment.compile(limited), environment.globals)


def _words(error: TemplateError) -> str:
    line = getattr(error, "lineno", None)
    return f"line {line}: {error.message}" if line else str(error.message)


def _counted(values: Any) -> Iterator[Any]:
    for value in values:
        if next(_steps.get(), None) is None:
            raise SecurityError("it takes too many steps")
        yield value


def _joined(values: Iterable[Any]) -> str:
    text = "".join(map(str, values))
    if len(text) > MOST_CHARACTERS:
        raise SecurityError("it becomes too long")
    return text


def _range(low: int, high: int | None = None, step: int = 1) -> range:
    found = range(low) if high is None else range(low, high, step)
    if len(found) > MOST_STEPS:
        raise SecurityError("it takes too many steps")
    return found


def _attribute(value: Any, name: str) -> Any:
    return value[name] if isinstance(value, Mapping) and name in value else ChainableUndefined(name=name)


def _random(draws: random.Random | None, values: Any = None) -> Any:
    """Return one of some values, or a whole number from 0 to `values`, as Twig does."""
    assert draws is not None
    return draws.randint(0, values) if isinstance(values, int) else draws.choice(list(values))


_ESCAPES: Mapping[str, Mapping[str, str]] = {
    "py": {"\\": "\\\\", '"': '\\"'},
    "java": {
        "\\": "\\\\",
        "'": "\\'",
        '"': '\\"',
        "\n": "\\n",
        "\r": "\\r",
        "\t": "\\t",
        "\f": "\\f",
        "\b": "\\b",
    },
    "matlab": {"'": "''", "\n": "\\n", "\r": "", "%": "%%"},
    "html": {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;"},
    "js": {"\\": "\\\\", '"': '\\"', "'": "\\'", "\n": "\\n", "\r": "\\r", "<": "\\u003C", ">": "\\u003E"},
}
_ESCAPES = {**_ESCAPES, "c": _ESCAPES["java"]}


@pass_eval_context
def _escaped(_: Any, value: Any, language: str = "html") -> str:
    if language not in _ESCAPES:
        raise SecurityError(f"nothing is known of how {language} is escaped")
    return _escape(str(value), language)


def _escape(text: str, language: str) -> str:
    return _joined(_ESCAPES[language].get(sign, sign) for sign in text)


def _replaced(value: Any, old: Any, new: str = "") -> str:
    pairs = {str(key): str(to) for key, to in (old.items() if isinstance(old, Mapping) else [(old, new)]) if str(key)}
    if not pairs:
        return str(value)
    either = re.compile("|".join(re.escape(one) for one in sorted(pairs, key=len, reverse=True)))
    text, grown = str(value), max(map(len, pairs.values()))
    if len(text) * max(1, grown) > MOST_CHARACTERS * 10:
        raise SecurityError("it becomes too long")
    return _joined([either.sub(lambda found: pairs[found[0]], text)])


def _as_json(value: Any) -> str:
    return _joined([json.dumps(value, default=lambda one: None if isinstance(one, ChainableUndefined) else str(one))])


def _split(value: Any, by: str) -> list[str]:
    return str(value).split(by) if by else list(str(value))


def _slice(value: Any, start: int, length: int | None = None) -> Any:
    part = value[start:]
    return part if length is None else part[:length]


def _merged(value: Any, other: Any) -> Any:
    return {**value, **other} if isinstance(value, Mapping) else [*value, *other]


def _matching(value: Any, pattern: str) -> bool:
    options = re2.Options()
    options.log_errors = False
    search: Callable[[str], Any] = re2.compile(pattern, options).search
    return search(str(value)) is not None
