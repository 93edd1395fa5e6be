"""Administrators from the shell."""

import datetime as dt
import json

import click

from lti_grader.app import create_app
from lti_grader.core.db import transaction
from lti_grader.core.settings import Settings
from lti_grader.people import operations, queries

_TENANT = click.option("--tenant", default=None, help="The institution; needed where there are several.")


@click.group("admin")
def command() -> None:
    """Let administrators into the web pages, and see what they did."""


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


@command.command()
@_TENANT
@click.option("--name", required=True, help="Who it is for: their actions are noted under this name.")
@click.option("--new", is_flag=True, help="Make the institution if there is none of that name.")
def link(*, tenant: str | None, name: str, new: bool) -> None:
    """Print an address that signs a browser in, once, within 15 minutes."""
    name = name.strip()
    if not name or not name.isprintable() or len(name) > 100:
        raise click.BadParameter("give a name in one line of at most 100 characters", param_hint="--name")
    settings = Settings.read()
    with create_app(settings).app_context():
        tenant_id = operations.institution_of(tenant or "Default") if new else queries.institution(tenant)
        with transaction(tenant_id):
            token = operations.make_sign_in(name, at=_now())
    click.echo(f"{settings.public_url}/administration/sign-in/{token}")


@command.command("list")
@_TENANT
def list_administrators(tenant: str | None) -> None:
    """Print the administrators of an institution as JSON, each with their last sign-in."""
    with create_app().app_context():
        with transaction(queries.institution(tenant)):
            found = queries.administrators()
        lines = [
            {"name": name, "last_signed_in_at": last.isoformat() if last else None} for name, last in found.items()
        ]
    click.echo(json.dumps(lines, indent=2))


@command.command()
@_TENANT
@click.option("--name", required=True)
def end(tenant: str | None, name: str) -> None:
    """End an administrator's sessions, and take back the addresses not yet used."""
    with create_app().app_context():
        with transaction(queries.institution(tenant)):
            ended = operations.end_all(name, at=_now())
        click.echo(f"{ended} ended")


@command.command()
@_TENANT
@click.option("--limit", default=100, show_default=True, type=click.IntRange(1, 10_000))
def trail(tenant: str | None, limit: int) -> None:
    """Print what administrators did, the latest first, as JSON."""
    with create_app().app_context():
        with transaction(queries.institution(tenant)):
            found = queries.actions(limit)
        lines = [
            {
                "at": one.at.isoformat(),
                "name": one.name,
                "action": one.action,
                "words": one.words,
                "details": one.details,
            }
            for one in found
        ]
    click.echo(json.dumps(lines, indent=2))
