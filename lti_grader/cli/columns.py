"""Columns of LMSs' gradebooks from the shell."""

import datetime as dt
import json
import uuid
from typing import Any

import click
import sqlalchemy as sa

from lti_grader import adapters
from lti_grader.app import create_app
from lti_grader.cli.scores import courses_of
from lti_grader.core.db import session, transaction
from lti_grader.lti.columns import asking, reads, tending
from lti_grader.lti.columns.reads import Course, Line
from lti_grader.lti.models import LineItem

_BY = "An operator, from the shell"


@click.group("columns")
def command() -> None:
    """See which columns a class's assignments have in its LMS courses, and have missing ones made."""


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


@command.command(name="list")
@click.argument("class_id", type=click.UUID)
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def list_columns(class_id: uuid.UUID, *, as_json: bool) -> None:
    """Show each assignment of a class in each of its LMS courses, and how its column stands."""
    with create_app().app_context():
        with transaction(courses_of(class_id)[0][0]):
            found = [_described(course, line) for course in reads.courses(class_id) for line in course.lines]
        if as_json:
            click.echo(json.dumps(found, indent=2))
            return
        for one in found:
            click.echo(
                "\t".join([one["course"], one["assignment"], one["state"], one["url"] or "-", one["error"] or "-"])
            )


@command.command()
@click.argument("class_id", type=click.UUID)
@click.option("--assignment", "item_id", type=click.UUID, help="This one only.")
def make(class_id: uuid.UUID, item_id: uuid.UUID | None) -> None:
    """Find or make the columns that a class's assignments lack, now; what an LMS does not take at once is tried again."""
    with create_app().app_context():
        tenant_id, held = courses_of(class_id)[0][0], adapters.installed()
        with transaction(tenant_id):
            owed = [
                (course, line)
                for course in reads.courses(class_id)
                for line in course.lines
                if line.lacks_column and item_id in (None, line.item_id)
            ]
        for course, line in owed:
            if course.refusal:
                click.echo(f"{course.title}\t{line.item}\tnot made\t{course.refusal}")
                continue
            with transaction(tenant_id):
                column_id = _ask(class_id, course, line)
            tending.tend(tenant_id, column_id, held, _now)
            with transaction(tenant_id):
                row = session().scalar(sa.select(LineItem).where(LineItem.id == column_id))
                said = (row.state, row.last_error or row.url or "-") if row is not None else ("ok", "-")
            click.echo("\t".join([course.title, line.item, *said]))
        if not owed:
            click.echo("no column is missing")


def _ask(class_id: uuid.UUID, course: Course, line: Line) -> uuid.UUID:
    if line.column is None:
        return asking.make(class_id, course.id, line.item_id, by=_BY, at=_now())
    asking.again(class_id, line.column.id, by=_BY, at=_now())
    return line.column.id


def _described(course: Course, line: Line) -> dict[str, Any]:
    column = line.column
    return {
        "course": course.title, "platform": course.platform, "assignment": line.item, "assignment_id": str(line.item_id),
        "maximum": float(line.maximum), "state": line.state, "url": column.url if column else None,
        "lms_label": column.lms_label if column else None,
        "lms_maximum": float(column.lms_maximum) if column and column.lms_maximum is not None else None,
        "waiting": line.waiting, "error": (column.last_error if column else None) or course.refusal or None,
    }  # fmt: skip
