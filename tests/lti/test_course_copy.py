"""Copied courses: their links open copies in a class of their own, made once and only for those who may."""

import concurrent.futures
import datetime as dt
import uuid
from collections.abc import Iterator

import flask
import pytest
import sqlalchemy as sa

from lti_grader.assignments.models import Assignment, Mode
from lti_grader.assignments.queries import problem_lines
from lti_grader.assignments.release import Part, ReleaseRule, When
from lti_grader.assignments.releasing import release
from lti_grader.attempts.models import SubmissionAttempt
from lti_grader.classes.models import CopiedItem, Enrollment, Module
from lti_grader.core.db import session, transaction
from lti_grader.lti import claims as c
from lti_grader.lti.copies import notices
from lti_grader.lti.course_copy import copy_context, histories, put_away
from lti_grader.lti.keysets import keysets
from lti_grader.lti.models import ClassContext, CopyState, Deployment, LineItem
from lti_grader.lti.operations import context_named
from lti_grader.people.models import User
from tests.fixtures.world import NOW
from tests.lti.scripted import ScriptedPlatform
from tests.lti.term import COLLEAGUE, NEW, OLD, STUDENT, TEACHER, Term, make_term


@pytest.fixture
def term(app: flask.Flask, scripted: ScriptedPlatform) -> Iterator[Term]:
    app.config["WTF_CSRF_ENABLED"] = False
    keysets.forget()
    yield make_term(app, scripted)
    keysets.forget()


def tell(term: Term, course: str, *origins: str) -> uuid.UUID | None:
    """Let the LMS itself say that a course was copied."""
    with transaction(term.old.tenant_id):
        deployment = session().scalars(sa.select(Deployment).where(Deployment.deployment_id == "1")).one()
        return copy_context(context_named(deployment, course, "Copied"), origins, at=NOW)


def test_a_copied_link_opens_a_copy_in_a_class_of_its_own_with_all_the_rest(term: Term) -> None:
    first, second = term.old.assignment(problems=2, points=7), term.old.assignment(attempts_allowed=3)
    copied = term.opened(term.launch(NEW, "link-2", named=first))
    assert copied not in (first, second)
    assert term.class_of(NEW) != term.class_of(OLD)
    before, after = term.assignments(OLD), term.assignments(NEW)
    assert [one.title for one in after] == [one.title for one in before]
    assert [one.points_total for one in after] == [14, 10]
    assert after[1].rules.attempts_allowed == 3
    with transaction(term.old.tenant_id):
        versions = [[line.item.problem_version_id for line in problem_lines(one)] for one in (first, copied)]
        points = [line.item.points for line in problem_lines(copied)]
    assert versions[0] == versions[1]
    assert points == [7, 7]


def test_no_student_comes_along_and_no_work(term: Term) -> None:
    assignment = term.old.assignment()
    student = term.old.user()
    term.old.hand_in(student, term.old.items(assignment)[0])
    term.launch(NEW, "link-2", named=assignment)
    with transaction(term.old.tenant_id):
        people = session().scalars(
            sa.select(Enrollment.user_id).where(Enrollment.class_id == session().scalar(
                sa.select(ClassContext.class_id).where(ClassContext.context_id == NEW)))
        ).all()  # fmt: skip
        attempts = session().scalars(sa.select(sa.func.count()).select_from(SubmissionAttempt)).one()
    assert student not in people
    assert len(people) == 1
    assert attempts == 1


def test_a_copy_has_no_dates_and_what_a_date_or_an_exam_held_back_is_not_published(term: Term) -> None:
    soon = NOW + dt.timedelta(days=5)
    dated = term.old.assignment(due_date=soon, closes_at=soon)
    term.old.assignment(opens_at=NOW)
    term.old.assignment(mode=Mode.EXAM)
    term.launch(NEW, "link-2", named=dated)
    after = term.assignments(NEW)
    assert [(one.due_date, one.rules.opens_at, one.rules.closes_at) for one in after] == [(None, None, None)] * 3
    assert [one.is_published for one in after] == [True, False, False]
    assert term.assignments(OLD)[0].due_date == soon
    with transaction(term.old.tenant_id):
        (told,) = notices(after_class := session().scalars(
            sa.select(ClassContext.class_id).where(ClassContext.context_id == NEW)).one())  # fmt: skip
        assert told.from_name == f"The {OLD}"
        assert (len(told.titles), told.held_back) == (3, 2)
        put_away(after_class, at=dt.datetime.now(dt.UTC))
        assert notices(after_class) == []


def test_nothing_is_released_in_a_copy_whatever_was_in_the_original(term: Term) -> None:
    on_date = ReleaseRule(when=When.ON_DATE, date=NOW)
    after_due = ReleaseRule(when=When.AFTER_DUE)
    dated = term.old.assignment(marks=on_date, feedback=on_date)
    due = term.old.assignment(marks=after_due, due_date=NOW)
    by_hand = term.old.assignment(marks=ReleaseRule(when=When.BY_HAND))
    with transaction(term.old.tenant_id):
        teacher = session().scalars(sa.select(User.id).where(User.sub == TEACHER)).one()
        release(by_hand, {Part.MARKS}, by=teacher, at=NOW)
    term.launch(NEW, "link-2", named=dated)
    marks, feedback = ([one.release(part, last_due=one.due_date) for one in term.assignments(NEW)] for part in Part)
    assert [one.rule.when for one in marks] == [When.BY_HAND, When.AFTER_DUE, When.BY_HAND]
    assert [one.is_out(at=NOW) for one in marks] == [False, False, False]
    assert [one.rule.when for one in feedback] == [When.BY_HAND, When.AT_ONCE, When.AT_ONCE]
    assert [one.comes_at for one in marks] == [None, None, None], "a due date that is set there decides"
    assert all(one.release(Part.MARKS, last_due=one.due_date).is_out(at=NOW) for one in term.assignments(OLD))
    assert due


def test_every_link_of_the_copied_course_leads_to_the_one_copy(term: Term) -> None:
    first, second = term.old.assignment(), term.old.assignment()
    one = term.opened(term.launch(NEW, "link-2", named=first))
    two = term.opened(term.launch(NEW, "link-3", named=second))
    assert {one, two} == {a.id for a in term.assignments(NEW)}
    # The same link again, a second link to the same assignment, and a student who comes later.
    assert term.opened(term.launch(NEW, "link-2", named=first)) == one
    assert term.opened(term.launch(NEW, "link-4", STUDENT, named=first)) == one
    # The original's own course goes on as it was.
    assert term.opened(term.launch(OLD, "link-1", STUDENT, named=first)) == first
    with transaction(term.old.tenant_id):
        columns = session().execute(
            sa.select(LineItem.url, LineItem.content_item_id).where(LineItem.content_item_id.in_([one, two]))
        ).all()  # fmt: skip
    assert len(columns) == 3


def test_of_many_students_at_once_one_makes_the_copy(term: Term) -> None:
    wanted = [term.old.assignment() for _ in range(3)]
    term.allow(copying="institution")

    def arrive(number: int) -> uuid.UUID:
        with term.app.app_context():
            return term.opened(term.launch(NEW, f"link-{number % 3}", f"student-{number}", named=wanted[number % 3]))

    with concurrent.futures.ThreadPoolExecutor(12) as pool:
        found = list(pool.map(arrive, range(36)))
    assert len(set(found)) == 3
    assert len(term.assignments(NEW)) == 3
    assert [copy.state for copy in term.copies()] == [CopyState.TAKEN]


def test_an_assignment_of_a_class_with_work_of_its_own_comes_alone_and_once(term: Term) -> None:
    own_term = term.old.assignment()
    term.launch(NEW, "link-2", named=own_term)
    later = term.old.assignment()
    term.old.assignment()
    copied = term.opened(term.launch(NEW, "link-5", named=later))
    assert [one.id for one in term.assignments(NEW)][1:] == [copied]
    assert term.opened(term.launch(NEW, "link-6", named=later)) == copied


def test_the_nearest_course_is_copied_not_the_first_of_all(term: Term) -> None:
    first = term.old.assignment()
    second_term = term.opened(term.launch(NEW, "link-2", named=first))
    with transaction(term.old.tenant_id):
        session().get_one(Assignment, second_term).title = "Changed in the second term"
    by_link = {c.LINK_HISTORY: "link-2,link-1", c.CONTEXT_HISTORY: "$Context.id.history"}
    by_course = {c.CONTEXT_HISTORY: f"{NEW},{OLD}"}
    for course, custom in (("course-3", by_link), ("course-4", by_course)):
        term.opened(term.launch(course, "link-x", named=first, custom=custom))
        assert [one.title for one in term.assignments(course)] == ["Changed in the second term"]
    # Without any history there is only the name, which is that of the first term.
    term.opened(term.launch("course-5", "link-x", named=first))
    assert "Changed" not in term.assignments("course-5")[0].title


def test_a_link_that_is_known_by_its_history_needs_no_name(term: Term) -> None:
    assignment = term.old.assignment()
    term.launch(OLD, "a,b %20", named=assignment)
    found = term.opened(term.launch(NEW, "link-2", custom={c.LINK_HISTORY: "unknown,a%2Cb%20%2520"}))
    assert [one.id for one in term.assignments(NEW)] == [found]
    # Doubled within its own course it opens what it opened.
    assert term.opened(term.launch(OLD, "twin", custom={c.LINK_HISTORY: "a%2Cb%20%2520"})) == assignment


@pytest.mark.parametrize("text", ["$ResourceLink.id.history", "", None, 5, [], {}, ",,,", "a\0b", "x" * 300])
def test_a_history_that_is_none_is_none(text: object) -> None:
    assert list(histories({c.CUSTOM: {c.LINK_HISTORY: text}}).links) == []


def test_a_colleague_who_forges_a_link_sees_nothing(term: Term) -> None:
    assignment = term.old.assignment()
    term.launch(OLD, "link-1", named=assignment)
    typed = {c.LINK_HISTORY: "link-1", c.CONTEXT_HISTORY: OLD}
    for sub in (STUDENT, COLLEAGUE):
        answer = term.launch(NEW, "forged", sub, named=assignment, custom=typed)
        assert "/assignments/" not in answer.headers.get("Location", "")
    assert term.assignments(NEW) == []
    # A teacher here who is a student there has no right to it either.
    term.launch(OLD, "link-1", COLLEAGUE, named=assignment, **{c.ROLES: ["Learner"]})
    term.launch(NEW, "forged", COLLEAGUE, named=assignment)
    assert term.assignments(NEW) == []
    assert term.copies() == []


def test_a_teacher_who_is_a_student_in_the_new_course_copies_nothing_there(term: Term) -> None:
    assignment = term.old.assignment()
    answer = term.launch(NEW, "link-2", named=assignment, **{c.ROLES: ["Learner"]})
    assert "/classes/" in answer.headers["Location"]
    assert term.assignments(NEW) == []


def test_a_class_that_allows_it_is_copied_for_whoever_opens_the_link_first(term: Term) -> None:
    assignment = term.old.assignment()
    term.allow(copying="institution")
    copied = term.opened(term.launch(NEW, "link-2", STUDENT, named=assignment))
    assert copied != assignment
    with transaction(term.old.tenant_id):
        module = session().get_one(Module, session().get_one(Assignment, copied).module_id)
    assert module.class_id == term.class_of(NEW)


def test_an_lms_that_says_so_itself_lets_students_be_the_first(term: Term) -> None:
    assignment = term.old.assignment()
    assert tell(term, NEW, "unknown", OLD) == term.old.class_id
    assert tell(term, NEW, OLD) == term.old.class_id
    assert term.assignments(NEW) == []
    copied = term.opened(term.launch(NEW, "link-2", STUDENT, named=assignment))
    assert [one.id for one in term.assignments(NEW)] == [copied]
    assert [copy.state for copy in term.copies()] == [CopyState.GRANTED]


def test_word_that_comes_after_the_first_launch_opens_what_waited(term: Term) -> None:
    assignment = term.old.assignment()
    assert "/classes/" in term.launch(NEW, "link-2", STUDENT, named=assignment).headers["Location"]
    tell(term, NEW, OLD)
    assert len(term.assignments(NEW)) == 1
    copied = term.opened(term.launch(NEW, "link-2", STUDENT, named=assignment))
    with transaction(term.old.tenant_id):
        assert session().scalars(sa.select(LineItem.url).where(LineItem.content_item_id == copied)).one()


def test_word_of_courses_that_are_not_known_here_means_nothing(term: Term) -> None:
    assert tell(term, NEW, "elsewhere", "\0", "x" * 300) is None
    assert tell(term, NEW) is None
    assert tell(term, OLD, OLD) is None
    assert term.copies() == []


def test_a_link_of_another_institution_finds_nothing(term: Term, scripted: ScriptedPlatform) -> None:
    assignment = term.old.assignment()
    term.allow(copying="institution")
    other = ScriptedPlatform(scripted.key, "client-2")
    try:
        other.register(tenant="South University")
        there = make_term(term.app, other)
        answer = there.launch(NEW, "link-2", named=assignment, custom={c.LINK_HISTORY: "front door"})
        assert "/assignments/" not in answer.headers["Location"]
        assert there.assignments(NEW) == []
    finally:
        other.close()


def test_a_copy_outlives_its_original(term: Term) -> None:
    assignment = term.old.assignment()
    copied = term.opened(term.launch(NEW, "link-2", named=assignment))
    with transaction(term.old.tenant_id):
        session().delete(session().get_one(Assignment, assignment))
        session().flush()
        row = session().get_one(CopiedItem, copied)
        session().refresh(row)
        assert row.original_id is None
    assert term.opened(term.launch(NEW, "link-2", STUDENT, named=assignment)) == copied
