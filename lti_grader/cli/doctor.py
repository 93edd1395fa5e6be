"""What is wrong, and what to do about it."""

import subprocess
import sys

import click
import sqlalchemy as sa

from lti_grader import adapters
from lti_grader.adapters.mail import Mail
from lti_grader.app import create_app
from lti_grader.assignments.languages import Language, available_languages, missing_languages
from lti_grader.core import tenancy
from lti_grader.core.db import db
from lti_grader.core.errors import GraderError, SettingsError
from lti_grader.core.settings import Settings
from lti_grader.grading.runners import available_runners, missing_runners
from lti_grader.grading.runners.checks import available_checks, missing_checks
from lti_grader.grading.sandbox import open_sandbox
from lti_grader.grading.similarity import comparing


@click.command("doctor")
def command() -> None:
    """Look at every part that this installation stands on, and name what is wrong.

    Where there is no installation it says that, and what this machine can judge all the same.
    """
    try:
        app = create_app()
    except SettingsError as error:
        click.echo(
            f"wrong    installation: {error.message}\nWhat this machine can judge without one (judge, problems verify):"
        )
        results = [False, _look("sandbox", lambda: _sandbox(Settings.model_fields["sandbox"].default))]
    else:
        with app.app_context():
            held = adapters.installed()
            results = [
                _look("database", _database),
                _look("redis", held.kv.ping),
                _look("storage", held.blobs.ping),
                _look("sandbox", lambda: _sandbox(held.settings.sandbox)),
                _look("mail", lambda: _mail(held.mail)),
            ]
    _look("similarity", comparing.node)
    _what_is_here()
    sys.exit(0 if all(results) else 1)


def _what_is_here() -> None:
    """Say which languages, runners and tools this machine has, and how to get the others."""
    for name, language in available_languages().items():
        click.echo(f"ok       language {name}: {', '.join(language.tools.values())}: {_version(language)}")
    for name, why in missing_languages().items():
        click.echo(f"missing  language {name}: {why}")
    for name, runner in available_runners().items():
        click.echo(f"ok       tests {name}: {_version(runner.language)}")
    for name, why in missing_runners().items():
        click.echo(f"missing  tests {name}: {why}")
    for name, tool in available_checks().items():
        click.echo(f"ok       style {name}: {', '.join(tool.file.languages)}")
    for name, why in missing_checks().items():
        click.echo(f"missing  style {name}: {why}")


def _version(language: Language) -> str:
    """Return the first line that a toolchain says of itself."""
    try:
        said = subprocess.run(language.version_argv(), capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"it does not start: {error}"
    return next((line.strip() for line in (said.stdout + said.stderr).splitlines() if line.strip()), "it says nothing")


def _look(name: str, check: object) -> bool:
    try:
        words = check()  # type: ignore[operator]
    except (GraderError, sa.exc.SQLAlchemyError) as error:
        click.echo(f"wrong    {name}: {getattr(error, 'message', None) or error}")
        return False
    click.echo(f"ok       {name}{': ' + words if words else ''}")
    return True


def _database() -> str:
    with db.engine.connect() as connection:
        tenancy.check_role(connection)
        return f"revision {connection.scalar(sa.text('SELECT version_num FROM alembic_version'))}"


def _mail(mail: Mail) -> str:
    if not mail.is_configured:
        return "no SMTP_HOST, so people are told on their page only"
    with mail.connect():
        return f"{mail.sender} may send"


def _sandbox(kind: str) -> str:
    sandbox = open_sandbox(kind)
    try:
        together = getattr(sandbox, "has_cgroups", False)
        weaker = (
            "" if together else "; no control groups here, so a program's processes are limited one by one in memory"
        )
        return sandbox.kind + weaker
    finally:
        sandbox.close()
