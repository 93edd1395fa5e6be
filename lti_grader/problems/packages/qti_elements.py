"""The elements of QTI 2.x and 3.0 under one set of names: those of 2.1 (https://www.imsglobal.org/question/).

3.0 writes `qti-choice-interaction max-choices="1"` for what 2.1 writes as `choiceInteraction maxChoices="1"`.
"""

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from urllib.parse import quote

from lti_grader.problems.packages import html
from lti_grader.problems.packages.qti_pictures import is_picture, source_of, words_of
from lti_grader.problems.packages.untrusted import document

MADE_BY = "QTI packages'"
_MATHS = {"math", "mrow", "mi", "mn", "mo", "semantics"}
_PREFIX = "qti-"


def read(content: bytes, name: str) -> ET.Element:
    """Return the root of a document with its elements and attributes named as in 2.1, and without namespaces.

    Raises
    ------
    BadPackage
    """
    root = document(content, name=name, made_by=MADE_BY)
    for one in root.iter():
        # Comments and instructions have no name that is a text.
        if isinstance(one.tag, str):
            tag = one.tag.rpartition("}")[2]
            one.tag = _camel(tag.removeprefix(_PREFIX)) if tag.startswith(_PREFIX) else tag
            one.attrib = {_attribute(key): value for key, value in one.attrib.items()}
    return root


def _attribute(name: str) -> str:
    plain = name.rpartition("}")[2]
    return plain if plain.startswith("data-") else _camel(plain)


def _camel(name: str) -> str:
    return re.sub(r"-(\w)", lambda found: found[1].upper(), name)


def kebab(name: str) -> str:
    """Return a name of 2.1 as 3.0 writes it, without the prefix of elements."""
    return re.sub(r"(?<=[a-z0-9])([A-Z])", lambda found: f"-{found[1].lower()}", name)


def words(element: ET.Element | None) -> str:
    """Return the text of an element without its marks, in one line."""
    return "" if element is None else " ".join("".join(element.itertext()).split())


def markdown(
    element: ET.Element | None, report: Callable[[str], None], *, without: Callable[[ET.Element], str | None],
    picture: Callable[[str], str | None],
) -> str:  # fmt: skip
    """Return what an element holds as Markdown.

    Parameters
    ----------
    without
        Returns what stands for an element instead of it; None where it stays as it is.
    picture
        Returns the name by which a picture is kept, by where the element says that it is; None where it cannot be shown.
    """
    if element is None:
        return ""
    shown: set[str] = set()

    def instead(one: ET.Element) -> str | None:
        found = without(one)
        return found if found is not None or not is_picture(one) else _picture(one, report, picture, shown)

    return html.to_markdown("".join(_written(element, report, instead)), report, shown).strip()


def _picture(
    element: ET.Element, report: Callable[[str], None], picture: Callable[[str], str | None], shown: set[str]
) -> str:
    """Return a picture as HTML by the name by which it is kept; what cannot be shown is told by its words."""
    source, says = source_of(element), _safe(words_of(element))
    name = picture(source)
    if name is None:
        report(f"The picture or film {source.rpartition('/')[2][:80] or element.tag} is left out.")
        return says
    shown.add(name)
    return f'<img src="{_safe(quote(name))}" alt="{says}">'


def _written(
    element: ET.Element, report: Callable[[str], None], without: Callable[[ET.Element], str | None]
) -> Iterator[str]:
    yield _safe(element.text)
    for one in element:
        if isinstance(one.tag, str) and (instead := without(one)) is not None:
            yield instead
        elif isinstance(one.tag, str) and one.tag == "math":
            yield _maths(one, report)
        elif isinstance(one.tag, str):
            attributes = "".join(
                f' {key}="{_safe(value)}"' for key, value in one.attrib.items() if key in ("href", "src", "alt")
            )
            yield f"<{one.tag}{attributes}>{''.join(_written(one, report, without))}</{one.tag}>"
        yield _safe(one.tail)


def _maths(element: ET.Element, report: Callable[[str], None]) -> str:
    """Return a formula: as TeX, where it says what it is in TeX."""
    for one in element.iter("annotation"):
        if "tex" in one.get("encoding", "").lower() and one.text:
            return f"\\({_safe(one.text.strip())}\\)"
    report("A formula in MathML is put as plain text: write it between dollars.")
    return _safe(words(element))


def _safe(text: str | None) -> str:
    return (text or "").replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
