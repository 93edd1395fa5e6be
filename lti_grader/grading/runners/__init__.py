"""Runners of unit tests, as files describe them (configs/runners), and which of them are on this machine.

A runner is a language in which a program is something else: the answer, test files and a driver of ours, which runs one
test and reports it. So sandboxes build and run it as they do any program.
"""

import dataclasses
import functools
from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from lti_grader.assignments.language_files import LanguageFile, Preparation, WarmStart
from lti_grader.assignments.languages import Language, available_languages, described_languages, reachable, site_folders
from lti_grader.core import descriptions
from lti_grader.core.errors import SettingsError
from lti_grader.core.paths import project_folder


class RunnerFile(BaseModel):
    """A file of configs/runners, checked. What it does not say is as in its language."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    label: str
    language: str
    """The id of the language of answers and tests."""
    packages: list[str] = []
    advice: str = ""
    tools: dict[str, list[str]]
    """What it needs beside the language's tools: places, in which * stands for anything."""
    version: list[str]
    answer: str = Field(pattern=r"^\w[\w.+-]*$", max_length=100)
    """The name of the file that holds the answer, where the problem does not say another one."""
    drivers: list[str]
    """Files beside this one that run a test and report it."""
    reserved: list[str] = []
    """Names of files and folders, at any depth, that answers cannot have: the runner would read them, or the tests before its own."""
    compile: list[str] | None = None
    check: list[str] | None = None
    artefacts: list[str] | None = None
    run: list[str]
    prepare: Preparation | None = None
    warm: WarmStart | None = None
    startup_ms: int | None = None
    memory_extra_kb: int | None = None
    processes: int | None = None


@dataclasses.dataclass(frozen=True)
class Runner:
    """A runner that is on this machine."""

    id: str
    file: RunnerFile
    language: Language
    """What builds and runs an answer with tests."""
    drivers: Mapping[str, bytes]

    def named(self, answer: str) -> Language:
        """Return the language in which the answer is a file of that name."""
        file = self.language.file
        # What runs as it is written is not what compiling leaves.
        left = [answer if one == file.source else one for one in file.artefacts]
        return dataclasses.replace(self.language, file=file.model_copy(update={"source": answer, "artefacts": left}))


_IN_PLACE = ("compile", "check", "artefacts", "run", "prepare", "warm", "startup_ms", "memory_extra_kb", "processes")


def as_language(described: RunnerFile, base: LanguageFile, drivers: Mapping[str, bytes]) -> LanguageFile:
    """Return the language that a runner makes of the one that its tests are in.

    Parameters
    ----------
    drivers
        What its drivers hold: what is prepared is made of those as well.

    Raises
    ------
    ValidationError
        The two do not go together.
    """
    own = {key: value for key in _IN_PLACE if (value := getattr(described, key)) is not None}
    if described.prepare is not None:
        made_of = described.prepare.files | {one: text.decode() for one, text in drivers.items()}
        own["prepare"] = described.prepare.model_copy(update={"files": made_of})
    if own.get("check"):
        own = {"compile": [], "artefacts": []} | own
    if own.get("artefacts"):
        own = {"check": []} | own
    tools = {**base.tools, **described.tools}
    uses_prepared = any("{prepared}" in part for part in described.compile or ())
    return LanguageFile.model_validate(
        base.model_dump() | {"source_from_class": False} | ({} if uses_prepared else {"prepare": None})
        | {key: value.model_dump() if isinstance(value, BaseModel) else value for key, value in own.items()}
        | {"label": described.label, "tools": tools, "version": described.version, "run_with_files": [],
           # Its own command names what is compiled with the answer.
           "sources": []}
    )  # fmt: skip


@functools.cache
def described_runners() -> Mapping[str, tuple[Path, RunnerFile]]:
    """Return every described runner by its id, whether its tools are here or not, with the file that says so.

    Raises
    ------
    SettingsError
        A file has a mistake; the message names file and key.
    """
    found = {}
    for folder in (project_folder("configs") / "runners", *(one / "runners" for one in site_folders())):
        for path in sorted(folder.glob("*.toml")):
            found[path.stem] = (path, _read(path))
    return found


def _read(path: Path) -> RunnerFile:
    what = "a runner of tests"
    file = descriptions.read(path, RunnerFile, what=what)
    base = described_languages().get(file.language)
    if base is None:
        raise SettingsError(f"{path}: language: {file.language} is no language that is described.")
    with descriptions.naming(path, what=what):
        as_language(file, base, {})
    return file


def first_there(places: list[str]) -> str:
    """Return the first of some places that is there and that programs can read, "" for none."""
    every = (str(one) for place in places for one in sorted(Path("/").glob(place.lstrip("/"))))
    return next(filter(reachable, every), "")


@functools.cache
def available_runners() -> Mapping[str, Runner]:
    """Return the runners whose tools are on this machine, with those of their languages."""
    found = {}
    for name, (path, file) in described_runners().items():
        base = available_languages().get(file.language)
        tools = {tool: first_there(places) for tool, places in file.tools.items()}
        if base is None or not all(tools.values()):
            continue
        drivers = {one: (path.parent / one).read_bytes() for one in file.drivers}
        language = Language(f"{name}-tests", as_language(file, base.file, drivers), {**base.tools, **tools})
        found[name] = Runner(name, file, language, drivers)
    return found


def missing_runners() -> dict[str, str]:
    """Return the described runners that cannot be used here, and for each what is missing and how to get it."""
    return {
        name: missing(file.tools, file.packages, file.advice, file.language)
        for name, (_, file) in described_runners().items()
        if name not in available_runners()
    }


def missing(tools: Mapping[str, list[str]], packages: list[str], advice: str, language: str | None) -> str:
    """Return what of some tools is not here, and how to get it."""
    lacking = [f"there is no {' and no '.join(places)}" for places in tools.values() if not first_there(places)]
    if language is not None and language not in available_languages():
        lacking.append(f"the language {language} is missing")
    ways = [f"apt-get install {' '.join(packages)}"] if packages else []
    return "; ".join([*lacking, *ways, *([advice] if advice else [])])
