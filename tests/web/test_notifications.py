"""What people are told, and how they read it."""

import datetime as dt
import threading
import uuid
from collections.abc import Sequence
from decimal import Decimal

import flask
import pytest
import sqlalchemy as sa

from lti_grader.adapters import Adapters
from lti_grader.assignments.models import Assignment
from lti_grader.assignments.operations import reschedule
from lti_grader.assignments.release import Part, ReleaseRule, When
from lti_grader.assignments.releasing import release, take_back
from lti_grader.classes.contents import add_module, put_item, show_item, show_module
from lti_grader.classes.events import SectionsChanged
from lti_grader.classes.operations import drop
from lti_grader.core.db import db, session, transaction
from lti_grader.core.events import publish
from lti_grader.gradebook.events import ScoreChanged
from lti_grader.gradebook.models import GradebookEntry
from lti_grader.gradebook.operations import tell
from lti_grader.notifications import deliveries, due_soon, marks
from lti_grader.notifications.kinds import EXTENDED
from lti_grader.notifications.models import Notification, OwedMarks
from tests.fixtures.statements import statements
from tests.fixtures.world import NOW, World
from tests.web.two_sections import DAY, DUE, Term, Visit, plain

BY_HAND = ReleaseRule(when=When.BY_HAND)


def told(world: World, person: uuid.UUID) -> list[tuple[str, str]]:
    """What somebody was told, the first first."""
    with transaction(world.tenant_id):
        rows = session().execute(
            sa.select(Notification.type, Notification.title)
            .where(Notification.recipient_id == person)
            .order_by(Notification.created_at, Notification.id)
        )
        return [(kind, title) for kind, title in rows]


def kinds(world: World, person: uuid.UUID) -> list[str]:
    return [kind for kind, _ in told(world, person)]


def tell_owed(world: World, *, at: dt.datetime | None = None) -> list[int | None]:
    """Do what is owed by then, as a worker does."""
    now = at or dt.datetime.now(dt.UTC)
    return [marks.carry_out(tenant, row, lambda: now) for tenant, row in marks.due(at=now) if tenant == world.tenant_id]


def marked(world: World, assignment: uuid.UUID, points: int = 7) -> uuid.UUID:
    student = world.user()
    world.judge(world.hand_in(student, world.items(assignment)[0], stored=False), points)
    return student


def release_marks(world: World, assignment: uuid.UUID, *, out: bool = True) -> None:
    at = dt.datetime.now(dt.UTC)
    with transaction(world.tenant_id):
        if out:
            release(assignment, {Part.MARKS}, by=world.teacher_id, at=at)
        else:
            take_back(assignment, {Part.MARKS}, at=at)


def test_a_student_is_told_of_a_mark_once_and_of_its_change(world: World) -> None:
    assignment = world.assignment()
    item = world.items(assignment)[0]
    student = marked(world, assignment)
    with transaction(world.tenant_id):
        title = session().get_one(Assignment, assignment).title
        entry = session().scalars(sa.select(GradebookEntry)).one()
        publish(ScoreChanged((entry.id,), NOW))
    assert told(world, student) == [("graded", f"Your mark for {title} is there")]
    # What they hand in next and watch is not told; what a person changes afterwards is.
    again = world.hand_in(student, item, at=dt.datetime.now(dt.UTC), stored=False)
    world.judge(again, 9)
    assert kinds(world, student) == ["graded"]
    with transaction(world.tenant_id):
        entry = session().scalars(sa.select(GradebookEntry)).one()
        entry.override_points = Decimal(10)
        tell([entry], at=dt.datetime.now(dt.UTC))
    assert kinds(world, student) == ["graded", "mark_changed"]
    # What is unread says it already; who has read it is told anew.
    for points, times in ((9, 1), (8, 2)):
        with transaction(world.tenant_id):
            entry = session().scalars(sa.select(GradebookEntry)).one()
            entry.override_points = Decimal(points)
            tell([entry], at=dt.datetime.now(dt.UTC))
        assert kinds(world, student) == ["graded"] + ["mark_changed"] * times
        with transaction(world.tenant_id):
            session().execute(sa.update(Notification).values(is_read=True))


def test_marks_are_told_when_they_are_out_and_taken_back_with_them(world: World) -> None:
    assignment = world.assignment(marks=BY_HAND)
    students = [marked(world, assignment) for _ in range(2)]
    gone = marked(world, assignment)
    with transaction(world.tenant_id):
        drop(world.class_id, {gone}, at=NOW)
    assert tell_owed(world) == []
    release_marks(world, assignment)
    assert tell_owed(world) == [2]
    assert [kinds(world, one) for one in (*students, gone)] == [["graded"], ["graded"], []]
    assert tell_owed(world) == []
    release_marks(world, assignment, out=False)
    assert [kinds(world, one) for one in students] == [[], []]
    release_marks(world, assignment)
    tell_owed(world)
    assert [kinds(world, one) for one in students] == [["graded"], ["graded"]]


def test_marks_that_come_on_a_date_are_told_then(world: World) -> None:
    comes = dt.datetime.now(dt.UTC) + dt.timedelta(days=3)
    assignment = world.assignment()
    student = marked(world, assignment)
    with transaction(world.tenant_id):
        session().execute(sa.delete(Notification))
        reschedule(
            session().get_one(Assignment, assignment), opens_at=None, due_date=None, closes_at=None, is_published=True,
            marks=ReleaseRule(when=When.ON_DATE, date=comes),
        )  # fmt: skip
    assert tell_owed(world, at=comes - dt.timedelta(seconds=1)) == []
    assert tell_owed(world, at=comes) == [1]
    assert kinds(world, student) == ["graded"]


def test_marks_in_what_is_published_later_are_told_at_that_moment(world: World, visit: Visit) -> None:
    item, module_title, moment = world.assignment(), "Week 2", dt.datetime.now(dt.UTC) + DAY
    with transaction(world.tenant_id):
        show_item(world.class_id, item, shown=True, since=moment)
    early = marked(world, item)
    assert kinds(world, early) == tell_owed(world) == []
    assert tell_owed(world, at=moment - dt.timedelta(seconds=1)) == []
    # A clock that was down tells them when it is back, one that is not tells them then.
    with transaction(world.tenant_id):
        row = session().scalars(sa.select(OwedMarks)).one()
        assert (row.next_try_at, row.done_at) == (moment, None)
    assert tell_owed(world, at=moment) == [1]
    # What was recorded at that moment, by who did not see it come, is looked for once more; then nothing is.
    late = marked(world, item)
    assert kinds(world, late) == tell_owed(world, at=moment) == []
    assert tell_owed(world, at=moment + dt.timedelta(minutes=1)) == [1]
    assert tell_owed(world, at=moment + 30 * DAY) == []
    assert kinds(world, early) == kinds(world, late) == ["graded"]
    # What is shown, or moved to where it is seen, by somebody's hand is told at once.
    hidden = world.assignment()
    with transaction(world.tenant_id):
        week = add_module(world.class_id, module_title).id
        show_module(world.class_id, week, shown=False)
        put_item(world.class_id, hidden, week)
    student = marked(world, hidden)
    assert kinds(world, student) == tell_owed(world) == []
    with transaction(world.tenant_id):
        show_module(world.class_id, week, shown=True)
    assert tell_owed(world) == [1]
    with transaction(world.tenant_id):
        for shown in (False, True):
            show_item(world.class_id, hidden, shown=shown)
    assert tell_owed(world) == []
    assert kinds(world, student) == ["graded"], "nobody is told twice"


def test_marks_wait_for_what_comes_later_of_their_release_and_their_assignment(world: World) -> None:
    now = dt.datetime.now(dt.UTC)
    for seen, out in ((2, 4), (4, 2)):
        item = world.assignment(marks=ReleaseRule(when=When.ON_DATE, date=now + out * DAY))
        with transaction(world.tenant_id):
            show_item(world.class_id, item, shown=True, since=now + seen * DAY)
        student = marked(world, item)
        for day in (1, 2, 3):
            tell_owed(world, at=now + day * DAY)
        assert kinds(world, student) == []
        tell_owed(world, at=now + 4 * DAY)
        assert kinds(world, student) == ["graded"]


def test_several_workers_tell_nobody_twice_and_one_that_died_leaves_nobody_out(
    world: World, app: flask.Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(marks, "CHUNK", 2)
    assignment = world.assignment(marks=BY_HAND)
    students = [marked(world, assignment) for _ in range(5)]
    release_marks(world, assignment)
    # One tells some of them, and falls silent: its time runs out.
    with transaction(world.tenant_id):
        row = session().scalars(sa.select(OwedMarks)).one()
        found = marks._some(assignment, most=2, at=dt.datetime.now(dt.UTC))
        marks._tell(found[0][1], found[0][2], [entry for entry, _, _ in found], at=NOW)
        row_id = row.id
    found: list[int | None] = []

    def work() -> None:
        with app.app_context():
            found.append(marks.carry_out(world.tenant_id, row_id, lambda: dt.datetime.now(dt.UTC)))
            db.session.remove()

    workers = [threading.Thread(target=work) for _ in range(3)]
    for one in workers:
        one.start()
    for one in workers:
        one.join()
    assert sorted(found, key=str) == [3, None, None]
    assert [kinds(world, one) for one in students] == [["graded"]] * 5


def test_many_marks_are_told_in_as_many_statements_as_one(world: World) -> None:
    assignment = world.assignment(marks=BY_HAND)
    students = [marked(world, assignment) for _ in range(4)]
    with transaction(world.tenant_id):
        take_back(assignment, {Part.FEEDBACK}, at=NOW)
        session().get_one(Assignment, assignment).marks_released_at = NOW
        entries = session().scalars(sa.select(GradebookEntry.id).order_by(GradebookEntry.student_id)).all()

    def asked(some: Sequence[uuid.UUID]) -> int:
        with statements() as said:
            with transaction(world.tenant_id):
                marks.score_changed(ScoreChanged(tuple(some), NOW))
            return len(said)

    assert asked(entries[:1]) == asked(entries[1:])
    assert [kinds(world, one) for one in students] == [["graded"]] * 4


def test_other_dates_are_told_to_whom_they_are_for(term: Term) -> None:
    term.grant("Morning", due=DUE + DAY)
    assert kinds(term.world, term.morning) == [EXTENDED.name]
    assert kinds(term.world, term.evening) == kinds(term.world, term.nowhere) == []
    # Saying the same again is no news; taking it back is.
    term.grant("Morning", due=DUE + DAY, at=NOW + DAY)
    assert len(told(term.world, term.morning)) == 1
    term.withdraw(at=NOW + 2 * DAY)
    assert len(told(term.world, term.morning)) == 2
    with transaction(term.tenant_id):
        first, last = session().scalars(sa.select(Notification).order_by(Notification.created_at))
        assert [first.payload["due"], last.payload["due"]] == [(DUE + DAY).isoformat(), DUE.isoformat()]


def test_the_list_leads_to_what_it_tells_and_counts_what_is_unread(term: Term, visit: Visit) -> None:
    world = term.world
    other = world.assignment()
    world.judge(world.hand_in(term.morning, world.items(other)[0], stored=False), 7)
    term.grant("Morning", due=DUE + DAY)
    browser = visit(term.morning)
    page = browser.get("/notifications")
    assert "Your mark for" in plain(page.text)
    assert page.text.count("is-unread") == 2
    unread = browser.get("/notifications/unread")
    assert unread.json == {"unread": 2}
    same = browser.get("/notifications/unread", headers={"If-None-Match": unread.headers["ETag"]})
    assert (same.status_code, same.data) == (304, b"")
    with transaction(term.tenant_id):
        one = session().scalars(sa.select(Notification).where(Notification.content_item_id == other)).one()
    answer = browser.get(f"/notifications/{one.id}")
    assert answer.headers["Location"] == f"/assignments/{other}/students/{term.morning}"
    assert browser.get(answer.headers["Location"]).status_code == 200
    assert browser.get("/notifications/unread").json == {"unread": 1}
    # Nobody else opens it, or is told of it.
    assert visit(term.evening).get(f"/notifications/{one.id}").status_code == 404
    assert "Your mark for" not in visit(term.evening).get("/notifications").text
    browser.post("/notifications", data={"class_id": str(world.class_id)})
    assert browser.get("/notifications/unread").json == {"unread": 0}
    assert "is-unread" not in browser.get(f"/notifications?class_id={world.class_id}").text


def test_the_frame_of_a_page_has_the_number_as_soon_as_it_was_counted(term: Term, visit: Visit, held: Adapters) -> None:
    term.grant(term.morning, due=DUE + DAY)
    browser = visit(term.morning)
    home = f"/classes/{term.world.class_id}"
    # Who counts just when it changes may have counted what was before: that is kept by nobody.
    browser.get("/notifications/unread")
    assert "data-unread-unknown" in browser.get(home).text
    held.kv.forget(f"lti:unread:{term.morning}")
    assert browser.get("/notifications/unread").json == {"unread": 1}
    page = browser.get(home).text
    assert "data-unread-unknown" not in page
    assert "<span data-unread-number>1</span>" in page


def due_soon_at(moment: dt.datetime) -> int:
    return due_soon.tell_everywhere(at=moment)


def test_who_has_not_handed_in_is_told_a_day_before_their_own_date(term: Term) -> None:
    world = term.world
    world.hand_in(term.nowhere, term.item, stored=False)
    term.grant("Evening", due=DUE + 2 * DAY)
    hour = dt.timedelta(hours=1)
    assert due_soon_at(DUE - DAY - hour) == 0
    assert due_soon_at(DUE - DAY) == 1
    assert due_soon_at(DUE - hour) == 0
    soon = [one for one in (term.morning, term.evening, term.nowhere) if "due_soon" in kinds(world, one)]
    assert soon == [term.morning]
    # With another date they are told again when that comes near, and what they were told is taken back.
    term.grant(term.morning, due=DUE + DAY)
    assert "due_soon" not in kinds(world, term.morning)
    assert due_soon_at(DUE - hour) == 0
    assert due_soon_at(DUE + hour) == 1
    assert kinds(world, term.morning)[-1] == "due_soon"
    assert due_soon_at(DUE + DAY) == 1
    assert kinds(world, term.evening)[-1] == "due_soon"


def test_who_moves_to_a_section_with_another_date_is_not_told_of_the_old_one(term: Term) -> None:
    term.grant("Evening", due=DUE + 2 * DAY)
    assert due_soon_at(DUE - DAY) == 2
    term.move(term.morning, "Evening")
    with transaction(term.tenant_id):
        publish(SectionsChanged(term.world.class_id, (term.morning,), NOW))
    assert "due_soon" not in kinds(term.world, term.morning)
    assert "due_soon" in kinds(term.world, term.nowhere)


def test_staff_are_told_once_of_what_an_lms_refuses(world: World) -> None:
    assignment = world.assignment()
    with transaction(world.tenant_id):
        for words in ("It says no.", "It says no.", "It has no column."):
            deliveries.not_accepted([(assignment, words)] * 900, at=NOW)
        deliveries.not_accepted([(assignment, "It says no.")], at=NOW + DAY)
    assert kinds(world, world.teacher_id) == ["not_accepted"] * 3
