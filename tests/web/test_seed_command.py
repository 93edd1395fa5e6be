"""`lti-grader seed`: a department that is believable, adds up, is told to no LMS, and goes without a trace."""

import datetime as dt
import random
import uuid
from collections import Counter

import flask
import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from lti_grader import adapters
from lti_grader.assignments.models import AssignmentProblem
from lti_grader.attempts.models import SubmissionAttempt
from lti_grader.classes.models import Enrollment, Role
from lti_grader.cli import seed
from lti_grader.core.db import session, system_transaction, transaction
from lti_grader.demo.department import founding, making, marks, students
from lti_grader.demo.department.catalogue import every_problem
from lti_grader.demo.department.courses import COURSES, THIS_WEEK, plan, term_start
from lti_grader.demo.department.judged import judge, known
from lti_grader.demo.department.texts import STYLES, text
from lti_grader.gradebook.models import GradebookEntry
from lti_grader.gradebook.operations import recompute_all
from lti_grader.gradebook.queries import attempts_of_class, how_many_attempts
from lti_grader.grading.models import GradingJob, TestResult
from lti_grader.grading.sandbox import open_sandbox
from lti_grader.grading.verdicts import TestStatus
from lti_grader.lti.models import ClassContext, Deployment, EnrolledThrough, LineItem, Platform, ScoreDelivery
from lti_grader.lti.passback import queue_scores_of
from lti_grader.marking.models import Marking
from lti_grader.models import metadata
from lti_grader.people.models import Tenant, User
from tests.fixtures.world import World

# So that its term begins this week: for the months to come there are partitions already.
NOW = dt.datetime.now(dt.UTC) + dt.timedelta(weeks=THIS_WEEK - 1)
NAME = "Castle in the Air"


@pytest.fixture
def made(app: flask.Flask, monkeypatch: pytest.MonkeyPatch) -> making.Made:
    # So that people mark something in the first weeks too.
    for one in (founding, marks):
        monkeypatch.setattr(one, "MARKED", "Homework 2")
    wish = making.Wish(NAME, students=21, seed=7, now=NOW, weeks=3)
    return making.make(wish, adapters.installed().blobs, lambda *_: None)


def _rows(tenant_id: uuid.UUID) -> dict[str, int]:
    tables = [one for one in metadata.sorted_tables if "tenant_id" in one.columns]
    with transaction(tenant_id):
        return {
            one.name: count
            for one in tables
            if (count := session().scalar(sa.select(sa.func.count()).select_from(one)))
        }


def _may_be_delivered(made: making.Made) -> None:
    """Let one class have a column in the LMS that its people come from."""
    taught = made.classes[0]
    laid = taught.assignments[0]
    with transaction(made.tenant_id):
        shared = {"tenant_id": made.tenant_id}
        deployment = Deployment(
            platform_id=session().scalars(sa.select(Platform.id)).one(), deployment_id="1", **shared
        )
        session().add(deployment)
        session().flush()
        context = ClassContext(
            deployment_id=deployment.id, context_id="course", class_id=taught.class_id, title="Course", **shared
        )
        session().add(context)
        session().flush()
        session().add(
            LineItem(
                class_context_id=context.id, content_item_id=laid.assignment_id, url="https://lms.example/1",
                score_maximum=10, **shared,
            )
        )  # fmt: skip
        for one in session().scalars(sa.select(Enrollment.id).where(Enrollment.class_id == taught.class_id)):
            session().add(EnrolledThrough(enrollment_id=one, class_context_id=context.id, seen_at=NOW, **shared))


def test_a_department_adds_up_is_told_to_nobody_and_goes_without_a_trace(
    made: making.Made, world: World, app: flask.Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    with transaction(made.tenant_id):
        people = session().scalars(sa.select(User)).all()
        assert len({one.name for one in people}) == len(people)
        assert all(one.email and one.email.isascii() and one.email.endswith("@students.example") for one in people)
        assert set(session().scalars(sa.select(Enrollment.role))) == {Role.TEACHER, Role.ASSISTANT, Role.STUDENT}
    # What was counted is there.
    rows, counts = _rows(made.tenant_id), made.tally.counts
    for table, counted in (
        ("submission_attempts", "attempts"), ("grading_jobs", "judgings"), ("test_results", "test_results"),
        ("gradebook_entries", "gradebook_entries"), ("users", "people"), ("assignments", "assignments"),
        ("assignment_progress", "drafts"),
    ):  # fmt: skip
        assert rows[table] == counts[counted] > 0, table
    assert counts["regraded"] > 0
    assert rows["audit_log"] > counts["assignments"]
    assert 0.6 < counts["test_results"] / (21 * making.RESULTS_PER_STUDENT) < 1.6
    with transaction(made.tenant_id):
        # Each judging has the points of its tests.
        points = sa.func.sum(TestResult.score)
        wrong = session().execute(
            sa.select(GradingJob.id).join(TestResult, TestResult.job_id == GradingJob.id)
            .group_by(GradingJob.id, GradingJob.points).having(points != GradingJob.points)
        )  # fmt: skip
        assert wrong.all() == []
        assert session().scalar(sa.select(sa.func.count(sa.distinct(SubmissionAttempt.code_blob_ref)))) > 20
    # People have marked most of what they are to mark, and the rest waits: as the operations that keep the queue find it, too.
    markings = sa.select(Marking.id, Marking.state, Marking.is_wanted, Marking.stands).order_by(Marking.id)
    with transaction(made.tenant_id):
        marked = session().execute(markings).all()
    assert Counter(one.state for one in marked)["done"] == counts["marked_by_people"] > 0
    assert "unmarked" in {one.state for one in marked}
    # The gradebook is what the operations that keep it make of the same work.
    for taught in made.classes:
        for laid in taught.assignments:
            with transaction(made.tenant_id):
                recompute_all([one.user_id for one in taught.members], laid.assignment_id, at=NOW)
    with transaction(made.tenant_id):
        entries = session().scalars(sa.select(GradebookEntry).where(GradebookEntry.score_obtained.is_not(None))).all()
        assert len(entries) == counts["gradebook_entries"]
        assert {one.revision for one in entries} == {1}
        assert len({one.score_obtained for one in entries}) > 5
    with transaction(made.tenant_id):
        assert session().execute(markings).all() == marked
    # The newest attempts are those of a plain look at all of them, page by page.
    taught = made.classes[0]
    with transaction(made.tenant_id):
        plainly = session().execute(
            sa.select(SubmissionAttempt.id, SubmissionAttempt.student_id)
            .join(AssignmentProblem, AssignmentProblem.id == SubmissionAttempt.assignment_problem_id)
            .where(AssignmentProblem.assignment_id.in_([one.assignment_id for one in taught.assignments]))
            .order_by(SubmissionAttempt.created_at.desc(), SubmissionAttempt.id.desc())
        ).all()  # fmt: skip
        newest = attempts_of_class(taught.class_id, most=15)
        assert [one.id for one in newest] == [one.id for one in plainly[:15]]
        mine = [one.id for one in plainly if one.student_id == plainly[0].student_id]
        assert how_many_attempts(taught.class_id, plainly[0].student_id) == len(mine) > 4
        shown = [
            one.id
            for before in range(0, len(mine), 4)
            for one in attempts_of_class(taught.class_id, student_id=plainly[0].student_id, most=4, before=before)
        ]
        assert shown == mine
    # No LMS hears of it, though it had a column for it.
    _may_be_delivered(made)
    with transaction(made.tenant_id):
        queue_scores_of(session().scalars(sa.select(GradebookEntry)).all(), at=NOW)
        assert session().scalar(sa.select(sa.func.count()).select_from(ScoreDelivery)) == 0
    # It goes, and what is real stays.
    world.assignment()
    before = _rows(world.tenant_id)
    monkeypatch.setattr(seed, "create_app", lambda: app)
    done = CliRunner().invoke(seed.command, ["--remove", "--yes", "--institution", NAME])
    assert done.exit_code == 0, done.output
    assert _rows(made.tenant_id) == {}
    with system_transaction() as opened:
        assert opened.scalar(sa.select(Tenant.id).where(Tenant.name == NAME)) is None
    assert _rows(world.tenant_id) == before


def test_what_is_real_is_neither_removed_nor_mixed_with_nor_marked_afterwards(
    app: flask.Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seed, "create_app", lambda: app)
    with transaction(world.tenant_id):
        name = session().scalars(sa.select(Tenant.name)).one()
    for options, words in (
        (["--institution", name, "--yes"], "is a real institution"),
        (["--institution", name, "--yes", "--remove"], "was not made up"),
    ):  # fmt: skip
        done = CliRunner().invoke(seed.command, options)
        assert words in str(done.exception.message), options
    # Beside real institutions it asks first.
    done = CliRunner().invoke(seed.command, [], input="n\n")
    assert name in done.output
    assert done.exit_code == 1
    with pytest.raises(sa.exc.IntegrityError, match="never changes"), transaction(world.tenant_id):
        session().execute(sa.update(Tenant).values(generated_at=NOW))
    with (
        pytest.raises(sa.exc.IntegrityError, match="only an institution that was made up"),
        transaction(world.tenant_id),
    ):
        session().execute(sa.text("SELECT lti_grader_remove_generated(ARRAY['users'])"))


def test_whatever_keeps_rows_for_ever_lets_what_was_made_up_go(world: World) -> None:
    with transaction(world.tenant_id):
        keeping = session().execute(
            sa.text(
                "SELECT proname, prosrc FROM pg_proc"
                " WHERE proname LIKE 'lti\\_grader\\_keep\\_%' AND proname <> 'lti_grader_keep_mark'"
            )
        )
        found = {name: "lti_grader_goes" in text or "app.erasing" in text for name, text in keeping}
    assert len(found) > 5
    assert all(found.values()), found


def test_the_same_seed_makes_the_same_students_and_they_keep_to_the_dates() -> None:
    course = COURSES[0]
    for planned in plan(course, term_start(NOW)):
        first, again = (
            [
                students.tries(students.student(course, rng), planned, problem, rng, now=NOW, extra=None)
                for rng in [random.Random(f"{seed}:{planned.title}")]
                for seed in range(40)
                for problem in planned.problems
            ]
            for _ in range(2)
            for seed in ["same"]
        )
        assert first == again
        for tries in first:
            assert all(planned.opens_at <= one.at < (planned.closes_at or planned.due) for one in tries)
            assert [one.at for one in tries] == sorted(one.at for one in tries)


def test_every_wrong_program_fails_and_every_right_one_passes() -> None:
    for problem in every_problem():
        for one in problem.programs:
            verdicts = {test.status for test in known()[problem.slug].programs[one.language, one.name].tests}
            assert (verdicts == {TestStatus.PASS}) == (not one.misconception), f"{problem.slug}: {one.name}"
        assert len({text(one, style) for one in problem.programs for style in range(STYLES)}) >= 24


def test_what_is_kept_of_a_judging_is_what_the_grader_finds() -> None:
    sandbox = open_sandbox()
    try:
        for slug, name, style in (
            ("even-sum", "starts-at-one", 1),
            ("coins", "no-answer", 2),
            ("pairs", "neighbours", 3),
        ):
            problem = next(one for one in every_problem() if one.slug == slug)
            program = next(one for one in problem.programs if one.name == name and one.language == "python")
            kept = known()[slug]
            # In another hand it does the same.
            found = judge(problem, type(program)(name, "python", text(program, style)), kept.expected, sandbox)
            tests = kept.programs["python", name].tests
            assert [one.status for one in found.outcomes] == [one.status for one in tests], slug
            assert list(found.points_of.values()) == [one.points for one in tests]
    finally:
        sandbox.close()
