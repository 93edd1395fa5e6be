"""What stands in a class, as one of its students stands with it."""

import dataclasses
import datetime as dt
import itertools
import uuid
from collections.abc import Sequence

from lti_grader.classes.materials import MaterialLine, materials_for
from lti_grader.gradebook.todo import Todo, todo_of


@dataclasses.dataclass(frozen=True)
class HomeModule:
    """A module with what students see of it, in its order."""

    title: str
    lines: Sequence[Todo | MaterialLine]


def home_of(student_id: uuid.UUID, class_id: uuid.UUID, *, at: dt.datetime) -> list[HomeModule]:
    """Return what students of a class see, by module, as one of them stands with it."""
    lines: list[Todo | MaterialLine] = [*todo_of(student_id, class_id, at=at), *materials_for(class_id, student_id)]
    lines.sort(key=lambda one: one.place)
    return [
        HomeModule(of_it[0].module_title, of_it)
        for _, group in itertools.groupby(lines, key=lambda one: one.place[0])
        for of_it in [list(group)]
    ]
