"""What a teacher may place behind a link: what stands in their classes, and problems to make something of."""

import dataclasses
import datetime as dt
import uuid
from collections.abc import Callable, Iterable, Sequence

import sqlalchemy as sa

from lti_grader.assignments.models import Assignment, AssignmentProblem
from lti_grader.authoring.access import readable, standing_of
from lti_grader.classes.models import STAFF, Class, ContentItem, Enrollment, EnrollmentStatus, Module
from lti_grader.classes.publishing import seen_by_students
from lti_grader.core.db import session
from lti_grader.lti.models import ResourceLink
from lti_grader.problems.queries import PublishedProblem, published_problems

MOST = 200


@dataclasses.dataclass(frozen=True)
class Offer:
    """Something that can be placed."""

    id: uuid.UUID
    kind: str
    title: str
    class_id: uuid.UUID
    class_name: str
    module_title: str
    facts: str
    """What it is made of, such as "3 problems · 30 points"."""
    due_date: dt.datetime | None
    is_published: bool
    is_here: bool
    """Whether it stands in the class that the link belongs to; else it is copied there."""
    link_count: int
    """How many links open it already."""


@dataclasses.dataclass(frozen=True)
class Catalogue:
    """What a search found."""

    offers: list[Offer]
    problems: list[PublishedProblem]
    more: bool
    """Whether there is more than is shown."""


def search(
    class_id: uuid.UUID, user_id: uuid.UUID, text: str, *, keep: Iterable[str] = (), keep_problems: Iterable[str] = ()
) -> Catalogue:
    """Return what fits a search: of this class first, then of the others that the person teaches.

    Parameters
    ----------
    text
        Words that must all appear in the title, the module's title or the class's name; of a problem, in its
        title or tags. Nothing finds everything.
    keep, keep_problems
        Ids of what was chosen before: it stays in sight whatever is searched for.
    """
    words = text.casefold().split()
    found = [offer for kind in KINDS for offer in kind(class_id, user_id)]
    kept, kept_problems = set(keep), set(keep_problems)
    offers = [one for one in found if str(one.id) in kept or _fits(words, one.title, one.module_title, one.class_name)]
    offers.sort(key=lambda one: not one.is_here)
    problems = [
        one
        for one in problems_for(user_id)
        if str(one.version_id) in kept_problems or _fits(words, one.title, *one.tags)
    ]
    return Catalogue(offers[:MOST], problems[:MOST], len(offers) > MOST or len(problems) > MOST)


def problems_for(user_id: uuid.UUID) -> list[PublishedProblem]:
    """Return the published problems that somebody may make an assignment of: those that are shared with them."""
    return published_problems(readable(standing_of(user_id)))


def _fits(words: Sequence[str], *texts: str) -> bool:
    whole = " ".join(texts).casefold()
    return all(word in whole for word in words)


def _assignments(class_id: uuid.UUID, user_id: uuid.UUID) -> list[Offer]:
    problem_count = (
        sa.select(sa.func.count()).where(AssignmentProblem.assignment_id == Assignment.id).correlate(Assignment)
    )
    link_count = sa.select(sa.func.count()).where(ResourceLink.assignment_id == Assignment.id).correlate(Assignment)
    rows = session().execute(
        sa.select(
            Assignment, Module, Class, problem_count.scalar_subquery(), link_count.scalar_subquery(), seen_by_students()
        )
        .join(Module, Module.id == Assignment.module_id)
        .join(Class, Class.id == Module.class_id)
        .where(Class.id.in_(_taught_by(user_id)))
        .order_by(Class.created_at.desc(), Class.id, Module.order_index, ContentItem.order_index)
    )
    return [
        Offer(
            one.id, one.type, one.title, class_.id, class_.name, module.title,
            f"{problems} {'problem' if problems == 1 else 'problems'} · {one.points_total.normalize():f} points",
            one.due_date, is_seen, class_.id == class_id, links,
        )
        for one, module, class_, problems, links, is_seen in rows
    ]  # fmt: skip


def _taught_by(user_id: uuid.UUID) -> sa.Select[uuid.UUID]:
    return sa.select(Enrollment.class_id).where(
        Enrollment.user_id == user_id, Enrollment.status == EnrollmentStatus.ACTIVE, Enrollment.role.in_(STAFF)
    )


KINDS: Sequence[Callable[[uuid.UUID, uuid.UUID], list[Offer]]] = (_assignments,)
"""What finds each kind of content: (class, person) -> offers, those of one class together and in its order."""
