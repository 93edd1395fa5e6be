"""A quiz written in forms from nothing, tried, published, set and compared."""

import io
import uuid
import zipfile
from typing import Any

import pytest
from flask.testing import FlaskClient

from lti_grader.core.db import session, transaction
from lti_grader.problems.models import ProblemVersion
from lti_grader.problems.packages import formats
from lti_grader.problems.packages.package import Package
from lti_grader.problems.quizzes.form import Quiz, quiz_of
from lti_grader.problems.quizzes.marking import mark
from tests.fixtures.quizzes import a_quiz, published
from tests.fixtures.world import World
from tests.web.two_sections import Visit

FORMS: dict[str, tuple[dict[str, Any], Any]] = {
    "single": (
        {"row": ["r1", "r2", "n1"], "r1.text": "Rome", "r1.place": "2", "r2.text": "Bern", "r2.place": "1", "r2.feedback": "Yes!", "n1.text": "", "right": "r2", "shuffle": "yes"},
        lambda one: next(option.id for option in one.options if option.text == "Bern"),
    ),
    "multiple": (
        {"row": ["r1", "r2"], "r1.text": "a", "r2.text": "b", "right": ["r1", "r2"], "scoring": "all"},
        lambda one: [option.id for option in one.options],
    ),
    "numeric": ({"value": "9,81", "absolute": "0.02", "relative": "", "unit": "m/s²"}, lambda one: "9.8 m/s²"),
    "text": ({"row": ["r1", "r2"], "r1.text": "Bern", "r1.share": "100", "r2.text": "B.*", "r2.share": "50", "r2.pattern": "yes", "accents": "yes"}, lambda one: " bern"),
    "order": ({"row": ["r1", "r2"], "r1.text": "second", "r1.place": "2", "r2.text": "first", "r2.place": "1", "scoring": "all"}, lambda one: [item.id for item in one.items]),
    "match": (
        {"row": ["r1", "r2"], "r1.text": "1+1", "r1.choice": "2", "r2.text": "2+0", "r2.choice": "2", "others": "3\n4", "scoring": "partial"},
        lambda one: {row.id: one.choices[0].id for row in one.rows},
    ),
    "blanks": (
        {"text": "{{x}} and {{y}} and {{z}}", "blank.x.kind": "words", "blank.x.accepted": "ex\n50% eks\n/e+x/", "blank.y.kind": "number",
         "blank.y.value": "4", "blank.z.kind": "choice", "blank.z.options": "* right\nwrong", "scoring": "partial"},
        lambda one: {"x": "EX", "y": "4,0", "z": one.blanks[2].options[0].id},
    ),
}  # fmt: skip


class Author:
    """A teacher with a new quiz."""

    def __init__(self, world: World, client: FlaskClient) -> None:
        self.world, self.client = world, client
        made = client.post(f"/classes/{world.class_id}/problems", data={"title": "Capitals", "kind": "quiz"})
        self.url = made.headers["Location"]
        self.version_id = uuid.UUID(self.url.rsplit("/", 1)[1])

    def quiz(self) -> Quiz:
        with transaction(self.world.tenant_id):
            return quiz_of(session().get_one(ProblemVersion, self.version_id).quiz)

    def state(self) -> str:
        with transaction(self.world.tenant_id):
            return session().get_one(ProblemVersion, self.version_id).state

    def add(self, kind: str) -> str:
        return self.client.post(f"{self.url}/quiz/questions", data={"do": "add", "kind": kind}).headers["Location"]

    def act(self, do: str, question: str, **more: str) -> int:
        data = {"do": do, "question": question} | more
        return self.client.post(f"{self.url}/quiz/questions", data=data).status_code


@pytest.fixture
def author(world: World, visit: Visit) -> Author:
    return Author(world, visit(world.teacher_id))


def test_questions_of_each_kind_are_written_in_forms_and_the_quiz_is_published_once_nothing_is_missing(
    author: Author,
) -> None:
    assert "no question yet" in author.client.get(author.url).text
    for kind, (form, _) in FORMS.items():
        page = author.add(kind)
        assert author.client.get(page).status_code == 200
        said = {"title": kind, "prompt": f"A question: {kind}?", "points": "2", "feedback_right": "Well done."} | form
        assert author.client.post(page, data=said).status_code == 303
        assert author.client.get(page).status_code == 200, "what was written can be edited again"
    quiz = author.quiz()
    for question in quiz.questions:
        assert mark(question, FORMS[question.kind][1](question)).points == 2, question.kind
    assert [option.text for option in quiz.questions[0].options] == ["Bern", "Rome"], "rows stand by their places"
    shown = author.client.get(author.url).text
    assert "Nothing is missing" in shown
    assert author.client.post(f"{author.url}/check", data={"do": "publish"}).status_code == 303
    assert author.state() == "published"
    assert author.client.get(author.url).status_code == 200
    assert author.client.post(f"{author.url}/quiz", data={}).status_code == 409, "a published version never changes"


def test_what_is_missing_keeps_a_quiz_from_being_published(author: Author) -> None:
    author.add("single")
    refused = author.client.post(f"{author.url}/check", data={"do": "publish"})
    assert refused.status_code == 422
    assert "no option is right" in refused.text
    assert author.state() == "draft"
    page = author.add("numeric")
    wrong = author.client.post(page, data={"prompt": "?", "points": "1", "value": "many"})
    assert (wrong.status_code, "is no number" in wrong.text) == (422, True)


def test_questions_and_sections_are_arranged(author: Author) -> None:
    for kind in ("single", "text"):
        author.add(kind)
    first, second = (one.id for one in author.quiz().questions)
    assert author.act("move", second, place="1") == 303
    assert author.act("double", first) == 303
    assert [one.kind for one in author.quiz().questions] == ["text", "single", "single"]
    added = author.client.post(
        f"{author.url}/quiz/sections", data={"do": "add", "title": "Late", "draw": "1", "shuffle": "yes"}
    )
    assert added.status_code == 303
    section = author.quiz().sections[1]
    assert (section.title, section.draw, section.shuffle) == ("Late", 1, True)
    assert "Move there" in author.client.get(author.url).text
    author.act("section", first, section=section.id)
    assert [one.id for one in author.quiz().sections[1].questions] == [first]
    author.client.post(f"{author.url}/quiz/sections", data={"do": "remove", "section": section.id})
    author.act("remove", second)
    assert len(author.quiz().questions) == 1
    assert author.act("remove", "gone") == 404
    said = {"papers": "each", "solutions": "never", "statement": "Hello $x$", "hint": "h"}
    assert author.client.post(f"{author.url}/quiz", data=said).status_code == 303
    assert (author.quiz().papers, author.quiz().solutions) == ("each", "never")


def test_a_quiz_is_tried_as_a_student_and_graded_while_it_is_answered(world: World, visit: Visit) -> None:
    version = published(world)
    with transaction(world.tenant_id):
        problem = session().get_one(ProblemVersion, version).problem_id
    client, url = visit(world.teacher_id), f"/problems/{problem}/versions/{version}"
    page = client.get(f"{url}/preview").text
    assert "Since 987" not in page
    said = {"paper": "1", "q-capital": "o1", "q-primes": ["p2", "p3"], "q-gaps.a": "4", "q-steps": ["s1", "s3", "s2"]}
    graded = client.post(f"{url}/preview/answers", data=said).text
    assert "<strong>5.3333</strong> of 11 points" in graded or "<strong>5.33</strong> of 11 points" in graded
    assert "Since 987." in graded
    draft = client.post(f"{url}/draft").headers["Location"]
    client.post(f"{draft}/quiz/questions", data={"do": "remove", "question": "pi"})
    told = client.get(
        f"/problems/{problem}/compare", query_string={"from": version, "to": draft.rsplit("/", 1)[1]}
    ).text
    assert "Question pi" in told
    assert "3.14159" in told


def test_a_quiz_goes_out_as_a_file_and_comes_in_the_same(world: World, visit: Visit) -> None:
    version = published(world)
    with transaction(world.tenant_id):
        problem = session().get_one(ProblemVersion, version).problem_id
    packed = visit(world.teacher_id).get(f"/problems/{problem}/versions/{version}/export/lti-grader").data
    assert "lti-grader.yaml" in zipfile.ZipFile(io.BytesIO(packed)).namelist()[0]
    (read,) = formats.read_upload("quiz.zip", packed).problems
    assert isinstance(read, Package)
    assert read.quiz == a_quiz()
