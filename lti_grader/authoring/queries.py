"""Reads of problems as their authors see them: versions with what uses them, checks and imports."""

import dataclasses
import datetime as dt
import enum
import uuid
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from lti_grader.assignments.models import Assignment, AssignmentProblem
from lti_grader.authoring.access import OpenedProblem
from lti_grader.authoring.checking import not_overruled
from lti_grader.authoring.models import ProblemImport, VersionCheck, VersionJudging
from lti_grader.classes.models import Class, Module
from lti_grader.core.db import session
from lti_grader.core.errors import NotFound
from lti_grader.people.models import User
from lti_grader.problems.models import ProblemVersion, VersionState


class Standing(enum.StrEnum):
    """Where a version stands among its problem's."""

    DRAFT = "draft"
    PUBLISHED = "published"
    """The newest that is published: what new assignments get."""
    SUPERSEDED = "superseded"
    """A newer one is published; assignments that use it go on doing so."""
    RETIRED = "retired"


@dataclasses.dataclass(frozen=True)
class Use:
    """An assignment that uses a version."""

    version_id: uuid.UUID
    item_id: uuid.UUID
    assignment_id: uuid.UUID
    title: str
    class_id: uuid.UUID
    class_name: str


@dataclasses.dataclass(frozen=True)
class VersionLine:
    """A version as its problem's page lists it. People are named, None where it came by a command."""

    id: uuid.UUID
    number: int
    standing: Standing
    created_at: dt.datetime
    created_by: str | None
    published_at: dt.datetime | None
    published_by: str | None
    uses: Sequence[Use]
    used_elsewhere: int
    """How many assignments of other classes use it."""


def versions_of(opened: OpenedProblem) -> list[VersionLine]:
    """Return the versions of a problem, the newest first, with the assignments that use them."""
    maker, publisher = aliased(User), aliased(User)
    rows = session().execute(
        sa.select(ProblemVersion, maker, publisher)
        .outerjoin(maker, maker.id == ProblemVersion.created_by)
        .outerjoin(publisher, publisher.id == ProblemVersion.published_by)
        .where(ProblemVersion.problem_id == opened.problem.id)
        .order_by(ProblemVersion.number.desc())
    )
    found = rows.all()
    newest = max((one.number for one, *_ in found if one.state == VersionState.PUBLISHED), default=0)
    uses, elsewhere = _uses_of(opened)
    return [
        VersionLine(
            one.id, one.number, _standing(one, newest), one.created_at, made.display_name if made else None,
            one.published_at, by.display_name if by else None,
            [use for use in uses if use.version_id == one.id], elsewhere.get(one.id, 0),
        )
        for one, made, by in found
    ]  # fmt: skip


def _standing(version: ProblemVersion, newest: int) -> Standing:
    if version.state == VersionState.PUBLISHED and version.number < newest:
        return Standing.SUPERSEDED
    return Standing(version.state)


def _uses_of(opened: OpenedProblem) -> tuple[list[Use], dict[uuid.UUID, int]]:
    """Return the uses in classes that somebody is of the staff of, and by version how many there are elsewhere."""
    rows = session().execute(
        sa.select(
            AssignmentProblem.problem_version_id, AssignmentProblem.id, Assignment.id, Assignment.title, Class.id,
            Class.name,
        )
        .join(ProblemVersion, ProblemVersion.id == AssignmentProblem.problem_version_id)
        .join(Assignment, Assignment.id == AssignmentProblem.assignment_id)
        .join(Module, Module.id == Assignment.module_id)
        .join(Class, Class.id == Module.class_id)
        .where(ProblemVersion.problem_id == opened.problem.id)
        .order_by(Class.name, Assignment.title)
    )  # fmt: skip
    uses: list[Use] = []
    elsewhere: dict[uuid.UUID, int] = {}
    for use in (Use(*row) for row in rows):
        if use.class_id in opened.author.staffs:
            uses.append(use)
        else:
            elsewhere[use.version_id] = elsewhere.get(use.version_id, 0) + 1
    return uses, elsewhere


def version_of(opened: OpenedProblem, version_id: uuid.UUID) -> ProblemVersion:
    """Return a version of a problem, or raise `NotFound`."""
    found = session().get(ProblemVersion, version_id)
    if found is None or found.problem_id != opened.problem.id:
        raise NotFound("This problem has no such version.")
    return found


def draft_of(problem_id: uuid.UUID) -> ProblemVersion | None:
    """Return a problem's draft, None where it has none."""
    return session().scalar(
        sa.select(ProblemVersion).where(
            ProblemVersion.problem_id == problem_id, ProblemVersion.state == VersionState.DRAFT
        )
    )


@dataclasses.dataclass(frozen=True)
class CheckLine:
    """A check of a version, with what each of its solutions came to."""

    row: VersionCheck
    by: str | None
    """None where a command made it."""
    judgings: Sequence[VersionJudging]

    @property
    def differing(self) -> list[VersionJudging]:
        """Those that came to what is not expected of them."""
        return [one for one in self.judgings if one.agrees is False]

    @property
    def may_be_overruled(self) -> bool:
        """Whether the version can be published all the same, for a reason."""
        return not not_overruled(self.row, self.judgings)

    @property
    def tests_total(self) -> int:
        return sum(one.tests_total for one in self.judgings)

    @property
    def tests_done(self) -> int:
        return sum(one.tests_done for one in self.judgings)


def checks_of(version_id: uuid.UUID, *, most: int = 20) -> list[CheckLine]:
    """Return the checks of a version, the last first."""
    checks = session().execute(
        sa.select(VersionCheck, User)
        .outerjoin(User, User.id == VersionCheck.started_by)
        .where(VersionCheck.problem_version_id == version_id)
        .order_by(VersionCheck.started_at.desc(), VersionCheck.id.desc())
        .limit(most)
    )
    found = checks.all()
    rows = session().scalars(
        sa.select(VersionJudging)
        .where(VersionJudging.check_id.in_([check.id for check, _ in found]))
        .order_by(VersionJudging.created_at, VersionJudging.id)
    )
    judgings: dict[uuid.UUID | None, list[VersionJudging]] = {}
    for row in rows:
        judgings.setdefault(row.check_id, []).append(row)
    return [CheckLine(check, user.display_name if user else None, judgings.get(check.id, [])) for check, user in found]


def imports_of(class_id: uuid.UUID, *, most: int = 20) -> list[tuple[ProblemImport, str]]:
    """Return the imports of a class with who made each, the last first."""
    rows = session().execute(
        sa.select(ProblemImport, User)
        .join(User, User.id == ProblemImport.by)
        .where(ProblemImport.class_id == class_id)
        .order_by(ProblemImport.created_at.desc(), ProblemImport.id.desc())
        .limit(most)
    )
    return [(row, user.display_name) for row, user in rows]
