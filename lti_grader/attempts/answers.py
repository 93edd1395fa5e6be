"""What an answer is to a version: a program, a notebook, or several files; how its page is told, and how it is checked."""

from collections.abc import Mapping, Sequence
from typing import Any

from lti_grader.assignments.languages import described_languages
from lti_grader.assignments.main_file import main_of
from lti_grader.attempts.notebooks import MOST_BYTES as MOST_NOTEBOOK_BYTES
from lti_grader.attempts.notebooks import check_notebook
from lti_grader.attempts.text import check_code
from lti_grader.core.errors import NotFound
from lti_grader.problems import answer_files
from lti_grader.problems.harness import AnswerFiles, Harness, harness_of, takes_files, takes_notebook
from lti_grader.problems.models import ProblemVersion
from lti_grader.problems.quizzes import answers as quiz_answers


def most_bytes(version: ProblemVersion, usual: int) -> int:
    """Return how large an answer, or a draft of one, may be."""
    if version.is_quiz:
        return quiz_answers.MOST_BYTES
    if takes_notebook(version.harness):
        return MOST_NOTEBOOK_BYTES
    return answer_files.MOST_BYTES if takes_files(version.harness) else usual


def usual_name(harness: Harness | None, language: str) -> str:
    """Return what the file of an answer is called where it is one."""
    unit = harness.unit_tests if harness else None
    described = described_languages().get(language)
    return (unit and unit.answer) or (described.source if described else "answer.txt")


def starters_of(version: ProblemVersion) -> Mapping[str, str]:
    """Return what the editor holds at first, by language; nothing where there is none."""
    if takes_notebook(version.harness):
        return {}
    if not takes_files(version.harness):
        return version.starter_code
    harness = harness_of(version.harness)
    return {
        language: answer_files.written(answer_files.read(text, usual_name(harness, language)))
        for language, text in version.starter_code.items()
        if text
    }


def files_config(version: ProblemVersion, languages: Sequence[str]) -> dict[str, Any] | None:
    """Return what the page is told of the files of an answer, None where an answer is no files."""
    harness = harness_of(version.harness)
    if harness is None or harness.answer_files is None:
        return None
    return {
        **harness.answer_files.model_dump(),
        "usual": {one: usual_name(harness, one) for one in languages},
        "given": answer_files.shown_files(harness),
    }


def checked_answer(version: ProblemVersion, code: object, language: str, *, max_bytes: int) -> bytes:
    """Return an answer as UTF-8, looked through as a program, a notebook or files.

    Raises
    ------
    InvalidText, CodeTooLarge, BadNotebook, BadFiles, TooManyBytes, NoMainFile
    """
    if takes_notebook(version.harness):
        return check_notebook(code)
    harness = harness_of(version.harness)
    if harness is None or harness.answer_files is None:
        return check_code(code, max_bytes=max_bytes)
    return _checked_files(check_code(code, max_bytes=2 * answer_files.MOST_BYTES), harness, language)


def _checked_files(text: bytes, harness: Harness, language: str) -> bytes:
    assert harness.answer_files is not None
    files = answer_files.parsed(text)
    if files is None:
        files = {usual_name(harness, language): text}
    answer_files.check(files, harness.answer_files, answer_files.shown_files(harness))
    described = described_languages().get(language)
    if described is not None and harness.unit_tests is None and harness.autograder is None:
        main_of(files, described, harness.answer_files)
    return answer_files.written(files).encode()


def wanted_files(version: ProblemVersion) -> AnswerFiles:
    """Return which files an answer may be.

    Raises
    ------
    NotFound
        It is no files here.
    """
    harness = harness_of(version.harness)
    if harness is None or harness.answer_files is None:
        raise NotFound("This problem is answered with one text: there are no files to add.")
    return harness.answer_files
