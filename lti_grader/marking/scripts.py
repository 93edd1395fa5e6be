"""What was handed in, line by line, as it is marked and as comments on lines are read."""

import dataclasses
from collections.abc import Sequence

from lti_grader.problems.answer_files import as_text
from lti_grader.problems.answer_text import files_of, one_text

_MOST_LINES = 5000


@dataclasses.dataclass(frozen=True)
class ScriptFile:
    """A file of an answer; the path is "" where the answer is one text."""

    path: str
    lines: Sequence[str] | None
    """None of a file that is no text."""
    left_out: int = 0
    """Lines beyond those that pages show."""


def files_in(content: bytes) -> list[ScriptFile]:
    """Return the files of a kept answer; of a notebook its code."""
    files = files_of(content)
    if files is None:
        return [_file("", one_text(content))]
    return [_file(path, as_text(one)) for path, one in files.items()]


def _file(path: str, text: str | None) -> ScriptFile:
    if text is None:
        return ScriptFile(path, None)
    lines = text.splitlines() or [""]
    return ScriptFile(path, lines[:_MOST_LINES], max(0, len(lines) - _MOST_LINES))
