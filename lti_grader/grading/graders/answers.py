"""Answers of several files as graders take them: the one that the program begins in, those beside it, and none that is the problem's.

Whatever a student calls a file, no file of the problem, of a runner or of a compiler is replaced by it, nor found later than it.
"""

import dataclasses
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePosixPath

from lti_grader.assignments.languages import Language
from lti_grader.assignments.main_file import NoMainFile, main_of
from lti_grader.grading.runners import Runner, available_runners
from lti_grader.problems import answer_files
from lti_grader.problems.harness import AnswerFiles, Harness

# Made of sources, and taken in their place by what builds and runs programs.
_BUILT = {".pyc", ".pyo", ".so", ".pyd", ".class", ".jar", ".gch", ".pch", ".o", ".a", ".node", ".wasm"}
_SCRIPTS = {".py", ".js", ".mjs", ".cjs", ".json", ""}


@dataclasses.dataclass(frozen=True)
class Answer:
    """What is judged.

    Parameters
    ----------
    main
        The path of `source` among its files; "" for a program that is one text.
    left_out
        What is told of files that are not taken.
    trouble
        Why it cannot be judged at all, in words for the student; "" where it can.
    """

    source: bytes
    beside: Mapping[str, bytes] = dataclasses.field(default_factory=dict)
    main: str = ""
    left_out: Sequence[str] = ()
    trouble: str = ""


def answer_of_text(text: bytes, language: Language, harness: Harness | None) -> Answer:
    """Return an answer that was kept as one text."""
    runner = _runner(harness)
    if runner is not None:
        usual = (harness and harness.unit_tests and harness.unit_tests.answer) or runner.file.answer
    else:
        usual = (harness and harness.autograder and harness.autograder.answer) or language.source_name(text)
    return answer_of(answer_files.read(text, usual), language, harness)


def answer_of(files: Mapping[str, bytes], language: Language, harness: Harness | None, *, main: str = "") -> Answer:
    """Return an answer that is several files.

    Parameters
    ----------
    main
        The file that it begins in, where that is known; "" to find it out.
    """
    harness = harness or Harness()
    runner = _runner(harness)
    taken, left_out = {}, []
    for path, content in files.items():
        if why := _why_not(path, language, harness, runner):
            left_out.append(f"{path} is left out: {why}.")
        else:
            taken[path] = content
    try:
        begins = main if main in taken else _begins(taken, language, harness, runner)
    except NoMainFile as error:
        return Answer(b"", left_out=left_out, trouble=error.message)
    beside = {path: content for path, content in taken.items() if path != begins}
    return Answer(taken[begins], beside, begins, left_out)


def _runner(harness: Harness | None) -> Runner | None:
    return available_runners().get(harness.unit_tests.runner) if harness and harness.unit_tests else None


def _begins(files: Mapping[str, bytes], language: Language, harness: Harness, runner: Runner | None) -> str:
    """Return the path of the file that is the answer's own; tests and autograders take any of them."""
    wanted = harness.answer_files or AnswerFiles()
    if harness.unit_tests is None and harness.autograder is None:
        return main_of(files, language.file, wanted)
    usual = harness.unit_tests.answer if harness.unit_tests else harness.autograder and harness.autograder.answer
    likely = [wanted.main, usual, runner.file.answer if runner else None]
    able = [one for one in sorted(files) if PurePosixPath(one).suffix in language.file.endings]
    found = [*(one for one in likely if one in files), *able, *sorted(files)]
    if not found:
        raise NoMainFile("None of your files can be taken. Name them otherwise.")
    return str(found[0])


def _why_not(path: str, language: Language, harness: Harness, runner: Runner | None) -> str:
    """Return why a file is not taken; "" where it is."""
    drivers = runner.drivers if runner else {}
    if path.casefold() in {one.casefold() for one in (*harness.files, *drivers)}:
        return "it has the name of a file of the problem"
    first = path.partition("/")[0].casefold()
    made = {one.casefold() for one in (language if runner is None else runner.language).file.artefacts}
    if first in made - {language.file.source.casefold()}:
        return f"{first} is what the compiler's output is called"
    return _why_not_tested(path, harness, runner) if runner is not None else ""


def _why_not_tested(path: str, harness: Harness, runner: Runner) -> str:
    parts = path.casefold().split("/")
    if PurePosixPath(parts[-1]).suffix in _BUILT or "__pycache__" in parts:
        return "only sources are taken, and no compiled files"
    if any(one.casefold() in parts for one in runner.file.reserved):
        return f"{runner.file.label} would read it"
    if _hides(parts[0], [*harness.files, *runner.drivers], is_folder=len(parts) > 1):
        return "a file of the problem would not be found for it"
    is_named = harness.unit_tests is not None and path == harness.unit_tests.answer
    if runner.file.language == "python" and not is_named and _module(parts[0]) in _modules_of(runner):
        return f"Python or the tests have a module {_module(parts[0])} themselves; name it otherwise"
    return ""


def _hides(first: str, own: Iterable[str], *, is_folder: bool) -> bool:
    """Return whether a script of the problem's would not be found because of a folder or file of the same name."""
    if not is_folder and PurePosixPath(first).suffix not in _SCRIPTS:
        return False
    stems = {PurePosixPath(one.casefold()).stem for one in own if PurePosixPath(one).suffix in _SCRIPTS}
    return first in stems or PurePosixPath(first).stem in stems


def _module(name: str) -> str:
    return re.split(r"\.", name, maxsplit=1)[0]


def _modules_of(runner: Runner) -> set[str]:
    loaded = runner.file.warm.preload if runner.file.warm else []
    return {one.casefold() for one in sys.stdlib_module_names} | {_module(one) for one in loaded}
