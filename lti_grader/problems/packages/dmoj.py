"""Problems of DMOJ's judge: a folder with init.yml (https://docs.dmoj.ca/#/problem_format/problem_format)."""

import io
import re
import zipfile
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from lti_grader.core.markdown import picture_sources
from lti_grader.problems.harness import Harness, Stream, is_file_name
from lti_grader.problems.packages import dmoj_programs, dmoj_python, html
from lti_grader.problems.packages.dmoj_cases import Cases
from lti_grader.problems.packages.dmoj_submissions import submissions_of
from lti_grader.problems.packages.files import unzipped
from lti_grader.problems.packages.kattis import document
from lti_grader.problems.packages.latex import to_markdown
from lti_grader.problems.packages.package import BadPackage, Package
from lti_grader.problems.pictures import named_by, showable, type_of

MARK = "init.yml"
_USUAL_MEMORY_KB = 262_144
_READ = {
    "archive", "test_cases", "pretest_test_cases", "points", "checker", "generator", "interactive", "signature_grader",
    "binary_data", "short_circuit", "unbuffered", "meta", "wall_time_factor", "output_prefix_length", "output_limit_length",
    "custom_judge", "file_io", "symlinks", "hints",
}  # fmt: skip
_HINTS = {"nobigmath": "BigInteger and BigDecimal, which programs in Java may not use there, can be used here."}
# How Java reads and writes there. Here it is UTF-8 always.
_MEANINGLESS = {"unicode"}
_IMAGE = re.compile(r"<img\b[^<>]*>", re.IGNORECASE)
_STREAMS = {"/dev/stdin": Stream.INPUT, "/dev/stdout": Stream.OUTPUT}


def read(slug: str, files: Mapping[str, bytes]) -> Package:
    """Read a problem.

    Parameters
    ----------
    slug
        What it is called where it comes from, such as its folder's name: nothing in it says so.
    files
        Its files, as `files.read_files` returns them.

    Raises
    ------
    BadPackage
        It cannot be read, or is of a kind that cannot be judged here; the message says which file or which kind.
    """
    about = document(files, MARK)
    report: list[str] = []
    files = _with_archive(files, about, report)
    cases = Cases(files, about, report)
    groups = cases.groups()
    checkers = cases.checkers or [about.get("checker")]
    if len(checkers) > 1:
        raise BadPackage("init.yml: its cases have different checkers; one can be used here.")
    if about.get("custom_judge"):
        checker = dmoj_python.grader(files, str(about["custom_judge"]), cases.points)
    elif about.get("interactive"):
        checker = dmoj_programs.interactor(files, about["interactive"], report)
    else:
        checker = dmoj_programs.checker(files, checkers[0], cases.points, report)
    if checker.get("interactive") and about.get("unbuffered"):
        checker = {**checker, "unbuffered": True}
    harness: Harness | None = None
    given: dict[str, bytes] = {}
    if about.get("signature_grader"):
        harness, given = dmoj_programs.signature(files, about["signature_grader"], report)
    if links := _links(about, report):
        harness = (harness or Harness()).model_copy(update={"links": links})
    report += [
        f"init.yml: {name} is left out: {about[name]!r}."
        for name in sorted(set(about) - _READ)
        if about[name] not in (None, [], {})
    ]
    report += _hints(about)
    losses: list[str] = []
    statement, shown = _statement(files, report, losses)
    report.append(
        "DMOJ keeps the time and memory limits and samples elsewhere: look at all three before it is published."
    )
    return Package(
        slug=re.sub(r"[^a-z0-9-]+", "-", slug.lower()).strip("-") or "problem",
        title=slug[:250],
        statement=statement,
        groups=groups,
        checker=checker,
        cpu_ms=None,
        memory_kb=_USUAL_MEMORY_KB,
        submissions=submissions_of(files, sum(len(one.tests) for one in groups)),
        report=[*report, *losses],
        losses=losses,
        pictures=shown,
        harness=harness,
        files=given,
        generated=cases.generated,
    )


def _hints(about: Mapping[str, Any]) -> list[str]:
    """Return what programs in Java may not do there, and may here, in words."""
    said = about.get("hints") or []
    hints = {str(one) for one in (said if isinstance(said, list) else [said])}
    words = {name: _HINTS.get(name, f"the hint {name} is left out.") for name in sorted(hints - _MEANINGLESS)}
    return [f"init.yml: {one}" for one in words.values()]


def _links(about: Mapping[str, Any], report: list[str]) -> dict[str, Stream]:
    """Return the names by which programs open their standard input and output."""
    named = about.get("file_io") or {}
    wanted = {str(name): _STREAMS.get(str(place)) for name, place in (about.get("symlinks") or {}).items()}
    wanted |= {
        str(named[one]): stream for one, stream in (("input", Stream.INPUT), ("output", Stream.OUTPUT)) if one in named
    }
    for name in [one for one, stream in wanted.items() if stream is None or not is_file_name(one)]:
        report.append(f"init.yml: the link {name} is left out: only standard input and output can be opened by a name.")
        del wanted[name]
    return {name: stream for name, stream in wanted.items() if stream is not None}


def _with_archive(files: Mapping[str, bytes], about: Mapping[str, Any], report: list[str]) -> Mapping[str, bytes]:
    """Return the files of a problem with those of the archive that its tests are in."""
    name = about.get("archive")
    if not name:
        return files
    if str(name) not in files:
        raise BadPackage(f"init.yml: there is no archive {name}.")
    packed = unzipped(files[str(name)])
    with zipfile.ZipFile(io.BytesIO(files[str(name)])) as archive:
        folders = {PurePosixPath(one).parts[0] for one in archive.namelist() if "/" in one}
    # A folder around all of it counts here.
    if len(folders) == 1 and not any(one.startswith(f"{next(iter(folders))}/") for one in packed):
        names = [one for one in archive.namelist() if not one.endswith("/")]
        if all(one.startswith(f"{next(iter(folders))}/") for one in names):
            packed = {f"{next(iter(folders))}/{one}": content for one, content in packed.items()}
    return {**packed, **files}


def _statement(files: Mapping[str, bytes], report: list[str], losses: list[str]) -> tuple[str, dict[str, bytes]]:
    """Return a statement that lies beside, with the pictures that it shows by their names; DMOJ's judge has none."""
    found = next((one for one in ("statement.md", "problem.md", "README.md", "statement.tex") if one in files), None)
    if found is None:
        report.append("It has no statement: write one before it is published.")
        return "", {}
    text = files[found].decode(errors="replace")
    beside = {name: content for name, content in files.items() if type_of(name)}

    def say(words: str) -> None:
        (losses if "picture" in words else report).append(words)

    if found.endswith(".tex"):
        written = to_markdown(text, say, showable(beside))
        return written, named_by(written, beside)
    if found == "README.md":
        report.append(f"{found} is taken for the statement.")
    # Statements of DMOJ may have elements of HTML in them, which are text here.
    text = _IMAGE.sub(lambda image: html.to_markdown(image[0], say, showable(beside)).strip(), text)
    shown = named_by(text, beside)
    losses += [f"The picture {one[:80]} is left out." for one in picture_sources(text) if one not in shown]
    return text, shown
