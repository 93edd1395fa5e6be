"""The problem bank: what somebody may read of it, searched by words, tag, kind, difficulty and use, a page at a time."""

import dataclasses
import enum
import uuid
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, aggregate_order_by

from lti_grader.assignments.models import Assignment, AssignmentProblem
from lti_grader.authoring.access import Author, readable, used_where
from lti_grader.classes.models import Class, Module
from lti_grader.core.db import session
from lti_grader.problems.models import Difficulty, Problem, ProblemKind, ProblemVersion, VersionState

ON_A_PAGE = 50
_MOST_WORDS, _MOST_TAGS = 8, 200


class Use(enum.StrEnum):
    """Where a problem is used."""

    ANY = ""
    HERE = "here"
    ELSEWHERE = "elsewhere"
    """In other classes, and not in this one."""
    NOWHERE = "nowhere"
    OWN = "own"
    """It is the person's own, used or not."""


@dataclasses.dataclass(frozen=True)
class Asked:
    """What is searched for; nothing finds everything."""

    words: str = ""
    tag: str = ""
    kind: ProblemKind | None = None
    use: Use = Use.ANY
    page: int = 1
    difficulty: Difficulty | None = None

    @property
    def is_search(self) -> bool:
        """Whether it leaves anything out."""
        return bool(self.words or self.tag or self.kind or self.use or self.difficulty)


@dataclasses.dataclass(frozen=True)
class BankRow:
    """A problem as the bank lists it."""

    id: uuid.UUID
    title: str
    slug: str
    tags: Sequence[str]
    difficulty: str | None
    shared_with: str
    published: int | None
    """The number of its newest published version."""
    draft: int | None
    kind: str
    is_used: bool
    """Whether the class uses it whose page this is."""
    classes: Sequence[str]
    """The classes that use it of whose staff the reader is."""
    elsewhere: int
    """How many others use it."""


@dataclasses.dataclass(frozen=True)
class Bank:
    """A page of what was found."""

    rows: Sequence[BankRow]
    total: int
    page: int
    tags: Sequence[str]
    """Every tag that the problems have that somebody may read."""

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // ON_A_PAGE))


def search(me: Author, class_id: uuid.UUID, asked: Asked) -> Bank:
    """Return a page of the problems that somebody may read, those first that a class of theirs uses, in four queries."""
    here = used_where(Module.class_id == class_id, ProblemVersion.problem_id == Problem.id).correlate(Problem)
    numbers = _numbers()
    conditions = [readable(me), *_conditions(asked, me, here, numbers)]
    query = sa.select(
        Problem, numbers.c.published, numbers.c.draft, numbers.c.kind, here.label("here")
    ).join(numbers, numbers.c.problem_id == Problem.id).where(*conditions)  # fmt: skip
    total = session().scalars(sa.select(sa.func.count()).select_from(query.subquery())).one()
    page = min(max(asked.page, 1), max(1, -(-total // ON_A_PAGE)))
    rows = session().execute(
        query.order_by(here.desc(), sa.func.lower(Problem.title), Problem.id)
        .limit(ON_A_PAGE)
        .offset((page - 1) * ON_A_PAGE)
    )
    found = rows.all()
    uses = _uses([one.id for one, *_ in found])
    listed = []
    for one, published, draft, kind, is_used in found:
        mine = [name for used_in, name in uses.get(one.id, []) if used_in in me.staffs]
        elsewhere = len(uses.get(one.id, [])) - len(mine)
        listed.append(
            BankRow(
                one.id,
                one.title,
                one.slug,
                one.tags,
                one.difficulty,
                one.shared_with,
                published,
                draft,
                kind,
                is_used,
                mine,
                elsewhere,
            )
        )
    return Bank(listed, total, page, _tags(me))


def _numbers() -> sa.Subquery:
    number = ProblemVersion.number
    newest = sa.func.array_agg(aggregate_order_by(ProblemVersion.kind, number.desc()))
    return (
        sa.select(
            ProblemVersion.problem_id,
            sa.func.max(number).filter(ProblemVersion.state == VersionState.PUBLISHED).label("published"),
            sa.func.max(number).filter(ProblemVersion.state == VersionState.DRAFT).label("draft"),
            sa.type_coerce(newest, ARRAY(sa.Text))[1].label("kind"),
        )
        .group_by(ProblemVersion.problem_id)
        .subquery()
    )


def _conditions(
    asked: Asked, me: Author, here: sa.ColumnElement[bool], numbers: sa.Subquery
) -> list[sa.ColumnElement[bool]]:
    found = [_has(word) for word in asked.words.split()[:_MOST_WORDS]]
    if asked.tag:
        found.append(Problem.tags.any_() == asked.tag)
    if asked.kind:
        found.append(numbers.c.kind == asked.kind)
    if asked.difficulty:
        found.append(Problem.difficulty == asked.difficulty)
    anywhere = used_where(ProblemVersion.problem_id == Problem.id).correlate(Problem)
    match asked.use:
        case Use.HERE:
            found.append(here)
        case Use.ELSEWHERE:
            found += [anywhere, ~here]
        case Use.NOWHERE:
            found.append(~anywhere)
        case Use.OWN:
            found.append(Problem.owner_id == me.user_id)
    return found


def _has(word: str) -> sa.ColumnElement[bool]:
    stated = sa.exists().where(
        ProblemVersion.problem_id == Problem.id, ProblemVersion.description_markdown.icontains(word, autoescape=True)
    )
    texts: list[Any] = [Problem.title, Problem.slug, sa.func.array_to_string(Problem.tags, " ", type_=sa.Text)]
    return sa.or_(*(one.icontains(word, autoescape=True) for one in texts), stated.correlate(Problem))


def _uses(problem_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, list[tuple[uuid.UUID, str]]]:
    rows = session().execute(
        sa.select(ProblemVersion.problem_id, Class.id, Class.name)
        .join(AssignmentProblem, AssignmentProblem.problem_version_id == ProblemVersion.id)
        .join(Assignment, Assignment.id == AssignmentProblem.assignment_id)
        .join(Module, Module.id == Assignment.module_id)
        .join(Class, Class.id == Module.class_id)
        .where(ProblemVersion.problem_id.in_(problem_ids))
        .distinct()
        .order_by(Class.name, Class.id)
    )
    found: dict[uuid.UUID, list[tuple[uuid.UUID, str]]] = {}
    for problem_id, class_id, name in rows:
        found.setdefault(problem_id, []).append((class_id, name))
    return found


def _tags(me: Author) -> Sequence[str]:
    each = sa.select(sa.func.unnest(Problem.tags).label("tag")).where(readable(me)).subquery()
    return session().scalars(sa.select(each.c.tag).distinct().order_by(each.c.tag).limit(_MOST_TAGS)).all()
