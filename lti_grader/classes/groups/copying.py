"""Sets of groups as another class takes them over: how students are divided there, and nobody in any group."""

import dataclasses
import datetime as dt
import uuid
from collections.abc import Collection, Sequence

import sqlalchemy as sa

from lti_grader.classes.groups.models import GroupSet
from lti_grader.classes.groups.operations import change_set, make_set
from lti_grader.core.db import session


@dataclasses.dataclass(frozen=True)
class SetTerms:
    """What of a set of groups is the same in any class."""

    name: str
    students_join: bool = False
    """Whether students choose their group themselves."""
    most_members: int | None = None
    """As many can join one group by themselves; None for any number."""


def terms_of(row: GroupSet) -> SetTerms:
    """Return what of a set another class takes over."""
    return SetTerms(row.name, row.students_join, row.most_members)


def sets_like(class_id: uuid.UUID, names: Collection[str] | None = None) -> Sequence[GroupSet]:
    """Return the sets of groups of a class by name, in one query; those of some names alone, or all."""
    query = sa.select(GroupSet).where(GroupSet.class_id == class_id).order_by(GroupSet.name)
    return session().scalars(query if names is None else query.where(GroupSet.name.in_(names))).all()


def take_over(class_id: uuid.UUID, terms: SetTerms, *, at: dt.datetime) -> GroupSet:
    """Return the set of that name in a class, made without groups where it has none; one that is there stays as it is.

    Raises
    ------
    BadGroups
        It cannot be called so, or its groups cannot be of that size.
    """
    for known in sets_like(class_id, [terms.name]):
        return known
    made = make_set(class_id, terms.name, at=at)
    change_set(made, terms.name, students_join=terms.students_join, most_members=terms.most_members)
    return made
