"""Everything on one machine, with one command."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import FrameType

import click

from lti_grader.core.settings import Settings
from lti_grader.embedded.stack import (
    Servers,
    demo_lms,
    full_environment,
    missing_servers,
    own_settings,
    web,
    workers,
)
from lti_grader.embedded.state import CannotStart, StateFolder, default_path


class _Stop(Exception):
    pass


def _stop(number: int, frame: FrameType | None) -> None:
    raise _Stop


def _run_once(command: list[str], env: dict[str, str]) -> None:
    done = subprocess.run(command, env=env, stdin=subprocess.DEVNULL, check=False)
    if done.returncode != 0:
        raise CannotStart(f"`{' '.join(command[2:])}` failed; what it said is above.")


@click.command("up")
@click.option(
    "--state",
    type=click.Path(path_type=Path, file_okay=False),
    default=None,
    help="Where everything is kept; ./var by default.",
)
@click.option(
    "--port", type=int, default=None, help="The tool's port; the one of the last time by default, or a free one."
)
@click.option("--lms-port", type=int, default=None, help="The demo LMS's port, likewise.")
@click.option("--demo/--no-demo", default=True, help="Also start the demo LMS, and fill its course at the first start.")
def command(state: Path | None, port: int | None, lms_port: int | None, *, demo: bool) -> None:
    """Start the servers that are not given by the environment, the web, the workers, and a demo LMS."""
    began = time.monotonic()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, _stop)
    folder = StateFolder(state or default_path(os.environ))
    folder.lock()
    missing = missing_servers(os.environ)
    click.echo(f"Starting {', '.join(sorted(missing)) or 'nothing of its own'}; everything is kept in {folder.path}")
    servers = Servers(folder, missing, click.echo)
    try:
        _run(servers, folder, {"web": port, "lms": lms_port}, began, demo=demo)
    except _Stop:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        click.echo("Stopping.")
    finally:
        servers.supervisor.stop_all()
    sys.exit(0)


def _run(servers: Servers, folder: StateFolder, wanted: dict[str, int | None], began: float, *, demo: bool) -> None:
    servers.start()
    ports = folder.ports(["web", "lms"], wanted)
    more = {**servers.env, **own_settings(folder, os.environ, ports["web"])}
    os.environ.update(more)
    folder.tell_settings({name: value for name, value in more.items() if name.lower() in Settings.model_fields})
    env = full_environment(os.environ, more)
    supervisor = servers.supervisor
    if demo:
        supervisor.start(demo_lms(env, folder, ports["lms"]))
    # In processes of their own: what they need of memory goes with them.
    _run_once([sys.executable, "-m", "lti_grader.cli", "database", "upgrade"], env)
    supervisor.start(web(env, ports["web"]))
    for service in workers(env):
        supervisor.start(service)
    click.echo(f"\nThe tool answers at {env['PUBLIC_URL']} after {time.monotonic() - began:.0f} s.")
    if demo:
        lms_url = f"http://localhost:{ports['lms']}"
        _run_once([sys.executable, "-m", "lti_grader.demo.seed", lms_url], env)
        click.echo(f"\n  Open {lms_url} and choose who to be: a teacher, a student, the registrar.\n")
    click.echo(f"Logs: {folder.path / 'log'}. Stop with Ctrl-C.")
    while True:
        supervisor.watch()
        time.sleep(0.5)
