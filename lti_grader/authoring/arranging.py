"""The order of a draft's groups, and of the tests in each: samples stand in it, and tests are run in it."""

import uuid
from collections.abc import Sequence

import sqlalchemy as sa

from lti_grader.authoring.errors import BadDraft
from lti_grader.core.db import session
from lti_grader.problems.models import TestCase, TestGroup


def move_test(test: TestCase, place: int) -> None:
    """Put a test at a place of its group, from 1; one beyond the ends is the first or the last."""
    others = session().scalars(
        sa.select(TestCase.id)
        .where(TestCase.test_group_id == test.test_group_id, TestCase.id != test.id)
        .order_by(TestCase.order_index)
    )
    _renumber(TestCase, _put(others.all(), test.id, place))
    session().refresh(test, ["order_index"])


def move_group(group: TestGroup, place: int) -> None:
    """Put a group at a place among those of its draft, from 1.

    Raises
    ------
    BadDraft
        One that it requires would stand after it, or it after one that requires it.
    """
    mine = TestGroup.problem_version_id == group.problem_version_id
    rows = session().scalars(sa.select(TestGroup).where(mine).order_by(TestGroup.order_index)).all()
    named = {one.id: one for one in rows}
    order = _put([one.id for one in rows if one.id != group.id], group.id, place)
    for index, group_id in enumerate(order):
        if late := [one for one in named[group_id].requires if one in order[index:]]:
            raise BadDraft(
                f"“{named[group_id].name}” requires “{named[late[0]].name}”, which therefore has to stand before it."
            )
    _renumber(TestGroup, order)


def _put(others: Sequence[uuid.UUID], moved: uuid.UUID, place: int) -> list[uuid.UUID]:
    index = min(max(place - 1, 0), len(others))
    return [*others[:index], moved, *others[index:]]


def _renumber(table: type[TestCase | TestGroup], order: Sequence[uuid.UUID]) -> None:
    # No two may have one number at any moment: first all are put out of the way.
    session().execute(sa.update(table).where(table.id.in_(order)).values(order_index=-1 - table.order_index))
    session().execute(sa.update(table), [{"id": one, "order_index": index} for index, one in enumerate(order)])
