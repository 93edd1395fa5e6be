"""Marking by hand: what waits, what it makes of scores here and in the LMS, and what students read of it."""

import datetime as dt
import re
import threading
import uuid
from decimal import Decimal

import flask
import pytest
import sqlalchemy as sa

from lti_grader.assignments.models import Assignment, Counts
from lti_grader.assignments.points import alone as let_alone
from lti_grader.classes.models import Class, Enrollment, Role
from lti_grader.classes.queries import membership
from lti_grader.core.db import session, transaction
from lti_grader.core.events import publish
from lti_grader.core.ids import new_id
from lti_grader.grading.events import AttemptGraded
from lti_grader.grading.models import GradingJob, JobReason, JobStatus
from lti_grader.marking import locking, operations, queue
from lti_grader.marking.models import Feedback, Marking, RubricScore
from lti_grader.marking.overview import overview
from lti_grader.marking.wanting import hold
from lti_grader.problems.models import Visibility
from lti_grader.problems.operations import DraftTest
from lti_grader.problems.rubrics import DraftRubric
from tests.fixtures.statements import statements
from tests.fixtures.world import NOW, World
from tests.web.desk import NAMES, TESTS, Desk, criterion
from tests.web.two_sections import Visit, plain


def test_a_score_is_pending_until_the_submission_is_marked(desk: Desk) -> None:
    student, attempt = desk.hand_in(5)
    entry = desk.entry(student)
    assert (entry.status, entry.points, entry.score_obtained) == ("pending", None, Decimal(5))
    assert desk.told(student) == ("PendingManual", None)
    page = desk.visit(student).get(f"/attempts/{attempt}").text
    assert "5 of 19 points by the tests. Up to 9 more points are given by your teachers." in page
    desk.mark(attempt, 1, 2)
    entry = desk.entry(student)
    assert (entry.status, entry.points) == ("graded", Decimal(5 + 3 + 6))
    assert desk.told(student) == ("FullyGraded", Decimal(14))
    desk.mark(attempt, 1, 1, adjustment="-4,5", adjustment_reason="Late by a word", do="save")
    assert desk.entry(student).points == Decimal("6.5")
    desk.mark(attempt, do="reopen")
    assert (desk.entry(student).status, desk.told(student)) == ("pending", ("PendingManual", None))


def test_all_together_stays_between_nothing_and_the_maximum(desk: Desk) -> None:
    student, attempt = desk.hand_in(10)
    desk.mark(attempt, 1, 2, adjustment="50", adjustment_reason="Very fine")
    assert desk.entry(student).points == 19
    desk.mark(attempt, 1, 2, adjustment="-50", adjustment_reason="Copied", do="save")
    assert desk.entry(student).points == 0
    assert "Say why" in desk.mark(attempt, 1, 2, adjustment="1", adjustment_reason=" ", do="save", status=422).text


def test_what_counts_is_what_is_marked(world: World, visit: Visit) -> None:
    for counts, first, second, expected in (
        (Counts.BEST, 8, 5, [0]), (Counts.BEST, 5, 5, [1]), (Counts.LATEST, 8, 5, [1]), (Counts.AVERAGE, 8, 5, [0, 1]),
    ):  # fmt: skip
        desk = Desk(world, visit, counts=counts)
        student = world.user()
        attempts = [desk.hand_in(one, student)[1] for one in (first, second)]
        assert [one for one in desk.waiting() if one in attempts] == [attempts[one] for one in expected], counts


def test_a_marking_that_counted_is_kept_when_another_submission_counts(desk: Desk) -> None:
    student, first = desk.hand_in(5)
    desk.mark(first, 1, 1)
    _, second = desk.hand_in(9, student)
    assert (desk.waiting(), desk.entry(student).status) == ([second], "pending")
    assert desk.marking(first).points == 6


def test_a_marking_wants_every_criterion_and_says_which_is_missing(desk: Desk) -> None:
    _, attempt = desk.hand_in()
    assert "“Tests”" in plain(desk.mark(attempt, 1, status=422).text)
    form = desk.form(attempt, 1, 2)
    names, tests = [name for name in form if name.startswith("level-")]
    answer = desk.browser.post(f"/marking/{desk.marking(attempt).id}", data=form | {names: form[tests]})
    assert answer.status_code == 422


def test_what_somebody_else_wrote_is_not_written_over(desk: Desk) -> None:
    _, attempt = desk.hand_in()
    form = desk.form(attempt, 1, 2)
    desk.mark(attempt, 0, 0, do="save")
    answer = desk.browser.post(f"/marking/{desk.marking(attempt).id}", data=form)
    assert (answer.status_code, desk.marking(attempt).points) == (409, 0)
    assert "in another tab" in answer.text


def test_two_do_not_mark_the_same_unless_one_takes_it_over(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    _, attempt = desk.hand_in()
    url, marta = f"/marking/{desk.marking(attempt).id}", desk.visit(desk.world.teacher_id)
    assert "Take it over" not in desk.browser.get(url).text
    assert "Ben Osei is marking this now" in marta.get(url).text
    assert "Somebody else is marking this" in desk.mark(attempt, 1, 1, by=marta, status=409).text
    assert marta.post(url, data={"do": "take"}).status_code == 303
    assert "Take it over" not in marta.get(url).text
    assert "Marta Lindqvist has taken this over" in desk.browser.post(f"{url}/hold").text
    desk.mark(attempt, 1, 1, status=409)
    desk.mark(attempt, 1, 1, by=marta)
    # Whoever closed the page holds it no longer than a lease.
    monkeypatch.setattr(locking, "LEASE", -dt.timedelta(seconds=1))
    marta.get(url)
    desk.mark(attempt, 0, 1, do="save")


def until_it_waits(other: threading.Thread) -> None:
    """Return once somebody waits for a lock, which is who works in the other thread."""
    while not session().scalar(sa.text("SELECT count(*) FROM pg_locks WHERE NOT granted")):
        assert other.is_alive(), "it waits for nobody"


def test_a_marker_and_a_new_result_of_the_same_student_never_wait_for_each_other(desk: Desk, app: flask.Flask) -> None:
    student, attempt = desk.hand_in(points=5)
    desk.mark(attempt, 1, 1, do="save")
    better = desk.world.hand_in(student, desk.item, "a = 3\n")

    def judge() -> None:
        with app.app_context():
            desk.world.judge(better, 9)

    judging = threading.Thread(target=judge)
    id_ = desk.marking(attempt).id
    with transaction(desk.world.tenant_id):
        marking = operations.locked(id_)
        judging.start()
        until_it_waits(judging)
        operations.finish(marking, by=desk.ben, at=dt.datetime.now(dt.UTC))
    judging.join()
    assert desk.waiting() == [better]
    assert desk.marking(attempt).state == "done"


def test_a_marker_and_who_changes_what_marks_follow_from_never_wait_for_each_other(
    desk: Desk, app: flask.Flask
) -> None:
    student, attempt = desk.hand_in(points=5)
    desk.mark(attempt, 1, 1, do="save")
    failed: list[Exception] = []

    def change() -> None:
        try:
            with app.app_context(), transaction(desk.world.tenant_id):
                let_alone(desk.assignment)
                hold(desk.assignment, [student])
        except sa.exc.OperationalError as error:
            failed.append(error)

    changing = threading.Thread(target=change)
    id_ = desk.marking(attempt).id
    with transaction(desk.world.tenant_id):
        marking = operations.locked(id_)
        changing.start()
        until_it_waits(changing)
        operations.finish(marking, by=desk.ben, at=dt.datetime.now(dt.UTC))
    changing.join()
    assert not failed
    assert desk.marking(attempt).state == "done"


def test_who_opens_two_submissions_at_once_waits_for_neither(desk: Desk, app: flask.Flask) -> None:
    first, other = (desk.hand_in()[1] for _ in range(2))
    with transaction(desk.world.tenant_id):
        session().execute(sa.update(Marking).values(locked_by=desk.ben, locked_until=dt.datetime.now(dt.UTC)))
    failed: list[Exception] = []

    def open_other() -> None:
        try:
            with app.app_context(), transaction(desk.world.tenant_id):
                session().execute(sa.text("SET LOCAL lock_timeout = '2s'"))
                locking.let_others_go(operations.locked(ids[other]), desk.ben)
        except sa.exc.OperationalError as error:
            failed.append(error)

    ids = {one: desk.marking(one).id for one in (first, other)}
    with transaction(desk.world.tenant_id):
        operations.locked(ids[first])
        tab = threading.Thread(target=open_other)
        tab.start()
        tab.join()
    assert not failed
    assert desk.marking(first).locked_by == desk.ben, "what is being opened is let go by its end"


def test_students_read_levels_points_and_comments_when_those_are_out(desk: Desk, world: World, visit: Visit) -> None:
    student, attempt = desk.hand_in(code="first = 1\nsecond = 2\n")
    desk.comment(attempt, text="Name it *better*", first="2", last="2", path="")
    criterion_id = next(name for name in desk.form(attempt, 1) if name.startswith("level-")).removeprefix("level-")
    desk.comment(attempt, text="Nearly", criterion=criterion_id)
    desk.comment(attempt, text="Well done")
    own = desk.visit(student)
    assert "Well done" not in own.get(f"/attempts/{attempt}").text
    desk.mark(attempt, 1, 2, private_notes="Ask about it")
    page = own.get(f"/attempts/{attempt}").text
    for words in ("Name it <em>better</em>", "Nearly", "Well done", "Many", "14 / 19"):
        assert words in page
    for words in ("Ask about it", "Ben Osei"):
        assert words not in page
        assert words in desk.browser.get(f"/attempts/{attempt}").text
    assert visit(world.user()).get(f"/attempts/{attempt}").status_code == 404
    with transaction(world.tenant_id):
        row = session().get_one(Assignment, desk.assignment)
        row.config = {**row.config, "feedback": {"when": "by_hand", "date": None}}
    page = own.get(f"/attempts/{attempt}").text
    assert "Well done" not in page
    assert "Many" not in page


def test_comments_are_changed_and_removed_by_who_marks(desk: Desk) -> None:
    _, attempt = desk.hand_in()
    desk.comment(attempt, text="On two", first="1", last="2", path="")
    with transaction(desk.world.tenant_id):
        comment = session().scalars(sa.select(Feedback.id)).one()
    desk.comment(attempt, do="change", comment=comment, text="Other words")
    assert "Other words" in desk.browser.get(f"/marking/{desk.marking(attempt).id}").text
    desk.comment(attempt, do="remove", comment=comment)
    for wrong in (
        {"text": " "},
        {"text": "x", "first": "2", "last": "1"},
        {"text": "x", "criterion": str(uuid.uuid4())},
    ):
        desk.comment(attempt, status=422, **wrong)


def test_a_class_lists_what_waits_and_by_whom_the_rest_was_done(desk: Desk) -> None:
    attempts = [desk.hand_in()[1] for _ in range(3)]
    desk.mark(attempts[0], 1, 1)
    desk.mark(attempts[1], 1, 1, do="save")
    page = desk.browser.get(f"/classes/{desk.world.class_id}/marking").text
    numbers = re.findall(r'<td class="number">(\d+)</td>', page)
    assert (numbers, "Ben Osei" in page) == (["1", "1", "1"], True)
    go = f"/assignments/{desk.assignment}/marking?item={desk.item}"
    for _ in range(2):
        onward = desk.browser.get(go).headers["Location"]
        marking = uuid.UUID(onward.split("/marking/")[1][:36])
        attempt = next(one for one in attempts if desk.marking(one).id == marking)
        desk.mark(attempt, 0, 0, do="next")
    assert desk.browser.get(go).headers["Location"].endswith("/marking?done=1")


def test_an_order_by_chance_is_another_for_each_marker_and_always_the_same_for_one(desk: Desk) -> None:
    for _ in range(5):
        desk.hand_in()

    def order(user: uuid.UUID) -> list[uuid.UUID]:
        with transaction(desk.world.tenant_id):
            place = membership(desk.world.class_id, user)
            return [one.id for one in queue.queue_of(place, desk.assignment, queue.Order(is_mixed=True), at=NOW)]

    mine = order(desk.ben)
    assert mine == order(desk.ben)
    orders = [order(desk.world.user(Role.ASSISTANT)) for _ in range(3)]
    assert all(sorted(one) == sorted(mine) for one in orders)
    # By chance one of them could be the same, once in 120 times; all three never are.
    assert any(one != mine for one in orders)


def test_assistants_of_a_section_mark_its_students_only(desk: Desk) -> None:
    _, attempt = desk.hand_in()
    with transaction(desk.world.tenant_id):
        session().get_one(Class, desk.world.class_id).settings = {"apart": "assistants"}
        session().scalars(sa.select(Enrollment).where(Enrollment.user_id == desk.ben)).one().sections = ["Evening"]
    url = f"/marking/{desk.marking(attempt).id}"
    assert desk.browser.get(url).status_code == 404
    assert desk.browser.post(url, data=desk.form(attempt, 1, 1)).status_code == 404
    assert "Nothing is to be marked" in desk.browser.get(f"/classes/{desk.world.class_id}/marking").text


def rejudge(desk: Desk, attempt: uuid.UUID, version: uuid.UUID, points: int) -> None:
    """Let a result by another version take the place of the one that stands, as a regrade does."""
    with transaction(desk.world.tenant_id):
        old = session().scalars(sa.select(GradingJob).where(GradingJob.attempt_id == attempt, GradingJob.stands)).one()
        new = GradingJob(
            id=new_id(), tenant_id=desk.world.tenant_id, attempt_id=attempt, problem_version_id=version,
            reason=JobReason.REGRADE, status=JobStatus.QUEUED, created_at=NOW,
        )  # fmt: skip
        session().add(new)
        session().flush()
        old.superseded_by = new.id
        session().flush()
        new.status, new.points, new.maximum = JobStatus.DONE, Decimal(points), Decimal(10)
        session().flush()
        publish(AttemptGraded(attempt, new.id))


def test_judging_once_more_loses_no_marks(desk: Desk) -> None:
    student, attempt = desk.hand_in(5)
    desk.mark(attempt, 1, 2)
    rejudge(desk, attempt, desk.version, 8)
    assert desk.entry(student).points == 8 + 9
    tests = [DraftTest("one", b"1\n", b"2\n", Visibility.HIDDEN)]
    same = desk.world.version(desk.version, tests=tests, rubric=DraftRubric([TESTS, NAMES]))
    rejudge(desk, attempt, same, 7)
    assert (desk.entry(student).points, desk.marking(attempt).state) == (7 + 9, "done")
    other = desk.world.version(same, tests=tests, rubric=DraftRubric([NAMES, criterion("Tests", "None", "Some")]))
    rejudge(desk, attempt, other, 7)
    assert (desk.entry(student).status, desk.marking(attempt).state, desk.marking(attempt).points) == (
        "pending",
        "in_progress",
        3,
    )
    page = plain(desk.browser.get(f"/marking/{desk.marking(attempt).id}").text)
    assert "Given by the rubric of before" in page
    assert "Tests: 6 / 6, Many" in page
    desk.mark(attempt, 1, 1)
    assert desk.entry(student).points == Decimal(19 * (7 + 6)) / (10 + 6)
    with transaction(desk.world.tenant_id):
        kept = session().scalars(sa.select(RubricScore.level_description).order_by(RubricScore.given_at))
        assert sorted(kept) == ["Good", "Many", "Some"]


def test_a_class_and_a_queue_are_read_in_one_statement_each(desk: Desk) -> None:
    for _ in range(3):
        desk.hand_in()
    with transaction(desk.world.tenant_id):
        place = membership(desk.world.class_id, desk.ben)
        with statements() as asked:
            (line,) = overview(place)
            found = queue.queue_of(place, desk.assignment, queue.Order(), at=NOW)
        assert (len(asked), line.left, len(found)) == (2, 3, 3)


def test_names_are_hidden_where_the_assignment_says_so(desk: Desk) -> None:
    student = desk.world.user(name="Ada Quist")
    _, attempt = desk.hand_in(student=student)
    rules = f"/assignments/{desk.assignment}/marking"
    assert "Ada Quist" in desk.browser.get(f"/marking/{desk.marking(attempt).id}").text
    assert desk.visit(desk.world.teacher_id).post(rules, data={"anonymous": "on"}).status_code == 303
    for answer in (
        desk.browser.get(f"/marking/{desk.marking(attempt).id}"),
        desk.mark(attempt, 1, status=422),
        desk.browser.get(f"/classes/{desk.world.class_id}/marking"),
    ):
        for told in ("Ada Quist", str(student), str(attempt), "By name"):
            assert told not in answer.text
    assert "<title>Marking Submission 1" in desk.browser.get(f"/marking/{desk.marking(attempt).id}").text
