"""Students as the rows of a table name them: by their id, their LMS user id or their e-mail."""

import dataclasses
import uuid
from collections.abc import Iterable, Mapping, Sequence

COLUMNS = ("Student", "E-mail", "LMS user id", "Student id", "Sections")
"""How tables that are taken out say who somebody is."""
_STUDENT_ID, _SUB, _EMAIL = "student id", "lms user id", "e-mail"


@dataclasses.dataclass(frozen=True)
class Named:
    """A student with all that may name them."""

    id: uuid.UUID
    name: str
    sub: str
    email: str


@dataclasses.dataclass(frozen=True)
class NamedStudents:
    """The students of a class, to be found by a table's rows."""

    columns: Mapping[str, int]
    """Which columns name them, of those that may."""
    by: Mapping[str, Mapping[str, Named]]

    @property
    def is_told(self) -> bool:
        """Whether the table names them at all."""
        return bool(self.columns)

    def of(self, cells: Sequence[str]) -> Named | None:
        """Return whom a row is about; None for nobody, or where what it says could be two of them."""
        for kind, at in self.columns.items():
            name = cells[at].strip().removeprefix("'") if at < len(cells) else ""
            if name:
                return self.by[kind].get(name if kind == _SUB else name.casefold())
        return None


def named(head: Sequence[str], students: Iterable[Named]) -> NamedStudents:
    """Return the students, to be found by the rows of a table with this head."""
    by: dict[str, dict[str, list[Named]]] = {_STUDENT_ID: {}, _SUB: {}, _EMAIL: {}}
    for one in students:
        for kind, name in ((_STUDENT_ID, str(one.id)), (_SUB, one.sub), (_EMAIL, one.email.casefold())):
            if name:
                by[kind].setdefault(name, []).append(one)
    places = {name.strip().casefold(): place for place, name in enumerate(head)}
    return NamedStudents(
        {kind: places[kind] for kind in by if kind in places},
        {kind: {name: them[0] for name, them in names.items() if len(them) == 1} for kind, names in by.items()},
    )
