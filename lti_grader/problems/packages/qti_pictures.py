"""The pictures that items of QTI show, out of the package in which they lie and into another."""

import posixpath
import urllib.parse
import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence

from lti_grader.classes.material_files import BadFile
from lti_grader.problems.pictures import MOST, accepted, is_named
from lti_grader.problems.quizzes.form import Question

FOLDER = "pictures"
_TAGS = ("img", "object")


class Pictures:
    """The pictures of a package that its items show, each by a name of its own."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._files = files
        self._names: dict[str, str | None] = {}
        self.kept: dict[str, bytes] = {}
        """Name -> content of those that were asked for."""

    def name(self, item: str, source: str) -> str | None:
        """Return the name by which a picture is kept; None where it is not in the package, or none that a question can show.

        Parameters
        ----------
        item
            The path of the item that shows it.
        source
            Where the item says that it is.
        """
        path = posixpath.normpath(posixpath.join(posixpath.dirname(item), urllib.parse.unquote(source)))
        if path not in self._names:
            content = self._files.get(path)
            self._names[path] = None if content is None else self._keep(posixpath.basename(path), content)
        return self._names[path]

    def _keep(self, name: str, content: bytes) -> str | None:
        try:
            plain = accepted(name, content)
        except BadFile:
            return None
        if len(self.kept) >= MOST:
            return None
        stem, ending = posixpath.splitext(plain)
        known = {one.casefold() for one in self.kept}
        free = next(
            one
            for one in (plain, *(f"{stem}-{number}{ending}" for number in range(2, MOST + 2)))
            if one.casefold() not in known
        )
        self.kept[free] = content
        return free


def is_picture(element: ET.Element) -> bool:
    """Return whether an element shows something that lies beside its item."""
    return element.tag in _TAGS


def source_of(element: ET.Element) -> str:
    """Return where an element says that its picture is."""
    return element.get("src") or element.get("data") or ""


def words_of(element: ET.Element) -> str:
    """Return what an element says that its picture shows."""
    return element.get("alt") or " ".join("".join(element.itertext()).split())


def shown_by(question: Question, names: Sequence[str]) -> list[str]:
    """Return those of some pictures that a question shows."""
    texts = _texts(question.model_dump())
    return [name for name in names if is_named(name, texts)]


def _texts(value: object) -> list[str]:
    if isinstance(value, dict):
        return [text for one in value.values() for text in _texts(one)]
    if isinstance(value, list):
        return [text for one in value for text in _texts(one)]
    return [value] if isinstance(value, str) else []


def address(name: str) -> str:
    """Return where an item finds a picture of the package that it is written into."""
    return f"../{FOLDER}/{urllib.parse.quote(name)}"
