"""Judging a program by a package, from a shell: without database, queue or web."""

import contextlib
import json
import sys
from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import click

from lti_grader.assignments.languages import use_folder
from lti_grader.assignments.main_file import NoMainFile
from lti_grader.core.settings import Settings
from lti_grader.grading import packages
from lti_grader.grading.graders.answers import answer_of
from lti_grader.grading.packages import Judged
from lti_grader.grading.sandbox import Sandbox, open_sandbox
from lti_grader.grading.verdicts import ACCEPTED
from lti_grader.problems.packages import formats, gradescope
from lti_grader.problems.packages.files import read_files
from lti_grader.problems.packages.kattis_submissions import LANGUAGES
from lti_grader.problems.packages.package import BadPackage, Package, Refused, Submission

PACKAGE = click.argument("package", type=click.Path(exists=True, path_type=Path))
JSON = click.option("--json", "as_json", is_flag=True, help="For programs to read.")


PROTOTYPES = click.option(
    "--prototypes",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A Moodle XML file that the types of the questions are in; as often as needed.",
)


@contextlib.contextmanager
def sandbox_of(kind: str) -> Iterator[Sandbox]:
    """Open a sandbox, and leave nothing of it behind."""
    sandbox = open_sandbox(kind)
    try:
        yield sandbox
    finally:
        sandbox.close()


KIND = click.option(
    "--sandbox", "kind", default=lambda: Settings.model_fields["sandbox"].default, help="auto, slot or bubblewrap."
)


LANGUAGES_FOLDER = click.option(
    "--languages",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    envvar="LANGUAGES_FOLDER",
    expose_value=False,
    callback=lambda _context, _option, folder: use_folder(folder),
    help="A folder with descriptions of further languages.",
)


def read_package(path: Path, question: str | None, prototypes: Sequence[Path] = ()) -> Package:
    """Read one problem, of several the one of that name or slug.

    Raises
    ------
    BadPackage
    """
    found = list(formats.read(path, [one.read_bytes() for one in prototypes]).problems)
    if question is not None:
        found = [one for one in found if question in (one.title, one.slug if isinstance(one, Package) else "")]
    if len(found) != 1:
        raise BadPackage(f"{path.name} has {len(found)} such problems: name one of them with --question.")
    if isinstance(found[0], Refused):
        raise BadPackage(f"{found[0].title!r} cannot be brought in: {found[0].why}.")
    return found[0]


@click.command("judge")
@PACKAGE
@PROTOTYPES
@click.option("--question", help="Its name, of several in a file.")
@click.argument("sources", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--language", help="Where the file's ending does not tell it.")
@click.option("--time-limit", type=float, help="Seconds a test, in place of the package's.")
@KIND
@LANGUAGES_FOLDER
@JSON
def command(
    package: Path,
    prototypes: tuple[Path, ...],
    question: str | None,
    sources: tuple[Path, ...],
    language: str | None,
    time_limit: float | None,
    kind: str,
    *,
    as_json: bool,
) -> None:
    """Judge a program by a package's tests, without database, queue or web.

    PACKAGE is a folder or a ZIP archive in one of the formats that are known, or a Moodle XML file with CodeRunner
    questions. The first of SOURCES is the program; others lie beside it. A folder or a ZIP archive in their place is a program of
    several files, which keep their paths. Ends with 0 where all tests pass, with 1 where not.
    """
    read = read_package(package, question, prototypes)
    given = _program(read, sources, language)
    read = gradescope.with_answer(read, sources[0].name)
    with sandbox_of(kind) as sandbox:
        read = packages.settled(sandbox, read)
        limit, where = (round(time_limit * 1000), "as asked") if time_limit else packages.calibrated(sandbox, read)
        judged = packages.judge(
            sandbox, read, given.source, packages.language_named(given.language or ""), cpu_ms=limit, beside=given.beside,
            main=given.main,
        )  # fmt: skip
    if as_json:
        click.echo(json.dumps(_as_json(judged, limit), indent=2))
    else:
        _print(judged, limit, where)
    if judged.graded.trouble:
        sys.exit(2)
    sys.exit(0 if judged.verdicts == {ACCEPTED} else 1)


def _program(package: Package, sources: Sequence[Path], language: str | None) -> Submission:
    """Return the program that is to be judged.

    Raises
    ------
    BadPackage, NoMainFile, LanguageMissing
        It is several files, and which of them it begins in is not clear, or in which language.
    """
    main, *others = sources
    if len(sources) == 1 and (main.is_dir() or main.suffix == ".zip"):
        files = read_files(main)
        known = {LANGUAGES[Path(name).suffix] for name in files if Path(name).suffix in LANGUAGES}
        if language is None and len(known) != 1:
            raise BadPackage(
                f"{main.name} holds files in {', '.join(sorted(known)) or 'no known language'}: say --language."
            )
        language = language or known.pop()
        taken = answer_of(files, packages.language_named(language), package.harness)
        if taken.trouble:
            raise NoMainFile(taken.trouble)
        return Submission(main.name, language, taken.source, None, taken.beside, main=taken.main)
    chosen = language or LANGUAGES.get(main.suffix, main.suffix.lstrip("."))
    beside = {one.name: one.read_bytes() for one in others}
    is_files = package.harness is not None and package.harness.answer_files is not None
    return Submission(main.name, chosen, main.read_bytes(), None, beside, main=main.name if is_files else "")


def _plain(value: Decimal) -> str:
    return f"{value.normalize():f}"


def _print(judged: Judged, limit: int, where: str) -> None:
    click.echo(f"limit {limit / 1000:g} s a test ({where})")
    if judged.graded.compiler_output:
        click.echo(judged.graded.compiler_output.rstrip())
    for one in judged.tests:
        done = one.outcome
        figures = f"{done.time_ms:>6} ms {done.memory_kb / 1024:>7.1f} MiB"
        click.echo(
            f"{done.status:<14} {figures}  {one.group}/{one.test}  {done.message.splitlines()[0] if done.message else ''}".rstrip()
        )
    graded = judged.graded
    click.echo(f"{', '.join(sorted(judged.verdicts))}: {_plain(graded.points)} of {_plain(graded.maximum)} points")
    if graded.trouble:
        click.echo(graded.trouble, err=True)


def _as_json(judged: Judged, limit: int) -> dict[str, Any]:
    graded = judged.graded
    return {
        "verdicts": sorted(judged.verdicts),
        "points": float(graded.points),
        "maximum": float(graded.maximum),
        "cpu_ms": limit,
        "compiler_output": graded.compiler_output,
        "trouble": graded.trouble,
        "tests": [
            {
                "group": one.group, "name": one.test, "verdict": one.outcome.status, "points": float(one.points),
                "time_ms": one.outcome.time_ms, "memory_kb": one.outcome.memory_kb, "message": one.outcome.message,
                "note": one.outcome.note,
            }
            for one in judged.tests
        ],
    }  # fmt: skip
