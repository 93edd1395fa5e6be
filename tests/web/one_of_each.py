"""What the variable parts of addresses stand for: one of each thing, of one student in one class."""

import uuid
from typing import Any

import pytest
import sqlalchemy as sa

from lti_grader.assignments.models import AssignmentProblem
from lti_grader.attempts.models import SubmissionAttempt
from lti_grader.authoring import importing
from lti_grader.calendar.models import EventType
from lti_grader.calendar.operations import Draft, add_to_class
from lti_grader.calendar.queries import places_of
from lti_grader.calendar.repeating import Times
from lti_grader.classes import materials
from lti_grader.classes.groups.operations import make_set
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
from lti_grader.problems import queries as problems
from lti_grader.problems.models import Problem, ProblemVersion, Sharing
from lti_grader.transfer import exporting
from tests.fixtures.world import NOW, World


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
