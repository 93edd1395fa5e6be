"""Writing problems in this tool's own format, so that reading them again gives the same."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import yaml

from lti_grader.problems.models import OnReject, Visibility
from lti_grader.problems.operations import DraftGroup, DraftTest
from lti_grader.problems.packages import yaml_files, yaml_rubrics
from lti_grader.problems.packages.kattis_submissions import LANGUAGES
from lti_grader.problems.packages.package import Package, Submission
from lti_grader.problems.packages.yaml_form import MARK
from lti_grader.problems.packages.yaml_quiz import quiz_said
from lti_grader.problems.packages.yaml_reading import NO_LANGUAGE
from lti_grader.problems.packages.yaml_values import guessed

_INLINE_DATA, _INLINE_TEXT = 400, 2000
_HEAD = "# A problem of lti-grader's; docs/problem-format.md says what can stand here.\n"
ENDINGS = {language: ending for ending, language in reversed(LANGUAGES.items())}
"""The usual ending of a file in a language."""


class _Number(str):
    """A number as it is to stand there."""

    __slots__ = ()


_OTHER_BREAKS = frozenset("\x85\u2028\u2029")
"""Ends of lines to YAML, which come back as spaces or as another end of a line unless they are written as escapes."""


class _Dumper(yaml.SafeDumper):
    """Writes texts of several lines as such."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text_node(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    lines = text.split("\n")
    is_block = len(lines) > 1 and text.strip() and not any(one != one.strip() and one == lines[0] for one in lines)
    style = '"' if _OTHER_BREAKS.intersection(text) else "|" if is_block else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text_node)
_Dumper.add_representer(_Number, lambda dumper, one: dumper.represent_scalar("tag:yaml.org,2002:float" if "." in one else "tag:yaml.org,2002:int", str(one)))  # fmt: skip


def write(package: Package) -> dict[str, bytes]:
    """Return the files of a problem, by their names."""
    return _Writing().files_of(package)


class _Writing:
    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}

    def files_of(self, package: Package) -> dict[str, bytes]:
        said: dict[str, Any] = {"lti_grader": _Number("1"), "title": package.title, "slug": package.slug}
        said |= _given(tags=list(package.tags), difficulty=package.difficulty and package.difficulty.value)
        if package.statement:
            said["statement"] = self._file("statement.md", package.statement.encode())
        if package.pictures:
            said["pictures"] = {
                name: self._file(f"pictures/{name}", content) for name, content in package.pictures.items()
            }
        if package.hint:
            said["hint"] = self._text(package.hint, "hint.md")
        if package.quiz is not None:
            return self._done(said | {"quiz": quiz_said(package.quiz, _Number)})
        said["limits"] = _limits(package)
        said["checker"] = self._checker(package.checker)
        if package.starter_code:
            said["starter"] = {
                name: self._folder(package, text.encode(), f"starter/{safe(name)}")
                or self._file(f"starter/{safe(name)}{ENDINGS.get(name, '')}", text.encode())
                for name, text in package.starter_code.items()
            }
        said |= self._harness(package)
        said["groups"] = [self._group(number, one) for number, one in enumerate(package.groups, start=1)]
        if package.rubric is not None:
            said["rubric"] = yaml_rubrics.write(package.rubric, self._text, _number, _given)
        if package.submissions:
            said["solutions"] = [self._solution(package, one) for one in package.submissions]
        return self._done(said)

    def _done(self, said: dict[str, Any]) -> dict[str, bytes]:
        text = yaml.dump(said, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110)
        return {MARK: (_HEAD + text).encode(), **self.files}

    def _file(self, name: str, content: bytes) -> dict[str, str]:
        stem, dot, ending = name.rpartition(".") if "." in name.rpartition("/")[2] else (name, "", "")
        number = 1
        # The same name in capitals is the same file on some machines.
        taken = {one.casefold() for one in self.files} | {MARK}
        while name.casefold() in taken:
            number += 1
            name = f"{stem}-{number}{dot}{ending}"
        self.files[name] = content
        return {"file": name}

    def _text(self, text: str, name: str) -> str | dict[str, str]:
        return text if len(text) <= _INLINE_TEXT and _is_plain(text) else self._file(name, text.encode())

    def _data(self, data: bytes, name: str) -> str | dict[str, str]:
        try:
            text = data.decode()
        except UnicodeDecodeError:
            return self._file(name, data)
        return text if len(data) <= _INLINE_DATA and _is_plain(text) else self._file(name, data)

    def _checker(self, checker: Mapping[str, Any]) -> dict[str, Any]:
        said = dict(checker)
        if "source" in said:
            ending = ENDINGS.get(said.get("language", ""), "")
            said["source"] = self._file(f"checker/validator{ending}", str(said["source"]).encode())
        if "beside" in said:
            said["beside"] = {
                name: self._file(f"checker/{name}", text.encode()) for name, text in said["beside"].items()
            }
        return said

    def _harness(self, package: Package) -> dict[str, Any]:
        harness = package.harness
        if harness is None:
            return {}
        templates = {
            name: _given(
                text=self._text(one.text, f"templates/{safe(name)}{ENDINGS.get(one.language or name, '')}"),
                language=one.language, file=one.file,
            )
            for name, one in harness.templates.items()
        }  # fmt: skip
        more = harness.model_dump(
            mode="json", exclude_defaults=True, exclude={"templates", "parameters", "files", "answer_files"}
        )
        files = {name: self._file(f"files/{name}", content) for name, content in package.files.items()}
        # Even with nothing in it, it says that there is a harness.
        wanted = harness.answer_files
        answer = {} if wanted is None else {"answer": {"files": wanted.model_dump(mode="json", exclude_defaults=True)}}
        return (
            {"templates": templates} | answer | _given(parameters=dict(harness.parameters), files=files, harness=more)
        )

    def _group(self, number: int, group: DraftGroup) -> dict[str, Any]:
        seen = {test.visibility for test in group.tests}
        usual = next(iter(seen)) if len(seen) == 1 else Visibility.HIDDEN
        said: dict[str, Any] = {
            "name": group.name, "points": _number(group.points), "aggregation": str(group.aggregation),
        }  # fmt: skip
        if group.on_reject is OnReject.STOP:
            said["stop"] = True
        said |= _given(requires=list(group.requires))
        said["visibility"] = str(usual)
        folder = f"tests/{number}-{safe(group.name)}"
        said["tests"] = [self._test(test, f"{folder}/{place}", usual) for place, test in enumerate(group.tests, 1)]
        return said

    def _test(self, test: DraftTest, path: str, usual: Visibility) -> dict[str, Any]:
        assert isinstance(test.input, bytes)
        assert isinstance(test.expected, bytes)
        said: dict[str, Any] = {"name": test.name}
        said |= _given(
            input=self._data(test.input, f"{path}.in"),
            expected=self._data(test.expected, f"{path}.ans"),
            visibility=str(test.visibility) if test.visibility != usual else "",
        )
        if test.points != 1:
            said["points"] = _number(test.points)
        return said | _given(
            code=self._text(test.code, f"{path}.code"), extra=self._text(test.extra, f"{path}.extra"),
            time=_seconds(test.cpu_ms), memory=_mebibytes(test.memory_kb),
        )  # fmt: skip

    def _folder(self, package: Package, text: bytes, name: str) -> dict[str, str] | None:
        """Write a program of several files below a folder; None for one that is a text."""
        if package.harness is None or package.harness.answer_files is None:
            return None
        return yaml_files.folder_of(text, name, self._file, self.files)

    def _solution(self, package: Package, one: Submission) -> dict[str, Any]:
        path = "/".join(safe(part) for part in one.path.split("/") if part.strip(". ")) or "solution"
        path = path if path.startswith(("solutions/", "submissions/")) else f"solutions/{path}"
        source = self._folder(package, one.source, path) or self._file(path, one.source)
        said: dict[str, Any] = {"source": source}
        where = source.get("file") or source["folder"]
        if one.path != where:
            said["name"] = one.path
        if one.language != guessed(where):
            said["language"] = one.language or NO_LANGUAGE
        if one.expected is not None:
            verdicts = sorted(one.expected)
            said["expected"] = verdicts[0] if len(verdicts) == 1 else verdicts
        beside = {name: self._file(f"{path}-files/{safe(name)}", content) for name, content in one.beside.items()}
        return said | _given(beside=beside)


def _limits(package: Package) -> dict[str, Any]:
    own = {
        name: _given(time=_seconds(one.get("cpu_ms")), memory=_mebibytes(one.get("memory_kb")))
        for name, one in package.language_limits.items()
    }
    return _given(time=_seconds(package.cpu_ms), time_multiplier=_number(package.time_multiplier)) | _given(
        memory=_mebibytes(package.memory_kb), languages=own
    )


def _given(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value not in (None, "", [], {})}


def _number(value: Decimal) -> _Number:
    plain = f"{value:f}"
    return _Number(plain.rstrip("0").rstrip(".") if "." in plain else plain)


def _seconds(milliseconds: int | None) -> _Number | None:
    return None if milliseconds is None else _number(Decimal(milliseconds) / 1000)


def _mebibytes(kibibytes: int | None) -> _Number | None:
    return None if kibibytes is None else _number(Decimal(kibibytes) / 1024)


def safe(name: str) -> str:
    """Return a name that a file can have anywhere."""
    return re.sub(r"[^\w.+-]+", "_", name).strip(".")[:80] or "x"


def _is_plain(text: str) -> bool:
    """Return whether a text may stand among others in a file that people read."""
    return all(one.isprintable() or one in "\n\t" for one in text)
