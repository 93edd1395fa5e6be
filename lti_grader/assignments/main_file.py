"""Which of several files a program begins in."""

import re
from collections.abc import Mapping
from pathlib import PurePosixPath

from lti_grader.assignments.language_files import LanguageFile
from lti_grader.core.errors import Unprocessable
from lti_grader.problems.harness import AnswerFiles


class NoMainFile(Unprocessable):
    """No file, or more than one, can be the one that the program begins in; the message says what to do."""

    code = "no_main_file"


def main_of(files: Mapping[str, bytes], language: LanguageFile, wanted: AnswerFiles | None = None) -> str:
    """Return the path of the file that a program begins in.

    That is the one that the problem names; else the only one of its language; else the one named as usual; else the one with the
    language's entry point in it.

    Raises
    ------
    NoMainFile
    """
    if wanted is not None and wanted.main is not None and wanted.main in files:
        return wanted.main
    endings = language.endings
    able = [one for one in sorted(files) if PurePosixPath(one).suffix in endings]
    if not able:
        raise NoMainFile(f"None of your files is {language.label}: its name has to end in {' or '.join(endings)}.")
    for found in (able, _named_as_usual(able, language), _with_entry(able, files, language)):
        if len(found) == 1:
            return found[0]
    raise NoMainFile(
        f"It is not clear which of your files the program begins in: {', '.join(able[:5])}{' ...' if len(able) > 5 else ''}."
        f" Name that one {language.source}."
    )


def _named_as_usual(able: list[str], language: LanguageFile) -> list[str]:
    if language.source in able:
        return [language.source]
    stem = PurePosixPath(language.source).stem
    return [one for one in able if PurePosixPath(one).stem == stem]


def _with_entry(able: list[str], files: Mapping[str, bytes], language: LanguageFile) -> list[str]:
    if not language.entry:
        return []
    entry = re.compile(language.entry.encode(), re.MULTILINE)
    return [one for one in able if entry.search(files[one])]
