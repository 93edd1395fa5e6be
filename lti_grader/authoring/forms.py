"""Forms of drafts, read: what their fields say, or what is wrong with them in words."""

import uuid
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from pathlib import PurePosixPath
from typing import Any

from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.utils import secure_filename

from lti_grader.authoring import answer_forms
from lti_grader.authoring.describing import Description
from lti_grader.authoring.drafting import GroupText, TestText, Texts
from lti_grader.authoring.errors import BadDraft
from lti_grader.core.errors import TooLarge
from lti_grader.problems import answer_files, pictures
from lti_grader.problems.answer_archives import unpacked
from lti_grader.problems.harness import AnswerFiles, takes_files
from lti_grader.problems.models import (
    Aggregation,
    Difficulty,
    KeptSubmission,
    OnReject,
    ProblemVersion,
    Sharing,
    TestCase,
    Visibility,
)
from lti_grader.problems.packages.kattis_submissions import FOLDERS, LANGUAGES, submissions_of

Form = MultiDict[str, str]
Files = MultiDict[str, FileStorage]
MOST_TEST_BYTES = 33_554_432
# What a form has for each kind of checker: whether it is ticked, a number that may be left out, or a number.
CHECKERS: Mapping[str, Mapping[str, str]] = {
    "tokens": {
        "case_sensitive": "tick",
        "space_sensitive": "tick",
        "line_sensitive": "tick",
        "absolute": "number?",
        "relative": "number?",
    },
    "exact": {},
    "stripped": {"indented": "tick", "near": "tick"},
    "float": {"absolute": "number", "relative": "number", "line_sensitive": "tick"},
    "lines": {"case_sensitive": "tick"},
    "regex": {"anywhere": "tick"},
    "validator": {},
}
EXPECTED: Mapping[str, str] = {
    "accepted": "Accepted", "wrong_answer": "Wrong answer", "time_limit_exceeded": "Out of time",
    "run_time_error": "Crashed, or out of memory", "output_limit": "Too much output", "compiler_error": "Does not compile",
    "rejected": "Not accepted, whatever way",
}  # fmt: skip
"""What a kept submission may be to come to, by the names of Kattis's folders."""


def texts_of(form: Form, files: Files, version: ProblemVersion, added: Mapping[str, str]) -> Texts:
    """Return what the form of a draft's texts says.

    Parameters
    ----------
    added
        Name -> blob of the pictures that it brings.

    Raises
    ------
    BadDraft
    """
    starters, solutions = {}, {}
    for key, language in [("new", form.get("language-new", "")), *((one, one) for one in form.getlist("language"))]:
        if not language:
            continue
        if starter := _program(form, files, f"starter-{key}", version.starter_code, version, language):
            starters[language] = starter
        if solution := _program(form, files, f"solution-{key}", version.reference_solution, version, language):
            solutions[language] = solution
    return Texts(
        description_markdown=lines(form.get("statement", "")),
        hint=lines(form.get("hint", "")),
        cpu_ms=int(number(form.get("seconds"), "processor time") * 1000),
        memory_kb=int(number(form.get("memory"), "memory") * 1024),
        checker=_checker(form, version.checker),
        starter_code=starters,
        reference_solution=solutions,
        harness=answer_forms.harness_said(form, version.harness),
        pictures=pictures.changed(version.pictures, form.getlist("remove-picture"), added),
    )


def _program(
    form: Form, files: Files, field: str, kept: Mapping[str, str], version: ProblemVersion, language: str
) -> str:
    """Return a program as a form leaves it: its text, or the text that holds its files."""
    before = kept.get(language, "")
    if not takes_files(version.harness):
        kind, _, key = field.partition("-")
        return _uploaded_text(files.get(f"{kind}-file-{key}")) or lines(form.get(field, ""))
    text = answer_forms.program_said(form, files, field, before, version.harness, language)
    becomes_text = "answer" in form and form["answer"] != "files"
    return answer_forms.as_one_text(text, f"The program in {language}") if becomes_text and text else text


def _checker(form: Form, before: Mapping[str, Any]) -> dict[str, Any]:
    kind = form.get("checker", "")
    if kind not in CHECKERS:
        raise BadDraft("Choose from the list what is right.")
    found: dict[str, Any] = {"kind": kind}
    if kind == "validator":
        return _validator(form, before)
    for name, how in CHECKERS[kind].items():
        value = form.get(f"{kind}.{name}", "").strip()
        if how == "tick":
            found[name] = bool(value)
        elif value or how == "number":
            found[name] = float(number(value, f"{name} tolerance"))
    return found


def _validator(form: Form, before: Mapping[str, Any]) -> dict[str, Any]:
    # Files beside it and what its full score is stay as they came.
    kept: dict[str, Any] = {**before} if before.get("kind") == "validator" else {"kind": "validator"}
    kept["language"], kept["source"] = form.get("validator.language", ""), lines(form.get("validator.source", ""))
    kept["flags"], kept["interactive"] = form.get("validator.flags", "").split(), "validator.interactive" in form
    return kept


def number(text: str | None, what: str) -> Decimal:
    """Return the number that a field holds.

    Raises
    ------
    BadDraft
    """
    try:
        found = Decimal((text or "").strip().replace(",", "."))
    except InvalidOperation:
        raise BadDraft(f"Give the {what} as a number.") from None
    if not found.is_finite():
        raise BadDraft(f"Give the {what} as a number.")
    return found


def _maybe(text: str | None, what: str, factor: int) -> int | None:
    return int(number(text, what) * factor) if (text or "").strip() else None


def lines(text: str) -> str:
    """Return text with the ends of lines that programs expect; browsers send two characters for each."""
    # PostgreSQL's text holds no NUL.
    return text.replace("\r\n", "\n").replace("\0", "")


def _uploaded_text(file: FileStorage | None) -> str:
    if file is None or not file.filename:
        return ""
    try:
        return lines(file.read().decode())
    except UnicodeDecodeError:
        raise BadDraft(f"{file.filename} is not text in UTF-8.") from None


def submission(form: Form, files: Files, *, most: int, several: bool, put: Callable[[bytes], str]) -> KeptSubmission:
    """Return a submission that is to be kept with a draft, named as a Kattis package names it.

    Parameters
    ----------
    most
        Bytes that it may have.
    several
        Whether it may be a ZIP archive of several files.
    put
        Keeps a blob, and returns its name.

    Raises
    ------
    BadDraft
    """
    file, folder = files.get("file"), form.get("expected", "")
    name = secure_filename(file.filename or "") if file is not None else ""
    if file is None or not name:
        raise BadDraft("Choose the file of the submission.")
    if folder not in EXPECTED:
        raise BadDraft("Choose from the list what it is to come to.")
    if several and name.lower().endswith(".zip"):
        return _archived(file, name.rsplit(".", 1)[0], folder, put)
    content = file.stream.read(most + 1)
    if len(content) > most:
        raise BadDraft(f"{name} is larger than {most // 1024} KiB, the most of a submission.")
    (read,) = submissions_of({f"submissions/{folder}/{name}": content}, [])
    if read.language is None:
        raise BadDraft(f"Nobody knows by its name in which language {name} is: give it the usual ending, such as .py.")
    return {
        "path": read.path, "language": read.language, "source": put(content),
        "expected": sorted(read.expected) if read.expected is not None else None, "beside": {},
    }  # fmt: skip


def _archived(file: FileStorage, name: str, folder: str, put: Callable[[bytes], str]) -> KeptSubmission:
    try:
        found = unpacked(file.stream.read(), AnswerFiles(most=100)).files
    except (answer_files.BadFiles, answer_files.TooManyBytes) as error:
        raise BadDraft(error.message) from None
    languages = {LANGUAGES[PurePosixPath(one).suffix] for one in found if PurePosixPath(one).suffix in LANGUAGES}
    if len(languages) != 1:
        raise BadDraft(f"{name} has to hold files of one language, named with its usual ending, such as .java.")
    expected = FOLDERS[folder]
    return {
        "path": f"submissions/{folder}/{name}", "language": languages.pop(), "source": put(answer_files.written(found).encode()),
        "expected": sorted(expected), "beside": {},
    }  # fmt: skip


def description(form: Form) -> Description:
    """Return what a form says of a problem as a whole; tags stand between commas.

    Raises
    ------
    BadDraft
    """
    try:
        shared_with = Sharing(form.get("shared_with", ""))
    except ValueError:
        raise BadDraft("Choose from the list who the problem is shared with.") from None
    try:
        difficulty = Difficulty(form["difficulty"]) if form.get("difficulty") else None
    except ValueError:
        raise BadDraft("Choose from the list how difficult the problem is.") from None
    tags = form.get("tags", "").replace("\0", "").split(",")
    return Description(form.get("title", ""), tags, shared_with, difficulty)


def place(form: Form) -> int | None:
    """Return the place that a form gives something among its like, from 1; None where it gives none.

    Raises
    ------
    BadDraft
    """
    text = form.get("place", "").strip()
    if not text:
        return None
    if not text.isdecimal() or len(text) > 6:
        raise BadDraft("Give the place as a number, 1 for the first.")
    return int(text)


def group_text(form: Form) -> GroupText:
    """Return what a form says of a group.

    Raises
    ------
    BadDraft
    """
    try:
        return GroupText(
            form.get("name", "").strip(), number(form.get("points"), "points of the group"),
            Aggregation(form.get("aggregation", "")), OnReject.STOP if "stops" in form else OnReject.CONTINUE,
            [uuid.UUID(one) for one in form.getlist("requires")],
        )  # fmt: skip
    except ValueError:
        raise BadDraft("Choose from the list how the tests of the group make its points.") from None


def test_text(form: Form, files: Files, before: TestCase | None) -> TestText:
    """Return what a form says of a test; where it holds no more than before, bytes stay as they are.

    Raises
    ------
    BadDraft, TooLarge
    """
    try:
        visibility = Visibility(form.get("visibility", ""))
    except ValueError:
        raise BadDraft("Choose from the list what students see of the test.") from None
    return TestText(
        name=form.get("name", ""), visibility=visibility, points=number(form.get("points"), "weight"),
        input=_data(form, files, "input", before), expected=_data(form, files, "expected", before),
        code=lines(form.get("code", "")), extra=lines(form.get("extra", "")),
        cpu_ms=_maybe(form.get("seconds"), "processor time", 1000), memory_kb=_maybe(form.get("memory"), "memory", 1024),
    )  # fmt: skip


def _data(form: Form, files: Files, part: str, before: TestCase | None) -> bytes | str:
    file = files.get(f"{part}-file")
    if file is not None and file.filename:
        return uploaded(file)
    kept: bytes | None = getattr(before, part) if before is not None else b""
    ref: str | None = getattr(before, f"{part}_blob_ref") if before is not None else None
    if ref is not None or part not in form:
        return ref if ref is not None else kept or b""
    said = lines(form[part])
    # Ends of lines that no form can show are kept where nothing else was changed.
    return kept if kept and shown(kept) == said else said.encode()


def shown(content: bytes) -> str | None:
    """Return what a field of a form shows of a test's bytes; None where they are no text."""
    try:
        return lines(content.decode())
    except UnicodeDecodeError:
        return None


def uploaded(file: FileStorage) -> bytes:
    """Return the bytes of a test's file.

    Raises
    ------
    TooLarge
    """
    content = file.stream.read(MOST_TEST_BYTES + 1)
    if len(content) > MOST_TEST_BYTES:
        raise TooLarge(f"{file.filename} is larger than {MOST_TEST_BYTES // 1024**2} MiB, the most of a test.")
    return content


def pairs(given: list[FileStorage]) -> list[tuple[str, bytes, bytes]]:
    """Return (name, input, expected) of files that belong together by their names: one.in with one.ans or one.out.

    Raises
    ------
    BadDraft, TooLarge
    """
    inputs, answers = {}, {}
    for file in given:
        path = PurePosixPath((file.filename or "").replace("\\", "/"))
        if path.suffix == ".in":
            inputs[path.stem] = file
        elif path.suffix in (".ans", ".out", ".a"):
            answers[path.stem] = file
        elif file.filename:
            raise BadDraft(f"{path.name} is neither an input (.in) nor what is expected (.ans or .out).")
    if alone := sorted(inputs.keys() ^ answers.keys()):
        raise BadDraft(f"Of {', '.join(alone[:5])} there is only one of the two files, .in and .ans.")
    if not inputs:
        raise BadDraft("Choose files in pairs, such as 1.in and 1.ans.")
    return [(name, uploaded(inputs[name]), uploaded(answers[name])) for name in sorted(inputs)]
