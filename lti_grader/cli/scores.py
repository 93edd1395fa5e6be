"""Scores from the shell."""

import datetime as dt
import uuid

import click
import sqlalchemy as sa

from lti_grader import adapters
from lti_grader.app import create_app
from lti_grader.core.db import session, system_transaction, transaction
from lti_grader.lti import board_reconciliations, exports, reconciliation
from lti_grader.lti.board_models import Reconciliation
from lti_grader.lti.models import ClassContext
from lti_grader.people import queries as people


@click.group("scores")
def command() -> None:
    """Compare scores with what the LMSs hold, and take them out."""


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


@command.command()
@click.argument("class_id", type=click.UUID)
def reconcile(class_id: uuid.UUID) -> None:
    """Read what the LMS holds for a class, and say what differs. Nothing there is written over."""
    with create_app().app_context():
        for tenant_id, context_id in courses_of(class_id):
            run_id = reconciliation.reconcile(tenant_id, context_id, adapters.installed(), _now)
            if run_id is None:
                click.echo("this course has no columns of ours")
                continue
            with transaction(tenant_id):
                run = session().get_one(Reconciliation, run_id)
                click.echo(f"{run.columns} columns, {run.compared} scores, {run.differing} differences")
                for line in board_reconciliations.findings(run_id):
                    row = line.row
                    click.echo(f"{row.kind}\t{line.item}\t{line.student or '-'}\t{row.ours}\t{row.theirs}\t{row.words}")
            if run.error:
                raise click.ClickException(run.error)


@command.command()
@click.argument("class_id", type=click.UUID, required=False)
@click.option("--tenant", "institution", help="The institution, where there are several.")
@click.option("--format", "form", type=click.Choice(["csv", "oneroster"]), default="csv", show_default=True)
@click.option("--output", type=click.Path(dir_okay=False, writable=True), required=True)
@click.option("--bom", is_flag=True, help="Begin the CSV with a byte order mark, for spreadsheets that want one.")
@click.option("--by-email", is_flag=True, help="OneRoster: call students by their e-mail addresses.")
def export(
    class_id: uuid.UUID | None, institution: str | None, form: str, output: str, *, bom: bool, by_email: bool
) -> None:
    """Write the scores of a class, or of the whole institution, into a file."""
    with create_app().app_context():
        if class_id is not None:
            tenant_id, class_ids = courses_of(class_id)[0][0], [class_id]
        else:
            tenant_id = people.institution(institution)
            class_ids = exports.classes_with_scores(tenant_id)
        if form == "csv":
            parts = exports.board_csv(tenant_id, class_ids, bom=bom)
        else:
            parts = exports.one_roster(tenant_id, class_ids, by_email=by_email, at=_now())
        with open(output, "wb") as file:
            file.writelines(parts)
        click.echo(f"{len(class_ids)} {'class' if len(class_ids) == 1 else 'classes'} written to {output}")


def courses_of(class_id: uuid.UUID) -> list[tuple[uuid.UUID, uuid.UUID]]:
    """Return (tenant, LMS course) of a class."""
    with system_transaction() as opened:
        rows = opened.execute(
            sa.select(ClassContext.tenant_id, ClassContext.id).where(ClassContext.class_id == class_id)
        ).all()
    if not rows:
        raise click.ClickException("There is no class of that id.")
    return [(tenant_id, context_id) for tenant_id, context_id in rows]
