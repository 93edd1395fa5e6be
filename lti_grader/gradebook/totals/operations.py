"""Setting how the marks of a class become totals."""

import dataclasses
import uuid
from collections.abc import Mapping, Sequence
from decimal import Decimal

import sqlalchemy as sa

from lti_grader.classes.models import Class
from lti_grader.core.db import current_tenant, session
from lti_grader.core.errors import Unprocessable
from lti_grader.core.ids import new_id
from lti_grader.gradebook.totals.models import GradebookCategory, GradebookFiling, GradebookRules
from lti_grader.gradebook.totals.policy import Category
from lti_grader.gradebook.totals.reads import Scheme
from lti_grader.gradebook.totals.rules import Rules

MOST_CATEGORIES = 30
MOST_WEIGHT = Decimal(1000)
_LONGEST_NAME = 100


class BadScheme(Unprocessable):
    code = "bad_totals"


@dataclasses.dataclass(frozen=True)
class Wanted:
    """A category as somebody wants it."""

    id: uuid.UUID | None
    """None for a new one."""
    name: str
    weight: Decimal
    drop_lowest: int


def scheme_wanted(before: Scheme, rules: Rules, wanted: Sequence[Wanted], filed: Mapping[uuid.UUID, int]) -> Scheme:
    """Return the scheme that somebody wants, with ids for its new categories.

    Parameters
    ----------
    filed
        Of each item that is in a category, the place of that one among `wanted`.

    Raises
    ------
    BadScheme
        Two categories have one name, or one has none, or a weight or a number to drop that cannot be.
    """
    names = [one.name for one in wanted]
    if len(wanted) > MOST_CATEGORIES or len(set(names)) != len(names):
        raise BadScheme(f"Give each category a name of its own; there are {MOST_CATEGORIES} at most.")
    known = {one.id for one in before.categories}
    for one in wanted:
        if not 1 <= len(one.name) <= _LONGEST_NAME or (one.id is not None and one.id not in known):
            raise BadScheme(
                f"A category has a name of 1 to {_LONGEST_NAME} characters. Reload the page if one is gone."
            )
        if not 0 <= one.weight <= MOST_WEIGHT or not 0 <= one.drop_lowest <= 100:
            raise BadScheme(
                f"“{one.name}”: weights are numbers from 0 to {MOST_WEIGHT}, and 0 to 100 marks are dropped."
            )
    listed = [Category(one.id or new_id(), one.name, one.weight, one.drop_lowest) for one in wanted]
    places = {item_id: listed[place].id for item_id, place in filed.items() if 0 <= place < len(listed)}
    return Scheme(rules, listed, {item_id: one for item_id, one in places.items() if one is not None})


def keep(class_id: uuid.UUID, before: Scheme, wanted: Scheme) -> None:
    """Let the marks of a class become totals otherwise; what stays as it was is not written again."""
    session().execute(sa.select(Class.id).where(Class.id == class_id).with_for_update())
    if wanted.rules != before.rules:
        _keep_rules(class_id, wanted.rules)
    # Names may be exchanged: whoever goes, goes first.
    kept = {one.id for one in wanted.categories}
    rows = {
        one.id: one
        for one in session().scalars(sa.select(GradebookCategory).where(GradebookCategory.class_id == class_id))
    }
    for row in [one for one in rows.values() if one.id not in kept]:
        session().delete(row)
    session().flush()
    for place, one in enumerate(wanted.categories):
        known = rows.get(one.id) if one.id else None
        row = known or GradebookCategory(id=one.id, tenant_id=current_tenant(), class_id=class_id)
        if known is None:
            session().add(row)
        row.name, row.weight, row.drop_lowest, row.order_index = one.name, one.weight, one.drop_lowest, place
    session().flush()
    _file(before, wanted)


def _keep_rules(class_id: uuid.UUID, rules: Rules) -> None:
    row = session().scalar(sa.select(GradebookRules).where(GradebookRules.class_id == class_id))
    if row is None:
        row = GradebookRules(tenant_id=current_tenant(), class_id=class_id)
        session().add(row)
    row.config = rules.model_dump(mode="json")


def _file(before: Scheme, wanted: Scheme) -> None:
    changed = {
        item_id for item_id in {*before.filed, *wanted.filed} if before.filed.get(item_id) != wanted.filed.get(item_id)
    }
    rows = {
        one.content_item_id: one
        for one in session().scalars(sa.select(GradebookFiling).where(GradebookFiling.content_item_id.in_(changed)))
    }
    for item_id in changed:
        row, category_id = rows.get(item_id), wanted.filed.get(item_id)
        if category_id is None:
            if row is not None:
                session().delete(row)
        elif row is None:
            session().add(GradebookFiling(tenant_id=current_tenant(), content_item_id=item_id, category_id=category_id))
        else:
            row.category_id = category_id
    session().flush()
