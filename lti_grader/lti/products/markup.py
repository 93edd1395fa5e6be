"""Comments that were written in an LMS's editor, as text."""

import re
from html.parser import HTMLParser

# What an editor makes begins with a block; text about programs may have anything else between angle brackets.
_BEGINS = re.compile(r"\s*<(p|div|ul|ol|h[1-6]|pre|table|blockquote)(\s[^<>]*)?>", re.IGNORECASE)
_BLOCKS = frozenset({
    "p", "div", "ul", "ol", "li", "h1", "h2", "h3", "h4", "h5", "h6", "pre", "table", "tr", "blockquote", "br",
})  # fmt: skip
_WEB = ("http://", "https://")


def is_from_editor(comment: str) -> bool:
    """Return whether a comment is HTML as editors make it."""
    return _BEGINS.match(comment) is not None


def plain_text(html: str) -> str:
    """Return the words of a comment, a line for each of its paragraphs and list items, with the addresses of its links."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    lines = (line.rstrip() for line in "".join(reader.said).split("\n"))
    return "\n".join(line for line in lines if line not in ("", "-"))


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.said: list[str] = ["\n"]
        self._is_code = False
        self._link = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _BLOCKS:
            self.said.append("\n")
        if tag == "li":
            self.said.append("- ")
        elif tag == "pre":
            self._is_code = True
        elif tag == "a":
            self._link = dict(attrs).get("href") or ""

    def handle_endtag(self, tag: str) -> None:
        if tag in _BLOCKS:
            self.said.append("\n")
        if tag == "pre":
            self._is_code = False
        elif tag == "a" and self._link.startswith(_WEB) and self.said[-1] != self._link:
            self.said.append(f" ({self._link})")

    def handle_data(self, data: str) -> None:
        if self._is_code:
            self.said.append(data)
            return
        words = re.sub(r"\s+", " ", data)
        self.said.append(words.lstrip() if self.said[-1].endswith(("\n", " ")) else words)
