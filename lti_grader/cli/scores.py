"""Scores from the shell."""

import datetime as dt
import uuid

import click
import sqlalchemy as sa

from lti_grader import adapters
from lti_grader.app import create_app
from lti_grader.core.db import session, system_transaction, transaction
from lti_grader.lti import board_reconciliations, reconciliation
from lti_grader.lti.board_models import Reconciliation
from lti_grader.lti.models import ClassContext


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


def courses_of(class_id: uuid.UUID) -> list[tuple[uuid.UUID, uuid.UUID]]:
    """Return (tenant, LMS course) of a class."""
    with system_transaction() as opened:
        rows = opened.execute(
            sa.select(ClassContext.tenant_id, ClassContext.id).where(ClassContext.class_id == class_id)
        ).all()
    if not rows:
        raise click.ClickException("There is no class of that id.")
    return [(tenant_id, context_id) for tenant_id, context_id in rows]
