"""Languages, as files describe them, and which of them are on this machine."""

import dataclasses
import functools
import itertools
import os
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path, PurePosixPath

from lti_grader.assignments.language_files import LanguageFile, filled, read_language_files

_MOST_NAME_BYTES = 200
_INCLUDED = re.compile(rb'^\s*#\s*include\s*"(?:[^"\n]*/)?([^"/\n]+)"', re.MULTILINE)
_PUBLIC_CLASS = re.compile(
    r"^\s*public\s+(?:(?:final|abstract|strictfp|sealed|non-sealed)\s+)*(?:class|record|enum|interface)\s+((?:[^\W\d]|\$)[\w$]*)",
    re.MULTILINE,
)
_JAVA_UNREAD = re.compile(
    r'//[^\n]*|/\*.*?\*/|"""(?:\\.|[^\\])*?"""|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.DOTALL
)
_JAVA_PACKAGE = re.compile(r"^\s*package\s+([\w.]+)\s*;", re.MULTILINE)
_JAVA_STEP = re.compile(r"[{}]|\b(?:class|record|enum|interface)\s+((?:[^\W\d]|\$)[\w$]*)|\bvoid\s+main\s*\(")
PREPARED = "/data"
"""Where compilers find what is prepared for them."""


@dataclasses.dataclass(frozen=True)
class Interpreter:
    """An interpreter that can be kept started, with its options.

    `keeper` is what keeps it. `program` is the file that all its runs read, where it has to know that beforehand.
    """

    keeper: str
    argv: tuple[str, ...]
    preload: tuple[str, ...]
    program: str = ""


@dataclasses.dataclass(frozen=True)
class Language:
    """A language whose toolchain is on this machine."""

    id: str
    file: LanguageFile
    tools: Mapping[str, str]
    main: str = ""
    """The path of the file that a program begins in, where its files have paths; "" for the usual name."""

    @property
    def label(self) -> str:
        return self.file.label

    def source_name(self, source: bytes) -> str:
        """Return the name of the file that `source` goes into."""
        if self.main:
            return self.main
        found = _PUBLIC_CLASS.search(_java(source)) if self.file.source_from_class else None
        # A class may have a name that no file can have; the compiler says so of any other file.
        if found is None or len(found[1].encode()) > _MOST_NAME_BYTES:
            return self.file.source
        return f"{found[1]}{Path(self.file.source).suffix}"

    def beginning_in(self, main: str) -> "Language":
        """Return the language in which programs are files with paths, and begin in that one; "" for those that are one text."""
        return dataclasses.replace(self, main=main)

    def _filled(self, argv: list[str], **values: object) -> list[str]:
        return [filled(part, {**self.tools, **values}) for part in argv]

    def version_argv(self) -> list[str]:
        """Return the command that says which version the toolchain is."""
        return self._filled(self.file.version)

    def compile_argv(self, source_name: str, files: Mapping[str, bytes]) -> list[str]:
        """Return the command that compiles, run in the folder of the source; empty for none.

        Parameters
        ----------
        files
            What lies in that folder: name -> content.
        """
        added = [part for one in self.file.additions if reachable(one.path) for part in one.compile]
        command = self._filled([*self.file.compile, *added], source=source_name, prepared=PREPARED)
        return [*command, *self._other_sources(source_name, files)] if command else []

    def _other_sources(self, source_name: str, files: Mapping[str, bytes]) -> list[str]:
        included = {found[1] for text in files.values() for found in _INCLUDED.finditer(text)}
        return sorted(
            name
            for name in files
            if name != source_name
            and Path(name).suffix in self.file.sources
            and PurePosixPath(name).name.encode() not in included
        )

    def prepare_argv(self) -> list[str]:
        """Return the command that makes what is prepared; empty for none."""
        return self._filled(self.file.prepare.command) if self.file.prepare else []

    def check_argv(self, program: str, source_name: str) -> list[str]:
        """Return the command that looks through what lies in the folder `program`; empty for none."""
        return self._filled(self.file.check, program=program, source=source_name)

    def needs_own_interpreter(self, beside: Iterable[str]) -> bool:
        """Return whether files beside a program have names of modules that an interpreter that is kept started has imported."""
        if self.file.warm is None or self.file.warm.keeper != "python":
            return False
        taken = sys.stdlib_module_names | {one.partition(".")[0] for one in self.file.warm.preload}
        return any(re.split(r"[./]", name, maxsplit=1)[0] in taken for name in beside)

    def interpreter(self, argv: Sequence[str]) -> Interpreter | None:
        """Return what of a command can be kept started: the interpreter with its options, if it is one."""
        warm = self.file.warm
        if warm is None or argv[0] != self.tools[warm.tool]:
            return None
        if warm.keeper == "node" and self.main not in ("", self.file.source):
            # One is kept for each name of a program.
            return None
        options = itertools.takewhile(lambda part: part.startswith("-") and part != "-c", argv[1:])
        command = (argv[0], *options)
        program = argv[len(command)] if warm.keeper == "node" else ""
        return Interpreter(warm.keeper, command, tuple(warm.preload), program)

    def run_argv(self, program: str, source: bytes, source_name: str, memory_kb: int) -> list[str]:
        """Return the command that runs what was compiled into the folder `program`."""
        main = source_name.rsplit(".", 1)[0]
        if self.file.source_from_class:
            main = _java_main(_java(source)) or main
        return self._filled(
            self.file.run, program=program, source=source_name, memory_mb=max(1, memory_kb // 1024), **{"class": main}
        )

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


def reachable(path: str) -> bool:
    """Return whether a file of this machine can be read by programs that run as nobody in particular."""
    real = Path(os.path.realpath(path))
    # What an interpreter reads, such as a compiler's main file, need not be a program itself.
    if not real.is_file() or not os.access(real, os.R_OK):
        return False
    return all(folder.stat().st_mode & 0o001 for folder in real.parents)


_folders: list[Path] = []


def use_folder(folder: Path | None) -> None:
    """From now on read the languages that a site describes itself in `folder`, too; None for none.

    Raises
    ------
    SettingsError
        A file has a mistake; the message names file and key.
    """
    _folders[:] = [folder] if folder is not None else []
    described_languages.cache_clear()
    available_languages.cache_clear()
    described_languages()


def site_folders() -> Sequence[Path]:
    """Return the folders with what a site describes itself."""
    return tuple(_folders)


@functools.cache
def described_languages() -> Mapping[str, LanguageFile]:
    """Return every described language, whether its toolchain is here or not."""
    return read_language_files(*_folders)


@functools.cache
def available_languages() -> Mapping[str, Language]:
    """Return the languages whose toolchain is on this machine, where an unprivileged user can reach it."""
    found = {}
    for name, file in described_languages().items():
        tools = {tool: next(filter(reachable, paths), "") for tool, paths in file.tools.items()}
        if all(tools.values()):
            found[name] = Language(name, file, tools)
    return found


def missing_languages() -> dict[str, str]:
    """Return the described languages that are not offered, and for each what is missing and how to get it."""
    here = available_languages()
    return {name: _missing(file) for name, file in described_languages().items() if name not in here}


def _missing(file: LanguageFile) -> str:
    lacking = [paths for paths in file.tools.values() if not any(map(reachable, paths))]
    ways = [f"apt-get install {' '.join(file.packages)}"] if file.packages else []
    ways += [file.advice] if file.advice else []
    return "; ".join([*(f"there is no {' and no '.join(paths)}" for paths in lacking), *ways])


def highlight_of(name: str) -> str:
    """Return how the editor colours a language, also one whose toolchain is not here; "" for plainly."""
    file = described_languages().get(name)
    return file.highlight if file else ""


def label_of(name: str) -> str:
    """Return what people call a language, also one whose toolchain is not here; its own name where nothing describes it."""
    file = described_languages().get(name)
    return file.label if file else name


def offered(ids: Sequence[str]) -> list[dict[str, str]]:
    """Return those of `ids` that can be judged here, as a page lists them."""
    here = available_languages()
    return [
        {"id": name, "label": here[name].label, "highlight": here[name].file.highlight} for name in ids if name in here
    ]
