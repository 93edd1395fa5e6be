"""The totals of a class's students, from the marks that stand."""

import dataclasses
import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from decimal import Decimal

import sqlalchemy as sa

from lti_grader.assignments.access import class_overrides
from lti_grader.assignments.dates import OtherDates, UsualDates, dates
from lti_grader.assignments.spent_days import days_in_class
from lti_grader.classes.models import Enrollment
from lti_grader.core.db import session
from lti_grader.gradebook.items import Item
from lti_grader.gradebook.marks import Mark
from lti_grader.gradebook.totals import policy
from lti_grader.gradebook.totals.models import GradebookCategory, GradebookFiling, GradebookRules
from lti_grader.gradebook.totals.policy import Category, Counted, Total
from lti_grader.gradebook.totals.rules import Missing, Rules

Marks = Mapping[tuple[uuid.UUID, uuid.UUID], Mark]


@dataclasses.dataclass(frozen=True)
class Scheme:
    """How the marks of a class become totals."""

    rules: Rules = dataclasses.field(default_factory=Rules)
    categories: Sequence[Category] = ()
    filed: Mapping[uuid.UUID, uuid.UUID] = dataclasses.field(default_factory=dict)
    """The category of each item that is in one."""


def scheme_of(class_id: uuid.UUID) -> Scheme:
    """Return how the marks of a class become totals, in three queries."""
    config = session().scalar(sa.select(GradebookRules.config).where(GradebookRules.class_id == class_id))
    categories = session().scalars(
        sa.select(GradebookCategory)
        .where(GradebookCategory.class_id == class_id)
        .order_by(GradebookCategory.order_index)
    )
    listed = [Category(one.id, one.name, one.weight, one.drop_lowest) for one in categories]
    filed = session().execute(
        sa.select(GradebookFiling.content_item_id, GradebookFiling.category_id).where(
            GradebookFiling.category_id.in_([one.id for one in listed])
        )
    )
    return Scheme(Rules.model_validate(config or {}), listed, dict(filed.all()))


class Dues:
    """By when each student of a class has to hand in what, looked up for all of them at once."""

    def __init__(self, class_id: uuid.UUID, items: Iterable[Item], student_ids: Collection[uuid.UUID] | None = None):
        items = list(items)
        self._usual = {one.id: one.due_date for one in items}
        self._own: dict[tuple[uuid.UUID, uuid.UUID], OtherDates] = {}
        self._with_own: set[uuid.UUID] = set()
        self._of_sections: dict[uuid.UUID, list[tuple[str, OtherDates]]] = defaultdict(list)
        for row in class_overrides(class_id):
            if row.user_id is not None:
                self._own[row.assignment_id, row.user_id] = row.dates
                self._with_own.add(row.user_id)
            elif row.section is not None:
                self._of_sections[row.assignment_id].append((row.section, row.dates))
        self._late_days = days_in_class(class_id) if any(one.takes_late_days for one in items) else {}
        self._sections: dict[uuid.UUID, Sequence[str]] = {}
        if self._of_sections:
            query = sa.select(Enrollment.user_id, Enrollment.sections).where(Enrollment.class_id == class_id)
            if student_ids is not None:
                query = query.where(Enrollment.user_id.in_(student_ids))
            self._sections = dict(session().execute(query).all())

    def is_due(self, student_id: uuid.UUID, item_id: uuid.UUID, *, at: dt.datetime) -> bool:
        """Return whether a student's time for an item is over."""
        due = self.due_of(student_id, item_id)
        return due is not None and at > due

    def over(self, student_id: uuid.UUID, usual: AbstractSet[uuid.UUID], *, at: dt.datetime) -> AbstractSet[uuid.UUID]:
        """Return the items whose time is over for a student.

        Parameters
        ----------
        usual
            `over_usually`, worked out once for many students.
        """
        if student_id not in self._with_own and not self._of_sections:
            return usual
        return {item_id for item_id in self._usual if self.is_due(student_id, item_id, at=at)}

    def over_usually(self, *, at: dt.datetime) -> AbstractSet[uuid.UUID]:
        """Return the items whose time is over for those who have no dates of their own."""
        return {item_id for item_id, due in self._usual.items() if due is not None and at > due}

    def due_of(self, student_id: uuid.UUID, item_id: uuid.UUID) -> dt.datetime | None:
        """Return by when a student has to hand in; None where they may for ever."""
        due, own = self._usual[item_id], self._own.get((item_id, student_id))
        if own is not None or item_id in self._of_sections:
            sections = self._sections.get(student_id, ())
            theirs = [one for section, one in self._of_sections.get(item_id, ()) if section in sections]
            due = dates(UsualDates(due_date=due), own, theirs).due_date
        days = self._late_days.get((item_id, student_id), 0)
        return due + dt.timedelta(days=days) if due is not None and days else due


def total_of(
    scheme: Scheme, items: Iterable[Item], marks: Mapping[uuid.UUID, Mark], due: Collection[uuid.UUID]
) -> Total:
    """Return what somebody has in all so far.

    Parameters
    ----------
    items
        What may count: items that are not published are passed over.
    marks
        Theirs, by item.
    due
        The items whose time is over for them.
    """
    found: dict[uuid.UUID | None, list[Counted]] = defaultdict(list)
    missing, filed = scheme.rules.missing, scheme.filed
    for item in items:
        # An id is looked up where it has to be: of a thousand students that is what takes time.
        if not item.is_published:
            continue
        mark = marks.get(item.id)
        if mark is not None and _stands(mark):
            points, maximum = mark.points, mark.maximum
        else:
            is_nothing = missing is Missing.ZERO or (missing is Missing.AFTER_DUE and item.id in due)
            points, maximum = Decimal(0) if is_nothing else None, item.maximum if mark is None else mark.maximum
        if points is not None and maximum > 0:
            found[filed.get(item.id) if filed else None].append(Counted(item.id, points, maximum))
    return policy.total(scheme.rules, scheme.categories, found)


def totals(
    class_id: uuid.UUID,
    scheme: Scheme,
    items: Sequence[Item],
    student_ids: Collection[uuid.UUID],
    marks: Marks,
    *,
    at: dt.datetime,
) -> dict[uuid.UUID, Total]:
    """Return what each of these students has in all so far, in three queries at most."""
    dues = Dues(class_id, items, student_ids) if scheme.rules.missing is Missing.AFTER_DUE else None
    usual: AbstractSet[uuid.UUID] = dues.over_usually(at=at) if dues else frozenset()
    of_each: dict[uuid.UUID, dict[uuid.UUID, Mark]] = {one: {} for one in student_ids}
    for (student_id, item_id), mark in marks.items():
        if (theirs := of_each.get(student_id)) is not None:
            theirs[item_id] = mark
    return {
        student_id: total_of(scheme, items, theirs, dues.over(student_id, usual, at=at) if dues else usual)
        for student_id, theirs in of_each.items()
    }


def _stands(mark: Mark) -> bool:
    """Return whether a mark says what counts, be it that nothing does: it has points, or is excused, or waits for them."""
    return mark.points is not None or mark.is_excused or mark.is_waiting
