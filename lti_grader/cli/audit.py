"""The log of changes from the shell."""

import json
import sys

import click

from lti_grader.app import create_app
from lti_grader.audit.verifying import Head, Verified, verify
from lti_grader.core.db import transaction
from lti_grader.people import queries


@click.group("audit")
def command() -> None:
    """See that nobody altered the log of who changed what."""


def _head(_context: click.Context, _option: click.Parameter, text: str | None) -> Head | None:
    if text is None:
        return None
    try:
        return Head.read(text)
    except ValueError as error:
        raise click.BadParameter(f"give a number, a colon and a hash, as `audit verify` prints them: {error}") from None


@command.command("verify")
@click.option("--tenant", help="The institution; needed where there are several.")
@click.option(
    "--head", "known", callback=_head, help="What an earlier run printed: the log still has to lead through it."
)
@click.option("--json", "as_json", is_flag=True, help="For programs to read.")
def verify_log(tenant: str | None, known: Head | None, *, as_json: bool) -> None:
    """Look through an institution's log of changes for rows that were altered, removed or put in.

    Prints its head: keep that where nobody who reaches the database can change it, and name it next time. Ends with 0 where all is
    as it was written, with 1 where not.
    """
    with create_app().app_context():
        tenant_id = queries.institution(tenant)
        with transaction(tenant_id):
            found = verify(tenant_id, known=known)
    click.echo(json.dumps(_as_json(found), indent=2) if as_json else _in_words(found))
    sys.exit(1 if found.flaws else 0)


def _in_words(found: Verified) -> str:
    lines = [f"row {flaw.number}: {flaw.what}" for flaw in found.flaws]
    erased = f", {found.erased} of them without what was erased with a person" if found.erased else ""
    state = "not as it was written" if found.flaws else "as it was written"
    head = f"\nhead {found.head}" if found.head and not found.flaws else ""
    return "\n".join([*lines, f"{found.rows} rows looked at{erased}: {state}.{head}"])


def _as_json(found: Verified) -> dict[str, object]:
    return {
        "rows": found.rows,
        "erased": found.erased,
        "head": str(found.head) if found.head else None,
        "flaws": [{"number": flaw.number, "what": flaw.what} for flaw in found.flaws],
    }
