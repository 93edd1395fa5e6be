"""Submissions of a DMOJ problem, as the judge's own tests have them: tests/NAME/test.yml and the source beside it."""

from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

from lti_grader.problems.packages.dmoj_programs import language_of
from lti_grader.problems.packages.kattis import document
from lti_grader.problems.packages.package import Submission

_WORDS = {
    "AC": "accepted", "WA": "fail", "TLE": "timeout", "MLE": "memory", "OLE": "output_limit", "RTE": "runtime_error",
    "IR": "runtime_error", "CE": "compile_error", "IE": "judge_error",
}  # fmt: skip


def submissions_of(files: Mapping[str, bytes]) -> list[Submission]:
    """Return the submissions by their paths."""
    return [one for name in sorted(files) if PurePosixPath(name).match("tests/*/test*.yml") for one in _of(files, name)]


def _of(files: Mapping[str, bytes], name: str) -> Iterator[Submission]:
    about = document(files, name)
    sources = about.get("source")
    for one in sources if isinstance(sources, list) else [sources]:
        path = f"{PurePosixPath(name).parent}/{one}"
        if path in files:
            yield Submission(path, language_of(about.get("language")), files[path], _expected(about))


def _expected(about: Mapping[str, Any]) -> frozenset[str] | None:
    """Return the verdicts of which one has to come out; where each case has its own, those that are not right."""
    cases = about.get("cases")
    said = (
        cases
        if isinstance(cases, list)
        else list(cases.values())
        if isinstance(cases, dict)
        else about.get("expect", "AC")
    )
    codes = {
        code
        for one in (said if isinstance(said, list) else [said])
        for code in (one if isinstance(one, list) else [one])
    }
    if "*" in codes:
        return None
    if isinstance(cases, list | dict) and codes - {"AC", "SC"}:
        codes -= {"AC"}
    found = frozenset(_WORDS[code] for code in codes if code in _WORDS)
    return found or None
