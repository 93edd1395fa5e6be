"""The log of changes: what is written, that it is chained, and that altering it is found."""

import concurrent.futures
import datetime as dt
import uuid
from collections.abc import Iterator
from decimal import Decimal

import flask
import pytest
import sqlalchemy as sa

from lti_grader.assignments.dates import OtherDates
from lti_grader.assignments.granting import Whose, grant
from lti_grader.assignments.models import Assignment
from lti_grader.assignments.operations import rename
from lti_grader.audit.models import AuditEntry
from lti_grader.audit.verifying import Head, Verified, verify
from lti_grader.core.acting import acting
from lti_grader.core.db import db, session, transaction
from lti_grader.core.settings import Settings
from lti_grader.gradebook.models import GradebookEntry
from lti_grader.problems.models import ProblemVersion, TestCase, Visibility
from lti_grader.problems.operations import DraftGroup, DraftProblem, DraftTest, create_version
from tests.fixtures.world import NOW, World, make_world


@pytest.fixture
def owner(settings: Settings) -> Iterator[sa.Engine]:
    """The database as whoever may do everything in it reaches it."""
    engine = sa.create_engine(str(settings.database_owner_url))
    yield engine
    engine.dispose()


_UNGUARDED, _GUARDED = (
    [f"ALTER TABLE audit_log {state} TRIGGER {one}" for one in ("keep_log", "seal_log")]
    for state in ("DISABLE", "ENABLE")
)


def _by_hand(owner: sa.Engine, world: World, *statements: str) -> None:
    """Do something to the tables past the application."""
    with owner.begin() as connection:
        connection.execute(
            sa.text("SELECT set_config('app.tenant_id', :tenant, true)"), {"tenant": str(world.tenant_id)}
        )
        for one in statements:
            connection.execute(sa.text(one))


def _log(world: World, **wanted: object) -> list[AuditEntry]:
    with transaction(world.tenant_id):
        return list(session().scalars(sa.select(AuditEntry).filter_by(**wanted).order_by(AuditEntry.number)))


def _verified(world: World, known: Head | None = None) -> Verified:
    with transaction(world.tenant_id):
        return verify(world.tenant_id, known=known)


def _rename(world: World, assignment_id: uuid.UUID, title: str) -> None:
    with transaction(world.tenant_id):
        rename(session().get_one(Assignment, assignment_id), title)


def test_a_change_is_told_with_who_made_it_and_what_it_was(world: World) -> None:
    assignment = world.assignment()
    with acting(world.teacher_id):
        _rename(world, assignment, "Loops")
        _rename(world, assignment, "Loops")
    last = _log(world, content_item_id=assignment)[-1]
    assert (last.actor_id, last.subject, last.action) == (world.teacher_id, "content_items", "update")
    assert (last.class_id, last.after) == (world.class_id, {"title": "Loops"})
    assert (last.before or {})["title"].startswith("Assignment ")


def test_what_is_rolled_back_was_never_done(world: World) -> None:
    assignment = world.assignment()
    before = len(_log(world))
    with pytest.raises(RuntimeError, match="no"), transaction(world.tenant_id):
        session().get_one(Assignment, assignment).title = "Never"
        session().flush()
        raise RuntimeError("no")
    assert len(_log(world)) == before
    assert _verified(world).flaws == []


def test_what_programs_come_to_is_no_act_and_what_a_person_writes_over_it_is(world: World) -> None:
    assignment, student = world.assignment(), world.user()
    world.judge(world.hand_in(student, world.items(assignment)[0]), 7)
    assert _log(world, student_id=student) == []
    with acting(world.teacher_id), transaction(world.tenant_id):
        entry = session().scalars(sa.select(GradebookEntry).where(GradebookEntry.student_id == student)).one()
        entry.override_points, entry.override_reason, entry.overridden_by = Decimal(9), "By eye", world.teacher_id
    (told,) = _log(world, student_id=student)
    assert (told.actor_id, told.content_item_id, told.before) == (world.teacher_id, assignment, {})
    assert told.after == {"override_points": 9.0, "override_reason": "By eye"}


def test_an_edit_of_a_question_is_told_test_by_test_and_a_new_version_as_one(world: World) -> None:
    version = world.problem()
    with transaction(world.tenant_id):
        problem = session().get_one(ProblemVersion, version).problem_id
    told = _log(world, problem_id=problem)
    assert [(one.subject, one.action) for one in told] == [
        ("problems", "insert"), ("problem_versions", "insert"), ("problem_versions", "update"),
    ]  # fmt: skip
    assert told[-1].after == {"state": "published"}
    with transaction(world.tenant_id):
        tests = [DraftTest("one", b"1", b"2", Visibility.HIDDEN)]
        create_version(problem, DraftProblem("", "", "Twice.", [DraftGroup("all", Decimal(4), tests)]))
    assert [(one.subject, one.action) for one in _log(world, problem_id=problem)[3:]] == [
        ("problem_versions", "insert")
    ]
    with acting(world.teacher_id), transaction(world.tenant_id):
        session().execute(sa.update(TestCase).where(TestCase.name == "one").values(name="edge"))
    last = _log(world, problem_id=problem)[-1]
    assert (last.subject, last.actor_id) == ("test_cases", world.teacher_id)
    assert (last.before, last.after) == ({"name": "one"}, {"name": "edge"})


def test_who_was_granted_more_time_is_named_and_forgotten_when_erased(world: World) -> None:
    assignment, student = world.assignment(due_date=NOW), world.user()
    more = OtherDates(due=NOW + dt.timedelta(days=2))
    with acting(world.teacher_id), transaction(world.tenant_id):
        grant(assignment, Whose(user_id=student), more, reason="In hospital", by=world.teacher_id, at=NOW)
    (told,) = _log(world, student_id=student)
    assert (told.after or {})["reason"] == "In hospital"
    with transaction(world.tenant_id):
        session().execute(sa.text("SELECT set_config('app.erasing', 'on', true)"))
        session().execute(sa.text("SELECT lti_grader_erase_log(:student)"), {"student": student})
    (told,) = _log(world, student_id=student)
    assert (told.before, told.after, told.salt) == (None, None, None)
    found = _verified(world)
    assert (found.flaws, found.erased) == ([], 1)


def test_changes_at_once_make_one_chain(app: flask.Flask, world: World) -> None:
    assignments = [world.assignment() for _ in range(4)]

    def rename_often(assignment: uuid.UUID) -> None:
        with app.app_context():
            for number in range(5):
                _rename(world, assignment, f"Title {number}")
            db.session.remove()

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        list(pool.map(rename_often, assignments))
    found = _verified(world)
    assert found.flaws == []
    assert found.rows == len(_log(world)) >= 20
    assert found.head is not None
    assert _verified(world, found.head).flaws == []


def test_the_application_can_neither_change_nor_remove_what_is_told(world: World) -> None:
    world.assignment()
    for statement in ("UPDATE audit_log SET actor_id = NULL", "DELETE FROM audit_log", "TRUNCATE audit_log"):
        with pytest.raises(sa.exc.ProgrammingError, match="permission denied"), transaction(world.tenant_id) as opened:
            opened.execute(sa.text(statement))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("UPDATE audit_log SET actor_id = gen_random_uuid() WHERE number = 3", "altered"),
        ("UPDATE audit_log SET at = at - interval '1 day' WHERE number = 3", "altered"),
        ('UPDATE audit_log SET after = \'{"title": "other"}\' WHERE number = 3', "before and after was altered"),
        (
            "UPDATE audit_log SET after = NULL, before = NULL, salt = NULL WHERE number = 3",
            "before and after was altered",
        ),
        ("DELETE FROM audit_log WHERE number = 3", "3 is missing"),
        ("DELETE FROM audit_log WHERE number BETWEEN 2 AND 3", "2 to 3 is missing"),
    ],
)
def test_a_row_that_somebody_alters_in_the_database_is_found(
    world: World, owner: sa.Engine, change: str, words: str
) -> None:
    world.assignment()
    assert _verified(world).flaws == []
    _by_hand(owner, world, *_UNGUARDED, change, *_GUARDED)
    (flaw,) = _verified(world).flaws
    assert words in flaw.what
    assert flaw.number in (3, 4)


def test_an_end_that_is_cut_off_is_found_by_a_head_that_was_noted(world: World, owner: sa.Engine) -> None:
    world.assignment()
    head = _verified(world).head
    cut = "DELETE FROM audit_log WHERE number = (SELECT max(number) FROM audit_log)"
    _by_hand(owner, world, *_UNGUARDED, cut, *_GUARDED)
    assert _verified(world).flaws == []
    (flaw,) = _verified(world, head).flaws
    assert "the end is missing" in flaw.what


def test_not_even_the_owner_changes_it_as_long_as_its_triggers_stand(world: World, owner: sa.Engine) -> None:
    world.assignment()
    for statement in ("UPDATE audit_log SET role = 'x'", "DELETE FROM audit_log", "TRUNCATE audit_log"):
        with pytest.raises(sa.exc.IntegrityError, match="only added to"):
            _by_hand(owner, world, statement)


def test_a_hand_in_the_database_is_told_by_its_role(world: World, owner: sa.Engine) -> None:
    assignment = world.assignment()
    _by_hand(owner, world, "UPDATE content_items SET title = 'By hand'")
    last = _log(world, content_item_id=assignment)[-1]
    assert (last.after, last.actor_id, last.role) == ({"title": "By hand"}, None, owner.url.username)
    assert _log(world)[0].role != owner.url.username


def test_another_institution_has_a_chain_of_its_own(world: World) -> None:
    other = make_world("South University")
    other.assignment()
    world.assignment()
    assert [one.number for one in _log(other)] == list(range(1, len(_log(other)) + 1))
    assert _verified(other).flaws == _verified(world).flaws == []
