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
_OURS = ("test.yml", "test.posix.yml", "test.linux.yml")
_MACHINE = "amd64"


def submissions_of(files: Mapping[str, bytes], cases: int) -> list[Submission]:
    """Return the submissions by their paths, those that are to be run on this kind of machine.

    Parameters
    ----------
    cases
        How many cases the problem has: verdicts of further ones are never asked for.
    """
    folders = sorted({str(PurePosixPath(name).parent) for name in files if PurePosixPath(name).match("tests/*/*.yml")})
    return [one for folder in folders for one in _of(files, folder, cases)]


def _of(files: Mapping[str, bytes], folder: str, count: int) -> Iterator[Submission]:
    # What a later one says stands.
    about = {name: value for one in _OURS for name, value in document(files, f"{folder}/{one}").items()}
    machines = about.get("arch", _MACHINE)
    if about.get("skip") or _MACHINE not in (machines if isinstance(machines, list) else [machines]):
        return
    sources = about.get("source")
    for one in sources if isinstance(sources, list) else [sources]:
        path = f"{folder}/{one}"
        if path in files:
            yield Submission(
                path, language_of(about.get("language")), files[path], _expected(about, count),
                cpu_ms=round(float(about["time"]) * 1000) if "time" in about else None,
                memory_kb=int(about["memory"]) if "memory" in about else None,
            )  # fmt: skip


def _expected(about: Mapping[str, Any], count: int) -> frozenset[str] | None:
    """Return the verdicts of which one has to come out; where each case has its own, those that are not right."""
    cases = about.get("cases")
    said = (
        cases[:count]
        if isinstance(cases, list)
        else [one for place, one in cases.items() if place <= count]
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
