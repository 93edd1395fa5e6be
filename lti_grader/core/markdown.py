"""Markdown to HTML: no raw HTML goes in, and what comes out is cleaned all the same. Maths between dollars becomes MathML."""

import functools
import logging
import re
from collections.abc import Mapping
from html import escape
from typing import Any
from urllib.parse import unquote

import nh3
from latex2mathml.converter import convert
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup
from mdit_py_plugins.dollarmath import dollarmath_plugin

_TAGS = {
    "a", "blockquote", "br", "code", "del", "em", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre", "s",
    "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
# MathML Core (https://www.w3.org/TR/mathml-core/), without what links, acts or sets styles.
_MATHS = {
    "math", "mfrac", "mi", "mn", "mo", "mover", "mpadded", "mphantom", "mroot", "mrow", "mspace", "msqrt", "mstyle",
    "msub", "msubsup", "msup", "mtable", "mtd", "mtext", "mtr", "munder", "munderover",
}  # fmt: skip
_ATTRIBUTES = {
    "a": {"href", "title"},
    "code": {"class"},
    "math": {"display"},
    "mi": {"mathvariant"},
    "mo": {"fence", "form", "lspace", "rspace", "stretchy", "symmetric", "movablelimits", "minsize", "maxsize"},
    "mspace": {"width"},
    "mfrac": {"linethickness"},
    "mover": {"accent"},
    "munder": {"accentunder"},
    "mstyle": {"displaystyle", "scriptlevel"},
    "mtable": {"columnalign", "rowspacing", "columnspacing"},
    "mtd": {"columnalign"},
}
_LONGEST_FORMULA = 4000
# The converter writes functions as names, which stand close to what is around them: "nlogn".
_FUNCTION, _WITH_ROOM = re.compile("<mi>([A-Za-z]{2,})</mi>"), r'<mo lspace="0.167em" rspace="0.167em">\1</mo>'
log = logging.getLogger(__name__)


@functools.cache
def _renderer(*, with_tex: bool = False) -> MarkdownIt:
    found = MarkdownIt("commonmark", {"html": False, "linkify": False}).enable(["table", "strikethrough"])
    # "$5 or $6" is money: a dollar beside a space or before a digit ends no formula.
    return found.use(
        dollarmath_plugin,
        allow_space=False,
        allow_digits=False,
        allow_labels=False,
        double_inline=True,
        renderer=_tex if with_tex else _maths,
    )


def _tex(text: str, options: Mapping[str, Any]) -> str:
    return escape(rf"\[{text}\]" if options.get("display_mode") else rf"\({text}\)")


def _maths(text: str, options: Mapping[str, Any]) -> str:
    """Return a formula as MathML; one that cannot be read stands there as it was written."""
    is_block = bool(options.get("display_mode"))
    if len(text) <= _LONGEST_FORMULA:
        try:
            return _FUNCTION.sub(_WITH_ROOM, str(convert(text, display="block" if is_block else "inline")))
        except Exception as error:  # noqa: BLE001 - it raises many kinds, also its own; none may cost the page
            log.info("a formula that cannot be read: %r", error)
    return f"<code>{escape(f'$${text}$$' if is_block else f'${text}$')}</code>"


# A whole class opens one statement within a minute, and formulas take milliseconds.
@functools.lru_cache(maxsize=512)
def to_html(text: str) -> Markup:
    """Return `text` as HTML that is safe to put on a page. A first-level heading becomes a second-level one."""
    return _clean(_renderer().render(text))


def to_html_with_tex(text: str, files: Mapping[str, str]) -> str:
    r"""Return `text` as HTML, as `to_html_with` does, with formulas as they are written, within \( and \): for other programs."""
    return _rendered(_renderer(with_tex=True), text, files)


def to_html_with(text: str, files: Mapping[str, str]) -> Markup:
    """Return `text` as HTML, as `to_html` does, with pictures and links that lead to the files beside it.

    Parameters
    ----------
    files
        The address of each file by the name that the text calls it. A picture that is none of them is told by its words: no page of
        ours loads anything from elsewhere.
    """
    # Addresses may be each reader's own; what is rendered is the same for all.
    names = tuple(name for name in sorted(files) if name in unquote(text))
    html = _with_places(text, names)
    for number, name in enumerate(names):
        html = html.replace(_place(number), escape(files[name]))
    return Markup(html)  # noqa: S704 - cleaned, and addresses are escaped


def picture_sources(text: str) -> list[str]:
    """Return where a text says that its pictures are, each once."""
    tokens = [inner for one in _renderer().parse(text) for inner in one.children or ()]
    return list(dict.fromkeys(unquote(str(one.attrGet("src") or "")) for one in tokens if one.type == "image"))


def leads_to(text: str, name: str) -> bool:
    """Return whether a text leads to a file of some name, by a picture or a link, where it is shown by `to_html_with`."""
    return name in unquote(text) and _place(0) in _with_places(text, (name,))


def _place(number: int) -> str:
    return f"/:file-{number}:/"


@functools.lru_cache(maxsize=512)
def _with_places(text: str, names: tuple[str, ...]) -> str:
    """Return `text` as HTML, with a place for the address of each file."""
    return _rendered(_renderer(), text, {name: _place(number) for number, name in enumerate(names)})


def _rendered(renderer: MarkdownIt, text: str, files: Mapping[str, str]) -> str:
    tokens = renderer.parse(text)
    for token in tokens:
        token.children = [_led(one, files) for one in token.children or ()]
    return str(_clean(renderer.renderer.render(tokens, renderer.options, {}), with_pictures=True))


def _led(token: Token, files: Mapping[str, str]) -> Token:
    name = "src" if token.type == "image" else "href" if token.type == "link_open" else ""
    address = files.get(unquote(str(token.attrGet(name) or ""))) if name else None
    if address is not None:
        token.attrSet(name, address)
    elif token.type == "image":
        return Token("text", "", 0, content=token.content)
    return token


def _clean(rendered: str, *, with_pictures: bool = False) -> Markup:
    clean = nh3.clean(
        rendered.replace("<h1>", "<h2>").replace("</h1>", "</h2>"),
        tags=_TAGS | _MATHS | ({"img"} if with_pictures else set()),
        attributes=_ATTRIBUTES | ({"img": {"src", "alt", "title"}} if with_pictures else {}),
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer nofollow",
    )
    # Cleaned on the line above.
    return Markup(clean)  # noqa: S704
