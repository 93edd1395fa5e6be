"""Every blueprint, and what pages of a lower domain show of a higher one."""

import datetime as dt
import uuid
from typing import Any

import flask

from lti_grader.adapters import Adapters
from lti_grader.assignments import group_work
from lti_grader.assignments.access_views import blueprint as access
from lti_grader.assignments.bringing_views import blueprint as bringing
from lti_grader.assignments.checklist_views import blueprint as checklist
from lti_grader.assignments.languages import label_of
from lti_grader.assignments.late_day_views import blueprint as late_days
from lti_grader.assignments.passcode_views import blueprint as passcodes
from lti_grader.assignments.queries import OpenedAssignment
from lti_grader.assignments.views import blueprint as assignments
from lti_grader.attempts import queries as attempts
from lti_grader.attempts.group_draft_views import blueprint as group_drafts
from lti_grader.attempts.notebooks import MOST_BYTES
from lti_grader.attempts.views import blueprint as work
from lti_grader.audit.views import blueprint as audit
from lti_grader.authoring.check_views import blueprint as checks
from lti_grader.authoring.draft_views import blueprint as drafts
from lti_grader.authoring.import_views import blueprint as imports
from lti_grader.authoring.picture_views import blueprint as pictures
from lti_grader.authoring.preview_views import blueprint as previews
from lti_grader.authoring.quiz_preview_views import blueprint as quiz_previews
from lti_grader.authoring.quiz_views import blueprint as quizzes
from lti_grader.authoring.rubric_views import blueprint as rubrics
from lti_grader.authoring.test_table_views import blueprint as test_tables
from lti_grader.authoring.test_tables import MOST_BYTES as MOST_TESTS_BYTES
from lti_grader.authoring.views import blueprint as authoring
from lti_grader.calendar.event_views import blueprint as events
from lti_grader.calendar.feed_views import blueprint as feed
from lti_grader.calendar.views import blueprint as calendar
from lti_grader.classes.groups.queries import has_groups
from lti_grader.classes.groups.tables import MOST_BYTES as MOST_GROUPS_BYTES
from lti_grader.classes.groups.views import blueprint as groups
from lti_grader.classes.look_views import blueprint as looks
from lti_grader.classes.material_views import blueprint as materials
from lti_grader.classes.models import ContentItem, ContentType
from lti_grader.classes.queries import has_sections
from lti_grader.classes.settings_views import blueprint as class_settings
from lti_grader.classes.views import blueprint as classes
from lti_grader.core import limits
from lti_grader.core.assets import install_assets
from lti_grader.core.limits import Limit, Limits, Pace
from lti_grader.gradebook import queries as gradebook
from lti_grader.gradebook.cell_views import blueprint as marks
from lti_grader.gradebook.grid_views import blueprint as gradebook_pages
from lti_grader.gradebook.late_views import blueprint as late
from lti_grader.gradebook.leaderboard.boards import is_on_in
from lti_grader.gradebook.leaderboard.views import blueprint as leaderboard
from lti_grader.gradebook.own_views import blueprint as own_marks
from lti_grader.gradebook.points_views import blueprint as points
from lti_grader.gradebook.question_views import blueprint as questions
from lti_grader.gradebook.regrades.queries import judged_once_more
from lti_grader.gradebook.regrades.views import blueprint as regrades
from lti_grader.gradebook.requests.views import beside_attempt
from lti_grader.gradebook.requests.views import blueprint as requests
from lti_grader.gradebook.rescoring import effect_of_due_date
from lti_grader.gradebook.table_views import blueprint as gradebook_csv
from lti_grader.gradebook.tables import MOST_BYTES as MOST_TABLE_BYTES
from lti_grader.gradebook.totals.views import blueprint as totals
from lti_grader.grading.queries import submissions_missed
from lti_grader.grading.similarity.views import blueprint as similarity
from lti_grader.grading.views import blueprint as results
from lti_grader.grading.views import last_submission
from lti_grader.lti import board, copies, links
from lti_grader.lti import queries as deliveries
from lti_grader.lti.assets import attempting, looking
from lti_grader.lti.columns import reads as columns
from lti_grader.lti.views import blueprint as lti
from lti_grader.lti.views import staying
from lti_grader.lti.views.platforms import blueprint as platforms
from lti_grader.marking.bank_views import blueprint as comment_bank
from lti_grader.marking.grader_views import blueprint as graders
from lti_grader.marking.moderation_views import blueprint as moderation
from lti_grader.marking.telling import by_hand, tell_by_hand
from lti_grader.marking.views import blueprint as marking
from lti_grader.notifications.announcement_views import blueprint as announcements
from lti_grader.notifications.mail_views import blueprint as mails
from lti_grader.notifications.views import blueprint as notifications
from lti_grader.notifications.views import of_viewer as unread_of_viewer
from lti_grader.people.views import blueprint as administration
from lti_grader.problems.answer_archives import MOST_ARCHIVE_BYTES
from lti_grader.transfer.bring_views import MOST_BYTES as MOST_CLASS_BYTES
from lti_grader.transfer.bring_views import blueprint as class_files
from lti_grader.transfer.views import blueprint as class_exports

_AT_THE_DOOR = (
    "Very many people are coming in from your network at this moment. Nothing is lost, and your LMS will let you in again:"
    " reload this page, or open the link from your course page once more."
)
# A lecture hall, or a whole school, has one address: 900 students who begin an exam in one second fit in several times.
_ARRIVALS = Limit("arrivals", _AT_THE_DOOR, Pace(10_000, 100), in_frames=True)
_REGISTRATIONS = Limit(
    "registrations", "There were many tries to register an LMS from your network.", Pace(30, 0.2), in_frames=True
)
_SAVES = Limit(
    "saves",
    "This is saved more often than anybody types. Your text is kept in this browser, and saved by itself in a moment.",
    Pace(10_000, 300),
    Pace(60, 1),
)
_WORK = Limit(
    "work", "So many Runs and Submits at once are too many. Your text is kept.", Pace(5_000, 100), Pace(30, 0.5)
)
# As often as anybody mistypes, and too seldom to find a passcode by trying; a lecture hall types it in one minute.
_PASSCODES = Limit("passcodes", "There were many wrong passcodes.", Pace(10_000, 100), Pace(12, 0.05))
# Programs of many people come from the few addresses of those who run them.
_FEEDS = Limit("feeds", "This calendar is read very often.", Pace(5_000, 50), Pace(30, 1 / 60), argument="token")
_FILE = 67_108_864
_NOTEBOOK = 4 * MOST_BYTES
UPLOADS = {
    "drafts.add_test": _FILE, "drafts.save_test": _FILE, "drafts.add_files": _FILE, "imports.upload": _FILE, "drafts.save": _FILE, "quizzes.settings": _FILE, "quizzes.save_question": _FILE, "checks.keep": 2 * MOST_ARCHIVE_BYTES,
    "class_files.bring": MOST_CLASS_BYTES + _FILE, "test_tables.read": 2 * MOST_TESTS_BYTES,
    "gradebook_csv.read": 4 * MOST_TABLE_BYTES, "groups.change": 2 * MOST_GROUPS_BYTES,
    "materials.save": 4 * _FILE,
    "work.hand_in": _NOTEBOOK, "previews.hand_in": _NOTEBOOK, "work.save_draft": _NOTEBOOK, "previews.save_draft": _NOTEBOOK,
    "work.unpack": 2 * MOST_ARCHIVE_BYTES, "previews.unpack": 2 * MOST_ARCHIVE_BYTES,
}  # fmt: skip
"""Where more comes than a form usually holds: endpoint -> bytes."""
LIMITS = {
    "lti.begin": _ARRIVALS,
    "lti.launch": _ARRIVALS,
    "lti.register": _REGISTRATIONS,
    "lti.canvas_json": _REGISTRATIONS,
    "work.save_draft": _SAVES,
    "work.hand_in": _WORK,
    "previews.save_draft": _SAVES,
    "previews.hand_in": _WORK,
    "passcodes.enter": _PASSCODES,
    "work.unpack": _WORK,
    "previews.unpack": _WORK,
    "feed.read": _FEEDS,
}


IN_ARCHIVE = frozenset(
    {
        "class_settings.archive",
        "class_exports.ask",
        "class_exports.take",
        "looks.begin",
        "looks.end",
        "lti.begin",
        "lti.launch",
        "lti.resend",
        "lti.compare",
    }
)
"""What may be sent about an archived class all the same: it is opened, taken out, and its scores travel."""


def register_pages(app: flask.Flask) -> None:
    """Register the pages of each domain."""
    held: Adapters = app.extensions["adapters"]
    app.extensions["uploads"] = UPLOADS
    app.extensions["keepers"] = IN_ARCHIVE
    limits.install(app, Limits(held.kv, factor=held.settings.rate_limit_factor), LIMITS)
    pages = (
        administration,
        classes,
        groups,
        group_drafts,
        materials,
        class_settings,
        class_exports,
        class_files,
        looks,
        checklist,
        bringing,
        assignments,
        access,
        passcodes,
        platforms,
        work,
        results,
        gradebook_pages,
        marks,
        marking,
        comment_bank,
        moderation,
        graders,
        totals,
        own_marks,
        gradebook_csv,
        leaderboard,
        points,
        questions,
        late,
        late_days,
        regrades,
        requests,
        similarity,
        audit,
        authoring,
        pictures,
        calendar,
        events,
        feed,
        checks,
        drafts,
        test_tables,
        rubrics,
        imports,
        previews,
        announcements,
        mails,
        notifications,
        quizzes,
        quiz_previews,
        lti,
    )
    for blueprint in pages:
        app.register_blueprint(blueprint)
    install_assets(app)
    app.extensions["session_standing"] = staying.require_standing
    app.extensions["delivery_state"] = _delivery_state
    app.extensions["delivery_of"] = deliveries.delivery_state
    app.extensions["delivery_states"] = deliveries.states_of_class
    app.extensions["delivery_board"] = _board
    app.extensions["courses_of_class"] = copies.courses_of
    app.extensions["columns_resized"] = columns.resizing
    app.extensions["columns_to_mend"] = columns.to_mend
    app.extensions["last_submission"] = last_submission
    app.extensions["submissions_missed"] = submissions_missed
    app.extensions["handed_in_by_groups"] = group_work.uses
    app.extensions["links_to"] = links.links_to
    app.extensions["problem_states"] = gradebook.problem_states
    app.extensions["judged_once_more"] = judged_once_more
    app.extensions["tell_by_hand"], app.extensions["by_hand"] = tell_by_hand, by_hand
    app.extensions["requests_beside"] = beside_attempt
    app.extensions["was_handed_in"] = attempts.was_handed_in
    app.jinja_env.globals["own_group"] = group_work.own_group
    app.extensions["file_of_attempt"] = attempting.file_of
    app.extensions["score_state"] = _score_state
    app.extensions["effect_of_due_date"] = effect_of_due_date
    app.jinja_env.filters["language"] = label_of
    app.jinja_env.globals["content_url"] = content_url
    app.jinja_env.globals["unread_notifications"] = unread_of_viewer
    app.jinja_env.globals["class_has_sections"] = has_sections
    app.jinja_env.globals["class_has_groups"] = has_groups
    app.jinja_env.globals["class_has_leaderboard"] = is_on_in
    app.jinja_env.globals["class_has_files"] = looking.has_any


def content_url(item: ContentItem) -> str:
    """Return the address of the page of something that stands in a class."""
    if item.type == ContentType.MATERIAL:
        return flask.url_for("materials.page", material_id=item.id)
    return flask.url_for("work.overview", assignment_id=item.id)


def _board(class_id: uuid.UUID, within: frozenset[str] | None) -> board.Board:
    return board.read(class_id, board.Filter(within=within))


def _delivery_state(student_id: uuid.UUID, opened: OpenedAssignment, *, at: dt.datetime) -> dict[str, str] | None:
    """Return how far a student's score has come, as far as whoever looks may know it."""
    seen = opened.shown(at=at)
    if not seen.marks:
        # In the same words whatever became of it.
        return {"state": "withheld", "text": seen.note}
    return deliveries.delivery_state(student_id, opened.assignment.id)


def _score_state(student_id: uuid.UUID, opened: OpenedAssignment, *, at: dt.datetime) -> dict[str, Any]:
    return {
        "entry": gradebook.entry_of(student_id, opened.assignment.id) if opened.shown(at=at).marks else None,
        "delivery": _delivery_state(student_id, opened, at=at),
    }
