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
from lti_grader.core.settings import Settings
from lti_grader.grading import packages
from lti_grader.grading.packages import Judged
from lti_grader.grading.sandbox import Sandbox, open_sandbox
from lti_grader.grading.verdicts import ACCEPTED
from lti_grader.problems.packages import formats, gradescope
from lti_grader.problems.packages.kattis_submissions import LANGUAGES
from lti_grader.problems.packages.package import BadPackage, Package, Refused

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
@click.argument("sources", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
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
    questions. The first of SOURCES is the program; others lie beside it. Ends with 0 where all tests pass, with 1 where not.
    """
    read = read_package(package, question, prototypes)
    main, *others = sources
    chosen = packages.language_named(language or LANGUAGES.get(main.suffix, main.suffix.lstrip(".")))
    beside = {one.name: one.read_bytes() for one in others}
    read = gradescope.with_answer(read, main.name)
    with sandbox_of(kind) as sandbox:
        read = packages.settled(sandbox, read)
        limit, where = (round(time_limit * 1000), "as asked") if time_limit else packages.calibrated(sandbox, read)
        judged = packages.judge(sandbox, read, main.read_bytes(), chosen, cpu_ms=limit, beside=beside)
    if as_json:
        click.echo(json.dumps(_as_json(judged, limit), indent=2))
    else:
        _print(judged, limit, where)
    if judged.graded.trouble:
        sys.exit(2)
    sys.exit(0 if judged.verdicts == {ACCEPTED} else 1)


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
