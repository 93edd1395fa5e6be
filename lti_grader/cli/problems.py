"""Problems, as other systems hold them: whether one judges as it should, and into the problem bank with it."""

import dataclasses
import datetime as dt
import json
import sys
import uuid
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import click
import sqlalchemy as sa

from lti_grader import adapters
from lti_grader.app import create_app
from lti_grader.assignments.languages import available_languages
from lti_grader.authoring import resembling
from lti_grader.authoring.verifying import record_verified
from lti_grader.cli.judging import JSON, KIND, LANGUAGES_FOLDER, PACKAGE, PROTOTYPES, sandbox_of
from lti_grader.core.db import transaction
from lti_grader.core.errors import GraderError
from lti_grader.grading import packages
from lti_grader.grading.packages import Verified
from lti_grader.grading.sandbox import Sandbox
from lti_grader.grading.verdicts import is_proved
from lti_grader.people.queries import institution
from lti_grader.problems import operations
from lti_grader.problems.packages import exporting, files, formats, keeping
from lti_grader.problems.packages.formats import Format, Found
from lti_grader.problems.packages.package import Package, Refused
from lti_grader.problems.packages.yaml_form import ProblemForm
from lti_grader.problems.queries import problem_named


@click.group("problems")
def command() -> None:
    """Problems as packages: this tool's own format, Kattis packages, notebooks, CodeRunner questions in Moodle XML."""


@command.command("verify")
@PACKAGE
@PROTOTYPES
@click.option("--time-limit", type=float, help="Seconds a test, in place of the package's.")
@KIND
@LANGUAGES_FOLDER
@JSON
def verify(package: Path, prototypes: tuple[Path, ...], time_limit: float | None, kind: str, *, as_json: bool) -> None:
    """Run a package's own submissions, and compare what they come to with what their author expects.

    Of a CodeRunner question that is its answer. Ends with 0 where none differs.
    """
    done: list[dict[str, Any]] = []
    found = _read(package, prototypes)
    with sandbox_of(kind) as sandbox:
        for read in found.problems:
            if isinstance(read, Refused):
                done.append({"title": read.title, "refused": read.why, "submissions": []})
                if not as_json:
                    click.echo(f"{read.title}: {read.why}")
                continue
            done.append(_verified(sandbox, read, time_limit, is_told=not as_json))
    lines = [line for one in done for line in one["submissions"]]
    differing, run = [line["agrees"] for line in lines].count(False), [line["agrees"] is not None for line in lines]
    if as_json:
        # A package is one problem; a question bank and a folder of packages have several.
        is_bank = found.format is Format.MOODLE or len(done) > 1
        click.echo(json.dumps(done if is_bank else done[0], indent=2))
    else:
        click.echo(f"{sum(run) - differing} of {sum(run)} as expected; {len(run) - sum(run)} not compared")
    sys.exit(1 if differing else 0)


def _read(package: Path, prototypes: Sequence[Path]) -> Found:
    return formats.read(package, [one.read_bytes() for one in prototypes])


def _verified(sandbox: Sandbox, read: Package, time_limit: float | None, *, is_told: bool) -> dict[str, Any]:
    read = packages.settled(sandbox, read)
    limit, where = (round(time_limit * 1000), "as asked") if time_limit else packages.calibrated(sandbox, read)
    if is_told:
        count = sum(len(one.tests) for one in read.groups)
        click.echo(f"{read.title}: {count} tests, limit {limit / 1000:g} s ({where})")
        for words in read.report:
            click.echo(f"note           {words}")
    found = packages.verify(sandbox, read, cpu_ms=limit, on_done=_say if is_told else lambda _: None)
    return {
        "title": read.title, "cpu_ms": limit, "report": list(read.report), "submissions": [_line(one) for one in found],
    }  # fmt: skip


@command.command("import")
@PACKAGE
@PROTOTYPES
@click.option("--tenant", default=None, help="The institution; needed where there are several.")
@click.option("--publish", is_flag=True, help="Publish it, if its own submissions come to what their author expects.")
@click.option("--partly", is_flag=True, help="Bring in, as drafts, also what would lose something.")
@click.option("--again", is_flag=True, help="As the next version of a problem of that name, where there is one.")
@click.option(
    "--new-only", is_flag=True, help="Leave out what is here already, with the same statement, tests or questions."
)
def import_(
    package: Path, prototypes: tuple[Path, ...], *, tenant: str | None, publish: bool, partly: bool, again: bool, new_only: bool
) -> None:  # fmt: skip
    """Put problems into the problem bank, as drafts or published.

    PACKAGE is a folder or a ZIP archive, of one problem or of several beside each other, a notebook, or a Moodle XML file with
    CodeRunner questions. Ends with 1 where one was to be published and is not, or was not brought in.
    """
    found = _read(package, prototypes).problems
    with create_app().app_context():
        held = adapters.installed()
        with sandbox_of(held.settings.sandbox) as sandbox:
            bringing = _Bringing(
                sandbox, institution(tenant), publish=publish, partly=partly, again=again, new_only=new_only
            )
            states = Counter(bringing.bring_in(one) for one in found)
    if len(found) > 1:
        click.echo("; ".join(f"{count} {state}" for state, count in states.items()))
    sys.exit(0 if set(states) <= {"published" if publish else "kept as a draft", "left out"} else 1)


@dataclasses.dataclass(frozen=True)
class _Bringing:
    """Brings problems in one by one, and says of each what became of it."""

    sandbox: Sandbox
    tenant_id: uuid.UUID
    publish: bool
    partly: bool
    again: bool
    new_only: bool

    def bring_in(self, read: Package | Refused) -> str:
        if isinstance(read, Refused):
            click.echo(f"{read.title}\nnot brought in: {read.why}")
            return "not brought in"
        missing = [one for one in (read.harness.templates if read.harness else ()) if one not in available_languages()]
        losses = [*read.losses, *(f"It is answered in {one}, which is not on this machine." for one in missing)]
        if losses and not self.partly:
            self._tell(read, "", [*(one for one in read.report if one not in losses), *losses])
            click.echo("not brought in: with --partly it is, as a draft, without what is named above")
            return "not brought in"
        try:
            return self._kept(read, losses)
        except GraderError as error:
            click.echo(f"{read.slug}: {read.title}\nnot brought in: {error.message}", err=True)
            return "not brought in"

    def _kept(self, read: Package, losses: list[str]) -> str:
        read = packages.settled(self.sandbox, read)
        alike, is_known = self._alike(read)
        if is_known and self.new_only:
            self._tell(read, "", alike)
            click.echo("left out")
            return "left out"
        limit, where = packages.calibrated(self.sandbox, read)
        found = packages.verify(self.sandbox, read, cpu_ms=limit) if self.publish else []
        draft = keeping.draft_of(read, cpu_ms=limit, put=adapters.installed().blobs.put)
        differing = [one for one in found if one.agrees is False]
        is_proper = is_proved(found) or (self.publish and draft.quiz is not None)
        is_published = is_proper and not differing and not losses
        with transaction(self.tenant_id):
            there = problem_named(draft.slug) if self.again else None
            version = operations.create_version(there.id, draft) if there else operations.create_problem(draft)
            now = dt.datetime.now(dt.UTC)
            if found:
                record_verified(version, found, draft.submissions, at=now)
            if is_published:
                operations.publish(version, at=now)
        self._tell(read, f", limit {limit / 1000:g} s a test ({where})", dict.fromkeys([*read.report, *losses, *alike]))
        for one in differing:
            _say(one)
        if self.publish and not is_published:
            why = "its submissions differ" if differing else "no accepted submission of it could be run here"
            click.echo(f"It stays a draft: {'it is not complete' if losses else why}.", err=True)
        else:
            click.echo("published" if is_published else "kept as a draft")
        return "published" if is_published else "kept as a draft"

    def _alike(self, read: Package) -> tuple[list[str], bool]:
        """Return in words what may be here already, and whether one of that is the same by more than its title."""
        told = {"title": read.title, "print": resembling.print_of(read)}
        with transaction(self.tenant_id):
            there = problem_named(read.slug) if self.again else None
            (line,) = resembling.marked([told], sa.true(), other_than=there.id if there else None)
            titles = resembling.titles_of({uuid.UUID(one["id"]) for one in line["alike"]}, sa.true())
        words = [
            f"It may be here already, as “{titles[uuid.UUID(one['id'])]}”: {one['because']}" for one in line["alike"]
        ]
        return words, any(one["because"] in resembling.SURE for one in line["alike"])

    def _tell(self, read: Package, more: str, report: Iterable[str]) -> None:
        click.echo(f"{read.slug}: {read.title}{more}")
        for words in report:
            click.echo(f"note           {words}")


@command.command("export")
@click.argument("slug")
@click.argument("target", type=click.Path(path_type=Path))
@click.option("--version", "number", type=int, help="Its number; without it the newest, be it a draft.")
@click.option(
    "--format",
    "format_",
    type=click.Choice([str(one) for one in {**formats.WRITABLE, **formats.writable_for(is_quiz=True)}]),
    default=str(Format.OWN),
    show_default=True,
)
@click.option("--tenant", default=None, help="The institution; needed where there are several.")
def export(slug: str, target: Path, *, number: int | None, format_: str, tenant: str | None) -> None:
    """Write a version of a problem into TARGET, a ZIP archive where its name ends in .zip, else a new folder.

    What the format cannot carry is said, line by line.
    """  # fmt: skip
    if target.exists():
        raise click.UsageError(f"{target} is there already: name another file, or remove it.")
    with create_app().app_context():
        with transaction(institution(tenant)):
            found = exporting.numbered(slug, number)
            if found is None:
                said = f" with a version {number}" if number else ""
                raise click.UsageError(f"There is no problem {slug!r}{said} here.")
            kept = exporting.kept_version(found)
        writes = formats.writable_for(is_quiz=kept.version.is_quiz).get(Format(format_))
        if writes is None:
            raise click.UsageError(
                f"{slug} cannot be written so: QTI is for quizzes, and Kattis packages are for programs."
            )
        written = writes(exporting.package_of(kept, adapters.installed().blobs.get))
    if target.suffix.lower() == ".zip":
        target.write_bytes(files.zipped(written.files, slug))
    else:
        files.unpack(written.files, target)
    for words in written.report:
        click.echo(f"note           {words}")
    click.echo(f"{slug}: {len(written.files)} files in {target}")


@command.command("schema")
def schema() -> None:
    """Print the JSON schema of lti-grader.yaml, for editors that check while one writes."""
    click.echo(json.dumps(ProblemForm.model_json_schema(), indent=2))


def _line(one: Verified) -> dict[str, Any]:
    return {
        "path": one.submission.path, "language": one.submission.language, "agrees": one.agrees, "why": one.why,
        "verdicts": sorted(one.verdicts),
        "expected": sorted(one.submission.expected) if one.submission.expected is not None else None,
    }  # fmt: skip


def _say(one: Verified) -> None:
    state = {True: "as expected", False: "DIFFERS", None: "not compared"}[one.agrees]
    came = ", ".join(sorted(one.verdicts)) or one.why
    wanted = " or ".join(sorted(one.submission.expected or ())) or "nothing said"
    click.echo(
        f"{state:<14} {one.submission.path.removeprefix('submissions/')}: {came}"
        + (f" (expected {wanted})" if one.agrees is False else "")
    )
    if one.agrees is False and one.why:
        click.echo("\n".join(f"               {line}" for line in one.why.splitlines()))
