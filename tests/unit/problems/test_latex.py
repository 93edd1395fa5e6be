"""Statements in LaTeX, put into Markdown: what is kept, what is changed, and what is said to be left out."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lti_grader.core.markdown import to_html
from lti_grader.problems.packages.latex import to_markdown


def converted(text: str) -> str:
    said: list[str] = []
    found = to_markdown(text, said.append)
    assert said == []
    return found.strip()


@pytest.mark.parametrize(
    ("latex", "markdown"),
    [
        (r"\problemname{Sums} Add \emph{all} of \textbf{them}.", "Add *all* of **them**."),
        ("A line. % a remark\nAnother at 5\\%.", "A line. Another at 5%."),
        (r"\section*{Input} Text", "## Input\n\n Text"),
        (r"\subsection{More}", "### More"),
        (r"The \(n\) with $1 \le n \le 10^{5}$.", r"The $n$ with $1 \le n \le 10^{5}$."),
        (r"So \[ a_1 + \dots + a_n \] it is", "So \n\n$$\na_1 + \\dots + a_n\n$$\n\n it is"),
        ("``words'' --- and 1--3", "“words” — and 1–3"),
        (r"Write \texttt{a\_b} and \t{x*y}", "Write `a_b` and `x*y`"),
        (r"snake_case and 2*3 < 4 costs \$5", r"snake\_case and 2\*3 \< 4 costs \$5"),
        (r"\begin{itemize}\item one \item two\end{itemize}", "- one\n- two"),
        (r"\begin{enumerate}\item one \item[x] two\end{enumerate}", "1. one\n2. **x** two"),
        (
            r"\begin{itemize}\item a \begin{itemize}\item b\end{itemize}\item c\end{itemize}",
            "- a\n  \n  - b\n- c",
        ),
        (r"\begin{tabular}{|l|r|} \hline A & B \\ \hline \textbf{1} & $2$ \\ \end{tabular}", "| A | B |\n| --- | --- |\n| **1** | $2$ |"),
        ("\\begin{verbatim}\nx_1 % \\emph{no}\n\\end{verbatim}", "```\nx_1 % \\emph{no}\n```"),
        (r"See \url{https://a.example/b} or \href{https://c.example}{this}.", "See [https://a.example/b](https://a.example/b) or [this](https://c.example)."),
        (r"one\\two\footnote{three}", "one  \ntwo (three)"),
        (r"\begin{center}\small in the middle\end{center}", "in the middle"),
        (r"\ldots{} and {\bf bold} left", "… and **bold** left"),
        ("only `a-z`", "only `a-z`"),
        (r"\vspace{1cm}\noindent Text~here", "Text\u00a0here"),
    ],
)  # fmt: skip
def test_what_statements_are_made_of(latex: str, markdown: str) -> None:
    assert converted(latex) == markdown


def test_what_is_left_out_is_said_once_each() -> None:
    said: list[str] = []
    text = r"\foo{kept} \foo{too} \bar \illustration{0.3}{map.png}{A map}\includegraphics[width=3cm]{b.png}"
    assert to_markdown(text, said.append).split() == ["kept", "too"]
    assert said == [
        "The picture map.png is left out.", "The picture b.png is left out.",
        r"LaTeX commands that are not known here were left out: \foo, \bar.",
    ]  # fmt: skip


def test_pictures_that_lie_beside_it_are_shown() -> None:
    said: list[str] = []
    text = r"\includegraphics[width=3cm]{tree} and \illustration{0.3}{map.png}{A map}"
    assert to_markdown(text, said.append, ["tree.jpg", "map.png"]) == "![](<tree.jpg>) and ![](<map.png>)\n"
    assert said == []


def test_a_statement_becomes_a_page_with_maths() -> None:
    page = to_html(converted(r"Find $\frac{n}{2}$ for \(n \ge 1\)."))
    assert "<mfrac>" in page
    assert "≥" in page


@example("\\a{<")
@given(st.text(alphabet="\\{}$%&_*`~ \n[]abitemsection<>-#", max_size=120))
def test_whatever_is_written_something_comes_out_and_nothing_unsafe(text: str) -> None:
    page = str(to_html(to_markdown(text, lambda _: None)))
    assert "\ue000" not in page
    assert "<script" not in page
