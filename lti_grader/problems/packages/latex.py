"""Statements in LaTeX, as problem packages write them, put into Markdown: the commands that statements are made of.

What is not known is left out, its argument stays, and its name is reported: a person looks the statement over.
"""

import functools
import re
from collections.abc import Callable, Collection

_MATHS = (
    (re.compile(r"\$\$(.+?)\$\$|\\\[(.+?)\\\]", re.DOTALL), "$$"),
    (re.compile(r"\\begin\{(?:equation|displaymath)\*?\}(.+?)\\end\{(?:equation|displaymath)\*?\}", re.DOTALL), "$$"),
    (re.compile(r"(\\begin\{(?:align|gather|eqnarray)\*?\}.+?\\end\{(?:align|gather|eqnarray)\*?\})", re.DOTALL), "$$"),
    (re.compile(r"(?<!\\)\$((?:\\.|[^$\\])+?)\$|\\\((.+?)\\\)", re.DOTALL), "$"),
)
_VERBATIM = re.compile(r"\\begin\{(verbatim|lstlisting|Verbatim)\*?\}(?:\[[^\]]*\])?\n?(.*?)\\end\{\1\*?\}", re.DOTALL)
_TABLE = re.compile(r"\\begin\{(tabular[x*]?|array)\}(?:\[[^\]]*\])?(.*?)\\end\{\1\}", re.DOTALL)
_LIST = re.compile(r"\\begin\{(itemize|enumerate|description)\}(?:\[[^\]]*\])?((?:(?!\\begin\{(?:itemize|enumerate|description)\}).)*?)\\end\{\1\}", re.DOTALL)  # fmt: skip
_COMMAND = re.compile(r"\\([A-Za-z]+)")
_MARK = "\ue000"
_MARKED = re.compile(f"{_MARK}(\\d+){_MARK}")
_WRAPPED = {
    "textbf": "**", "bf": "**", "bfseries": "**", "emph": "*", "textit": "*", "it": "*", "em": "*", "textsl": "*",
}  # fmt: skip
_CODE = ("texttt", "t", "tt", "lstinline", "verb", "code")
_HEADINGS = {"section": "## ", "subsection": "### ", "subsubsection": "#### ", "paragraph": "#### "}
_SIGNS = {
    "ldots": "…", "dots": "…", "textellipsis": "…", "textbackslash": "\\\\", "textasciitilde": "~", "textdegree": "°",
    "textquotedbl": '"', "textless": "&lt;", "textgreater": "&gt;", "LaTeX": "LaTeX", "TeX": "TeX", "ss": "ß", "aa": "å",
    "AA": "Å", "o": "ø", "O": "Ø", "ae": "æ", "euro": "€", "pounds": "£", "quad": " ", "qquad": " ", "textendash": "\N{EN DASH}",
    "textemdash": "—", "newline": "  \n", "par": "\n\n", "times": "\N{MULTIPLICATION SIGN}",
}  # fmt: skip
_PLAIN = ("textsc", "textrm", "textsf", "textnormal", "text", "mbox", "underline", "uline", "textsuperscript", "textsubscript",
          "sout", "ensuremath", "centerline", "fbox", "caption", "small", "textup", "textmd")  # fmt: skip
_GONE = (
    "noindent", "medskip", "smallskip", "bigskip", "centering", "newpage", "clearpage", "hline", "toprule", "midrule",
    "bottomrule", "raggedright", "footnotesize", "large", "Large", "maketitle", "hfill", "vfill", "nopagebreak",
    "normalsize", "tiny", "scriptsize", "ttfamily", "protect", "relax", "sloppy", "indent",
)  # fmt: skip
_GONE_WITH_ARGUMENT = (
    "problemname",
    "vspace",
    "hspace",
    "label",
    "ref",
    "pagestyle",
    "setlength",
    "usepackage",
    "input",
)
_SWITCHES = {
    "bf": "textbf", "bfseries": "textbf", "it": "emph", "em": "emph", "itshape": "emph", "tt": "texttt",
    "ttfamily": "texttt", "sc": "textsc", "sl": "emph",
}  # fmt: skip
_SWITCHED = re.compile(r"\{\\(" + "|".join(_SWITCHES) + r")\b\s*([^{}]*)\}")
_ENVIRONMENT = re.compile(r"\\(?:begin|end)\{(center|figure|table|minipage|quote|flushleft|flushright|small|wrapfigure|document)\*?\}(?:\[[^\]]*\]|\{[^}]*\})*")  # fmt: skip


def to_markdown(text: str, report: Callable[[str], None], pictures: Collection[str] = ()) -> str:
    """Return a statement in Markdown, with its maths between dollars.

    Parameters
    ----------
    report
        Told, once each, what was left out.
    pictures
        The names of those that lie beside it and can be shown.
    """
    return _Conversion(report, pictures).convert(text)


class _Conversion:
    def __init__(self, report: Callable[[str], None], pictures: Collection[str]) -> None:
        self._report = report
        self._pictures = pictures
        self._kept: list[str] = []
        self._unknown: dict[str, None] = {}

    def convert(self, text: str) -> str:
        text = text.replace("\r\n", "\n").replace(_MARK, "")
        text = _VERBATIM.sub(lambda found: self._keep(f"\n```\n{found[2].rstrip()}\n```\n"), text)
        text = re.sub(r"(?<!\\)%[^\n]*\n?[ \t]*", "", text)
        for pattern, dollars in _MATHS:
            text = pattern.sub(functools.partial(self._formula, dollars=dollars), text)
        text = self._commands(text)
        if self._unknown:
            self._report(f"LaTeX commands that are not known here were left out: {', '.join(self._unknown)}.")
        text = re.sub(r"[ \t]+\n", lambda found: "  \n" if len(found[0]) > 2 else "\n", text)
        text = re.sub(r"\n{3,}", "\n\n", text)
        while _MARKED.search(text):
            text = _MARKED.sub(lambda found: self._kept[int(found[1])], text)
        return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"

    def _keep(self, text: str) -> str:
        """Set a piece aside that nothing changes any more."""
        self._kept.append(text)
        return f"{_MARK}{len(self._kept) - 1}{_MARK}"

    def _formula(self, found: re.Match[str], dollars: str) -> str:
        inner = " ".join(next(one for one in found.groups() if one is not None).split())
        return self._keep(f"\n\n$$\n{inner}\n$$\n\n" if dollars == "$$" else f"${inner}$")

    def _commands(self, text: str) -> str:
        text = _TABLE.sub(lambda found: self._table(found[2]), text)
        while (again := _LIST.sub(lambda found: self._list(found[1], found[2]), text)) != text:
            text = again
        text = re.sub(r"(\\[A-Za-z]+)\*", r"\1", _ENVIRONMENT.sub("\n", text))
        text = _SWITCHED.sub(lambda found: f"\\{_SWITCHES[found[1]]}{{{found[2]}}}", text)
        text = re.sub(r"``|''", lambda found: "“" if found[0] == "``" else "”", text)
        # A piece between accents is code in newer packages, and stays.
        text = re.sub(r"`[^`'\n]+`", lambda found: self._keep(found[0]), text)
        text = text.replace("---", "—").replace("--", "\N{EN DASH}").replace("~", "\u00a0")
        text = re.sub(r"\\\\(?:\[[^\]]*\])?", lambda _: self._keep("  \n"), text)
        text = re.sub(r"\\([%&#_{}$ ,;!/-])", lambda found: self._keep(_escaped(found[1])), text)
        text = re.sub(r"([*_<>])", lambda found: self._keep(f"\\{found[1]}"), text)
        return self._replaced(text).replace("{", "").replace("}", "")

    def _replaced(self, text: str) -> str:
        """Return the text with each command in it replaced, the arguments' own commands included."""
        out, at = [], 0
        while found := _COMMAND.search(text, at):
            out.append(text[at : found.start()])
            said, at = self._command(found[1], text, found.end())
            out.append(said)
        return "".join([*out, text[at:]])

    def _command(self, name: str, text: str, at: int) -> tuple[str, int]:
        if name in _SIGNS:
            return self._keep(_SIGNS[name]), _behind_empty(text, at)
        if name in _GONE:
            return "", at
        if name in ("includegraphics", "illustration"):
            return self._picture(name, text, at)
        if name in ("url", "href"):
            arguments, at = _arguments(text, at, 2 if name == "href" else 1)
            shown = self._replaced(arguments[-1]) if len(arguments) == 2 else next(iter(arguments), "")
            return (f"[{shown}]({arguments[0]})" if arguments else ""), at
        arguments, end = _arguments(text, at, 1)
        if name in _GONE_WITH_ARGUMENT:
            return "", end
        return self._dressed(name, self._replaced(arguments[0]) if arguments else ""), end

    def _picture(self, name: str, text: str, at: int) -> tuple[str, int]:
        arguments, at = _arguments(text, at, 3 if name == "illustration" else 1)
        picture = arguments[1] if len(arguments) > 1 else next(iter(arguments), "")
        # LaTeX finds a picture without the ending of its name, too.
        for one in self._pictures:
            if picture in (one, one.rpartition(".")[0]):
                return self._keep(f"![](<{one}>)"), at
        self._report(f"The picture {picture} is left out.")
        return "", at

    def _dressed(self, name: str, inner: str) -> str:
        """Return the argument of a command as the command wants it."""
        words = inner.strip()
        if name in _HEADINGS:
            return f"\n\n{_HEADINGS[name]}{inner}\n\n"
        if name in _WRAPPED:
            return f"{_WRAPPED[name]}{words}{_WRAPPED[name]}" if words else ""
        if name in _CODE:
            return self._keep(f"`{self._bare(inner)}`") if words else ""
        if name == "footnote":
            return f" ({inner})"
        if name not in _PLAIN:
            self._unknown[f"\\{name}"] = None
        return inner

    def _bare(self, text: str) -> str:
        """Return a text as code shows it, without the signs that Markdown would have needed."""
        whole = _MARKED.sub(lambda found: self._kept[int(found[1])], text)
        return re.sub(r"\\([*_<>#])", r"\1", whole).replace("{", "").replace("}", "")

    def _list(self, kind: str, body: str) -> str:
        items = re.split(r"\\item\b", body)[1:]
        lines = []
        for number, item in enumerate(items, start=1):
            label = re.match(r"\s*\[([^\]]*)\]", item)
            words = item[label.end() :] if label else item
            head = f"{number}. " if kind == "enumerate" else "- "
            if label:
                words = f"\\textbf{{{label[1]}}} {words.lstrip()}"
            indented = "\n".join(f"{' ' * len(head)}{line}" for line in words.strip().splitlines()).strip()
            lines.append(head + indented)
        return "\n\n" + "\n".join(lines) + "\n\n"

    def _table(self, body: str) -> str:
        # The columns' description, whose braces may hold others.
        _, at = _arguments(body, 0, 1)
        rows = []
        for row in re.split(r"\\\\(?:\[[^\]]*\])?", body[at:]):
            cells = re.split(r"(?<!\\)&", re.sub(r"\\(?:hline|toprule|midrule|bottomrule|cline\{[^}]*\})", "", row))
            if any(cell.strip() for cell in cells):
                rows.append([" ".join(cell.split()) for cell in cells])
        if not rows:
            return ""
        width = max(map(len, rows))
        filled = [row + [""] * (width - len(row)) for row in rows]
        lines = [filled[0], [self._keep("---")] * width, *filled[1:]]
        return (
            "\n\n"
            + "\n".join(self._keep("| ") + self._keep(" | ").join(row) + self._keep(" |") for row in lines)
            + "\n\n"
        )


def _escaped(sign: str) -> str:
    if sign in ("_", "#", "$"):
        return f"\\{sign}"
    return {" ": " ", ",": " ", ";": " ", "!": "", "/": "", "-": ""}.get(sign, sign)


def _behind_empty(text: str, at: int) -> int:
    """Return the place behind the `{}` that ends a command's name, where there is one."""
    return at + 2 if text.startswith("{}", at) else at


def _arguments(text: str, at: int, most: int) -> tuple[list[str], int]:
    """Return up to `most` arguments in braces that begin at a place, without options in brackets, and where they end."""
    found: list[str] = []
    while len(found) < most:
        option = re.compile(r"\s*\[[^\]]*\]").match(text, at)
        if option and not found:
            at = option.end()
        opening = re.compile(r"\s*\{").match(text, at)
        if not opening:
            break
        depth, end = 1, opening.end()
        while end < len(text) and depth:
            if text[end] == "\\":
                end += 1
            elif text[end] in "{}":
                depth += 1 if text[end] == "{" else -1
            end += 1
        # One that is never closed goes on to the end.
        found.append(text[opening.end() : len(text) if depth else end - 1])
        at = min(end, len(text))
    return found, at
