"""Keys."""

import datetime as dt
import json

import click
from cryptography.fernet import Fernet

from lti_grader.app import create_app
from lti_grader.core.db import system_transaction
from lti_grader.lti import keys


@click.group("keys")
def command() -> None:
    """The keys that seal secrets, and those that sign."""


@command.command()
def generate() -> None:
    """Print a new key for ENCRYPTION_KEYS; put it in front of those that are there."""
    click.echo(Fernet.generate_key().decode())


@command.command()
@click.option(
    "--now", "unseen", is_flag=True, help="Also where LMSs may not know the next key yet: scores wait until they do."
)
def rotate(*, unseen: bool) -> None:
    """Sign with the next key from now on; the present one stays in the keyset for a day.

    Keys change by themselves every 90 days; this is for the day on which one has become known to others.
    """
    with create_app().app_context(), system_transaction():
        click.echo(keys.rotate(at=dt.datetime.now(dt.UTC), unseen=unseen))


@command.command("list")
def list_keys() -> None:
    """Print the signing keys as JSON: which signs, which waits, which is still shown."""
    with create_app().app_context(), system_transaction():
        click.echo(json.dumps(keys.listed(at=dt.datetime.now(dt.UTC)), indent=2))


@command.command()
def reseal() -> None:
    """Seal the signing keys anew with the first of ENCRYPTION_KEYS, so that the others can be taken away."""
    with create_app().app_context(), system_transaction():
        click.echo(f"{keys.reseal()} sealed anew")
