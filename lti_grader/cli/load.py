"""What waits to be judged and to be sent, in words."""

import datetime as dt

import click

from lti_grader import adapters
from lti_grader.app import create_app
from lti_grader.grading.load import load
from lti_grader.lti.on_their_way import on_their_way


@click.command("load")
def command() -> None:
    """Say what waits to be judged and sent, and how many workers it would take."""
    now = dt.datetime.now(dt.UTC)
    with create_app().app_context():
        found, scores = load(at=now), on_their_way(at=now)
        within = adapters.installed().settings.queue_seconds
    click.echo(f"{'':<10}{'waiting':>9}{'running':>9}{'oldest':>10}")
    for rank, queued in found.ranks.items():
        click.echo(f"{rank:<10}{queued.waiting:>9}{queued.running:>9}{queued.oldest_seconds:>8.0f} s")
    click.echo(f"A worker takes {found.judging_seconds:.1f} s for one.")
    click.echo(f"To have all of it judged within {within:g} s: {found.workers_wanted(within)} workers.")
    click.echo(f"Could not be judged in the last 24 hours: {found.given_up}.")
    waiting = ", ".join(f"{count} {status}" for status, count in scores.by_status.items())
    click.echo(f"Scores on their way: {waiting}; the oldest for {scores.oldest_seconds:.0f} s.")
