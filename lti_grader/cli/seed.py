"""A made-up department, for looking around in and for measuring."""

import datetime as dt
import os
import sys
import time
from pathlib import Path

import click
import httpx
import sqlalchemy as sa

from lti_grader import adapters
from lti_grader.app import create_app
from lti_grader.core.db import system_transaction
from lti_grader.demo.department import making, opening, removing
from lti_grader.embedded.state import default_path, kept_port
from lti_grader.people.models import Tenant

NAME = "Made-up University"


@click.command("seed")
@click.option(
    "--institution", default=NAME, show_default=True, help="What it is called; no real institution may have the name."
)
@click.option("--students", type=click.IntRange(3, 20_000), default=1000, show_default=True)
@click.option("--seed", type=int, default=1, show_default=True, help="Another number makes other people.")
@click.option(
    "--test-results",
    type=click.IntRange(1, 5_000_000),
    help="About how many, by more tries of each; 250 a student by default.",
)
@click.option("--demo-lms", metavar="URL", help="A demo LMS to open it from; that of `make demo` is found without.")
@click.option("--remove", is_flag=True, help="Take it away again, with all that belongs to it.")
@click.option("--yes", is_flag=True, help="Do not ask, whatever else is in the database.")
def command(
    institution: str,
    students: int,
    seed: int,
    test_results: int | None,
    demo_lms: str | None,
    *,
    remove: bool,
    yes: bool,
) -> None:
    """Make up a whole department: three courses with sixty assignments, students, and a term of their work.

    It gets an institution of its own, is never sent to an LMS, and can be removed as a whole. Where a demo LMS runs, that gets its
    courses and people.
    """
    with create_app().app_context():
        lms_url = demo_lms or _running_lms(default_path(os.environ))
        if remove:
            _remove(institution, lms_url, yes=yes)
        else:
            wish = making.Wish(institution, students, seed, dt.datetime.now(dt.UTC), test_results)
            _make(wish, lms_url, yes=yes)


def _make(wish: making.Wish, lms_url: str | None, *, yes: bool) -> None:
    real = _real_institutions()
    if real and not yes:
        click.confirm(
            f"This database has real institutions: {', '.join(real)}. {wish.institution!r} is kept apart from them, and takes"
            " room and time of the same server. Go on?", abort=True,
        )  # fmt: skip
    began, bar = time.monotonic(), _Bar()
    made = making.make(wish, adapters.installed().blobs, bar)
    click.echo(
        f"\n{wish.institution!r} is made, in {time.monotonic() - began:.0f} s, {bar.took():.0f} s of them for the attempts:\n"
    )
    for line in made.tally.lines():
        click.echo(line)
    click.echo(
        "\nEvery trigger ran, and the log of changes tells of classes, assignments and extensions. What was passed over are the"
        "\nsteps after a submission: nobody is notified of made-up marks, and no LMS hears of them."
    )
    click.echo("\nClasses:")
    for one in made.classes:
        click.echo(f"  {one.course.title:<36} {len(one.members):>6,} students  /classes/{one.class_id}")
    if lms_url is not None:
        opening.let_in(made, lms_url, adapters.installed().settings.public_url)
        click.echo(
            f"\nTo look around in it, open {lms_url} and choose who to be: below each of its courses are the teachers, the"
            "\nassistants and some students. The tool is in the course's menu."
        )
    click.echo(f"\nTo take all of it away: lti-grader seed --remove{_named(wish.institution)}")


def _named(institution: str) -> str:
    return "" if institution == NAME else f' --institution "{institution}"'


def _remove(institution: str, lms_url: str | None, *, yes: bool) -> None:
    tenant_id = removing.find(institution)
    if not yes:
        click.confirm(f"Remove {institution!r} with all its people, classes and work?", abort=True)
    if lms_url is not None:
        opening.let_out(tenant_id, lms_url)
    rows = removing.remove(tenant_id)
    click.echo(
        f"{institution!r} is gone: {rows:,} rows, and its log of changes. Program texts stay in the object store."
    )


def _running_lms(state: Path) -> str | None:
    """Return the address of the demo LMS of a state folder, None where none runs."""
    port = kept_port(state, "lms")
    if port is None:
        return None
    try:
        httpx.get(f"http://127.0.0.1:{port}/keys", timeout=5, trust_env=False).raise_for_status()
    except httpx.HTTPError:
        return None
    return f"http://localhost:{port}"


def _real_institutions() -> list[str]:
    with system_transaction() as opened:
        return list(opened.scalars(sa.select(Tenant.name).where(Tenant.generated_at.is_(None)).order_by(Tenant.name)))


class _Bar:
    """Says how far it has come: one line that is written over where somebody looks, and none where it goes into a file."""

    def __init__(self) -> None:
        self._words, self._began, self._seconds = "", time.monotonic(), 0.0

    def __call__(self, words: str, done: int, of: int) -> None:
        if words != self._words:
            self._words, self._began = words, time.monotonic()
        self._seconds = time.monotonic() - self._began
        if sys.stderr.isatty():
            filled = round(30 * done / of) if of else 30
            click.echo(f"\r{words:<28} [{'#' * filled:<30}] {done:>5} of {of}", nl=done == of, err=True)
        elif done == of:
            click.echo(f"{words}: {of} in {self._seconds:.1f} s", err=True)

    def took(self) -> float:
        """Return how many seconds the last step took."""
        return self._seconds
