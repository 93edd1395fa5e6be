"""Operator commands: `lti-grader ...`."""

import importlib
import os
import sys
from collections.abc import Sequence
from typing import Any

import click
from sqlalchemy.exc import OperationalError

from lti_grader.core.errors import GraderError
from lti_grader.embedded.state import default_path, settings_file

_COMMANDS = {
    "admin": "admin",
    "audit": "audit",
    "class": "classes",
    "columns": "columns",
    "up": "up",
    "database": "database",
    "platforms": "platforms",
    "keys": "keys",
    "roster": "roster",
    "scores": "scores",
    "doctor": "doctor",
    "load": "load",
    "judge": "judging",
    "problems": "problems",
    "seed": "seed",
}


class _Lazy(click.Group):
    """Reads a command's module when it is called: `--help` need not load the web application."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        command = importlib.import_module(f"lti_grader.cli.{_COMMANDS[cmd_name]}").command
        assert isinstance(command, click.Command)
        return command


@click.group(cls=_Lazy)
@click.version_option(package_name="lti-grader")
@click.pass_context
def cli(context: click.Context) -> None:
    """An LTI 1.3 grading tool: start it, register platforms, see what is wrong."""
    if context.invoked_subcommand not in ("up", "judge"):
        _find_installation()


def _find_installation() -> None:
    """Where no settings are given, take those of the installation that `up` started from here."""
    if os.environ.get("LTI_GRADER_CONFIG") or os.environ.get("DATABASE_URL"):
        return
    file = settings_file(default_path(os.environ))
    if file.is_file():
        click.echo(f"Settings: {file}", err=True)
        os.environ["LTI_GRADER_CONFIG"] = str(file)


def main(argv: Sequence[str] | None = None) -> Any:
    """Run a command; what went wrong is said in words, with exit code 2."""
    try:
        return cli(args=argv, standalone_mode=True)
    except GraderError as error:
        click.echo(error.message, err=True)
        sys.exit(2)
    except OperationalError as error:
        why = str(error.orig).partition("\n")[0]
        click.echo(f"The database does not answer: {why}. `lti-grader doctor` looks at every part.", err=True)
        sys.exit(2)
