"""Languages, as configs/languages/*.toml describe them."""

import dataclasses
import functools
import os
import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from lti_grader.core.errors import SettingsError
from lti_grader.core.paths import project_folder

_PUBLIC_CLASS = re.compile(
    r"^\s*public\s+(?:(?:final|abstract|strictfp|sealed|non-sealed)\s+)*(?:class|record|enum|interface)\s+([A-Za-z_$][\w$]*)",
    re.MULTILINE,
)
_JAVA_UNREAD = re.compile(
    r'//[^\n]*|/\*.*?\*/|"""(?:\\.|[^\\])*?"""|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.DOTALL
)
_JAVA_PACKAGE = re.compile(r"^\s*package\s+([\w.]+)\s*;", re.MULTILINE)
_JAVA_STEP = re.compile(r"[{}]|\b(?:class|record|enum|interface)\s+([A-Za-z_$][\w$]*)|\bvoid\s+main\s*\(")


class LanguageFile(BaseModel):
    """One file of configs/languages/, checked."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    label: str
    highlight: str
    source: str = Field(pattern=r"^[\w.]+$")
    source_from_class: bool = False
    tools: dict[str, list[str]]
    version: list[str]
    compile: list[str] = []
    artefacts: list[str]
    run: list[str]
    time_multiplier: float = Field(gt=0, le=20)
    startup_ms: int = Field(ge=0, le=10_000)
    memory_extra_kb: int = Field(ge=0)
    reserved_kb: int = Field(ge=0, default=0)
    """What its runtime sets aside and does not use, over its memory; it matters only where no control group counts."""
    processes: int = Field(ge=1, le=4096)


@dataclasses.dataclass(frozen=True)
class Language:
    """A language whose toolchain is on this machine."""

    id: str
    file: LanguageFile
    tools: Mapping[str, str]

    @property
    def label(self) -> str:
        return self.file.label

    def source_name(self, source: bytes) -> str:
        """Return the name of the file that `source` goes into."""
        if self.file.source_from_class and (found := _PUBLIC_CLASS.search(_java(source))):
            return f"{found[1]}{Path(self.file.source).suffix}"
        return self.file.source

    def _filled(self, argv: list[str], **values: object) -> list[str]:
        return [part.format_map({**self.tools, **values}) if "{" in part else part for part in argv]

    def compile_argv(self, source_name: str) -> list[str]:
        """Return the command that compiles, run in the folder of the source; empty for none."""
        return [part if " " in part else self._filled([part], source=source_name)[0] for part in self.file.compile]

    def run_argv(self, program: str, source: bytes, source_name: str, memory_kb: int) -> list[str]:
        """Return the command that runs what was compiled into the folder `program`."""
        main = source_name.rsplit(".", 1)[0]
        if self.file.source_from_class:
            main = _java_main(_java(source)) or main
        return self._filled(self.file.run, program=program, memory_mb=max(16, memory_kb // 1024), **{"class": main})

    def cpu_ms(self, limit_ms: int) -> int:
        """Return the processor time that a problem's limit of `limit_ms` means in this language."""
        return round(limit_ms * self.file.time_multiplier) + self.file.startup_ms


def _java(source: bytes) -> str:
    """Return Java code without what no class is declared in: comments and strings."""
    return _JAVA_UNREAD.sub(" ", source.decode(errors="replace"))


def _java_main(code: str) -> str | None:
    """Return the full name of the outermost class that holds main(), else of the first one."""
    depth, first, last = 0, None, None
    for step in _JAVA_STEP.finditer(code):
        if step[0] in "{}":
            depth += 1 if step[0] == "{" else -1
        elif step[1] and depth == 0:
            last = step[1]
            first = first or last
        elif not step[1] and last:
            first = last
            break
    package = _JAVA_PACKAGE.search(code)
    return f"{package[1]}.{first}" if package and first else first


def read_language_files() -> dict[str, LanguageFile]:
    """Return every described language by its id, whether its toolchain is here or not.

    Raises
    ------
    SettingsError
        A file has a mistake; the message names file and key.
    """
    found = {}
    for path in sorted((project_folder("configs") / "languages").glob("*.toml")):
        try:
            found[path.stem] = LanguageFile.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
        except (tomllib.TOMLDecodeError, ValidationError) as error:
            raise SettingsError(f"configs/languages/{path.name}: {error}") from None
    return found


def _reachable(path: str) -> bool:
    real = Path(os.path.realpath(path))
    if not real.is_file() or not os.access(real, os.X_OK):
        return False
    return all(folder.stat().st_mode & 0o001 for folder in real.parents)


@functools.cache
def available_languages() -> Mapping[str, Language]:
    """Return the languages whose toolchain is on this machine, where an unprivileged user can reach it."""
    found = {}
    for name, file in read_language_files().items():
        tools = {tool: next(filter(_reachable, paths), "") for tool, paths in file.tools.items()}
        if all(tools.values()):
            found[name] = Language(name, file, tools)
    return found


def missing_languages() -> dict[str, str]:
    """Return the described languages that are not offered, and for each what is missing."""
    here = available_languages()
    return {
        name: "none of " + ", ".join(path for paths in file.tools.values() for path in paths) + " is there"
        for name, file in read_language_files().items()
        if name not in here
    }


def offered(ids: Sequence[str]) -> list[dict[str, str]]:
    """Return those of `ids` that can be judged here, as a page lists them."""
    here = available_languages()
    return [
        {"id": name, "label": here[name].label, "highlight": here[name].file.highlight} for name in ids if name in here
    ]
