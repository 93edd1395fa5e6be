"""Question banks as Moodle exports them (https://docs.moodle.org/en/Moodle_XML_format): the CodeRunner questions of a file."""

import base64
import binascii
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping, Sequence

from lti_grader.problems.packages.coderunner import Question, package_of
from lti_grader.problems.packages.package import BadPackage, Package, Refused
from lti_grader.problems.packages.untrusted import root_of

_MOST_BYTES = 256 * 1024**2


def read(content: bytes, prototypes: Sequence[bytes] = ()) -> list[Package | Refused]:
    """Read the CodeRunner questions of a file, in their order.

    Parameters
    ----------
    prototypes
        More files, with types of questions that this one uses.

    Raises
    ------
    BadPackage
        It is no Moodle XML, or has no CodeRunner question.
    """
    questions = list(_questions(content))
    others = [one for more in prototypes for one in _questions(more)]
    types = {one.get("coderunnertype"): one for one in [*others, *questions] if one.is_prototype}
    if not any(one.kind == "coderunner" and not one.is_prototype for one in questions):
        raise BadPackage("There is no CodeRunner question in this file.")
    found: list[Package | Refused] = []
    taken: set[str] = set()
    for one in questions:
        if one.kind != "coderunner":
            found.append(Refused(one.title, f"it is a question of the kind {one.kind!r}, and not one of CodeRunner's"))
        elif not one.is_prototype:
            found.append(package_of(one, types, slug=_slug(one.title, taken)))
    return found


def _questions(content: bytes) -> Iterator[Question]:
    if len(content) > _MOST_BYTES:
        raise BadPackage(f"This file is larger than {_MOST_BYTES // 1024**2} MiB: export fewer categories at a time.")
    quiz = root_of(content, "quiz", made_by="Moodle's")
    category: list[str] = []
    for element in quiz.iter("question"):
        kind = element.get("type", "")
        if kind == "category":
            category = _category(element.findtext("category/text") or "")
            continue
        tags = [tag.findtext("text") or "" for tag in element.iterfind("tags/tag")]
        tagged = [*category, *filter(None, tags)]
        files = _decoded(element, "testcases/file", "file")
        yield Question(kind, _fields(element), _tests(element), files, tagged, _decoded(element, "questiontext/file"))


def _category(path: str) -> list[str]:
    # "$course$/top/Loops/While": the first parts say where in Moodle it is.
    parts = re.split(r"(?<!/)/(?!/)", path.strip())
    return [part.replace("//", "/").strip() for part in parts if part.strip() not in ("", "top") and part[:1] != "$"]


def _text(element: ET.Element | None) -> str:
    if element is None:
        return ""
    inner = element.find("text")
    return (element.text if inner is None else inner.text) or ""


def _fields(element: ET.Element) -> dict[str, str]:
    fields = {child.tag: _text(child) for child in element if child.tag not in ("testcases", "tags", "file")}
    statement = element.find("questiontext")
    return {**fields, "format": statement.get("format", "html") if statement is not None else "html"}


def _tests(element: ET.Element) -> list[dict[str, str]]:
    return [
        {**one.attrib, **{child.tag: _text(child) for child in one}} for one in element.iterfind("testcases/testcase")
    ]


def _decoded(element: ET.Element, *paths: str) -> Mapping[str, bytes]:
    """Return the files at some places of a question, by name."""
    files = {}
    for file in (found for path in paths for found in element.iterfind(path)):
        try:
            files[file.get("name", "")] = base64.b64decode(file.text or "")
        except binascii.Error:
            raise BadPackage(f"The file {file.get('name')} of {_text(element.find('name'))!r} is no base64.") from None
    return files


def _slug(title: str, taken: set[str]) -> str:
    plain = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:80] or "problem"
    slug = next(
        one for one in (plain, *(f"{plain}-{number}" for number in range(2, len(taken) + 3))) if one not in taken
    )
    taken.add(slug)
    return slug
