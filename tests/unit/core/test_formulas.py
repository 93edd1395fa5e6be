"""Maths in Markdown: between dollars it becomes MathML, and nothing else does."""

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lti_grader.core.markdown import to_html


def test_formulas_stand_in_their_line_or_for_themselves() -> None:
    page = to_html("At most $10^{15}$ of them.\n\n$$\n\\sum_{i=1}^n a_i\n$$\n")
    assert '<math display="inline">' in page
    assert "<msup><mn>10</mn>" in page
    assert '<math display="block">' in page


@pytest.mark.parametrize("text", ["$5 or $6", "costs \\$3 and \\$4", "`$x$`", "a $ b $ c", "5$ and 6$"])
def test_money_and_code_are_no_formulas(text: str) -> None:
    assert "<math" not in to_html(text)


@pytest.mark.parametrize("formula", [r"\frac{1}{", r"\begin{nothing} x", "{" * 1500, "x" * 5000])
def test_what_cannot_be_read_stands_there_as_it_was_written(formula: str) -> None:
    page = to_html(f"${formula}$")
    assert "<math" not in page
    assert "<code>$" in page


class Seen(HTMLParser):
    """The elements of a page, and their attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: set[str] = set()
        self.attributes: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        self.attributes |= {name for name, _ in attrs}


HARMLESS = {
    "display", "mathvariant", "fence", "form", "lspace", "rspace", "stretchy", "symmetric", "movablelimits", "minsize",
    "maxsize", "width", "linethickness", "accent", "accentunder", "displaystyle", "scriptlevel", "columnalign",
    "rowspacing", "columnspacing",
}  # fmt: skip


@pytest.mark.parametrize(
    "formula",
    [
        r"\href{javascript:alert(1)}{x}", r"\text{<img src=x onerror=alert(1)>}", r"\class{evil}{x}",
        r"\style{position:fixed}{x}", r"\text{</math><script>alert(1)</script>}", r"\color{red}{x}", r"\cssId{a}{x}",
        r"\mathmlToken{mi}{x}", r"\unicode{x3c}script\unicode{x3e}",
    ],
)  # fmt: skip
def test_a_formula_brings_neither_links_nor_styles_nor_scripts(formula: str) -> None:
    seen = Seen(to_html(f"${formula}$ and $${formula}$$"))
    assert seen.elements & {"a", "img", "script", "style", "svg", "semantics", "annotation-xml", "maction"} == set()
    assert seen.attributes <= HARMLESS


@given(st.text(alphabet="$\\{}^_abc<>&\"'=/ frtextonli\n", max_size=100))
def test_nothing_that_is_written_becomes_more_than_it_may(text: str) -> None:
    seen = Seen(str(to_html(text)))
    assert seen.elements & {"img", "script", "style", "svg", "iframe", "form"} == set()
    assert seen.attributes <= HARMLESS | {"href", "title", "class", "rel"}
