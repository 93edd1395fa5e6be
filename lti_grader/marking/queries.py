"""Reads of markings: one of them opened, what was given and said, and what students see of it."""

import dataclasses
import uuid
from collections.abc import Sequence
from decimal import Decimal

import sqlalchemy as sa

from lti_grader.assignments.models import Assignment, AssignmentProblem
from lti_grader.attempts.models import SubmissionAttempt
from lti_grader.attempts.theirs import students_of
from lti_grader.classes.apart import sees
from lti_grader.classes.groups.teams import TeamLine, team_lines
from lti_grader.classes.models import Module
from lti_grader.classes.queries import Membership, membership
from lti_grader.core.db import session
from lti_grader.core.errors import Forbidden, NotFound
from lti_grader.grading.models import GradingJob
from lti_grader.marking.models import Feedback, Marking, RubricScore
from lti_grader.marking.policy import held
from lti_grader.marking.rounds import Rounds, rounds_of
from lti_grader.people.models import User
from lti_grader.problems.models import Problem, ProblemVersion
from lti_grader.problems.rubrics import RubricLines, rubric_of


@dataclasses.dataclass(frozen=True)
class OpenedMarking:
    """A marking, for somebody of the staff who may mark it."""

    place: Membership
    marking: Marking
    attempt: SubmissionAttempt
    assignment: Assignment
    item: AssignmentProblem
    title: str
    """The problem's."""
    student: User
    """Who handed it in."""
    team: TeamLine | None
    """With whom; None where they did so alone."""
    rounds: Rounds

    @property
    def who(self) -> str:
        """Whose work it is."""
        return self.team.text if self.team else self.student.display_name

    @property
    def may_mark(self) -> bool:
        """Whether they may change it; else they look only."""
        return self.rounds.may_mark(self.marking, self.place)

    def require_may_mark(self) -> None:
        """Raise `Forbidden` for whoever may look only."""
        if not self.may_mark:
            raise Forbidden(
                "You have marked this submission already, and a second marking is by another person."
                if self.rounds.other(self.marking)
                else "This marking is for the teacher who decides between two others."
            )


def open_marking(marking_id: uuid.UUID, user_id: uuid.UUID) -> OpenedMarking:
    """Return a marking for somebody of its class's staff.

    Raises
    ------
    NotFound, Forbidden
        It is none of theirs.
    """
    row = (
        session()
        .execute(
            sa.select(Marking, SubmissionAttempt, Assignment, AssignmentProblem, Problem.title, User, Module.class_id)
            .join(SubmissionAttempt, SubmissionAttempt.id == Marking.attempt_id)
            .join(Assignment, Assignment.id == Marking.assignment_id)
            .join(Module, Module.id == Assignment.module_id)
            .join(AssignmentProblem, AssignmentProblem.id == Marking.assignment_problem_id)
            .join(ProblemVersion, ProblemVersion.id == Marking.problem_version_id)
            .join(Problem, Problem.id == ProblemVersion.problem_id)
            .join(User, User.id == Marking.student_id)
            .where(Marking.id == marking_id)
        )
        .one_or_none()
    )
    if row is None:
        raise NotFound("There is no such marking.")
    marking, attempt, assignment, item, title, student, class_id = row
    place = membership(class_id, user_id)
    place.require_staff()
    if not any(sees(place, one) for one in students_of(attempt)):
        raise NotFound("There is no such marking.")
    team = team_lines([attempt.team_id])[attempt.team_id] if attempt.team_id else None
    rounds = rounds_of(attempt.id, assignment.rules.marking)
    if not rounds.may_see(marking, user_id):
        raise Forbidden(
            "Two people mark this submission, and neither sees the other's marks until both are done. Staff who see the whole class"
            " can change that on the page Marking."
        )
    return OpenedMarking(place, marking, attempt, assignment, item, title, student, team, rounds)


@dataclasses.dataclass(frozen=True)
class Marks:
    """What a marking gives and says."""

    rubric: RubricLines
    scores: dict[uuid.UUID, RubricScore]
    """By the criterion's id."""
    earlier: Sequence[RubricScore]
    """What was given for criteria that the rubric no longer has so: it counts nothing."""
    comments: Sequence[tuple[Feedback, str]]
    """Each with who wrote it, in the order of files and lines; "" for nobody who is known."""

    def on_lines(self, path: str, line: int) -> list[tuple[Feedback, str]]:
        """Return the comments that end at a line of a file."""
        return [one for one in self.comments if one[0].path == path and one[0].last_line == line]

    def on_criterion(self, criterion_id: uuid.UUID) -> list[tuple[Feedback, str]]:
        return [one for one in self.comments if one[0].criterion_id == criterion_id]

    @property
    def on_whole(self) -> list[tuple[Feedback, str]]:
        return [one for one in self.comments if one[0].path is None and one[0].criterion_id is None]


def marks_of(marking: Marking) -> Marks:
    """Return what a marking gives and says, in four queries."""
    rubric = rubric_of(marking.problem_version_id)
    assert rubric is not None
    wanted = {one.row.id for one in rubric.criteria}
    scores = session().scalars(
        sa.select(RubricScore)
        .where(RubricScore.marking_id == marking.id)
        .order_by(RubricScore.given_at, RubricScore.id)
    )
    found = scores.all()
    comments = session().execute(
        sa.select(Feedback, User)
        .outerjoin(User, User.id == Feedback.author_id)
        .where(Feedback.marking_id == marking.id)
        .order_by(Feedback.path, Feedback.last_line, Feedback.created_at, Feedback.id)
    )
    return Marks(
        rubric,
        {one.criterion_id: one for one in found if one.criterion_id in wanted},
        [one for one in found if one.criterion_id not in wanted],
        [(one, user.display_name if user else "") for one, user in comments],
    )


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What people give for a submission, as its page shows it."""

    marking: Marking | None
    """The one that stands; None while it is awaited, or is not wanted."""
    marker: str
    maximum: Decimal
    """Of the rubric."""
    tests_points: Decimal
    tests_maximum: Decimal
    marks: Marks | None

    @property
    def points(self) -> Decimal:
        """Of `whole`: by the tests, and as far as it is settled by hand."""
        given = self.marking.points + self.marking.adjustment if self.marking else Decimal(0)
        return held(self.tests_points + given, self.whole)

    @property
    def whole(self) -> Decimal:
        return self.tests_maximum + self.maximum


def outcome_of(attempt_id: uuid.UUID) -> Outcome | None:
    """Return what people give for a submission; None where only its tests count, or it is not judged."""
    row = session().execute(
        sa.select(GradingJob, Marking, User)
        .outerjoin(
            Marking,
            sa.and_(
                Marking.attempt_id == GradingJob.attempt_id,
                Marking.stands,
                Marking.problem_version_id == GradingJob.problem_version_id,
            ),
        )
        .outerjoin(User, User.id == Marking.marker_id)
        .where(GradingJob.attempt_id == attempt_id, GradingJob.stands)
    )
    found = row.one_or_none()
    if found is None:
        return None
    job, marking, marker = found
    rubric = rubric_of(job.problem_version_id)
    if rubric is None:
        return None
    return Outcome(
        marking, marker.display_name if marker else "", rubric.row.points, job.points or Decimal(0),
        job.maximum or Decimal(0), marks_of(marking) if marking else None,
    )  # fmt: skip


def marking_for(attempt_id: uuid.UUID) -> Marking | None:
    """Return the first marking of a submission, wanted or not; None where there is none."""
    return session().scalar(sa.select(Marking).where(Marking.attempt_id == attempt_id, Marking.round == 1))
