"""What of a Kattis package has no place here: all of it is said, and told apart by whether it is another problem without."""

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from lti_grader.problems.pictures import showable

_FOLDERS = {
    "data", "include", "output_validator", "output_validators", "problem_statement", "statement", "submissions", "unit_tests",
}  # fmt: skip
_FIELDS = {
    "constants", "grading", "keywords", "languages", "limits", "name", "problem_format_version", "type", "validation", "validator_flags",
}  # fmt: skip
_LIMITS = {"memory", "time_limit", "time_multiplier", "time_multipliers", "validation_passes"}
_FLAGS = ("output_validator_flags", "output_validator_args")
_STATEMENT = re.compile(r"(?:problem_statement|statement)/(?!problem(?:\.[a-zA-Z-]+)?\.(?:md|tex)$)(.+)")
Document = Callable[[str], Mapping[str, Any]]


def pictures(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return what lies beside the statement and can be shown in it, by the names that it calls them."""
    return showable({match[1]: files[path] for path in files if (match := _STATEMENT.match(path))})


def losses(files: Mapping[str, bytes], about: Mapping[str, Any], document: Document, flags: Sequence[str]) -> list[str]:
    """Return, in words, what programs are given or judged by there, and cannot be here.

    Parameters
    ----------
    about
        What problem.yaml says.
    document
        Returns what a file of the package in YAML says.
    flags
        The validator's flags that are carried over.
    """
    described = {name: document(name) for name in files if re.match(r"data/.+\.yaml$", name)}
    others = sorted(
        name
        for name, said in described.items()
        if any(key in said and _words(said[key]) != list(flags) for key in _FLAGS) and "/invalid_" not in name
    )
    words = {
        "Files that single tests give to a program (.files) are left out.": any(
            re.match(r"data/(?:.+/)?[^/]+\.files/", name) for name in files
        ),
        "Arguments that tests call a program with (args) are left out.": any(
            "args" in said for said in described.values()
        ),
        f"The validator's flags of single groups or tests are left out: {', '.join(others)}.": bool(others),
        "graders/ is left out: a program of the package works out the points there.": "custom"
        in str(about.get("grading", "")),
    }
    return [one for one, holds in words.items() if holds]


def notes(files: Mapping[str, bytes], about: Mapping[str, Any], document: Document) -> list[str]:
    """Return, in words, what else is left out; parameters as of `losses`."""
    limits = about.get("limits") or {}
    folders = {PurePosixPath(name).parts[0] for name in files if "/" in name}
    hints = any(re.match(r"data/.+\.(?:hint|desc)$", name) for name in files) or any(
        {"hint", "description"} & set(document(name)) for name in files if re.match(r"data/.+\.yaml$", name)
    )
    languages = about.get("languages", "all")
    named = {
        "problem.yaml: {} left out": [*_unread(about, _FIELDS), *(f"limits.{one}" for one in _unread(limits, _LIMITS))],
        "Left out, since they look at tests or explain them: {}": sorted(f"{one}/" for one in folders - _FOLDERS - {"attachments"}),
        "Students do not get what is in attachments/: {}": _below("attachments/", files),
        "Left out beside the statement: {}": sorted({match[1] for name in files if (match := _STATEMENT.match(name))} - set(pictures(files))),
        "It is written for these languages, which are chosen for an assignment here: {}": [] if languages == "all" else _words(languages),
        "Left out of data/: {}": sorted(
            {"/".join(PurePosixPath(name).parts[1:2]) for name in files if re.match(r"data/(?!sample/|secret/)[^/]+/", name)}
        ),
        "Hints and descriptions of single tests are left out{}": [""] if hints else [],
    }  # fmt: skip
    return [words.format(", ".join(listed)) + "." for words, listed in named.items() if listed]


def _unread(said: Mapping[str, Any], read: set[str]) -> list[str]:
    return sorted(str(name) for name, value in said.items() if name not in read and value not in (None, "", [], {}))


def _below(folder: str, files: Mapping[str, bytes]) -> list[str]:
    return sorted(name.removeprefix(folder) for name in files if name.startswith(folder))


def _words(said: object) -> list[str]:
    return [str(one) for one in said] if isinstance(said, list) else str(said or "").split()
