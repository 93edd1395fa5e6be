"""Packages of Codeforces' Polygon: a folder with problem.xml (https://polygon.codeforces.com)."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from lti_grader.problems.packages import html, latex
from lti_grader.problems.packages.package import AuthorsProgram, BadPackage, Package, Submission
from lti_grader.problems.packages.polygon_tests import Tests
from lti_grader.problems.packages.untrusted import root_of
from lti_grader.problems.pictures import named_by, showable

MARK = "problem.xml"
_LANGUAGES = {
    "c": "c", "cpp": "cpp", "java": "java", "python": "python", "pypy": "python", "pas": "pascal", "kotlin": "kotlin", "rust": "rust", "go": "go",
    "csharp": "csharp", "js": "javascript", "node": "javascript", "haskell": "haskell", "ruby": "ruby", "perl": "perl", "php": "php",
}  # fmt: skip
_REJECTED = frozenset({"fail", "timeout", "runtime_error", "memory", "output_limit"})
_TAGS = {
    "main": frozenset({"accepted"}), "accepted": frozenset({"accepted"}), "rejected": _REJECTED,
    "wrong-answer": frozenset({"fail"}), "presentation-error": frozenset({"fail"}), "time-limit-exceeded": frozenset({"timeout"}),
    "time-limit-exceeded-or-accepted": frozenset({"timeout", "accepted"}), "memory-limit-exceeded": frozenset({"memory"}),
    "time-limit-exceeded-or-memory-limit-exceeded": frozenset({"timeout", "memory"}), "failed": frozenset({"runtime_error"}),
}  # fmt: skip
_SECTIONS = {
    "legend": "", "input": "Input", "output": "Output", "interaction": "Interaction", "scoring": "Scoring", "notes": "Notes",
}  # fmt: skip


def read(slug: str, files: Mapping[str, bytes]) -> Package:
    """Read a package.

    Parameters
    ----------
    slug
        What it is called where it comes from; its own short name goes first.
    files
        Its files, as `files.read_files` returns them.

    Raises
    ------
    BadPackage
        It cannot be read, or is of a kind that cannot be judged here; the message says which file or which kind.
    """
    return _Reading(root_of(files[MARK], "problem", name=MARK, made_by="Polygon's"), files).package(slug)


class _Reading:
    """A package that is being read, and what was found missing meanwhile."""

    def __init__(self, problem: ET.Element, files: Mapping[str, bytes]) -> None:
        self.problem = problem
        self.files = files
        self.report: list[str] = []
        self.losses: list[str] = []

    def package(self, slug: str) -> Package:
        judging = self.problem.find("judging")
        if judging is None:
            raise BadPackage("problem.xml says nothing on judging.")
        self._refuse(judging)
        sets = judging.findall("testset")
        chosen = next((one for one in sets if one.get("name") == "tests"), next(iter(sets), None))
        if chosen is None:
            raise BadPackage("problem.xml has no testset.")
        self.report += [f"The testset {one.get('name')!r} is left out." for one in sets if one is not chosen]
        solutions = self._solutions()
        tests = Tests(chosen, self.files, self._generators(), self._main(solutions), self.report)
        groups = tests.groups()
        checker = self._checker(tests)
        self._say_what_is_left_out()
        names = {one.get("language"): one.get("value") for one in self.problem.iterfind("names/name")}
        short = self.problem.get("short-name") or slug
        statement, shown = self._statement()
        return Package(
            slug=re.sub(r"[^a-z0-9-]+", "-", short.lower()).strip("-") or "problem",
            title=(names.get("english") or next(iter(names.values()), None) or slug)[:250],
            statement=statement,
            groups=groups,
            checker=checker,
            cpu_ms=_whole(chosen, "time-limit"),
            memory_kb=(_whole(chosen, "memory-limit") or 256 * 1024**2) // 1024,
            submissions=solutions,
            report=[*self.report, *self.losses],
            losses=self.losses,
            tags=[one.get("value", "") for one in self.problem.iterfind("tags/tag") if one.get("value")],
            generated=tests.generated,
            pictures=shown,
        )

    def _refuse(self, judging: ET.Element) -> None:
        if judging.get("input-file") or judging.get("output-file"):
            raise BadPackage(
                f"problem.xml: programs read {judging.get('input-file') or 'their input'} and write"
                f" {judging.get('output-file') or 'their output'}; here they read and write the standard streams only."
            )
        if judging.get("run-count", "1") != "1":
            raise BadPackage("problem.xml: programs are run several times on each test, which cannot be judged here.")

    def _program(self, source: ET.Element | None, what: str) -> AuthorsProgram:
        path, kind = (source.get("path", ""), source.get("type", "")) if source is not None else ("", "")
        if path not in self.files:
            raise BadPackage(f"problem.xml: there is no file {path or 'named'}, which the {what} is in.")
        language = _language(kind)
        if language is None:
            raise BadPackage(
                f"problem.xml: the {what} {path} is in {kind or 'a language that is not named'}, which is not known here."
            )
        headers = {
            PurePosixPath(one).name: text
            for one, text in self.files.items()
            if one.startswith("files/") and one.endswith(".h")
        }
        if b"testlib.h" in self.files[path] and "testlib.h" not in headers:
            raise BadPackage(f"{path} includes testlib.h, which is not in the package: put it into its folder files.")
        return AuthorsProgram(path, language, self.files[path], headers)

    def _generators(self) -> Mapping[str, ET.Element]:
        found = {}
        for source in self.problem.iterfind("files/executables/executable/source"):
            found[PurePosixPath(source.get("path", "")).stem] = source
        return found

    def _main(self, solutions: list[Submission]) -> Submission | None:
        return next(iter(solutions), None) if solutions and solutions[0].expected == _TAGS["main"] else None

    def _solutions(self) -> list[Submission]:
        """Return the solutions, the main one first."""
        found: list[Submission] = []
        for one in self.problem.iterfind("assets/solutions/solution"):
            source = one.find("source")
            path = source.get("path", "") if source is not None else ""
            if path not in self.files:
                self.report.append(f"The solution {path or 'without a name'} is not in the package.")
                continue
            kind = (source.get("type", "") if source is not None else "").lower()
            language = _language(kind)
            expected = _TAGS.get(one.get("tag", ""))
            if language is None or expected is None:
                self.report.append(f"{path} ({kind or 'no language'}, {one.get('tag')}) is not compared.")
            submission = Submission(path, language, self.files[path], expected)
            found.insert(0 if one.get("tag") == "main" else len(found), submission)
        return found

    def _checker(self, tests: Tests) -> dict[str, Any]:
        interactor, checker = self.problem.find("assets/interactor"), self.problem.find("assets/checker")
        if interactor is not None:
            if checker is not None:
                self.losses.append(
                    f"After its interactor the checker {checker.get('name') or 'of its own'} looks at what that wrote; here the"
                    " interactor decides alone."
                )
            return {**self._validator(interactor, "interactor", tests), "interactive": True}
        if checker is None:
            raise BadPackage("problem.xml names no checker.")
        if checker.get("name") == "std::wcmp.cpp":
            return {"kind": "tokens"}
        return self._validator(checker, "checker", tests)

    def _validator(self, element: ET.Element, what: str, tests: Tests) -> dict[str, Any]:
        made = self._program(element.find("source"), what)
        config: dict[str, Any] = {
            "kind": "validator", "language": made.language, "source": made.source.decode(errors="replace"), "protocol": "testlib",
            "beside": {name: text.decode(errors="replace") for name, text in made.beside.items()},
        }  # fmt: skip
        if len(tests.points) == 1 and max(tests.points) > 0:
            # Points that it gives are those of the test.
            config["full_score"] = str(max(tests.points))
        elif b"quitp" in made.source:
            self.losses.append(
                f"The {what} gives points, and tests are worth different ones: here they are taken for parts of 100."
            )
        return config

    def _say_what_is_left_out(self) -> None:
        if self.problem.find("assets/validators/validator") is not None:
            self.report.append("Its validators of inputs are left out: they look at tests, not at programs.")
        for file in self.problem.iterfind("files/resources/file"):
            if any(one.get("name") == "SOLUTION" for one in file.iterfind("assets/asset")):
                self.losses.append(
                    f"{file.get('path')} is compiled together with each solution there; here it is left out."
                )

    def _say(self, words: str) -> None:
        # Without what it shows, a problem may be another one.
        (self.losses if "picture" in words else self.report).append(words)

    def _beside(self, language: str, first: str) -> dict[str, bytes]:
        """Return the pictures that lie beside a statement in some language, by the names that it calls them.

        Parameters
        ----------
        first
            The folder that the statement is in: what lies there goes before what is called the same in its other forms.
        """
        folders = [f"statements/.html/{language}/", f"statements/{language}/", f"statement-sections/{language}/", first]
        return showable({
            name.removeprefix(folder): content
            for folder in folders
            for name, content in self.files.items()
            if name.startswith(folder)
        })  # fmt: skip

    def _statement(self) -> tuple[str, dict[str, bytes]]:
        """Return the statement in Markdown, with the pictures that it shows by their names."""
        languages = sorted(
            {
                PurePosixPath(one).parts[1]
                for one in self.files
                if re.match(r"statement-sections/[^/]+/legend\.tex$", one)
            },
            key=lambda one: (one != "english", one),
        )
        if not languages:
            return self._whole_statement()
        if len(languages) > 1:
            self.report.append(
                f"Of its statements the {languages[0]} one is kept; left out: {', '.join(languages[1:])}."
            )
        folder = f"statement-sections/{languages[0]}/"
        beside = self._beside(languages[0], folder)
        parts = []
        for name, heading in _SECTIONS.items():
            text = self.files.get(f"{folder}{name}.tex", b"").decode(errors="replace").strip()
            if text:
                parts.append(
                    (f"## {heading}\n\n" if heading else "") + latex.to_markdown(text, self._say, beside).strip()
                )
        text = "\n\n".join(parts) + "\n"
        return text, named_by(text, beside)

    def _whole_statement(self) -> tuple[str, dict[str, bytes]]:
        found = sorted(
            (one for one in self.files if re.fullmatch(r"statements/(\.html/)?[^/]+/problem\.(html|tex)", one)),
            key=lambda one: ("english" not in one, not one.endswith(".html"), one),
        )
        if not found:
            self.report.append("It has no statement in LaTeX or HTML: write one before it is published.")
            return "", {}
        text = self.files[found[0]].decode(errors="replace")
        self.report.append(f"{found[0]} is put into Markdown, and wants to be looked over.")
        turned = html.to_markdown if found[0].endswith(".html") else latex.to_markdown
        folder = found[0].rpartition("/")[0]
        beside = self._beside(folder.rpartition("/")[2], f"{folder}/")
        written = turned(text, self._say, beside)
        return written, named_by(written, beside)


def _language(kind: str) -> str | None:
    """Return the language of a type such as cpp.g++17, python.3 or java17."""
    return None if kind.startswith("python.2") else _LANGUAGES.get(kind.partition(".")[0].rstrip("0123456789"))


def _whole(element: ET.Element, name: str) -> int | None:
    text = (element.findtext(name) or "").strip()
    if not text:
        return None
    if not text.isdigit() or int(text) < 1:
        raise BadPackage(f"problem.xml: {name} is {text!r}, and has to be a whole number above 0.")
    return int(text)
