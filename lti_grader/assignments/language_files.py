"""Descriptions of languages: the files of configs/languages/, and those that a site keeps in a folder of its own."""

import re
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from lti_grader.core import descriptions
from lti_grader.core.errors import SettingsError
from lti_grader.core.paths import project_folder

_ID = re.compile(r"[a-z][a-z0-9_+-]{0,31}")
_PLACE = re.compile(r"(?<!\$)\{([a-z_][a-z0-9_]*)\}")
_FILLED = {
    "version": frozenset[str](),
    "compile": frozenset({"source", "prepared"}),
    "check": frozenset({"program", "source"}),
    "run": frozenset({"program", "source", "memory_mb", "class"}),
    "run_with_files": frozenset({"program", "source", "memory_mb", "class"}),
    "unbuffered": frozenset({"program", "source", "memory_mb", "class"}),
}
# What a run brings itself, and what no program has to know of the machine.
_NEVER_SHOWN = (
    "/proc",
    "/sys",
    "/dev",
    "/run",
    "/tmp",
    "/box",
    "/program",
    "/source",
    "/data",
    "/slot",
    "/root",
    "/home",
)


class Preparation(BaseModel):
    """What its compiler is given ready-made, made once on a machine: a precompiled header, an archive of classes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    files: dict[str, str]
    """What it is made of: names, with folders, and texts."""
    command: list[str]
    """What makes it, in the folder `prepared`; compilers find that as {prepared}."""


class Addition(BaseModel):
    """What a command has more where something that can be done without is there."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    path: str
    compile: list[str]


class WarmStart(BaseModel):
    """How an interpreter is kept started, so that a run is a copy of it: see `grading/sandbox/launcher`, warm.py and warm.js."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    tool: str
    keeper: Literal["python", "node"] = "python"
    preload: list[str] = []
    """Modules that are imported once; those that are not on this machine are passed over."""


class LanguageFile(BaseModel):
    """One such file, checked."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    label: str
    highlight: str
    """How the editor colours it: a name in frontend/src/editor/languages.ts; any other is shown plainly."""
    source: str = Field(pattern=r"^[\w.]+$")
    source_from_class: bool = False
    packages: list[str] = []
    """Debian's packages that bring the tools, for whoever lacks them."""
    advice: str = ""
    """How else to get them."""
    tools: dict[str, list[str]]
    """For each tool the places where it may be; the first that is there is taken."""
    shows: list[str] = []
    """Files and folders beside /usr that its tools read; programs can then read them as well."""
    version: list[str]
    compile: list[str] = []
    sources: list[Annotated[str, Field(pattern=r"^\.[\w+]+$")]] = []
    """Endings of files beside the program that are compiled with it, unless one of them includes another."""
    also: list[Annotated[str, Field(pattern=r"^\.[\w+]+$")]] = []
    """Other endings of files that a program can begin in."""
    modules: list[Annotated[str, Field(pattern=r"^\.[\w+]+$")]] = []
    """Endings of files that a program takes from where it lies itself, so that they need not lie where it runs."""
    entry: str = ""
    """A pattern of what stands in the file that a program of several begins in, line by line; empty where nothing tells it."""
    additions: list[Addition] = []
    prepare: Preparation | None = None
    artefacts: list[str] = []
    """What compiling leaves, and is run."""
    check: list[str] = []
    """In place of both, what looks through a program that runs as it is written."""
    run: list[str]
    warm: WarmStart | None = None
    run_with_files: list[str] = []
    """How it is run where files lie beside the program that it may import; empty where that is the same."""
    test_template: str = ""
    """How an answer and a test's code become a program (see `problems.rendering`); empty for one behind the other."""
    tests_template: str = ""
    """The same for several tests at once, of which the program\'s argument names one by its place, from 0."""
    time_multiplier: float = Field(gt=0, le=20)
    startup_ms: int = Field(ge=0, le=10_000)
    memory_extra_kb: int = Field(ge=0)
    reserved_kb: int = Field(ge=0, default=0)
    """What its runtime sets aside and does not use, over its memory; it matters only where no control group counts."""
    counts_asked: bool = False
    """Whether memory counts that a program asks for and does not use: as it should where no runtime asks for some of its own."""
    processes: int = Field(ge=1, le=4096)
    unbuffered: list[str] = []
    """How it is run so that others read at once what it writes, though it does not flush; empty where that cannot be had."""
    out_of_memory: list[str] = []
    """What a program's last words hold where its runtime ended it for want of memory, before the sandbox would."""

    @property
    def runs_as_written(self) -> bool:
        """Whether the program itself is what runs, and so what lies beside it has to be there as well."""
        return bool(self.check) or self.source in self.artefacts

    @property
    def endings(self) -> list[str]:
        """How files that a program can begin in may end, the usual ending first."""
        return list(dict.fromkeys([PurePosixPath(self.source).suffix, *self.also, *self.sources]))

    @property
    def keeps_limit(self) -> bool:
        """Whether its runtime is told how much memory the program may have."""
        return any("{memory_mb}" in part for part in self.run)

    @field_validator("shows")
    @classmethod
    def _plain_places(cls, value: list[str]) -> list[str]:
        for one in value:
            parts = PurePosixPath(one).parts
            if len(parts) < 3 or parts[0] != "/" or ".." in parts:
                raise ValueError(f"{one!r} must be a whole path of a file or folder inside a folder, such as /etc/mono")
            if one.startswith(tuple(f"{place}/" for place in _NEVER_SHOWN)):
                raise ValueError(f"{one!r} cannot be shown: no program is to see what lies there")
        return value

    @model_validator(mode="after")
    def _nothing_unknown(self) -> Self:
        if bool(self.check) == bool(self.artefacts):
            raise ValueError("either artefacts is given, or check for a program that runs as it is written")
        if self.warm is not None and self.warm.tool not in self.tools:
            raise ValueError(f"warm.tool: {self.warm.tool} is none of tools")
        commands = {name: getattr(self, name) for name in _FILLED}
        if self.prepare:
            commands["prepare.command"] = self.prepare.command
        for name, parts in commands.items():
            known = _FILLED.get(name, frozenset())
            for part in parts:
                if unknown := set(fields_of(part)) - known - set(self.tools):
                    raise ValueError(
                        f"{name}: {{{min(unknown)}}} is none of tools, {', '.join(sorted(known)) or 'here'}"
                    )
        return self


def fields_of(part: str) -> list[str]:
    """Return the names in braces of a part of a command; `${name}` is a shell's own."""
    return _PLACE.findall(part)


def filled(part: str, values: Mapping[str, object]) -> str:
    """Return a part of a command with what stands for its names in braces."""
    return _PLACE.sub(lambda found: str(values[found[1]]), part)


def read_language_files(*more: Path) -> dict[str, LanguageFile]:
    """Return every described language by its id, whether its toolchain is here or not.

    Parameters
    ----------
    more
        Folders with further ones; a file there stands in place of ours of the same name.

    Raises
    ------
    SettingsError
        A file has a mistake; the message names file and key.
    """
    found: dict[str, LanguageFile] = {}
    for folder in (project_folder("configs") / "languages", *more):
        if not folder.is_dir():
            raise SettingsError(f"LANGUAGES_FOLDER: {folder} is no folder.")
        found |= {path.stem: _read(path) for path in sorted(folder.glob("*.toml"))}
    return found


def _read(path: Path) -> LanguageFile:
    if not _ID.fullmatch(path.stem):
        raise SettingsError(
            f"{path}: the name of the file is the language's id, and may have small letters, digits, - + and _ only."
        )
    return descriptions.read(path, LanguageFile, what="a language")
