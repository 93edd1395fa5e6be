"""The problem bank: searched by words, tag, kind and use; what is there twice is said."""

import re
import uuid

import pytest
import sqlalchemy as sa

from lti_grader import adapters
from lti_grader.authoring import bank
from lti_grader.authoring.duplicates import QUESTIONS, is_near
from lti_grader.authoring.resembling import marked, print_of
from lti_grader.classes.models import EnrollmentSource, Role
from lti_grader.classes.operations import create_class, enroll
from lti_grader.core.db import session, transaction
from lti_grader.problems.models import Difficulty, Problem, ProblemVersion, Sharing
from lti_grader.problems.packages import exporting
from lti_grader.problems.quizzes.form import quiz_of
from tests.fixtures.quizzes import published
from tests.fixtures.world import World
from tests.web.two_sections import Visit


def _problem(world: World, title: str, **changes: object) -> uuid.UUID:
    version = world.problem()
    with transaction(world.tenant_id):
        problem = session().get_one(Problem, session().get_one(ProblemVersion, version).problem_id)
        problem.title = title
        for name, value in changes.items():
            setattr(problem, name, value)
        return problem.id


def test_it_is_searched_by_words_tag_kind_difficulty_and_use(world: World, visit: Visit) -> None:
    used, tree, stack = (_problem(world, one, tags=[one.casefold()]) for one in ("Used", "Tree", "Stack"))
    with transaction(world.tenant_id):
        (version,) = session().query(ProblemVersion).filter_by(problem_id=used).all()
    world.assignment(versions=[version.id])
    with transaction(world.tenant_id):
        session().get_one(Problem, tree).difficulty = Difficulty.HARD
    own = _problem(world, "Secret tree", owner_id=world.user(), shared_with=Sharing.SELF)
    browser, url = visit(world.teacher_id), f"/classes/{world.class_id}/problems"

    def found(**asked: str) -> set[uuid.UUID]:
        page = browser.get(url, query_string=asked).text
        return {uuid.UUID(one) for one in re.findall(r'href="/problems/([0-9a-f-]{36})"', page)}

    assert found() == {used, tree, stack}
    assert found(q="tr") == {tree}
    assert found(q="double the number") == {used, tree, stack}, "the statement is searched too"
    assert found(q="100%_") == set()
    assert found(tag="stack") == {stack}
    assert (found(difficulty="hard"), found(difficulty="easy")) == ({tree}, set())
    assert found(use="here") == {used}
    assert found(use="nowhere", q="tree") == {tree}
    assert found(use="own") == set()
    assert found(kind="quiz") == set()
    assert found(kind="code", page="7") == {used, tree, stack}
    assert own not in found()


def test_who_reads_it_learns_the_names_of_their_own_classes_only(world: World, visit: Visit) -> None:
    problem, stranger = _problem(world, "Used"), world.user(enrolled=False)
    with transaction(world.tenant_id):
        (version,) = session().query(ProblemVersion).filter_by(problem_id=problem).all()
        other = create_class("Evening class", owner_id=stranger).id
        enroll(other, stranger, Role.TEACHER, source=EnrollmentSource.LAUNCH)
    world.assignment(versions=[version.id])
    page = visit(stranger).get(f"/classes/{other}/problems").text
    assert "1 class of others" in page


def test_pages_are_of_a_size(world: World, visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bank, "ON_A_PAGE", 2)
    for title in "abc":
        _problem(world, title)
    page = visit(world.teacher_id).get(f"/classes/{world.class_id}/problems", query_string={"page": 2}).text
    assert "Page 2 of 2" in page
    assert len(re.findall(r'href="/problems/[0-9a-f-]{36}"', page)) == 1


def test_a_problem_that_is_there_twice_is_said(world: World, visit: Visit) -> None:
    first, second = _problem(world, "Double"), _problem(world, "Twice")
    page = visit(world.teacher_id).get(f"/problems/{first}").text
    assert "This problem may be there twice" in page
    assert str(second) in page
    assert "The statement is the same." in page


def test_a_quiz_is_another_one_by_its_questions_and_not_by_its_introduction(world: World, visit: Visit) -> None:
    blank = {"kind": "words", "id": "x", "accepted": [{"text": "y"}]}
    odd = quiz_of({"sections": [{"id": "a", "questions": [
        {"kind": "numeric", "id": "q", "prompt": 'É "so"\n\t/\\ \u2028 <b> \x7f', "value": 1},
        {"kind": "blanks", "id": "b", "text": "{{x}} \x01", "blanks": [blank]},
    ]}]})  # fmt: skip
    versions = [published(world, odd), published(world, odd), published(world)]
    with transaction(world.tenant_id):
        first, second, other = (session().get_one(ProblemVersion, one).problem_id for one in versions)
        kept = exporting.kept_version(versions[0])
    page = visit(world.teacher_id).get(f"/problems/{first}").text
    assert page.count("All questions are the same.") == 1
    assert page.count("The title is nearly the same.") == 1
    found = {"title": "Otherwise", "print": print_of(exporting.package_of(kept, adapters.installed().blobs.get))}
    with transaction(world.tenant_id):
        (told,) = marked([found], sa.true())
    assert {one["id"]: one["because"] for one in told["alike"]} == dict.fromkeys(map(str, (first, second)), QUESTIONS)
    assert str(other) in page


@pytest.mark.parametrize(
    ("one", "other", "near"),
    [("Two  sum", "two sum", True), ("Balanced brackets", "Balanced bracket", True), ("Trees", "Graphs", False)],
)
def test_titles_are_near_by_their_letters(one: str, other: str, *, near: bool) -> None:
    assert is_near(one, other) is near
