"""What stands of the markings: the part of a question for submissions' results that tells what people give for them."""

from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from lti_grader.attempts.models import SubmissionAttempt
from lti_grader.grading.models import GradingJob
from lti_grader.marking.models import Marking
from lti_grader.marking.policy import ByHand
from lti_grader.problems.models import Rubric

COLUMNS = (Rubric.points.label("rubric_points"), (Marking.points + Marking.adjustment).label("given"))
"""What `joined` adds to a question, to be read by `by_hand`."""


def joined(query: Any, job: type[GradingJob] = GradingJob) -> Any:
    """Return a question for submissions and their judgings with what people give for them, as far as that is settled."""
    marks = sa.and_(
        Marking.attempt_id == SubmissionAttempt.id,
        Marking.stands,
        Marking.problem_version_id == job.problem_version_id,
    )
    return query.outerjoin(Rubric, Rubric.problem_version_id == job.problem_version_id).outerjoin(Marking, marks)


def by_hand(rubric_points: Decimal | None, given: Decimal | None) -> ByHand | None:
    """Return what people give for a submission, from what its row holds; None where only its tests count."""
    return None if rubric_points is None else ByHand(rubric_points, given)
