"""Registering LMSs from the shell."""

import datetime as dt
import json
import uuid
from typing import IO

import click
import sqlalchemy as sa

from lti_grader import adapters
from lti_grader.app import create_app
from lti_grader.core.db import session, system_transaction, transaction
from lti_grader.core.settings import Settings
from lti_grader.lti import registration, registration_check, registration_invitations
from lti_grader.lti.models import Deployment, Platform
from lti_grader.people.operations import institution_of
from lti_grader.people.queries import institution


@click.group("platforms")
def command() -> None:
    """Register LMSs and see which are registered."""


def _show(platform_id: uuid.UUID, tenant_id: uuid.UUID) -> dict[str, object]:
    with transaction(tenant_id):
        platform = session().get_one(Platform, platform_id)
        deployments = session().scalars(
            sa.select(Deployment.deployment_id).where(Deployment.platform_id == platform_id).order_by(Deployment.id)
        )
        return registration.describe(platform, list(deployments))


def _found(platform: str) -> tuple[uuid.UUID, uuid.UUID]:
    with system_transaction() as opened:
        row = opened.execute(
            sa.select(Platform.id, Platform.tenant_id).where(
                sa.or_(sa.cast(Platform.id, sa.Text) == platform, Platform.issuer == platform)
            )
        ).all()
    if len(row) != 1:
        raise click.ClickException(f"{platform} names {len(row)} platforms: give the id that `platforms list` shows.")
    return row[0].id, row[0].tenant_id


@command.command()
@click.option("--tenant", default="Default", show_default=True, help="The institution that the platform belongs to.")
@click.option(
    "--file", "source", type=click.File("r", encoding="utf-8"), default="-", help="JSON; - for standard input."
)
def add(tenant: str, source: IO[str]) -> None:
    """Register an LMS, described as JSON, and print it with the addresses that the LMS needs of this tool."""
    settings = Settings.read()
    with create_app(settings).app_context():
        platform_id = registration.add_platform(registration.read_registration(source.read()), tenant_name=tenant)
        shown = _show(*_found(str(platform_id)))
    click.echo(json.dumps({"platform": shown, "tool": registration.own_addresses(settings.public_url)}, indent=2))


@command.command("list")
def list_platforms() -> None:
    """Print all registered LMSs as JSON."""
    with create_app().app_context():
        with system_transaction() as opened:
            rows = opened.execute(sa.select(Platform.id, Platform.tenant_id).order_by(Platform.id)).all()
        click.echo(json.dumps([_show(*row) for row in rows], indent=2))


@command.command()
@click.option("--tenant", default=None, help="The institution; needed where there are several.")
@click.option("--new", is_flag=True, help="Make the institution if there is none of that name.")
@click.option("--days", default=3, show_default=True, type=click.IntRange(1, 30), help="How long the address is good.")
def invite(*, tenant: str | None, new: bool, days: int) -> None:
    """Print an address by which one LMS registers itself (LTI dynamic registration)."""
    settings = Settings.read()
    with create_app(settings).app_context():
        tenant_id = institution_of(tenant or "Default") if new else institution(tenant)
        with transaction(tenant_id):
            token = registration_invitations.make(
                administrator_id=None, at=dt.datetime.now(dt.UTC), lasts=dt.timedelta(days=days)
            )
    click.echo(f"{settings.public_url}/lti/register/{token}")


@command.command()
@click.argument("platform")
def disable(platform: str) -> None:
    """Refuse launches from an LMS, named by its id or issuer."""
    _set_disabled(platform, dt.datetime.now(dt.UTC))


@command.command()
@click.argument("platform")
def enable(platform: str) -> None:
    """Take launches from an LMS again."""
    _set_disabled(platform, None)


@command.command()
@click.argument("platform")
def test(platform: str) -> None:
    """Try a registration out, and say what works and what is missing; exit code 1 if something is."""
    with create_app().app_context():
        platform_id, tenant_id = _found(platform)
        lines = registration_check.check(tenant_id, platform_id, adapters.installed())
    for line in lines:
        click.echo(f"{line.state.upper():10} {line.name}: {line.words}")
        if line.said:
            click.echo(f"{'':10} The LMS answered: {line.said[:300]}")
    if any(line.state in (registration_check.State.MISSING, registration_check.State.BROKEN) for line in lines):
        raise SystemExit(1)


def _set_disabled(platform: str, at: dt.datetime | None) -> None:
    with create_app().app_context():
        platform_id, tenant_id = _found(platform)
        with transaction(tenant_id):
            session().get_one(Platform, platform_id).disabled_at = at
        click.echo(json.dumps(_show(platform_id, tenant_id), indent=2))
