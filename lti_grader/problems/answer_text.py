"""What a kept answer reads as: one text, whatever form it has, and the files of one that is several."""

import dataclasses
import difflib
from collections.abc import Mapping

from lti_grader.problems import answer_files, notebooks

_MARK = b'{"files":'


@dataclasses.dataclass(frozen=True)
class FileChange:
    """What became of a file from one answer to another: "added", "removed" or "changed", and the lines that differ."""

    name: str
    what: str
    lines: list[str]
    """Of a unified diff, without its header; none of a file that is no text."""


def files_of(content: bytes) -> dict[str, bytes] | None:
    """Return the files of a kept answer; None where it is one text."""
    return answer_files.parsed(content) if content.startswith(_MARK) else None


def one_text(content: bytes, *, named: bool = False) -> str:
    """Return an answer as one text: of a notebook its code, of several files those that are text, one behind the other.

    Parameters
    ----------
    named
        Whether the line before each file names it; else that is empty.
    """
    files = files_of(content)
    if files is None:
        return notebooks.program_text(content)
    texts = {name: text for name, one in files.items() if (text := answer_files.as_text(one)) is not None}
    return "\n".join(
        f"=== {name}\n{text.rstrip()}\n" if named else f"\n{text.rstrip()}\n" for name, text in texts.items()
    )


def changes(before: bytes, after: bytes) -> list[FileChange]:
    """Return what differs from one answer to another, file by file; a text alone has the name ""."""
    old, new = _named(before), _named(after)
    found = []
    for name in sorted(old.keys() | new.keys()):
        if old.get(name) == new.get(name):
            continue
        what = "added" if name not in old else "removed" if name not in new else "changed"
        was, now = (answer_files.as_text(one.get(name, b"")) for one in (old, new))
        is_text = was is not None and now is not None
        lines = (
            difflib.unified_diff((was or "").splitlines(), (now or "").splitlines(), lineterm="", n=4)
            if is_text
            else []
        )
        found.append(FileChange(name, what, list(lines)[2:]))
    return found


def _named(content: bytes) -> Mapping[str, bytes]:
    files = files_of(content)
    return files if files is not None else {"": notebooks.program_text(content).encode()}
