"""Every route, walked by those who have no business there."""

import uuid
from collections.abc import Callable
from typing import Any

import flask
import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from lti_grader.assignments.models import AssignmentProblem
from lti_grader.attempts.models import SubmissionAttempt
from lti_grader.authoring import importing
from lti_grader.calendar.models import EventType
from lti_grader.calendar.operations import Draft, add_to_class
from lti_grader.calendar.queries import places_of
from lti_grader.calendar.repeating import Times
from lti_grader.classes import materials
from lti_grader.classes.groups.operations import make_set
from lti_grader.classes.models import Class, Enrollment, EnrollmentSource, Mentorship, Role
from lti_grader.classes.operations import create_class, drop, enroll
from lti_grader.classes.queries import membership
from lti_grader.core.db import session, transaction
from lti_grader.gradebook.regrades import judging
from lti_grader.gradebook.regrades.models import Which
from lti_grader.gradebook.requests.models import RegradeRequest
from lti_grader.grading import tasks
from lti_grader.grading.models import GradingJob
from lti_grader.grading.similarity.models import SimilarityPair, SimilarityProgram, SimilarityReport
from lti_grader.lti.asset_models import AssetActivity, LtiAsset
from lti_grader.lti.models import ClassContext, CourseCopy, ResourceLink, ScoreDelivery
from lti_grader.marking import bank
from lti_grader.marking.models import Marking
from lti_grader.notifications.models import Notification
from lti_grader.pages import IN_ARCHIVE
from lti_grader.people.models import User
from lti_grader.problems import queries as problems
from lti_grader.problems.models import Problem, ProblemVersion, Sharing
from lti_grader.transfer import exporting
from tests.fixtures.world import NOW, World, make_world

# What needs no session, on purpose. A new route is not among them, and so has to refuse.
PUBLIC = {
    "static",
    "health",
    "ready",
    "metrics",
    "lti.begin",
    "lti.launch",
    "lti.jwks",
    "lti.leave",
    "administration.sign_in",
    "lti.register",
    "lti.canvas_json",
    "lti.take_notices",
    "feed.read",
    "mails.ask_to_stop",
    "mails.stop",
    "class_exports.file",
}
# What is the viewer's own, whoever they are: everybody with a session has it, and sees nobody else's there.
OWN = {
    "mails.preferences", "mails.choose", "notifications.inbox", "notifications.read_all", "notifications.unread_number",
    "calendar.mine", "calendar.choose_zone", "events.new_own", "events.add_own", "feed.page", "feed.change",
}  # fmt: skip
STAFF_ONLY = {
    "gradebook.grid", "gradebook.student", "marks.cell", "marks.decide", "marks.comment", "gradebook.rows", "totals.page", "totals.change", "gradebook_csv.take_out", "gradebook_csv.page", "gradebook_csv.read", "lti.board", "lti.resend", "lti.handed_in", "lti.activity",
    "lti.bind_activity", "lti.trail", "lti.roster", "lti.roster_state", "lti.read_roster", "lti.allow_drops", "lti.registrar",
    "lti.columns", "lti.make_column", "lti.ask_for_column", "lti.holds", "lti.freeze", "lti.ask_release", "lti.release", "lti.comparisons", "lti.compare",
    "lti.class_csv", "lti.class_one_roster", "lti.institution_csv", "lti.institution_one_roster",
    "lti.link", "lti.set_link", "lti.ask_to_copy", "lti.decide_copy", "lti.put_copies_away", "lti.who_may_copy",
    "announcements.announce", "lti.join_class", "assignments.settings", "assignments.change", "lti.take_course_out",
    "gradebook.release_page", "gradebook.change_release", "classes.sections", "classes.set_apart",
    "groups.add_set", "groups.page", "groups.take_out", "groups.change",
    "bringing.page", "bringing.bring", "checklist.page", "class_settings.page", "class_settings.change", "class_settings.archive",
    "looks.choose", "looks.begin", "class_files.page", "class_files.bring", "class_exports.page", "class_exports.ask", "class_exports.take",
    "materials.add", "materials.edit", "materials.save", "materials.preview", "materials.ask_to_remove", "materials.remove",
    "passcodes.change", "access.page", "access.say", "access.remove", "points.page", "points.change", "late.page", "late.change", "late_days.of_class", "late_days.set_usual", "late_days.give",
    "regrades.page", "regrades.start", "regrades.regrade", "regrades.act", "regrades.marks_csv",
    "authoring.problems", "authoring.problem", "authoring.version", "authoring.test", "authoring.test_data",
    "authoring.file", "authoring.compare",
    "drafts.new_problem", "drafts.begin", "drafts.discard", "drafts.edit", "drafts.save", "drafts.groups", "drafts.new_test",
    "drafts.add_test", "drafts.edit_test", "drafts.save_test", "drafts.add_files", "test_tables.take_out", "test_tables.read", "drafts.describe", "drafts.move_test",
    "checks.check", "checks.publish_despite", "checks.keep", "checks.submission",
    "marking.of_class", "marking.next_one", "marking.script", "marking.save", "marking.hold", "marking.comment", "marking.set_rules",
    "comment_bank.page", "comment_bank.add", "comment_bank.change", "moderation.next_one", "moderation.page", "moderation.decide", "graders.page",
    "rubrics.edit", "rubrics.save", "imports.page", "imports.upload", "imports.import_", "imports.decide", "imports.export",
    "similarity.page", "similarity.start", "similarity.report", "similarity.act", "similarity.pairs_csv",
    "similarity.pair", "similarity.decide",
    "pictures.of_version", "pictures.shown", "questions.page", "quizzes.settings", "quizzes.sections", "quizzes.questions", "quizzes.edit_question", "quizzes.save_question", "quiz_previews.grade",
    "requests.of_class", "events.new_for_class", "events.add_to_class",
    "previews.page", "previews.save_draft", "previews.hand_in", "previews.history", "previews.unpack",
}  # fmt: skip
# What a student's page sends, so that only the person is wrong.
BODY = {
    "code": "x", "language": "python", "base_revision": 0, "save_id": "save-0001", "type": "test_run",
    "idempotency_key": "press-001",
}  # fmt: skip


@pytest.fixture
def ids(world: World) -> dict[str, Any]:
    """What the variable parts of addresses stand for: things of one student in one class."""
    assignment = world.assignment()
    column = world.column(assignment)
    student, item = world.user(), world.items(assignment)[0]
    attempt = world.hand_in(student, item)
    with transaction(world.tenant_id):
        job = session().query(GradingJob).filter_by(attempt_id=attempt).one().id
    assert tasks.grade(str(world.tenant_id), str(job)) == "done"
    tasks.close_sandbox()
    with transaction(world.tenant_id):
        delivery = session().query(ScoreDelivery).one().id
        context = session().get_one(ClassContext, world.context_id)
        link = ResourceLink(
            tenant_id=world.tenant_id, deployment_id=context.deployment_id, class_context_id=context.id,
            resource_link_id="link", assignment_id=assignment,
        )  # fmt: skip
        copy = CourseCopy(
            tenant_id=world.tenant_id, class_context_id=context.id, from_class_id=world.class_id, state="asked",
            created_at=NOW,
        )  # fmt: skip
        session().add_all([link, copy])
        session().flush()
    return {
        "assignment_id": assignment, "item_id": item, "attempt_id": attempt, "class_id": world.class_id,
        "context_id": world.context_id, "column_id": column,
        "student_id": student, "delivery_id": delivery, "freeze_id": uuid.uuid4(), "link_id": link.id, "copy_id": copy.id,
        **_file(world, student), "name": "a" * 32, "filename": "x",
        "platform_id": world.platform_id, "invitation_id": uuid.uuid4(), "deployment_id": uuid.uuid4(),
        "proposal_id": uuid.uuid4(), "export_id": _export(world), "look_id": uuid.uuid4(), "announcement_id": uuid.uuid4(), "notification_id": _told(world, student, assignment), "override_id": uuid.uuid4(), "regrade_id": _regrade(world, item),
        **_problem(world, item),
        **_similar(world, item, attempt),
        "material_id": _material(world),
        "set_id": _groups(world),
        "event_id": _event(world),
        "marking_id": _marking(world, assignment, item, attempt, student), "saved_comment_id": _saved_comment(world),
        "request_id": _regrade_request(world, attempt, student),
    }  # fmt: skip


def _export(world: World) -> uuid.UUID:
    with transaction(world.tenant_id):
        return exporting.ask(world.class_id, with_work=True, by=world.teacher_id, at=NOW).id


def _told(world: World, student: uuid.UUID, assignment: uuid.UUID) -> uuid.UUID:
    with transaction(world.tenant_id):
        query = sa.select(Notification.id).where(
            Notification.recipient_id == student, Notification.content_item_id == assignment
        )
        return session().scalars(query).one()


def _problem(world: World, item: uuid.UUID) -> dict[str, Any]:
    with transaction(world.tenant_id):
        version = session().get_one(ProblemVersion, session().get_one(AssignmentProblem, item).problem_version_id)
        # One that is shared with the institution is everybody's who teaches there.
        session().get_one(Problem, version.problem_id).shared_with = Sharing.CLASS
        group, test = problems.tests_of(version.id)[0]
        return {
            "problem_id": version.problem_id, "version_id": version.id, "test_id": test.id, "part": "input",
            "group_id": group.id, "format": "kattis", "import_id": _import(world), "try_id": uuid.uuid4(),
            "path": "submissions/accepted/right.py", "question_id": "q1",
        }  # fmt: skip


def _groups(world: World) -> uuid.UUID:
    with transaction(world.tenant_id):
        return make_set(world.class_id, "Teams", at=NOW).id


def _material(world: World) -> uuid.UUID:
    with transaction(world.tenant_id):
        made = materials.create(world.class_id, "Reading", None)
        made.is_published = True
        return made.id


def _regrade(world: World, item: uuid.UUID) -> uuid.UUID:
    with transaction(world.tenant_id):
        place = membership(world.class_id, world.teacher_id)
        version = session().get_one(AssignmentProblem, item).problem_version_id
        return judging.start(place, item, judging.Wanted(version, Which.ALL), at=NOW).id


def _regrade_request(world: World, attempt_id: uuid.UUID, student: uuid.UUID) -> uuid.UUID:
    with transaction(world.tenant_id):
        attempt = session().get_one(SubmissionAttempt, attempt_id)
        item = session().get_one(AssignmentProblem, attempt.assignment_problem_id)
        request = RegradeRequest(
            tenant_id=world.tenant_id, assignment_id=item.assignment_id, assignment_problem_id=item.id, attempt_id=attempt_id,
            student_id=student, opened_at=NOW, changed_at=NOW,
        )  # fmt: skip
        session().add(request)
        session().flush()
        return request.id


def _event(world: World) -> uuid.UUID:
    with transaction(world.tenant_id):
        (place,) = places_of(world.teacher_id)
        return add_to_class(place, Draft("Lecture", Times(NOW, NOW, "UTC"), EventType.LECTURE), at=NOW).id


def _marking(world: World, assignment: uuid.UUID, item: uuid.UUID, attempt: uuid.UUID, student: uuid.UUID) -> uuid.UUID:
    with transaction(world.tenant_id):
        row = Marking(
            tenant_id=world.tenant_id, attempt_id=attempt, student_id=student, assignment_id=assignment,
            assignment_problem_id=item, problem_version_id=session().get_one(AssignmentProblem, item).problem_version_id,
        )  # fmt: skip
        session().add(row)
        session().flush()
        return row.id


def _saved_comment(world: World) -> uuid.UUID:
    with transaction(world.tenant_id):
        return bank.keep(
            membership(world.class_id, world.teacher_id), bank.Kept("Well done", is_shared=True), at=NOW
        ).id


def _import(world: World) -> uuid.UUID:
    given = importing.Given("problems.zip", f"sha256/{'0' * 64}", 1)
    return importing.begin(world.class_id, given, by=world.teacher_id, problem_id=None, at=NOW).id


def _similar(world: World, item: uuid.UUID, attempt: uuid.UUID) -> dict[str, Any]:
    """A finished report with a pair."""
    other = world.hand_in(world.user(), item)
    shared = {"tenant_id": world.tenant_id}
    with transaction(world.tenant_id):
        report = SimilarityReport(
            assignment_problem_id=item, with_earlier=False, without_solution=False, state="done", started_at=NOW,
            ended_at=NOW, next_try_at=NOW, **shared,
        )  # fmt: skip
        session().add(report)
        session().flush()
        left, right = (
            SimilarityProgram(
                report_id=report.id, attempt_id=one, kin="python", is_own=True, size=9, highest=1, **shared
            )
            for one in (attempt, other)
        )
        session().add_all([left, right])
        session().flush()
        pair = SimilarityPair(
            report_id=report.id, left_id=left.id, right_id=right.id, score=1, left_share=1, right_share=1, longest=9,
            passages=[[1, 1, 1, 1]], **shared,
        )  # fmt: skip
        session().add(pair)
        session().flush()
        return {"report_id": report.id, "pair_id": pair.id}


def _file(world: World, student: uuid.UUID) -> dict[str, Any]:
    with transaction(world.tenant_id):
        activity = AssetActivity(
            tenant_id=world.tenant_id, class_context_id=world.context_id, activity_id="essay", created_at=NOW
        )
        session().add(activity)
        session().flush()
        file = LtiAsset(
            tenant_id=world.tenant_id, activity_id=activity.id, user_id=student, submission_id="1", asset_id="1",
            url="https://lms.example/files/1", received_at=NOW, next_try_at=NOW,
        )  # fmt: skip
        session().add(file)
        session().flush()
        return {"activity_id": activity.id, "asset_id": file.id, "person_id": student}


Visitor = Callable[[uuid.UUID | None, World], FlaskClient]


@pytest.fixture
def visitor(app: flask.Flask) -> Visitor:
    """A browser with the session of a person, or with none."""
    app.config["WTF_CSRF_ENABLED"] = False

    def open_browser(user_id: uuid.UUID | None, world: World) -> FlaskClient:
        client = app.test_client()
        if user_id is not None:
            with client.session_transaction() as kept:
                kept.update(
                    user=str(user_id), tenant=str(world.tenant_id), platform=str(world.platform_id), frames=[]
                )  # fmt: skip
        return client

    return open_browser


def walk(
    app: flask.Flask, client: FlaskClient, ids: dict[str, Any], *, only: set[str] | None = None, looks: bool = True
) -> dict[str, int]:
    """Ask for every route in every method it takes; return the answers by endpoint and method."""
    found = {}
    with app.test_request_context():
        asked = [
            (rule.endpoint, method, flask.url_for(rule.endpoint, **{name: ids[name] for name in rule.arguments}))
            for rule in app.url_map.iter_rules()
            if rule.endpoint not in PUBLIC and (rule.endpoint not in OWN if only is None else rule.endpoint in only)
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"} - (set() if looks else {"GET"}))
        ]
    for endpoint, method, url in asked:
        answer = client.open(url, method=method, json=BODY if method != "GET" else None, buffered=False)
        found[f"{endpoint} {method}"] = answer.status_code
        answer.close()
    assert found
    return found


def test_nobody_gets_in_without_a_session(
    app: flask.Flask, visitor: Visitor, world: World, ids: dict[str, Any]
) -> None:
    found = walk(app, visitor(None, world), ids) | walk(app, visitor(None, world), ids, only=OWN)
    assert set(found.values()) == {401}, found


def test_another_institutions_teacher_finds_nothing(app: flask.Flask, visitor: Visitor, ids: dict[str, Any]) -> None:
    other = make_world("South University")
    found = walk(app, visitor(other.teacher_id, other), ids)
    assert set(found.values()) <= {403, 404}, found


def test_a_person_of_no_class_finds_nothing(
    app: flask.Flask, visitor: Visitor, world: World, ids: dict[str, Any]
) -> None:
    found = walk(app, visitor(world.user(enrolled=False), world), ids)
    assert set(found.values()) <= {403, 404}, found


def test_a_teacher_of_another_class_finds_nothing_of_this_one(
    app: flask.Flask, visitor: Visitor, world: World, ids: dict[str, Any]
) -> None:
    other = world.user(enrolled=False)
    with transaction(world.tenant_id):
        elsewhere = create_class("CS102", owner_id=other)
        enroll(elsewhere.id, other, Role.TEACHER, source=EnrollmentSource.LAUNCH)
    found = walk(app, visitor(other, world), ids)
    assert set(found.values()) <= {403, 404}, found


def test_who_has_left_the_class_finds_nothing_any_more(
    app: flask.Flask, visitor: Visitor, world: World, ids: dict[str, Any]
) -> None:
    with transaction(world.tenant_id):
        drop(world.class_id, {ids["student_id"]}, at=NOW)
    found = walk(app, visitor(ids["student_id"], world), ids)
    assert set(found.values()) <= {403, 404}, found


@pytest.mark.parametrize("role", [Role.STUDENT, Role.OBSERVER])
def test_staffs_pages_are_staffs(
    app: flask.Flask, visitor: Visitor, world: World, ids: dict[str, Any], role: Role
) -> None:
    found = walk(app, visitor(world.user(role), world), ids, only=STAFF_ONLY)
    assert set(found.values()) == {403}, found


@pytest.mark.parametrize("role", [Role.STUDENT, Role.OBSERVER])
def test_a_students_attempts_are_their_own(
    app: flask.Flask, visitor: Visitor, world: World, ids: dict[str, Any], role: Role
) -> None:
    mine = {
        "results.attempt", "results.cancel", "results.code", "results.diff", "results.files_zip", "results.events", "gradebook.review", "lti.attempt_link",
        "lti.asset", "lti.asset_file", "lti.fetch_again", "gradebook.mentored_home",
    }  # fmt: skip
    found = walk(app, visitor(world.user(role), world), ids, only=mine)
    assert set(found.values()) <= {403, 404}, found
    # Neither to who mentors somebody else in the class.
    found = walk(app, visitor(mentor_of(world.user(), world), world), ids, only=mine)
    assert set(found.values()) <= {403, 404}, found
    for me in (ids["student_id"], world.teacher_id):
        for address in (
            f"/attempts/{ids['attempt_id']}", f"/lti/attempts/{ids['attempt_id']}",
            f"/assignments/{ids['assignment_id']}/students/{ids['student_id']}", f"/assets/{ids['asset_id']}",
        ):  # fmt: skip
            assert visitor(me, world).get(address).status_code == 200


def mentor_of(student: uuid.UUID, world: World) -> uuid.UUID:
    """Return an observer of the world's class who mentors a student there."""
    mentor = world.user(Role.OBSERVER)
    with transaction(world.tenant_id):
        enrollment = session().scalars(sa.select(Enrollment).where(Enrollment.user_id == mentor)).one()
        session().add(
            Mentorship(
                tenant_id=world.tenant_id, enrollment_id=enrollment.id, class_context_id=world.context_id,
                sub=session().get_one(User, student).sub, named_at=NOW,
            )
        )  # fmt: skip
    return mentor


def test_a_mentor_reads_what_their_student_does_and_changes_nothing(
    app: flask.Flask, visitor: Visitor, world: World, ids: dict[str, Any]
) -> None:
    mentor = visitor(mentor_of(ids["student_id"], world), world)
    assert set(walk(app, mentor, ids, only=STAFF_ONLY).values()) == {403}
    for address in (
        f"/attempts/{ids['attempt_id']}", f"/attempts/{ids['attempt_id']}/code", f"/lti/attempts/{ids['attempt_id']}",
        f"/assignments/{ids['assignment_id']}/students/{ids['student_id']}", f"/assets/{ids['asset_id']}",
        f"/classes/{ids['class_id']}/mentored/{ids['student_id']}",
    ):  # fmt: skip
        assert mentor.get(address).status_code == 200, address
    writes = {"work.save_draft", "work.hand_in", "work.unpack", "results.cancel", "lti.fetch_again"}
    found = walk(app, mentor, ids, only=writes)
    assert {status for asked, status in found.items() if not asked.endswith("GET")} == {403}, found


def test_an_observer_reads_and_hands_nothing_in(visitor: Visitor, world: World, ids: dict[str, Any]) -> None:
    client = visitor(world.user(Role.OBSERVER), world)
    page = client.get(f"/work/{ids['item_id']}")
    assert page.status_code == 200
    assert "handing in work is for its students" in page.text
    save = {"code": "x", "language": "python", "base_revision": 0, "save_id": "save-0001"}
    assert client.put(f"/work/{ids['item_id']}/draft", json=save).status_code == 403
    press = {"type": "final_submission", "code": "x", "language": "python", "idempotency_key": "press-001"}
    assert client.post(f"/work/{ids['item_id']}/attempts", json=press).status_code == 403


def test_every_table_of_this_walk_names_routes_that_exist(app: flask.Flask) -> None:
    there = {rule.endpoint for rule in app.url_map.iter_rules()}
    assert there >= PUBLIC | STAFF_ONLY | OWN


def test_pages_carry_their_safety_in_their_headers(visitor: Visitor, world: World, ids: dict[str, Any]) -> None:
    for url in (f"/work/{ids['item_id']}", f"/classes/{ids['class_id']}", "/nothing/here"):
        headers = visitor(world.teacher_id, world).get(url).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cache-Control"] == "no-store"


# What belongs to no class: a person's problems, and what an archived class takes all the same.
NO_CLASS = (
    "authoring.",
    "drafts.",
    "test_tables.",
    "checks.",
    "imports.",
    "pictures.",
    "previews.",
    "rubrics.",
    "lti.registrar",
    "administration.",
)


def test_in_an_archived_class_nothing_is_changed(
    app: flask.Flask, visitor: Visitor, world: World, ids: dict[str, Any]
) -> None:
    with transaction(world.tenant_id):
        session().get_one(Class, world.class_id).archived_at = NOW
    of_class = {one for one in app.view_functions if not one.startswith(NO_CLASS)} - PUBLIC - OWN
    for person in (world.teacher_id, ids["student_id"]):
        found = walk(
            app, visitor(person, world), ids, only=of_class - {"class_settings.archive", "lti.leave"}, looks=False
        )
        assert {one for one, status in found.items() if status < 400} <= {f"{one} POST" for one in IN_ARCHIVE}, found
        assert found["work.save_draft PUT"] == 409
    teacher = visitor(world.teacher_id, world)
    assert "This class is archived" in teacher.post(f"/classes/{world.class_id}/contents").text
    assert "This class is archived" in teacher.get(f"/classes/{world.class_id}").text
