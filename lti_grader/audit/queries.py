"""Reads of the log of changes: what was done, the latest first."""

import dataclasses
import datetime as dt
import itertools
import uuid
from collections.abc import Collection, Iterator, Sequence
from typing import Any

import sqlalchemy as sa

from lti_grader.audit import words
from lti_grader.audit.models import AuditEntry
from lti_grader.audit.words import Line
from lti_grader.classes.groups.models import GroupSet, StudentGroup
from lti_grader.classes.models import Class, ContentItem, ContentType, Module
from lti_grader.core.db import session
from lti_grader.people.models import User
from lti_grader.problems.models import Problem, ProblemVersion

AT_ONCE = 150
"""Rows on a page; what belongs to one act stands together."""
_MOST_LINES = 20
# Two tables hold one thing.
_JOINED = {"assignments": "content_items", "materials": "content_items"}


@dataclasses.dataclass(frozen=True)
class Act:
    """What was done at once: all that one transaction changed.

    `who` is a person's name, or says that nobody was signed in.
    """

    at: dt.datetime
    who: str
    actor_id: uuid.UUID | None
    lines: Sequence[Line]
    left_out: int
    """How many more things it changed than `lines` tells."""


@dataclasses.dataclass(frozen=True)
class Acts:
    """A part of the log; `older` is the number before which the next part begins, None at the beginning of it all."""

    acts: Sequence[Act]
    older: int | None


def acts(*conditions: sa.ColumnElement[bool], before: int | None = None) -> Acts:
    """Return what was done.

    Parameters
    ----------
    conditions
        On columns of `AuditEntry`: whose and of what.
    before
        A number: older ones only.
    """
    entry = AuditEntry
    query = sa.select(entry).where(entry.number.is_not(None), *conditions).order_by(entry.number.desc())
    if before is not None:
        query = query.where(entry.number < before)
    rows = session().scalars(query.limit(AT_ONCE + 1)).all()
    shown, names, own_role = rows[:AT_ONCE], _names(rows), session().scalar(sa.text("SELECT session_user"))
    materials = _materials(rows)
    found = []
    for (at, actor_id, role), group in itertools.groupby(shown, key=lambda one: (one.at, one.actor_id, one.role)):
        lines = [words.line(one, names, is_material=_is_of(one, materials)) for one in _things(list(group))]
        who = names.get(actor_id, "Somebody who is gone") if actor_id else _nobody(role, own_role)
        found.append(Act(at, who, actor_id, lines[:_MOST_LINES], max(0, len(lines) - _MOST_LINES)))
    return Acts(found, shown[-1].number if len(rows) > AT_ONCE else None)


def _materials(entries: Sequence[AuditEntry]) -> frozenset[uuid.UUID]:
    """Return which of the items that these lead to are materials, also those that are gone."""
    gone = {one.subject_id for one in entries if one.subject == "materials"}
    items = {one.subject_id for one in entries if one.subject == "content_items"} - gone
    query = sa.select(ContentItem.id).where(ContentItem.id.in_(items), ContentItem.type == ContentType.MATERIAL)
    return frozenset(gone | set(session().scalars(query) if items else ()))


def _is_of(thing: Sequence[AuditEntry], subjects: Collection[uuid.UUID]) -> bool:
    return thing[0].subject_id in subjects


def _nobody(role: str, own_role: str | None) -> str:
    if role == own_role:
        return "This tool, by itself or by a command"
    return f"By hand in the database ({role})"


def _things(group: Sequence[AuditEntry]) -> Iterator[Sequence[AuditEntry]]:
    """Yield the entries of an act by what they are about, as they were made."""
    things: dict[tuple[str, uuid.UUID, str], list[AuditEntry]] = {}
    for one in reversed(group):
        things.setdefault((_JOINED.get(one.subject, one.subject), one.subject_id, one.action), []).append(one)
    return iter(things.values())


def actors(*conditions: sa.ColumnElement[bool]) -> Sequence[User]:
    """Return who did any of it, by name."""
    ids = sa.select(AuditEntry.actor_id).where(*conditions).distinct()
    found = session().scalars(sa.select(User).where(User.id.in_(ids)))
    return sorted(found, key=lambda one: one.display_name.casefold())


_NAMED = (ContentItem.title, Module.title, Problem.title, Class.name, GroupSet.name, StudentGroup.name)


def _names(entries: Sequence[AuditEntry]) -> dict[uuid.UUID, str]:
    """Return what everything that these lead to is called now."""
    wanted = {one for entry in entries for one in (entry.actor_id, entry.student_id, entry.subject_id) if one}
    wanted |= {found for entry in entries for part in (entry.before, entry.after) for found in _ids_in(part)}
    if not wanted:
        return {}
    names = {one.id: one.display_name for one in session().scalars(sa.select(User).where(User.id.in_(wanted)))}
    tables = [(column.class_.id, column) for column in _NAMED]
    # Of a domain above this one, which has no business there.
    category = sa.table("gradebook_categories", sa.column("id", sa.UUID), sa.column("name", sa.Text))
    for own_id, title in [*tables, (category.c.id, category.c.name)]:
        called = sa.select(own_id, title).where(own_id.in_(wanted))
        names |= {row[0]: row[1] for row in session().execute(called)}
    versions = (
        sa.select(ProblemVersion.id, Problem.title, ProblemVersion.number)
        .join(Problem, Problem.id == ProblemVersion.problem_id)
        .where(ProblemVersion.id.in_(wanted))
    )
    return names | {found: f"{title}, version {number}" for found, title, number in session().execute(versions)}


def _ids_in(value: Any) -> Iterator[uuid.UUID]:
    match value:
        case str():
            if (found := words.as_id(value)) is not None:
                yield found
        case dict():
            for one in value.values():
                yield from _ids_in(one)
        case list():
            for one in value:
                yield from _ids_in(one)
