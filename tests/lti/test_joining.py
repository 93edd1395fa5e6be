"""Several LMS courses in one class by its join code, and out of it again."""

import uuid
from collections.abc import Iterator
from typing import Any

import flask
import pytest
import sqlalchemy as sa

from lti_grader.classes.models import Class, Enrollment, EnrollmentStatus
from lti_grader.core.db import session, transaction
from lti_grader.lti import claims as c
from lti_grader.lti import joining
from lti_grader.lti.keysets import keysets
from lti_grader.lti.models import ClassContext, LineItem
from lti_grader.people.models import User
from tests.lti.scripted import ScriptedPlatform
from tests.lti.term import COLLEAGUE, NEW, OLD, STUDENT, Term, make_term


@pytest.fixture
def term(app: flask.Flask, scripted: ScriptedPlatform) -> Iterator[Term]:
    app.config["WTF_CSRF_ENABLED"] = False
    keysets.forget()
    yield make_term(app, scripted)
    keysets.forget()


def code_of(term: Term, course: str) -> str:
    class_id = term.class_of(course)
    with transaction(term.old.tenant_id):
        return session().get_one(Class, class_id).join_code


def people(term: Term, class_id: uuid.UUID) -> dict[str, str]:
    with transaction(term.old.tenant_id):
        rows = session().execute(
            sa.select(User.sub, Enrollment.role)
            .join(Enrollment, Enrollment.user_id == User.id)
            .where(Enrollment.class_id == class_id, Enrollment.status == EnrollmentStatus.ACTIVE)
        )
        return {row.sub: row.role for row in rows}


def enter(term: Term, course: str, code: str, sub: str = COLLEAGUE) -> Any:
    client, _ = term.browse(course, "front door", sub)
    return client.post(f"/classes/{term.class_of(course)}/join", data={"code": code})


def test_a_new_course_joins_another_class_by_its_code(term: Term) -> None:
    assignment = term.old.assignment()
    term.launch(NEW, "first", COLLEAGUE)
    term.launch(NEW, "first", STUDENT)
    own = term.class_of(NEW)
    answer = enter(term, NEW, f" {code_of(term, OLD).lower()} ")
    assert answer.headers["Location"] == f"/classes/{term.old.class_id}"
    assert term.class_of(NEW) == term.class_of(OLD)
    assert people(term, term.old.class_id) == {"teacher-1": "teacher", COLLEAGUE: "teacher", STUDENT: "student"}
    assert term.opened(term.launch(NEW, "week 1", STUDENT, named=assignment)) == assignment
    with transaction(term.old.tenant_id):
        assert session().get_one(Class, own).archived_at is not None
        column = session().scalars(sa.select(LineItem)).one()
        context = session().get_one(ClassContext, column.class_context_id)
        assert context.context_id == NEW


def test_a_course_leaves_again_as_long_as_nothing_was_handed_in(term: Term) -> None:
    assignment = term.old.assignment()
    term.launch(NEW, "first", COLLEAGUE)
    term.launch(NEW, "first", STUDENT)
    own = term.class_of(NEW)
    enter(term, NEW, code_of(term, OLD))
    term.launch(NEW, "week 1", STUDENT, named=assignment)
    teacher, _ = term.browse(OLD, "front door")
    with transaction(term.old.tenant_id):
        contexts = {one.context_id: one.id for one in session().scalars(sa.select(ClassContext))}
    page = teacher.get(f"/classes/{term.old.class_id}").text
    assert f"/courses/{contexts[NEW]}/leave" in page
    assert f"/courses/{contexts[OLD]}/leave" not in page
    url = f"/classes/{term.old.class_id}/courses"
    assert teacher.post(f"{url}/{contexts[OLD]}/leave").status_code == 409
    assert teacher.post(f"{url}/{contexts[NEW]}/leave").status_code == 303
    assert term.class_of(NEW) == own
    assert people(term, own) == {COLLEAGUE: "teacher", STUDENT: "student"}
    assert people(term, term.old.class_id) == {"teacher-1": "teacher"}
    assert teacher.post(f"{url}/{contexts[NEW]}/leave").status_code == 404
    # And in again.
    assert enter(term, NEW, code_of(term, OLD)).status_code == 303


def test_a_course_whose_students_handed_something_in_stays(term: Term) -> None:
    assignment = term.old.assignment()
    term.launch(NEW, "first", COLLEAGUE)
    term.launch(NEW, "first", STUDENT)
    enter(term, NEW, code_of(term, OLD))
    with transaction(term.old.tenant_id):
        student = session().scalars(sa.select(User.id).where(User.sub == STUDENT)).one()
        context = session().scalars(sa.select(ClassContext.id).where(ClassContext.context_id == NEW)).one()
    term.old.hand_in(student, term.old.items(assignment)[0])
    teacher, _ = term.browse(OLD, "front door")
    answer = teacher.post(f"/classes/{term.old.class_id}/courses/{context}/leave")
    assert answer.status_code == 409
    assert "handed in" in answer.text
    assert term.class_of(NEW) == term.class_of(OLD)


def test_codes_that_lead_nowhere_are_told_apart_and_guessing_ends(term: Term, scripted: ScriptedPlatform) -> None:
    term.old.assignment()
    term.launch(NEW, "first", COLLEAGUE)
    own = enter(term, NEW, code_of(term, NEW))
    assert own.status_code == 422
    assert "this very class" in own.text
    full = enter(term, OLD, code_of(term, NEW), "teacher-1")
    assert full.status_code == 422
    assert "assignments of its own" in full.text
    with transaction(term.old.tenant_id):
        session().get_one(Class, term.old.class_id).archived_at = sa.func.now()
    assert "archived" in enter(term, NEW, code_of(term, OLD)).text
    other = ScriptedPlatform(scripted.key, "client-2")
    try:
        other.register(tenant="South University")
        there = make_term(term.app, other)
        foreign = enter(term, NEW, code_of(there, OLD))
    finally:
        other.close()
    assert foreign.status_code == 422
    assert "No class at your institution" in foreign.text
    for wrong in ("", "ABC", "\u00e4\0" * 3, "x" * 500, "'; --", *("ZZZZZ2",) * (joining.WRONG_TRIES - 6)):
        assert enter(term, NEW, wrong).status_code == 422
    assert enter(term, NEW, "ZZZZZ2").status_code == 429
    assert enter(term, NEW, code_of(term, NEW)).status_code == 429


def test_who_is_staff_there_already_stays_what_they_are(term: Term) -> None:
    term.old.assignment()
    term.launch(NEW, "first", COLLEAGUE)
    term.launch(NEW, "first", "teacher-1", **{c.ROLES: ["Learner"]})
    enter(term, NEW, code_of(term, OLD))
    assert people(term, term.old.class_id)["teacher-1"] == "teacher"
