"""What a form says of answers: one text or several files, and the files that students begin with or that solve a problem."""

from collections.abc import Iterable, Mapping
from typing import Any

from werkzeug.datastructures import FileStorage, MultiDict

from lti_grader.attempts.answers import usual_name
from lti_grader.authoring.errors import BadDraft
from lti_grader.core.errors import GraderError
from lti_grader.problems import answer_files
from lti_grader.problems.answer_archives import unpacked
from lti_grader.problems.harness import AnswerFiles, harness_of

Form = MultiDict[str, str]
Files = MultiDict[str, FileStorage]
# What authors give is bounded by its size alone.
_ANY = AnswerFiles(most=100)


def harness_said(form: Form, before: Mapping[str, Any]) -> dict[str, Any]:
    """Return a draft's harness with what a form says of its answers; one that says nothing leaves it as it is.

    Raises
    ------
    BadDraft
    """
    if "answer" not in form:
        return dict(before)
    others = {name: value for name, value in before.items() if name != "answer_files"}
    if form["answer"] != "files":
        return others
    said = {**others, "answer_files": _wanted(form)}
    try:
        harness_of(said)
    except GraderError as error:
        raise BadDraft(error.message.replace("harness of this problem", "files of an answer")) from None
    return said


def _wanted(form: Form) -> dict[str, Any]:
    most = form.get("files.most", "").strip()
    if most and not most.isdecimal():
        raise BadDraft("The most files that there may be is a number from 1 to 100.")
    endings = form.get("files.endings", "").replace(",", " ").split()
    said = {
        "most": int(most or AnswerFiles().most),
        "endings": [one if one.startswith(".") else f".{one}" for one in endings],
        "required": [one.strip() for one in form.get("files.required", "").splitlines() if one.strip()],
        "main": form.get("files.main", "").strip(),
    }
    return {name: value for name, value in said.items() if value}


def files_in(text: str, harness: Mapping[str, Any], language: str) -> dict[str, int]:
    """Return the files of a program as a form lists them: path -> bytes."""
    if not text:
        return {}
    return {path: len(one) for path, one in answer_files.read(text, usual_name(harness_of(harness), language)).items()}


def program_said(form: Form, given: Files, field: str, before: str, harness: Mapping[str, Any], language: str) -> str:
    """Return a program of several files as a form leaves it, "" for none.

    Parameters
    ----------
    field
        What its fields are called: `<field>-files` brings files and archives, `<field>-remove` names those that are taken away.
    before
        What was kept of it until now.

    Raises
    ------
    BadDraft
    """
    usual = usual_name(harness_of(harness), language)
    kept = answer_files.read(before, usual) if before else {}
    files = {path: one for path, one in kept.items() if path not in form.getlist(f"{field}-remove")}
    try:
        for path, content in _brought(given.getlist(f"{field}-files")):
            files[path] = content
        answer_files.check_names(files, harness.get("files", {}))
        answer_files.check_size(files)
    except (answer_files.BadFiles, answer_files.TooManyBytes) as error:
        raise BadDraft(error.message) from None
    return answer_files.written(files) if files else ""


def _brought(given: Iterable[FileStorage]) -> Iterable[tuple[str, bytes]]:
    for one in given:
        name, content = one.filename or "", one.stream.read()
        if name.lower().endswith(".zip"):
            yield from unpacked(content, _ANY).files.items()
        elif name:
            yield name, content


def as_one_text(text: str, what: str) -> str:
    """Return a program that was several files as one text.

    Raises
    ------
    BadDraft
        It has more than one.
    """
    files = answer_files.read(text, "")
    if len(files) > 1:
        raise BadDraft(f"{what} has {len(files)} files: take all but one away before answers become one text.")
    content = answer_files.as_text(next(iter(files.values()), b""))
    return content or ""
