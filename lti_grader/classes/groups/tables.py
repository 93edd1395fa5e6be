"""The groups of a set as CSV: taken out, and read back."""

import dataclasses
import datetime as dt
import uuid
from collections.abc import Iterator, Sequence

from lti_grader.classes.groups.models import GroupSet
from lti_grader.classes.groups.operations import LONGEST_NAME, MOST_GROUPS, make_groups, place
from lti_grader.classes.groups.queries import Student, groups_of, students_of
from lti_grader.classes.named import COLUMNS, Named, named
from lti_grader.classes.queries import Membership
from lti_grader.core.tables import BadTable, csv_line, rows, safe

MOST_BYTES = 1_000_000
_GROUP = "group"
_NONE = "none"
_MOST_TROUBLES = 20


def table(row: GroupSet, member: Membership) -> Iterator[bytes]:
    """Yield who is in which group, as far as somebody of the staff sees it: UTF-8 CSV (RFC 4180) that is read back."""
    names = {one.id: one.name for one in groups_of(row.id)}
    yield csv_line([*COLUMNS, _GROUP.capitalize()])
    for one in students_of(row.id, member):
        user = one.user
        who = (user.display_name, user.email, user.sub, str(user.id), ", ".join(one.sections))
        yield csv_line([safe(cell) for cell in (*who, names.get(one.group_id, "") if one.group_id else "")])


@dataclasses.dataclass(frozen=True)
class Read:
    """What a table did."""

    students: int
    groups: int
    """How many it made."""


def read(row: GroupSet, member: Membership, text: str, *, at: dt.datetime) -> Read:
    """Put students into the groups that a table says; groups that are not there are made.

    Students are found by their id, or else by their LMS user id or their e-mail. An empty cell leaves a student where they
    are, "none" takes them out.

    Parameters
    ----------
    row
        As `group_set` returns it alone.

    Raises
    ------
    BadTable
        Something in it cannot be read; nothing is changed then.
    """
    lines = rows(text)
    head = next(lines, (1, []))[1]
    students = students_of(row.id, member)
    who = named(head, (_named(one) for one in students))
    at_group = next((place_ for place_, name in enumerate(head) if name.strip().casefold() == _GROUP), None)
    if at_group is None or not who.is_told:
        raise BadTable("The file needs a column “Group”, and one of “Student id”, “LMS user id” and “E-mail”.")
    wanted: dict[uuid.UUID, str] = {}
    troubles = []
    for line, cells in lines:
        name = " ".join(cells[at_group].removeprefix("'").split()) if at_group < len(cells) else ""
        student = who.of(cells)
        if student is None:
            troubles.append(f"Line {line}: nobody of this class is “{safe(', '.join(cells[:3]))[:80]}”.")
        elif len(name) > LONGEST_NAME:
            troubles.append(f"Line {line}: the group's name is longer than {LONGEST_NAME} characters.")
        elif wanted.get(student.id, name) != name:
            troubles.append(f"Line {line}: {student.name} stands there twice, in two groups.")
        elif name:
            wanted[student.id] = name
    if troubles:
        more = f" And {len(troubles) - _MOST_TROUBLES} lines more." if len(troubles) > _MOST_TROUBLES else ""
        raise BadTable("Nothing was changed. " + " ".join(troubles[:_MOST_TROUBLES]) + more)
    return _carry_out(row, students, wanted, at=at)


def _named(one: Student) -> Named:
    return Named(one.user.id, one.user.display_name, one.user.sub, one.user.email or "")


def _carry_out(row: GroupSet, students: Sequence[Student], wanted: dict[uuid.UUID, str], *, at: dt.datetime) -> Read:
    there = {one.name: one.id for one in groups_of(row.id)}
    new = [one for one in dict.fromkeys(wanted.values()) if one not in there and one.casefold() != _NONE]
    if len(there) + len(new) > MOST_GROUPS:
        raise BadTable(f"Nothing was changed: that would be more than {MOST_GROUPS} groups.")
    there |= {one.name: one.id for one in make_groups(row, new)}
    before = {one.user.id: one.group_id for one in students}
    moved = {one: there.get(name) for one, name in wanted.items() if before[one] != there.get(name)}
    place(row, moved, at=at)
    return Read(len(moved), len(new))
