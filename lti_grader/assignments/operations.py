"""Setting assignments."""

import datetime as dt
import uuid
from collections.abc import Sequence
from decimal import Decimal

import sqlalchemy as sa

from lti_grader.assignments.dates import Dates
from lti_grader.assignments.errors import (
    AssignmentClosed,
    AssignmentNotOpen,
    BadAssignment,
    UnknownLanguage,
)
from lti_grader.assignments.events import AssignmentChanged, LatenessChanged, ReleaseChanged
from lti_grader.assignments.hints import HintRule, HintsWhen
from lti_grader.assignments.lateness import LatePolicy
from lti_grader.assignments.models import (
    MOST_COOLDOWN_SECONDS,
    Assignment,
    AssignmentConfig,
    AssignmentProblem,
    Mode,
)
from lti_grader.assignments.points import alone
from lti_grader.assignments.release import ReleaseRule, When, in_words
from lti_grader.classes.models import ContentItem
from lti_grader.classes.operations import module_named
from lti_grader.core.db import current_tenant, session
from lti_grader.core.events import publish
from lti_grader.problems.models import Difficulty, Problem, ProblemVersion, VersionState

DEFAULT_MODULE = "Assignments"


def create_assignment(
    class_id: uuid.UUID,
    *,
    title: str,
    problems: Sequence[tuple[uuid.UUID, Decimal]],
    config: AssignmentConfig,
    description: str = "",
    mode: Mode = Mode.HOMEWORK,
    difficulty: Difficulty | None = None,
    due_date: dt.datetime | None = None,
    module_title: str | None = None,
) -> Assignment:
    """Set problems to a class.

    Parameters
    ----------
    problems
        (problem version, points) in the order in which they stand.
    difficulty
        None for that of the most difficult of its problems.
    module_title
        The module it goes into, at its end; made if the class has none of that title.

    Raises
    ------
    BadAssignment
        It has no title, no problem, an unpublished problem, no points at all, or a release after a due date that
        it has not.
    """
    _check(title, problems)
    _check_release(config, due_date)
    tenant = current_tenant()
    module = module_named(class_id, module_title or DEFAULT_MODULE)
    last = session().scalar(sa.select(sa.func.max(ContentItem.order_index)).where(ContentItem.module_id == module.id))
    assignment = Assignment(
        tenant_id=tenant,
        module_id=module.id,
        title=title.strip(),
        description=description,
        order_index=0 if last is None else last + 1,
        due_date=due_date,
        mode=mode,
        difficulty=difficulty or _difficulty_of([version for version, _ in problems]),
        points_total=sum((points for _, points in problems), Decimal(0)),
        config=config.model_dump(mode="json"),
    )
    session().add(assignment)
    session().flush()
    session().add_all(
        AssignmentProblem(
            tenant_id=tenant,
            assignment_id=assignment.id,
            problem_version_id=version_id,
            order_index=place,
            points=points,
        )
        for place, (version_id, points) in enumerate(problems)
    )
    session().flush()
    publish(ReleaseChanged(assignment.id))
    return assignment


def _difficulty_of(version_ids: Sequence[uuid.UUID]) -> Difficulty:
    """Return how difficult the most difficult of some problems is, easy where nothing is said of any."""
    query = sa.select(Problem.difficulty).join(ProblemVersion).where(ProblemVersion.id.in_(version_ids))
    said = {one for one in session().scalars(query) if one is not None}
    return max((Difficulty(one) for one in said), key=list(Difficulty).index, default=Difficulty.EASY)


def _check(title: str, problems: Sequence[tuple[uuid.UUID, Decimal]]) -> None:
    if not title.strip():
        raise BadAssignment("Give the assignment a title.")
    if not problems:
        raise BadAssignment("Choose at least one problem.")
    if any(not points.is_finite() or points < 0 for _, points in problems) or not any(points for _, points in problems):
        raise BadAssignment("Points are numbers from 0 up, and the assignment as a whole must be worth some.")
    published = session().scalar(
        sa.select(sa.func.count())
        .select_from(ProblemVersion)
        .where(
            ProblemVersion.id.in_([version for version, _ in problems]), ProblemVersion.state == VersionState.PUBLISHED
        )
    )
    if published != len({version for version, _ in problems}):
        raise BadAssignment("One of the problems is not published: publish it first, or choose another.")


def reschedule(
    assignment: Assignment,
    *,
    opens_at: dt.datetime | None,
    due_date: dt.datetime | None,
    closes_at: dt.datetime | None,
    is_published: bool,
    marks: ReleaseRule | None = None,
    feedback: ReleaseRule | None = None,
    at: dt.datetime | None = None,
) -> None:
    """Change an assignment's dates, whether students see it, and when they see their results.

    Parameters
    ----------
    marks, feedback
        None leaves the rule as it is. Another rule than before also undoes a release by hand.
    at
        When that is; now where it is not said.

    Raises
    ------
    BadAssignment
        It would close before it opens, be due outside of the time in which it is open, or release something after
        a due date that it has not.
    """
    if due_date and ((opens_at and due_date < opens_at) or (closes_at and due_date > closes_at)):
        raise BadAssignment("The due date lies outside of the time between opening and closing.")
    if assignment.rules.late.steps:
        alone(assignment.id)
    before, usual = assignment.rules, assignment.usual_dates
    changes = {"opens_at": opens_at, "closes_at": closes_at, "marks": marks or before.marks,
               "feedback": feedback or before.feedback}  # fmt: skip
    try:
        rules = AssignmentConfig.model_validate({**assignment.config, **changes})
    except ValueError:
        raise BadAssignment("The assignment would close before it opens.") from None
    _check_release(rules, due_date)
    # Nor does what came out after the due date stay so with another one.
    is_due_otherwise = due_date != assignment.due_date
    if rules.marks != before.marks or (is_due_otherwise and assignment.marks_released_by is None):
        assignment.marks_released_at = assignment.marks_released_by = None
    if rules.feedback != before.feedback or (is_due_otherwise and assignment.feedback_released_by is None):
        assignment.feedback_released_at = assignment.feedback_released_by = None
    assignment.config = rules.model_dump(mode="json")
    assignment.due_date, assignment.is_published = due_date, is_published
    session().flush()
    publish(ReleaseChanged(assignment.id))
    if rules.late.steps and assignment.usual_dates != usual:
        publish(LatenessChanged(assignment.id, "its dates changed", at or dt.datetime.now(dt.UTC)))


def set_late(assignment_id: uuid.UUID, late: LatePolicy, *, at: dt.datetime) -> bool:
    """Say what late work of an assignment counts, and return whether that is something else than before.

    Marks given before are owed to be worked out anew.
    """
    assignment = alone(assignment_id)
    rules = assignment.rules
    if rules.late == late:
        return False
    assignment.config = rules.model_copy(update={"late": late}).model_dump(mode="json")
    session().flush()
    if rules.late.late_days != late.late_days:
        publish(ReleaseChanged(assignment_id))
    publish(LatenessChanged(assignment_id, "late work counts otherwise", at))
    return True


def _check_release(rules: AssignmentConfig, due_date: dt.datetime | None) -> None:
    if due_date is None and When.AFTER_DUE in (rules.marks.when, rules.feedback.when):
        raise BadAssignment("Marks or feedback are to come after the due date: give the assignment one.")
    if due_date is None and rules.hints.when is HintsWhen.AFTER_DUE:
        raise BadAssignment("Hints are to be shown after the due date: give the assignment one.")


def allow_regrade_requests(assignment: Assignment, days: int | None) -> None:
    """Say for how many days after the marks are out students may ask for a regrade; None for never.

    Raises
    ------
    BadAssignment
        It is no number of days that can be.
    """
    try:
        rules = AssignmentConfig.model_validate({**assignment.config, "regrade_request_days": days})
    except ValueError:
        raise BadAssignment(
            "Regrades can be asked for during 1 to 365 days, or not at all: leave that empty."
        ) from None
    assignment.config = rules.model_dump(mode="json")
    session().flush()


def set_cooldown(assignment: Assignment, seconds: int) -> None:
    """Say how long the pause between two submissions to one problem is: in seconds, 0 for none.

    Raises
    ------
    BadAssignment
        It is longer than a day.
    """
    if not 0 <= seconds <= MOST_COOLDOWN_SECONDS:
        raise BadAssignment("The pause between two submissions is a day at most; leave it empty for none.")
    rules = assignment.rules.model_copy(update={"cooldown_seconds": seconds})
    assignment.config = rules.model_dump(mode="json")
    session().flush()


def show_hints(assignment: Assignment, hints: HintRule) -> None:
    """Say when students see the hints of an assignment's problems."""
    assignment.config = assignment.rules.model_copy(update={"hints": hints}).model_dump(mode="json")
    session().flush()


def rename(assignment: Assignment, title: str) -> None:
    """Give an assignment another title; the LMSs' columns are told of it.

    Raises
    ------
    BadAssignment
        It would have none.
    """
    if not title.strip():
        raise BadAssignment("Give the assignment a title.")
    if title.strip() != assignment.title:
        assignment.title = title.strip()
        session().flush()
        publish(AssignmentChanged(assignment.id))


def rate(assignment: Assignment, difficulty: str) -> None:
    """Say how difficult an assignment is.

    Raises
    ------
    BadAssignment
        It is no word for that.
    """
    try:
        assignment.difficulty = Difficulty(difficulty)
    except ValueError:
        raise BadAssignment("Choose from the list how difficult the assignment is.") from None


def require_open(dates: Dates, *, at: dt.datetime) -> None:
    """Return if work is accepted at `at` from whoever has these dates.

    Raises
    ------
    AssignmentNotOpen, AssignmentClosed
        With the time that it opens or closed.
    """
    if dates.opens_at and at < dates.opens_at:
        raise AssignmentNotOpen(
            f"This assignment opens on {in_words(dates.opens_at)}. Your text is kept in this browser until then."
        )
    if dates.closes_at and at >= dates.closes_at:
        raise AssignmentClosed(
            f"This assignment closed on {in_words(dates.closes_at)}, so nothing new is accepted."
            " Your text is still here to copy."
        )


def languages_taken(assignment: Assignment, answered_in: Sequence[str]) -> list[str]:
    """Return the languages that a problem of an assignment is answered in.

    Parameters
    ----------
    answered_in
        Those that the problem has tests for, none for all. Where none of them is the assignment's, they count: another
        answer could not be judged.
    """
    allowed = assignment.rules.languages
    return [one for one in allowed if one in answered_in or not answered_in] or list(answered_in)


def require_language(assignment: Assignment, language: str, *, answered_in: Sequence[str]) -> None:
    """Raise `UnknownLanguage` unless the problem is answered in that language there."""
    if language not in (taken := languages_taken(assignment, answered_in)):
        raise UnknownLanguage(f"This problem takes {', '.join(taken)}; choose one of them.")
