"""What stands in a class, as one of its students stands with it."""

import dataclasses
import datetime as dt
import itertools
import uuid
from collections.abc import Sequence

from lti_grader.classes.materials import MaterialLine, materials_for
from lti_grader.gradebook.todo import Todo, TodoState, todo_of

_NEXT = 3
_DONE = frozenset({TodoState.HANDED_IN, TodoState.GRADED})


@dataclasses.dataclass(frozen=True)
class HomeModule:
    """A module with what students see of it, in its order."""

    title: str
    lines: Sequence[Todo | MaterialLine]

    @property
    def done(self) -> int:
        """How many of them are handed in, or opened."""
        return sum(_is_done(one) for one in self.lines)


@dataclasses.dataclass(frozen=True)
class Home:
    """A class as one of its students sees it."""

    modules: Sequence[HomeModule]
    due_next: Sequence[Todo]
    """What is to be handed in first, by this student's dates: what is overdue and still taken stands first."""

    @property
    def done(self) -> int:
        return sum(one.done for one in self.modules)

    @property
    def total(self) -> int:
        return sum(len(one.lines) for one in self.modules)


def home_of(student_id: uuid.UUID, class_id: uuid.UUID, *, at: dt.datetime) -> Home:
    """Return what students of a class see, by module, as one of them stands with it."""
    work = todo_of(student_id, class_id, at=at)
    lines: list[Todo | MaterialLine] = [*work, *materials_for(class_id, student_id)]
    lines.sort(key=lambda one: one.place)
    modules = [
        HomeModule(of_it[0].module_title, of_it)
        for _, group in itertools.groupby(lines, key=lambda one: one.place[0])
        for of_it in [list(group)]
    ]
    return Home(modules, due_next(work))


def due_next(work: Sequence[Todo]) -> list[Todo]:
    """Return what of a student's work is due first, of what can be handed in and is not."""
    left = {TodoState.NOT_BEGUN, TodoState.BEGUN}
    due = [(one.dates.due_date, one) for one in work if one.state in left and one.dates.due_date is not None]
    return [one for _, one in sorted(due, key=lambda pair: pair[0])][:_NEXT]


def _is_done(line: Todo | MaterialLine) -> bool:
    return line.is_opened if isinstance(line, MaterialLine) else line.state in _DONE
