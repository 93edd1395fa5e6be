"""The submissions that a package's author put in, and what each is to come to."""

import dataclasses
import fnmatch
import re
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from lti_grader.problems.packages.package import Submission

LANGUAGES = {
    ".c": "c", ".cc": "cpp", ".cpp": "cpp", ".cxx": "cpp", ".c++": "cpp", ".C": "cpp", ".java": "java",
    ".js": "javascript", ".mjs": "javascript", ".cjs": "javascript", ".py": "python", ".py3": "python", ".ts": "typescript", ".rs": "rust", ".go": "go",
    ".cs": "csharp", ".kt": "kotlin", ".R": "r", ".sql": "sql", ".sh": "bash", ".m": "octave", ".hs": "haskell",
    ".pas": "pascal", ".php": "php", ".pl": "perl", ".rb": "ruby", ".lua": "lua",
    ".f90": "fortran", ".f95": "fortran", ".f03": "fortran", ".f08": "fortran", ".adb": "ada", ".awk": "awk", ".asm": "nasm",
}  # fmt: skip
_WRONG, _SLOW, _CRASH = frozenset({"fail"}), frozenset({"timeout"}), frozenset({"runtime_error", "memory"})
FOLDERS = {
    "accepted": frozenset({"accepted"}),
    "slow_accepted": frozenset({"accepted", "timeout"}),
    "wrong_answer": _WRONG,
    "time_limit_exceeded": _SLOW,
    "run_time_error": _CRASH,
    "runtime_error": _CRASH,
    "compiler_error": frozenset({"compile_error"}),
    "output_limit": frozenset({"output_limit"}),
    "rejected": frozenset({"fail", "timeout", "runtime_error", "memory", "output_limit"}),
}
# As DOMjudge's packages write it into a comment of the source.
_SAID = re.compile(rb"@EXPECTED_(?:RESULTS|SCORE)@:\s*([A-Za-z_ ,-]+)")
_PYTHON_2 = re.compile(rb"#!.*python ?2")
_WORDS = {
    "CORRECT": frozenset({"accepted"}), "ACCEPTED": frozenset({"accepted"}), "WRONG-ANSWER": _WRONG, "WRONG_ANSWER": _WRONG,
    "TIMELIMIT": _SLOW, "TIME_LIMIT_EXCEEDED": _SLOW, "RUN-ERROR": _CRASH, "RUN_TIME_ERROR": _CRASH, "RUNTIME_ERROR": _CRASH,
    "COMPILER-ERROR": frozenset({"compile_error"}), "COMPILER_ERROR": frozenset({"compile_error"}), "NO-OUTPUT": _WRONG,
    "NO_OUTPUT": _WRONG, "OUTPUT-LIMIT": frozenset({"output_limit"}), "OUTPUT_LIMIT": frozenset({"output_limit"}),
}  # fmt: skip


EXPECTATIONS = "submissions/submissions.yaml"
"""What submissions come to where their folder does not say it (2025-09)."""
_CODES = {"AC": frozenset({"accepted"}), "WA": _WRONG, "TLE": _SLOW, "RTE": _CRASH}
_READ_OF_ONE = {"permitted", "required", "authors"}


def submissions_of(
    files: Mapping[str, bytes], report: list[str], expectations: Mapping[str, Any] | None = None
) -> list[Submission]:
    """Return a package's submissions by their paths; of several files, those that are one program together.

    Parameters
    ----------
    report
        What cannot be carried over is added to it.
    expectations
        What the file `EXPECTATIONS` says: pattern of a path -> `permitted` and `required` verdicts.
    """
    programs: dict[str, dict[str, bytes]] = {}
    for name, content in sorted(files.items()):
        parts = PurePosixPath(name).parts
        if parts[0] == "submissions" and len(parts) >= 3 and not parts[-1].startswith("."):
            programs.setdefault("/".join(parts[:3]), {})["/".join(parts[3:]) or parts[-1]] = content
    found, left_out = [], []
    for path, parts_of in programs.items():
        one = _expected(_submission(path, parts_of), expectations or {}, report)
        found.append(one)
        if one.language is None:
            left_out.append(path.removeprefix("submissions/"))
    if left_out:
        report.append(
            f"Submissions in languages that are not known here, or of several main files: {', '.join(left_out)}."
        )
    return found


def _submission(path: str, files: Mapping[str, bytes]) -> Submission:
    folder = path.split("/")[1]
    known = {name: LANGUAGES[PurePosixPath(name).suffix] for name in files if PurePosixPath(name).suffix in LANGUAGES}
    main = _main(known, files)
    source = files[main] if main is not None else b""
    if _PYTHON_2.match(source):
        main = None
    said = _SAID.search(source)
    expected = FOLDERS.get(folder)
    if said:
        words = [one.strip() for one in said[1].decode().upper().split(",")]
        named = [_WORDS[one] for one in words if one in _WORDS]
        expected = frozenset().union(*named) if named else expected
    beside = {name: content for name, content in files.items() if name != main}
    language = known[main] if main is not None else None
    return Submission(path, language, source, expected, beside, main=main if main and beside else "")


def _expected(one: Submission, expectations: Mapping[str, Any], report: list[str]) -> Submission:
    """Return a submission with the verdicts of which one has to come out, where the package names them for it."""
    name = one.path.removeprefix("submissions/")
    for pattern, said in expectations.items():
        if not isinstance(said, dict) or not any(
            fnmatch.fnmatchcase(place, pattern) for place in (name, name.partition("/")[0])
        ):
            continue
        if left := sorted(set(said) - _READ_OF_ONE):
            words = f"{EXPECTATIONS}: of {pattern} left out: {', '.join(left)}."
            report += [words] if words not in report else []
        codes = said.get("required") or said.get("permitted") or []
        named = [_CODES[code] for code in codes if code in _CODES] if isinstance(codes, list) else []
        if named:
            one = dataclasses.replace(one, expected=frozenset().union(*named))
    return one


def _main(known: Mapping[str, str], files: Mapping[str, bytes]) -> str | None:
    if len(known) == 1:
        return next(iter(known))
    mains = [name for name in known if PurePosixPath(name).stem.lower() == "main"]
    mains = mains or [name for name in known if re.search(rb"\bmain\s*\(|__main__", files[name])]
    # Where nothing marks the one that begins, it is that which none of the others names.
    mains = mains or [
        name for name in known if not any(name.encode() in files[other] for other in files if other != name)
    ]
    return mains[0] if len(mains) == 1 else None
