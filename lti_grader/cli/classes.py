"""Whole classes from the shell."""

import datetime as dt
import os
import uuid
from pathlib import Path

import click
import sqlalchemy as sa

from lti_grader import adapters
from lti_grader.app import create_app
from lti_grader.classes.models import Class, Role
from lti_grader.classes.queries import Membership
from lti_grader.core.acting import acting
from lti_grader.core.db import session, system_transaction, transaction
from lti_grader.core.errors import GraderError
from lti_grader.people.models import Tenant
from lti_grader.transfer.bringing import bring, everything
from lti_grader.transfer.contents import packed
from lti_grader.transfer.reading import opened


@click.group("class")
def command() -> None:
    """Take a class out as a file, and bring what is taught in from one."""


@command.command("export")
@click.argument("class_id", type=click.UUID)
@click.option("--to", "target", type=click.Path(dir_okay=False, path_type=Path), required=True, help="The ZIP file.")
@click.option("--teaching-only", is_flag=True, help="What is taught, and nobody's name or work.")
def export(class_id: uuid.UUID, target: Path, *, teaching_only: bool) -> None:
    """Write everything that is held of a class into a ZIP file; docs/class-files.md says what is where."""
    with create_app().app_context():
        tenant_id = _tenant_of(class_id)
        part = target.with_name(f"{target.name}.part")
        try:
            made = packed(
                tenant_id, class_id, adapters.installed().blobs, with_work=not teaching_only, at=dt.datetime.now(dt.UTC)
            )  # fmt: skip
            # Nobody else on this machine reads it, and nobody takes a part of it for all.
            with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.writelines(made.parts)
            part.replace(target)
        except OSError as error:
            raise click.ClickException(f"{target} cannot be written: {error.strerror}.") from None
        except GraderError as error:
            raise click.ClickException(error.message) from None
        finally:
            part.unlink(missing_ok=True)
    click.echo(f"{target}: {target.stat().st_size} bytes")
    if made.missing:
        click.echo(f"{made.missing} files are gone from the store; MISSING.txt in it lists them", err=True)


def _tenant_of(class_id: uuid.UUID) -> uuid.UUID:
    """Return the institution of a class: of a handful of them, one has it."""
    with system_transaction() as opened:
        tenants = opened.scalars(sa.select(Tenant.id)).all()
    for tenant_id in tenants:
        with transaction(tenant_id):
            if session().get(Class, class_id) is not None:
                return tenant_id
    raise click.ClickException("There is no class of that id; the address of its page has it.")


@command.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--into", "class_id", type=click.UUID, required=True, help="The class.")
@click.option("--weeks", type=int, default=0, help="By how many weeks dates are later; negative for earlier.")
def import_(file: Path, class_id: uuid.UUID, weeks: int) -> None:
    """Bring what is taught in the class of a FILE into another; what stands there already stays as it is.

    Problems and comments that come are the owner's of the class. Students see nothing of it until a teacher publishes it.
    """
    with create_app().app_context():
        tenant_id = _tenant_of(class_id)
        with transaction(tenant_id):
            owner = session().get_one(Class, class_id).owner_id
        if owner is None:
            raise click.ClickException("The class has no owner: a teacher opens it from its course first.")
        place = Membership(class_id, owner, Role.TEACHER)
        try:
            with file.open("rb") as held, acting(owner):
                given = opened(held)
                came = bring(
                    place, tenant_id, given, everything(given), weeks, adapters.installed().blobs, at=dt.datetime.now(dt.UTC)
                )  # fmt: skip
        except GraderError as error:
            raise click.ClickException(error.message) from None
    click.echo(f"{came.items} came, with {came.problems} new problems")
    if came.sets or came.comments:
        click.echo(f"{len(came.sets)} sets of groups came, empty, and {came.comments} comments for marking")
    for one in came.left_out:
        click.echo(f"left out: {one}", err=True)
