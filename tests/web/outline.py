"""What a screen reader needs of a page, looked up in its HTML: an order of headings, names, and what they refer to."""

import dataclasses
from collections import Counter
from collections.abc import Iterator
from html.parser import HTMLParser

_VOID = frozenset({"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "track", "use", "wbr"})
_NAMED_BY_LABEL = frozenset({"input", "select", "textarea"})
_NAMED_BY_TEXT = frozenset({"a", "button", "summary"})
_NOT_SEEN = frozenset({"script", "style", "template", "noscript"})
_REFERENCES = ("for", "aria-describedby", "aria-labelledby", "aria-controls")


@dataclasses.dataclass
class _Element:
    tag: str
    has: dict[str, str]
    inside: tuple["_Element", ...]
    text: str = ""

    @property
    def is_hidden(self) -> bool:
        return any(
            one.tag in _NOT_SEEN or "hidden" in one.has or one.has.get("aria-hidden") == "true"
            for one in (*self.inside, self)
        )

    def __str__(self) -> str:
        told = " ".join(
            f"{name}={value!r}" for name, value in self.has.items() if name in ("id", "name", "href", "class")
        )
        return f"<{self.tag} {told}>"


class _Reader(HTMLParser):
    """Collects the elements of a page, each with the words that are read out of it."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[_Element] = []
        self._open: list[_Element] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        one = _Element(tag, {name: value or "" for name, value in attrs}, tuple(self._open))
        self.found.append(one)
        if said := one.has.get("aria-label") or one.has.get("alt"):
            self.handle_data(said)
        if tag not in _VOID:
            self._open.append(one)

    def handle_endtag(self, tag: str) -> None:
        while any(one.tag == tag for one in self._open):
            if self._open.pop().tag == tag:
                break

    def handle_data(self, data: str) -> None:
        if self._open and not self._open[-1].is_hidden:
            for one in self._open:
                one.text += data


def trouble_in(page: str) -> list[str]:
    """Return what would get a reader of a page lost, in words; nothing where the page is in order."""
    reader = _Reader()
    reader.feed(page)
    elements = [one for one in reader.found if not one.is_hidden]
    return [*_of_headings(elements), *_of_places(elements), *_of_names(elements), *_of_ids(reader.found)]


def _of_headings(elements: list[_Element]) -> Iterator[str]:
    levels = [
        (int(one.tag[1]), one.text.strip()) for one in elements if one.tag in ("h1", "h2", "h3", "h4", "h5", "h6")
    ]
    if [level for level, _ in levels].count(1) != 1:
        yield f"it has {[level for level, _ in levels].count(1)} first headings"
    for (before, _), (level, text) in zip([(0, ""), *levels], levels, strict=False):
        if level > before + 1:
            yield f"the heading “{text}” of level {level} comes after one of level {before}"
        if not text:
            yield f"a heading of level {level} is empty"


def _of_places(elements: list[_Element]) -> Iterator[str]:
    if (count := sum(one.tag == "main" for one in elements)) != 1:
        yield f"it has {count} main parts"
    names = Counter(
        one.has.get("aria-label", one.has.get("aria-labelledby", "")) for one in elements if one.tag == "nav"
    )
    for name, count in names.items():
        if count > 1 or not name:
            yield f"{count} navigations are called “{name}”"
    for one in elements:
        if one.has.get("tabindex", "0").isdigit() and one.has.get("tabindex", "0") != "0":
            yield f"{one} comes before its turn by its tabindex"
        if one.tag == "html" and not one.has.get("lang"):
            yield "it does not say in which language it is"
        if one.tag == "th" and not one.has.get("scope"):
            yield f"a head of a table does not say of what: {one.text.strip()!r}"


def _of_names(elements: list[_Element]) -> Iterator[str]:
    labels = {one.has["for"] for one in elements if one.tag == "label" and "for" in one.has and one.text.strip()}
    for one in elements:
        if one.has.get("aria-label") or one.has.get("aria-labelledby") or one.has.get("type") in ("hidden", "submit"):
            continue
        by_label = one.has.get("id") in labels or any(
            outer.tag == "label" and outer.text.strip() for outer in one.inside
        )
        if one.tag in _NAMED_BY_LABEL and not by_label:
            yield f"{one} has no label"
        if one.tag in _NAMED_BY_TEXT and not one.text.strip() and not one.has.get("title"):
            yield f"{one} says nothing"


def _of_ids(elements: list[_Element]) -> Iterator[str]:
    ids = Counter(one.has["id"] for one in elements if "id" in one.has)
    yield from (f"the id {name!r} is there {count} times" for name, count in ids.items() if count > 1)
    for one in elements:
        for kind in _REFERENCES:
            for name in one.has.get(kind, "").split():
                if name not in ids:
                    yield f"{kind} of {one} leads to {name!r}, which is not there"
