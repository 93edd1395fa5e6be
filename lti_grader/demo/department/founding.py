"""The department before anybody has worked: its institution, people, problems, classes and assignments, by the operations that
teachers' pages call. So their triggers run, and the log of changes tells of each.
"""

import dataclasses
import datetime as dt
import random
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence

import sqlalchemy as sa

from lti_grader.assignments.dates import OtherDates
from lti_grader.assignments.granting import Whose, grant
from lti_grader.assignments.models import AssignmentConfig, AssignmentProblem
from lti_grader.assignments.operations import create_assignment
from lti_grader.classes.models import Enrollment, EnrollmentSource, EnrollmentStatus, Role
from lti_grader.classes.operations import create_class
from lti_grader.core.db import current_tenant, session, system_transaction, transaction
from lti_grader.core.errors import Conflict
from lti_grader.core.ids import new_id
from lti_grader.demo.department import students
from lti_grader.demo.department.catalogue import Problem
from lti_grader.demo.department.courses import Course, Planned
from lti_grader.demo.department.drafts import POINTS, draft
from lti_grader.demo.department.judged import known
from lti_grader.demo.department.marking import MARKED, RUBRIC
from lti_grader.demo.department.students import Student
from lti_grader.demo.names import address, people
from lti_grader.lti.models import Platform
from lti_grader.people.models import Tenant, User
from lti_grader.problems.models import ProblemVersion
from lti_grader.problems.operations import create_problem, create_version, publish
from lti_grader.problems.queries import tests_of

_TEACHERS, _ASSISTANTS_PER_SECTION = 2, 1
_REASONS = ("Ill for a week", "A funeral in the family", "Represents the university at a tournament", "Time for a disability",
            "The laptop broke")  # fmt: skip


class InstitutionExists(Conflict):
    code = "institution_exists"


@dataclasses.dataclass(frozen=True)
class Published:
    """A problem as it stands in the institution."""

    problem: Problem
    version_id: uuid.UUID
    test_ids: Sequence[uuid.UUID]


@dataclasses.dataclass(frozen=True)
class Member:
    """A student of a class."""

    user_id: uuid.UUID
    student: Student


@dataclasses.dataclass(frozen=True)
class Laid:
    """An assignment that was set: its problems by their ids there, and who was given more time."""

    assignment_id: uuid.UUID
    planned: Planned
    items: Sequence[tuple[uuid.UUID, Published]]
    extra: Mapping[uuid.UUID, dt.timedelta]


@dataclasses.dataclass(frozen=True)
class Taught:
    """A class with its people and assignments."""

    course: Course
    class_id: uuid.UUID
    teacher_id: uuid.UUID
    assistant_ids: Sequence[uuid.UUID]
    members: Sequence[Member]
    assignments: list[Laid] = dataclasses.field(default_factory=list)


def open_institution(name: str, *, at: dt.datetime) -> uuid.UUID:
    """Make an institution that is marked as made up for as long as it is there, with an LMS that nobody can come from.

    Raises
    ------
    InstitutionExists
        There is one of that name.
    """
    with system_transaction() as opened:
        found = opened.execute(sa.select(Tenant.generated_at).where(Tenant.name == name)).one_or_none()
    if found is not None and found.generated_at is None:
        raise InstitutionExists(
            f"{name!r} is a real institution: made-up people would stand among its own, and could not be told from them again."
            " Give another name with --institution."
        )
    if found is not None:
        raise InstitutionExists(
            f"{name!r} is there already. Remove it first with --remove, or give another name with --institution."
        )
    tenant_id = new_id()
    with transaction(tenant_id):
        session().add(Tenant(id=tenant_id, name=name, generated_at=at))
        session().flush()
        nowhere = f"https://{tenant_id}.invalid"
        session().add(
            Platform(
                tenant_id=tenant_id, issuer=nowhere, client_id="generated", name="Made-up people",
                auth_login_url=nowhere, auth_token_url=nowhere, jwks_url=nowhere,
            )
        )  # fmt: skip
    return tenant_id


def publish_problems(problems: Iterable[Problem], *, at: dt.datetime) -> dict[str, Published]:
    """Publish problems of the department, and return them by slug. A transaction is open."""
    found = {}
    for problem in problems:
        version = create_problem(draft(problem, known()[problem.slug].expected))
        publish(version, at=at)
        found[problem.slug] = Published(problem, version.id, [test.id for _, test in tests_of(version.id)])
    return found


def publish_with_rubric(published: Published, *, at: dt.datetime) -> Published:
    """Publish another version of a problem, that people mark as well. A transaction is open."""
    problem = published.problem
    of = session().get_one(ProblemVersion, published.version_id).problem_id
    version = create_version(of, draft(problem, known()[problem.slug].expected, rubric=RUBRIC))
    publish(version, at=at)
    return Published(problem, version.id, [test.id for _, test in tests_of(version.id)])


@dataclasses.dataclass
class People:
    """Makes people up, one after another, each another for another seed."""

    rng: random.Random
    platform_id: uuid.UUID
    made: int = 0
    rows: list[dict[str, object]] = dataclasses.field(default_factory=list)

    def __post_init__(self) -> None:
        self._names: Iterator[tuple[str, str, str]] = people(self.rng)

    def another(self) -> uuid.UUID:
        """Make somebody up; `keep` writes them down."""
        locale, given, family = next(self._names)
        self.made += 1
        user_id = new_id()
        self.rows.append(
            {
                "id": user_id, "tenant_id": current_tenant(), "platform_id": self.platform_id,
                "sub": f"generated-{current_tenant().hex[-8:]}-{self.made:06d}", "name": f"{given} {family}", "given_name": given, "family_name": family,
                "email": address(given, family, self.made), "locale": locale,
            }
        )  # fmt: skip
        return user_id

    def keep(self) -> None:
        """Write down whom it has made since the last time."""
        if self.rows:
            session().execute(sa.insert(User), self.rows)
        self.rows = []


def open_class(course: Course, folk: People, count: int, rng: random.Random, *, start: dt.datetime) -> Taught:
    """Make a class with its teachers, an assistant for each section, and students; no assignment is set so far.

    Who leaves in the middle of the term is among them, as dropped from that week on.
    """
    teachers = [folk.another() for _ in range(_TEACHERS)]
    assistants = [(folk.another(), section) for section in course.sections for _ in range(_ASSISTANTS_PER_SECTION)]
    members = [Member(folk.another(), students.student(course, rng)) for _ in range(count)]
    folk.keep()
    made = create_class(course.title, owner_id=teachers[0])
    rows = [_place(made.id, one, Role.TEACHER, []) for one in teachers]
    rows += [_place(made.id, one, Role.ASSISTANT, [section]) for one, section in assistants]
    for one in members:
        week = one.student.leaves_in_week
        left = None if week is None else start + dt.timedelta(weeks=week - 1, days=2)
        rows.append(_place(made.id, one.user_id, Role.STUDENT, [one.student.section], left=left))
    session().execute(sa.insert(Enrollment), rows)
    return Taught(course, made.id, teachers[0], [one for one, _ in assistants], members)


def _place(
    class_id: uuid.UUID, user_id: uuid.UUID, role: Role, sections: list[str], *, left: dt.datetime | None = None
) -> dict[str, object]:
    return {
        "id": new_id(), "tenant_id": current_tenant(), "class_id": class_id, "user_id": user_id, "role": role,
        "sections": sections, "source": EnrollmentSource.ROSTER, "dropped_at": left,
        "status": EnrollmentStatus.DROPPED if left else EnrollmentStatus.ACTIVE,
    }  # fmt: skip


def set_assignment(
    class_id: uuid.UUID, course: Course, planned: Planned, published: Mapping[str, Published]
) -> tuple[uuid.UUID, list[tuple[uuid.UUID, Published]]]:
    """Set an assignment as planned; return it with its problems by their ids there."""
    listed = [published[one.slug] for one in planned.problems]
    if planned.title == MARKED:
        listed[0] = publish_with_rubric(listed[0], at=planned.opens_at)
    made = create_assignment(
        class_id,
        title=planned.title,
        problems=[(one.version_id, POINTS) for one in listed],
        config=AssignmentConfig(
            languages=[*course.languages], counts=planned.counts, opens_at=planned.opens_at,
            closes_at=planned.closes_at, attempts_allowed=planned.attempts_allowed, late=planned.late,
        ),
        mode=planned.mode, difficulty=planned.difficulty, due_date=planned.due, module_title=planned.module,
    )  # fmt: skip
    items = session().scalars(
        sa.select(AssignmentProblem.id)
        .where(AssignmentProblem.assignment_id == made.id)
        .order_by(AssignmentProblem.order_index)
    )
    return made.id, list(zip(items, listed, strict=True))


def extend(
    assignment_id: uuid.UUID, planned: Planned, members: Sequence[Member], teacher_id: uuid.UUID, rng: random.Random
) -> dict[uuid.UUID, dt.timedelta]:
    """Give a few students more time, as their teacher does; return how much by student."""
    found = {}
    for one in members:
        if one.student.leaves_in_week is None and planned.closes_at is not None and students.has_extension(rng):
            extra = dt.timedelta(days=rng.choice((2, 3, 5, 7)))
            longer = OtherDates(None, planned.due + extra, planned.closes_at + extra, None)
            whose, reason = Whose(user_id=one.user_id), rng.choice(_REASONS)
            asked = planned.due - dt.timedelta(days=rng.uniform(0.2, 4))
            grant(assignment_id, whose, longer, reason=reason, by=teacher_id, at=asked)
            found[one.user_id] = extra
    return found
