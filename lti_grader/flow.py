"""Who reacts to what: the whole pipeline on one screen.

    launch -> draft -> attempt -> grading job -> test results -> gradebook entry -> score delivery -> the LMS

Handlers run in the publisher's transaction. What is slow they leave as a row that says what is owed, and a
message to a worker after the commit.
"""

from collections.abc import Mapping, Sequence

from lti_grader.assignments.events import (
    AccessChanged,
    AssignmentChanged,
    LatenessChanged,
    PointsChanged,
    ReleaseChanged,
    TaughtCopied,
)
from lti_grader.attempts.events import AttemptSubmitted
from lti_grader.classes.events import PublishingChanged, SectionsChanged
from lti_grader.core.events import Event, Handler
from lti_grader.gradebook import operations as gradebook
from lti_grader.gradebook import rescoring
from lti_grader.gradebook.events import RegradeRequestChanged, ScoreChanged
from lti_grader.gradebook.leaderboard import boards as leaderboards
from lti_grader.gradebook.regrades import judging as regrades
from lti_grader.gradebook.requests import deciding as requests
from lti_grader.grading import taking_in
from lti_grader.grading.events import AttemptGraded, JudgedAgain
from lti_grader.lti import columns, passback, releases
from lti_grader.marking import bank_copying
from lti_grader.marking.events import AwaitedChanged, MarkingChanged, MarkingRulesChanged
from lti_grader.notifications import dates, due_soon, markings, marks, regrade_requests

FLOW: Mapping[type[Event], Sequence[Handler]] = {
    AttemptSubmitted: [taking_in.queue_job],
    AttemptGraded: [gradebook.record_result, requests.note_effect],
    MarkingChanged: [gradebook.record_marking],
    MarkingRulesChanged: [rescoring.queue_marked],
    AwaitedChanged: [markings.awaited_changed],
    JudgedAgain: [regrades.go_on],
    ScoreChanged: [passback.queue_score, leaderboards.note, marks.score_changed],
    RegradeRequestChanged: [regrade_requests.request_changed],
    PointsChanged: [rescoring.queue],
    LatenessChanged: [rescoring.queue_late],
    SectionsChanged: [rescoring.queue_moved, due_soon.sections_changed],
    AssignmentChanged: [columns.queue_change],
    ReleaseChanged: [releases.schedule, marks.release_changed, due_soon.dates_changed],
    PublishingChanged: [marks.publishing_changed],
    AccessChanged: [dates.access_changed],
    TaughtCopied: [bank_copying.bring_along],
}
