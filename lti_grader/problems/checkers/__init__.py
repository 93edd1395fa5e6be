"""Whether what a program wrote is what was asked for: a part of a problem, and pure, so that whatever reads one can check it."""

import dataclasses
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from lti_grader.core.errors import Unprocessable
from lti_grader.problems.checkers import floats, lines, patterns, text


@dataclasses.dataclass(frozen=True)
class Checked:
    """A checker's word on one output."""

    right: bool
    message: str = ""
    trouble: str = ""
    """What is wrong with the test itself, so that nothing can be said of the output: never the student's fault."""
    note: str = ""
    """What staff may read beside it."""
    share: Decimal | None = None
    """Which part of its points a right output is worth, where that is not all."""


Checker = Callable[[bytes, bytes], Checked]


class UnknownChecker(Unprocessable):
    code = "unknown_checker"


class _Config(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


_Tolerance = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class Tokens(_Config):
    """Word by word. With a tolerance, words that are numbers may differ by as much (Kattis's default validator)."""

    kind: Literal["tokens"] = "tokens"
    case_sensitive: bool = True
    space_sensitive: bool = False
    """Whether the white space between the words has to be the same as well."""
    line_sensitive: bool = False
    """Whether the words have to stand in the same lines; empty ones do not count."""
    absolute: _Tolerance | None = None
    relative: _Tolerance | None = None

    def check(self, output: bytes, expected: bytes) -> Checked:
        """Compare."""
        if not self.case_sensitive:
            output, expected = output.lower(), expected.lower()
        if self.space_sensitive and text.spaces(output) != text.spaces(expected):
            return Checked(False, "The white space between the words is not the same.")
        if self.line_sensitive and text.words_by_line(output) != text.words_by_line(expected):
            return Checked(False, "The words are not in the same lines.")
        if self.absolute is None and self.relative is None:
            return Checked(*text.same_tokens(output, expected))
        absolute, relative = self.absolute or 0.0, self.relative or 0.0
        return Checked(*floats.close(output, expected, absolute=absolute, relative=relative))


class Exact(_Config):
    """Byte by byte."""

    kind: Literal["exact"]

    def check(self, output: bytes, expected: bytes) -> Checked:
        """Compare."""
        return Checked(*text.same_bytes(output, expected))


class Stripped(_Config):
    """Line by line, without white space at the ends."""

    kind: Literal["stripped"]
    indented: bool = False
    """Whether white space before the first word counts."""
    near: bool = False
    """Whether capital letters, empty lines and how many blanks there are between words do not count."""

    def check(self, output: bytes, expected: bytes) -> Checked:
        """Compare."""
        if self.near:
            output, expected = text.reduced(output), text.reduced(expected)
        if self.indented and text.indent(output) != text.indent(expected):
            return Checked(False, "The white space before the first word is not the same.")
        return Checked(*text.same_lines(output, expected))


class Float(_Config):
    """Word by word; numbers are the same if either tolerance allows it."""

    kind: Literal["float"]
    absolute: _Tolerance = 1e-6
    relative: _Tolerance = 1e-6
    line_sensitive: bool = False
    """Whether the words have to stand in the same lines; empty ones do not count."""

    def check(self, output: bytes, expected: bytes) -> Checked:
        """Compare."""
        if self.line_sensitive and text.words_by_line(output) != text.words_by_line(expected):
            return Checked(False, "The words are not in the same lines.")
        return Checked(*floats.close(output, expected, absolute=self.absolute, relative=self.relative))


class Lines(_Config):
    """The same lines, in any order."""

    kind: Literal["lines"]
    case_sensitive: bool = True

    def check(self, output: bytes, expected: bytes) -> Checked:
        """Compare."""
        if not self.case_sensitive:
            output, expected = output.lower(), expected.lower()
        return Checked(*lines.same_in_any_order(output, expected))


class Regex(_Config):
    """A pattern, which stands where other tests have the expected output (RE2's syntax: no match takes long)."""

    kind: Literal["regex"]
    anywhere: bool = False
    """Whether it may match a part of the output; else all of it, but for white space at the end."""

    def check(self, output: bytes, expected: bytes) -> Checked:
        """Match."""
        try:
            return Checked(*patterns.matches(output, expected, anywhere=self.anywhere))
        except patterns.BadPattern as error:
            return Checked(False, trouble=f"The test's pattern cannot be used: {error}")


class Validated(_Config):
    """A program of the author's says it: see `grading.graders.validating`."""

    kind: Literal["validator"]
    language: str
    source: str
    beside: dict[Annotated[str, Field(pattern=r"^[\w][\w.+-]*$")], str] = {}
    """Files that lie beside the source, such as headers: name -> text."""
    flags: list[str] = []
    protocol: Literal["kattis", "testlib", "dmoj", "coci", "peg"] = "kattis"
    """What it is called with and how it tells its word: see `grading.graders.protocols`."""
    arguments: list[str] | None = None
    """What it is called with in place of what is usual, but for Kattis's: words with {input}, {output} and {answer} in them."""
    interactive: bool = False
    """Whether it talks with the program while that runs, in place of reading what it wrote."""
    unbuffered: bool = False
    """With `interactive`, whether it reads at once what the program writes, though that does not flush, where the language can."""
    sees: Literal["output", "run", "every run"] = "output"
    """What it judges by: the output, or also how the program ran, in /data/run.json; or that of every run, whose word is its own
    then: also of one that did not end well."""
    passes: Annotated[int, Field(ge=1, le=1000)] = 1
    """How often a program may be run on a test: each time its validator leaves a file nextpass.in, with that as its input."""
    full_score: Annotated[Decimal, Field(gt=0)] = Decimal(100)
    """What its score.txt holds where all of the points are deserved."""


Config = Tokens | Exact | Stripped | Float | Lines | Regex | Validated
_KINDS: Mapping[str, type[Config]] = {
    "tokens": Tokens, "exact": Exact, "stripped": Stripped, "float": Float, "lines": Lines, "regex": Regex,
    "validator": Validated,
}  # fmt: skip


def checker_config(config: Mapping[str, Any]) -> Config:
    """Return what a problem's `checker` describes, checked.

    Parameters
    ----------
    config
        `{"kind": "tokens" | "exact" | "stripped" | "float" | "lines" | "regex" | "validator", ...}`, with what the
        class of that kind here takes.

    Raises
    ------
    UnknownChecker
        There is none of that kind, or it does not take that.
    """
    kind = config.get("kind", "tokens")
    if kind not in _KINDS:
        raise UnknownChecker(f"There is no checker {kind!r}: choose {', '.join(_KINDS)}.")
    try:
        return _KINDS[kind].model_validate({**config, "kind": kind})
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise UnknownChecker(f"The checker {kind!r} cannot have {where} {first['input']!r}: {first['msg']}.") from None


def checker(config: Mapping[str, Any]) -> Checker:
    """Return the comparison that a problem's `checker` describes, where no program of the author's is needed for it.

    Raises
    ------
    UnknownChecker
        There is none of that kind, or it does not take that.
    """
    found = checker_config(config)
    if isinstance(found, Validated):
        raise UnknownChecker("This checker is a program, and runs in a sandbox only.")
    return found.check
