"""Answers of several files in this tool's own format: which they may be, and folders with those that begin or solve them."""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

from pydantic import ValidationError

from lti_grader.problems import answer_files
from lti_grader.problems.harness import AnswerFiles, Harness
from lti_grader.problems.packages.package import BadPackage, Package


def with_answer(package: Package, said: Mapping[str, Any]) -> Package:
    """Return a package whose answers are several files.

    Parameters
    ----------
    said
        `most`, `required`, `endings` and `main`, each where it differs from what is usual.

    Raises
    ------
    BadPackage
    """
    try:
        wanted = AnswerFiles.model_validate(dict(said))
        kept = (package.harness or Harness()).model_dump(mode="python", exclude_unset=True)
        harness = Harness.model_validate({**kept, "answer_files": wanted})
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(one) for one in first["loc"] if one != "answer_files")
        raise BadPackage(f"{where + ': ' if where else ''}{first['msg'].removeprefix('Value error, ')}.") from None
    return dataclasses.replace(package, harness=harness)


def in_folder(files: Mapping[str, bytes], folder: str) -> dict[str, bytes]:
    """Return the files of a package below a folder, by their paths in it.

    Raises
    ------
    BadPackage
        There are none, or one of them has a name that no file of an answer can have.
    """
    start = f"{folder.strip('/')}/"
    found = {name.removeprefix(start): content for name, content in files.items() if name.startswith(start)}
    if not found:
        raise BadPackage(f"there is no file below {start} in the package: add some, or name another folder")
    try:
        answer_files.check_names(found, ())
        answer_files.check_size(found)
    except (answer_files.BadFiles, answer_files.TooManyBytes) as error:
        raise BadPackage(error.message.removesuffix(".")) from None
    return found


def folder_of(
    text: bytes, folder: str, put: Callable[[str, bytes], object], taken: Mapping[str, bytes]
) -> dict[str, str] | None:
    """Write the files that a text holds below a folder of their own, and return how it is named; None for any other text.

    Parameters
    ----------
    put
        Keeps a file.
    taken
        Those that are kept already.
    """
    files = answer_files.parsed(text)
    if not files:
        return None
    name, number = folder, 1
    while any(one.casefold().startswith(f"{name}/".casefold()) for one in taken):
        number += 1
        name = f"{folder}-{number}"
    for path, content in files.items():
        put(f"{name}/{path}", content)
    return {"folder": name}
