"""Statements in HTML, as other systems' editors write them, put into Markdown."""

import re
from collections.abc import Callable, Collection
from html.parser import HTMLParser
from urllib.parse import unquote

_AROUND = {"b": "**", "strong": "**", "i": "*", "em": "*", "del": "~~", "s": "~~"}
_CODE = ("code", "tt", "kbd", "samp", "var")
_PARAGRAPHS = ("p", "div", "section", "article", "figure", "center", "dl", "dt", "dd", "figcaption")
_UNSEEN = ("script", "style", "head", "title")
_SIGNS = re.compile(r"([\\`*_\[\]<#|$])")
# What Moodle's MathJax filter reads as maths.
_MATHS = re.compile(r"\\\((.+?)\\\)|\\\[(.+?)\\\]|\$\$(.+?)\$\$", re.DOTALL)


def to_markdown(html: str, report: Callable[[str], None], pictures: Collection[str] = ()) -> str:
    """Return a text in HTML as Markdown.

    Parameters
    ----------
    report
        Told of what is left out.
    pictures
        The names of those that lie beside it and can be shown.
    """
    reader = _Reader(report, pictures)
    reader.feed(html)
    reader.close()
    text = re.sub(r"(?m)^ +$|(?<=\S) $", "", reader.text())
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


class _Reader(HTMLParser):
    def __init__(self, report: Callable[[str], None], pictures: Collection[str]) -> None:
        super().__init__(convert_charrefs=True)
        self._report = report
        self._pictures = pictures
        self._pieces: list[list[str]] = [[]]
        """What is being written, and what stands around it until it ends: list items, cells, code."""
        self._lists: list[int | None] = []
        self._links: list[str] = []
        self._rows: list[list[str]] = []
        self._literal = self._unseen = 0

    def text(self) -> str:
        return "".join(piece for level in self._pieces for piece in level)

    def _say(self, text: str) -> None:
        self._pieces[-1].append(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in _UNSEEN:
            self._unseen += 1
        elif tag in ("pre", *_CODE, "li", "td", "th", "blockquote", *_AROUND):
            self._literal += tag in ("pre", *_CODE)
            self._pieces.append([])
        elif tag in ("ul", "ol"):
            self._lists.append(1 if tag == "ol" else None)
            self._say("\n" if len(self._lists) > 1 else "\n\n")
        elif re.fullmatch(r"h[1-6]", tag):
            self._say(f"\n\n{'#' * min(6, int(tag[1]) + 1)} ")
        elif tag == "tr":
            self._rows.append([])
        elif tag == "a":
            self._links.append(given.get("href") or "")
            self._pieces.append([])
        else:
            self._begin_simple(tag, given)

    def _begin_simple(self, tag: str, given: dict[str, str | None]) -> None:
        if tag in _PARAGRAPHS or tag == "table":
            self._say("\n\n")
        elif tag == "br":
            self._say("\n" if self._literal else "  \n")
        elif tag == "hr":
            self._say("\n\n---\n\n")
        elif tag in ("img", "video", "audio", "iframe", "object", "svg"):
            source = unquote(given.get("src") or given.get("alt") or tag).rpartition("/")[2][:80]
            whole = unquote(given.get("src") or "")
            source = whole if whole in self._pictures else source
            if tag == "img" and source in self._pictures:
                self._say(f"![{_escaped(given.get('alt') or '')}](<{source}>)")
                return
            self._report(f"The picture or film {source} of the statement is left out.")
            self._say(_escaped(given.get("alt") or ""))
        elif tag in ("sub", "sup"):
            self._say("_" if tag == "sub" and self._literal else "^" if tag == "sup" else "")

    def handle_endtag(self, tag: str) -> None:
        if tag in _UNSEEN:
            self._unseen = max(0, self._unseen - 1)
        elif tag in ("ul", "ol") and self._lists:
            self._lists.pop()
            self._say("\n" if self._lists else "\n\n")
        elif tag == "table":
            self._end_table()
        elif tag in _PARAGRAPHS or re.fullmatch(r"h[1-6]", tag):
            self._say("\n\n")
        elif tag in ("pre", *_CODE, "li", "td", "th", "blockquote", "a", *_AROUND) and len(self._pieces) > 1:
            self._end_held(tag, "".join(self._pieces.pop()))

    def _end_held(self, tag: str, inner: str) -> None:
        words = inner.strip()
        if tag == "pre":
            self._literal -= 1
            fence = "`" * max(3, *(len(run) + 1 for run in re.findall(r"`+", inner) or [""]))
            self._say(inner if self._literal else f"\n\n{fence}\n{inner.strip(chr(10))}\n{fence}\n\n")
        elif tag in _CODE:
            self._literal -= 1
            sign = "``" if "`" in words else "`"
            self._say(inner if self._literal or not words else f"{sign}{' '.join(words.split())}{sign}")
        elif tag in _AROUND:
            sign = "" if self._literal or not words else _AROUND[tag]
            left, right = inner[: len(inner) - len(inner.lstrip())], inner[len(inner.rstrip()) :]
            self._say(f"{left}{sign}{words}{sign}{right}" if words else inner)
        elif tag == "a":
            target = self._links.pop() if self._links else ""
            self._say(f"[{words}]({target})" if target.startswith(("http:", "https:", "mailto:")) and words else inner)
        elif tag in ("td", "th"):
            (self._rows or [[]])[-1].append(" ".join(words.split()))
        elif tag == "blockquote":
            self._say("\n\n" + "\n".join(f"> {line}".rstrip() for line in words.splitlines()) + "\n\n")
        else:
            self._item(words)

    def _item(self, words: str) -> None:
        number = self._lists[-1] if self._lists else None
        head = "- " if number is None else f"{number}. "
        if number is not None:
            self._lists[-1] = number + 1
        indented = re.sub(r"\n{3,}", "\n\n", words).replace("\n", f"\n{' ' * len(head)}")
        self._say(f"{head}{indented}\n")

    def _end_table(self) -> None:
        width = max(map(len, self._rows), default=0)
        lines = [f"| {' | '.join(row + [''] * (width - len(row)))} |" for row in self._rows if row]
        if lines:
            lines.insert(1, f"|{' --- |' * width}")
        self._rows = []
        self._say("\n" + "\n".join(lines) + "\n\n")

    def handle_data(self, data: str) -> None:
        if self._unseen:
            return
        if self._literal:
            self._say(data)
            return
        place = 0
        for found in _MATHS.finditer(data):
            self._say(_escaped(_spaced(data[place : found.start()])))
            inline, block = found[1], found[2] or found[3]
            self._say(f"${inline.strip()}$" if inline else f"$${block.strip()}$$")
            place = found.end()
        self._say(_escaped(_spaced(data[place:])))


def _spaced(text: str) -> str:
    return re.sub(r"\s+", " ", text)


def _escaped(text: str) -> str:
    return _SIGNS.sub(r"\\\1", text)
