"""Markdown to HTML: no raw HTML goes in, and what comes out is cleaned all the same. Maths between dollars becomes MathML."""

import functools
import logging
from collections.abc import Mapping
from html import escape
from typing import Any

import nh3
from latex2mathml.converter import convert
from markdown_it import MarkdownIt
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
_LONGEST_FORMULA = 4000
log = logging.getLogger(__name__)


@functools.cache
def _renderer() -> MarkdownIt:
    found = MarkdownIt("commonmark", {"html": False, "linkify": False}).enable(["table", "strikethrough"])
    # "$5 or $6" is money: a dollar beside a space or before a digit ends no formula.
    return found.use(
        dollarmath_plugin,
        allow_space=False,
        allow_digits=False,
        allow_labels=False,
        double_inline=True,
        renderer=_maths,
    )


def _maths(text: str, options: Mapping[str, Any]) -> str:
    """Return a formula as MathML; one that cannot be read stands there as it was written."""
    is_block = bool(options.get("display_mode"))
    if len(text) <= _LONGEST_FORMULA:
        try:
            return str(convert(text, display="block" if is_block else "inline"))
        except Exception as error:  # noqa: BLE001 - it raises many kinds, also its own; none may cost the page
            log.info("a formula that cannot be read: %r", error)
    return f"<code>{escape(f'$${text}$$' if is_block else f'${text}$')}</code>"


# A whole class opens one statement within a minute, and formulas take milliseconds.
@functools.lru_cache(maxsize=512)
def to_html(text: str) -> Markup:
    """Return `text` as HTML that is safe to put on a page. A first-level heading becomes a second-level one."""
    rendered = _renderer().render(text).replace("<h1>", "<h2>").replace("</h1>", "</h2>")
    clean = nh3.clean(
        rendered,
        tags=_TAGS | _MATHS,
        attributes={
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
        },
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer nofollow",
    )
    # Cleaned on the line above.
    return Markup(clean)  # noqa: S704
