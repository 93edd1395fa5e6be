"""What the staff does with regrade requests: answer, decline, give points by hand, or have the submission judged again."""

import datetime as dt

import sqlalchemy as sa

from lti_grader.attempts.models import SubmissionAttempt
from lti_grader.attempts.theirs import students_of
from lti_grader.core.db import session
from lti_grader.gradebook import by_hand
from lti_grader.gradebook.by_hand import Decision, Standing
from lti_grader.gradebook.queries import entry_of
from lti_grader.gradebook.requests.asking import require_undecided, tell, write
from lti_grader.gradebook.requests.models import Effect, RegradeRequest, RequestStatus
from lti_grader.grading.events import AttemptGraded
from lti_grader.grading.taking_in import queue_appeal
from lti_grader.people.models import User


def reply(request: RegradeRequest, text: str, *, by: User, seen: int, at: dt.datetime) -> None:
    """Write to the student without deciding; raises what `asking.write` and `asking.require_undecided` do."""
    require_undecided(request, seen)
    request.status = RequestStatus.ANSWERED
    write(request, by.id, text, at=at)


def decline(request: RegradeRequest, text: str, *, by: User, seen: int, at: dt.datetime) -> None:
    """Leave the result as it is, and tell the student why."""
    require_undecided(request, seen)
    request.status, request.decided_by, request.decided_at = RequestStatus.DECLINED, by.id, at
    write(request, by.id, text, at=at)


def give_points(
    request: RegradeRequest, points: str, mark: str, text: str, *, by: User, seen: int, at: dt.datetime
) -> None:
    """Give points of the whole assignment by hand, which then stand whatever results come in: to all of a group that handed in.

    Parameters
    ----------
    mark
        What `by_hand.seen_of` returned for the student's mark that somebody looked at; "" where they mean it whatever that is.

    Raises
    ------
    BadMark
        They are no points.
    ChangedMeanwhile
        The mark is another by now: a submission was marked or judged again, or somebody gave points.
    BadRequest, Answered
    """
    require_undecided(request, seen)
    decision = by_hand.typed(points)
    if decision.standing is not Standing.POINTS:
        raise by_hand.BadMark("Give the points as a number, such as 10 or 2.5.")
    _accept(request, Effect.POINTS, by, at)
    request.mark_after = decision.points
    write(request, by.id, text, at=at)
    _decide(request, decision, text, by, at, mark=mark)


def judge_again(request: RegradeRequest, text: str, *, by: User, seen: int, at: dt.datetime) -> None:
    """Have the submission judged once more by the tests that the assignment uses now; its result takes the place of the one before.

    Raises
    ------
    BadRequest, Answered
    BeingJudged
        It is being judged already.
    """
    require_undecided(request, seen)
    _accept(request, Effect.JUDGED, by, at)
    request.job_id = queue_appeal(request.attempt_id, at=at).id
    write(request, by.id, text, at=at)


def _accept(request: RegradeRequest, effect: Effect, by: User, at: dt.datetime) -> None:
    entry = entry_of(request.student_id, request.assignment_id)
    request.status, request.effect = RequestStatus.ACCEPTED, effect
    request.decided_by, request.decided_at = by.id, at
    request.mark_before = entry.points if entry is not None else None


def _decide(request: RegradeRequest, decision: Decision, text: str, by: User, at: dt.datetime, *, mark: str) -> None:
    reason = " ".join(f"Regrade request: {text}".split())[: by_hand.LONGEST_REASON]
    all_of_them = students_of(session().get_one(SubmissionAttempt, request.attempt_id))
    decisions = dict.fromkeys(all_of_them, decision)
    seen = {request.student_id: mark} if mark else None
    by_hand.decide_all(request.assignment_id, decisions, reason, by=by.id, at=at, seen=seen)


def note_effect(event: AttemptGraded) -> None:
    """Write down what a judging that a request led to has made of the mark."""
    query = sa.select(RegradeRequest).where(RegradeRequest.job_id == event.job_id).with_for_update()
    request = session().scalar(query)
    if request is None:
        return
    entry = entry_of(request.student_id, request.assignment_id)
    request.mark_after = entry.points if entry is not None else None
    tell(request, at=dt.datetime.now(dt.UTC))
