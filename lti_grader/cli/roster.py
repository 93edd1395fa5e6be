"""Rosters from the shell."""

import datetime as dt
import uuid

import click
import sqlalchemy as sa

from lti_grader import adapters
from lti_grader.app import create_app
from lti_grader.core.db import system_transaction
from lti_grader.lti import roster
from lti_grader.lti.errors import RosterBusy, ServiceError
from lti_grader.lti.models import ClassContext


@click.group("roster")
def command() -> None:
    """Bring rosters up to date."""


@command.command()
@click.argument("class_id", type=click.UUID)
def sync(class_id: uuid.UUID) -> None:
    """Read the roster of a class from its LMS courses now."""
    with create_app().app_context():
        with system_transaction() as opened:
            rows = opened.execute(
                sa.select(ClassContext.tenant_id, ClassContext.id).where(ClassContext.class_id == class_id)
            ).all()
        if not rows:
            raise click.ClickException("There is no class of that id.")
        for tenant_id, context_id in rows:
            try:
                synced = roster.sync(tenant_id, context_id, adapters.installed(), at=dt.datetime.now(dt.UTC))
            except (ServiceError, RosterBusy) as error:
                raise click.ClickException(error.message) from None
            click.echo("this LMS offers no roster" if synced is None else _in_words(synced))


def _in_words(synced: roster.Synced) -> str:
    words = f"{synced.members} members, {synced.joined} joined, {synced.changed} changed, {synced.dropped} dropped"
    if synced.held:
        words += f"; {synced.held} are missing and were kept: the class's staff can confirm that they have left"
    return words
