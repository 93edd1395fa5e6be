"""An answer of several files, as the one text that drafts, attempts and browsers keep.

    {"files": {"Main.java": "class Main ...", "images/a.png": {"base64": "..."}}}

Names are sorted and nothing stands between its parts, so that equal answers are equal bytes.
"""

import base64
import binascii
import json
from collections.abc import Iterable, Mapping
from typing import Annotated

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from lti_grader.core.errors import TooLarge, Unprocessable
from lti_grader.problems.harness import AnswerFiles, FilePath, Harness
from lti_grader.problems.models import Visibility

MOST_BYTES = 524_288
"""What the text of an answer may have: drafts of it lie in Redis."""
_PATH = TypeAdapter[str](FilePath)

Files = Mapping[str, bytes]
"""Files of an answer: path -> content."""


class BadFiles(Unprocessable):
    """Several files cannot be taken as an answer; the message says which, and what to do."""

    code = "bad_files"


class TooManyBytes(TooLarge):
    code = "code_too_large"


class _Binary(BaseModel):
    model_config = ConfigDict(extra="forbid")

    base64: str


class _Text(BaseModel):
    model_config = ConfigDict(extra="forbid")

    files: Annotated[dict[str, str | _Binary], "by their paths"]


def parsed(text: str | bytes) -> dict[str, bytes] | None:
    """Return the files that a text holds, sorted; None where it is not the text of files.

    Raises
    ------
    BadFiles
        What should be one of them cannot be read.
    """
    try:
        held = _Text.model_validate(json.loads(text))
    except (ValidationError, ValueError, RecursionError):
        return None
    return {name: _content(name, one) for name, one in sorted(held.files.items())}


def _content(name: str, one: str | _Binary) -> bytes:
    try:
        return one.encode() if isinstance(one, str) else base64.b64decode(one.base64, validate=True)
    except UnicodeEncodeError as error:
        assert isinstance(one, str)
        line = one.count("\n", 0, error.start) + 1
        raise BadFiles(f"{name}, line {line}, has a character that is not valid Unicode. Type it again.") from None
    except binascii.Error:
        raise BadFiles(f"{name} did not come in whole. Add it once more.") from None


def read(text: str | bytes, usual: str) -> dict[str, bytes]:
    """Return the files of an answer that was kept; any other text is one file.

    Parameters
    ----------
    usual
        What that one is called then.
    """
    try:
        found = parsed(text)
    except BadFiles:
        found = None
    if found is None:
        return {usual: text.encode(errors="replace") if isinstance(text, str) else text}
    return found


def written(files: Files) -> str:
    """Return files as one text."""
    told = {name: _as_json(content) for name, content in sorted(files.items())}
    return json.dumps({"files": told}, ensure_ascii=False, separators=(",", ":"))


def _as_json(content: bytes) -> str | dict[str, str]:
    text = as_text(content)
    return {"base64": base64.b64encode(content).decode()} if text is None else text


def as_text(content: bytes) -> str | None:
    """Return what stands in a file; None where it is no text."""
    try:
        return None if b"\0" in content else content.decode()
    except UnicodeDecodeError:
        return None


def check(files: Files, wanted: AnswerFiles, given: Iterable[str]) -> None:
    """Refuse files that are no answer.

    Parameters
    ----------
    given
        The names of the problem's own files.

    Raises
    ------
    BadFiles, TooManyBytes
    """
    if not any(content.strip() for content in files.values()):
        raise BadFiles("There is nothing in your files yet. Write your program, or add files.")
    if len(files) > wanted.most:
        raise BadFiles(f"You have {len(files)} files; at most {wanted.most} are taken. Take some away.")
    check_names(files, given)
    if odd := [one for one in files if not wanted.takes(one)]:
        raise BadFiles(f"{odd[0]} cannot be handed in: files end in {', '.join(wanted.endings)} here. Take it away.")
    needed = [*wanted.required, *([wanted.main] if wanted.main else [])]
    if lacking := [one for one in dict.fromkeys(needed) if one not in files]:
        raise BadFiles(f"{', '.join(lacking)} is missing. Add it, or rename the file that is meant.")
    check_size(files)


def check_names(files: Iterable[str], given: Iterable[str]) -> None:
    """Refuse names that no file of an answer can have, or that two files would have on some machine.

    Raises
    ------
    BadFiles
    """
    own = {one.casefold() for one in given}
    met: dict[str, str] = {}
    for path in files:
        try:
            _PATH.validate_python(path)
        except ValidationError as error:
            raise BadFiles(f"The name {error.errors()[0]['msg'].removeprefix('Value error, ')}. Rename it.") from None
        if path.casefold() in own:
            raise BadFiles(f"{path} is a file of the problem, which lies beside yours already. Rename or remove yours.")
        if (other := met.setdefault(path.casefold(), path)) != path:
            raise BadFiles(f"{other} and {path} differ only in capital letters. Rename one of them.")
    folders = {"/".join(parts[:depth]) for parts in (one.split("/") for one in met) for depth in range(1, len(parts))}
    if both := sorted(folders & (met.keys() | own)):
        raise BadFiles(f"{met.get(both[0], both[0])} is a file and a folder at once. Rename one of them.")


def check_size(files: Files) -> None:
    """Refuse more than an answer may have.

    Raises
    ------
    TooManyBytes
        It names the largest file.
    """
    size = len(written(files).encode())
    if size > MOST_BYTES:
        largest = max(files, key=lambda one: len(files[one]))
        raise TooManyBytes(
            f"Your files have {size:,} bytes together; at most {MOST_BYTES:,} are accepted."
            f" The largest is {largest} with {len(files[largest]):,}: make it smaller or take it away."
        )


def shown_files(harness: Harness) -> list[str]:
    """Return the names of a problem's files that students may know of: those that lie beside theirs, and no hidden tests."""
    tests = harness.unit_tests.tests if harness.unit_tests else {}
    hidden = {name for name, seen in tests.items() if seen not in (Visibility.VISIBLE, Visibility.SAMPLE)}
    archive = {harness.autograder.archive} if harness.autograder else set()
    return sorted(set(harness.files) - hidden - archive)
