"""Keys."""

import datetime as dt

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
def rotate() -> None:
    """Sign with the next key from now on; the present one stays in the keyset for a day."""
    with create_app().app_context(), system_transaction():
        click.echo(keys.rotate(at=dt.datetime.now(dt.UTC)))
