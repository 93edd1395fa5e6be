"""Tools that look at the style of an answer, as files describe them (configs/checks), and which of them are on this machine."""

import dataclasses
import fnmatch
import functools
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from lti_grader.assignments.language_files import LanguageFile, filled
from lti_grader.assignments.languages import Language, site_folders
from lti_grader.core import descriptions
from lti_grader.core.paths import project_folder
from lti_grader.grading.runners import first_there, missing
from lti_grader.problems.harness import Level


class CheckFile(BaseModel):
    """A file of configs/checks, checked."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    label: str
    languages: list[str]
    """Ids of the languages that it reads."""
    packages: list[str] = []
    advice: str = ""
    tools: dict[str, list[str]]
    carried: str = ""
    """A tool that may be where this one is installed, too: the name of its program."""
    beside: list[str] = []
    """Files beside this one that it needs."""
    command: list[str]
    """What prints findings, and ends with 0 where it could work at all. A part {program}/{source} stands for each file that is looked at."""
    option: str = ""
    """How it is told which rules; where it cannot be, findings of other ones are left out."""
    finding: re.Pattern[str]
    """A line that is a finding, with the groups file, line, column, rule and words."""
    unreadable: list[str]
    """Rules that say that the answer could not be read."""
    levels: dict[Level, list[str]]


@dataclasses.dataclass(frozen=True)
class Finding:
    file: str
    line: int
    column: int
    rule: str
    words: str


@dataclasses.dataclass(frozen=True)
class StyleTool:
    """Such a tool that is on this machine."""

    id: str
    file: CheckFile
    tools: Mapping[str, str]
    beside: Mapping[str, bytes]

    def looking(self, sources: Sequence[str], rules: Sequence[str]) -> Language:
        """Return what looks at files of these paths, as a language whose programs are only looked through."""
        option = [filled(self.file.option, {"rules": ",".join(rules)})] if self.file.option else []
        each = [f"{{program}}/{one}" for one in sources]
        instead = {"{options}": option, "{program}/{source}": each}
        parts = [one for part in self.file.command for one in instead.get(part, [part])]
        file = LanguageFile(
            label=self.file.label, highlight="", source="answer", tools=self.file.tools, version=["true"],
            check=["/bin/sh", "-c", '"$@" 1>&2', "sh", *(_tooled(part, self.tools) for part in parts)],
            run=["true"], time_multiplier=1, startup_ms=0, memory_extra_kb=0, processes=64,
        )  # fmt: skip
        return Language(self.id, file, self.tools, main=sources[0])

    def findings(self, said: str, sources: Sequence[str], rules: Sequence[str]) -> list[Finding]:
        """Return the findings of what was printed, each place and rule once."""
        found: dict[tuple[str, int, str], Finding] = {}
        for line in said.splitlines():
            match = self.file.finding.match(line)
            if match is None or match["file"] not in sources:
                continue
            finding = Finding(
                match["file"], int(match["line"]), int(match["column"] or 1), match["rule"], match["words"]
            )
            wanted = self.file.option or any(fnmatch.fnmatchcase(finding.rule, one) for one in rules)
            if wanted or finding.rule in self.file.unreadable:
                found.setdefault((finding.file, finding.line, finding.rule), finding)
        return sorted(found.values(), key=lambda one: (sources.index(one.file), one.line, one.column))


def _tooled(part: str, tools: Mapping[str, str]) -> str:
    for name, path in tools.items():
        part = part.replace(f"{{{name}}}", path)
    return part


@functools.cache
def described_checks() -> Mapping[str, tuple[Path, CheckFile]]:
    """Return every described tool by its id, whether it is here or not, with the file that says so.

    Raises
    ------
    SettingsError
        A file has a mistake; the message names file and key.
    """
    found = {}
    for folder in (project_folder("configs") / "checks", *(one / "checks" for one in site_folders())):
        for path in sorted(folder.glob("*.toml")):
            found[path.stem] = (path, descriptions.read(path, CheckFile, what="a tool that checks style"))
    return found


@functools.cache
def available_checks() -> Mapping[str, StyleTool]:
    """Return the tools that are on this machine."""
    found = {}
    for name, (path, file) in described_checks().items():
        tools = {tool: first_there(places) for tool, places in file.tools.items()}
        beside = {one: (path.parent / one).read_bytes() for one in file.beside}
        own = Path(sys.executable).parent / file.carried
        if file.carried and not tools[file.carried] and own.is_file():
            tools[file.carried], beside[file.carried] = f"/program/{file.carried}", own.read_bytes()
        if all(tools.values()):
            found[name] = StyleTool(name, file, tools, beside)
    return found


def missing_checks() -> dict[str, str]:
    """Return the described tools that are not here, and for each what is missing and how to get it."""
    return {
        name: missing(file.tools, file.packages, file.advice, None)
        for name, (_, file) in described_checks().items()
        if name not in available_checks()
    }
