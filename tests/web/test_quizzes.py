"""A quiz from the student's page to the gradebook: graded at once, shown as far as it is released, kept for ever."""

import copy
import datetime as dt
import json
import uuid
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from lti_grader.assignments.models import AssignmentProblem
from lti_grader.assignments.release import ReleaseRule, When
from lti_grader.classes.queries import membership
from lti_grader.core.db import session, transaction
from lti_grader.gradebook.models import GradebookEntry
from lti_grader.gradebook.question_figures import Came, figures
from lti_grader.gradebook.regrades import applying, judging
from lti_grader.gradebook.regrades.judging import Wanted
from lti_grader.gradebook.regrades.models import Which
from lti_grader.grading import taking_in, tasks
from lti_grader.grading.models import GradingJob, TestResult
from lti_grader.problems.models import ProblemVersion
from lti_grader.problems.operations import DraftProblem, create_version, publish
from lti_grader.problems.quizzes.form import Papers
from tests.fixtures.quizzes import MOST, QUESTIONS, RIGHT, a_quiz, published
from tests.fixtures.world import World
from tests.web.two_sections import Visit

JSON = {"Accept": "application/json"}


class Sitting:
    """A student before a quiz."""

    def __init__(
        self, world: World, visit: Visit, *, quiz: Any = None, version: uuid.UUID | None = None, **config: Any
    ) -> None:
        self.world, self.student = world, world.user()
        self.assignment = world.assignment(versions=[version or published(world, quiz)], points=22, **config)
        self.item = world.items(self.assignment)[0]
        self.client: FlaskClient = visit(self.student)

    def hand_in(self, answers: dict[str, Any], key: str = "press-0001", sitting: int = 0) -> Any:
        code = json.dumps({"sitting": sitting, "answers": answers})
        body = {"type": "final_submission", "code": code, "language": "", "idempotency_key": key}
        return self.client.post(f"/work/{self.item}/attempts", json=body)

    def attempt(self, answers: dict[str, Any]) -> dict[str, Any]:
        return self.client.get(self.hand_in(answers).json["attempt"]["url"], headers=JSON).json

    def entry(self) -> GradebookEntry | None:
        with transaction(self.world.tenant_id):
            return session().scalar(sa.select(GradebookEntry).where(GradebookEntry.student_id == self.student))


@pytest.fixture
def sitting(world: World, visit: Visit) -> Sitting:
    return Sitting(world, visit)


def test_answers_are_graded_when_they_are_handed_in_and_stand_in_the_gradebook(sitting: Sitting) -> None:
    answered = sitting.hand_in({**RIGHT, "capital": "o2", "primes": ["p2"], "gaps": {"a": "5", "b": "b1"}})
    assert answered.json["attempt"]["status"] == "completed", "nothing waits for a worker"
    told = sitting.client.get(answered.json["attempt"]["url"], headers=JSON).json
    assert [one["status"] for one in told["tests"]] == ["fail", "fail", "pass", "pass", "pass", "pass", "fail"]
    assert (told["points"], told["maximum"]) == ("14", "22"), "7 of 11 points, on the assignment's scale"
    assert sitting.entry().score_obtained == Decimal(14)
    with transaction(sitting.world.tenant_id):
        scores = session().scalars(sa.select(TestResult.score).where(TestResult.attempt_id == uuid.UUID(told["id"])))
        assert sum(scores.all(), Decimal(0)) == Decimal(7)


def test_a_question_whose_key_was_wrong_is_mended_by_a_regrade(sitting: Sitting) -> None:
    lyon = {**RIGHT, "capital": "o2"}
    attempt = sitting.attempt(lyon)
    assert sitting.entry().score_obtained == Decimal(18)
    mended = copy.deepcopy(QUESTIONS)
    mended[0]["options"][0].pop("right")
    mended[0]["options"][1]["right"] = True
    world, at = sitting.world, dt.datetime.now(dt.UTC)
    with transaction(world.tenant_id):
        first = session().get_one(AssignmentProblem, sitting.item).problem_version_id
        problem_id = session().get_one(ProblemVersion, first).problem_id
        quiz = a_quiz(sections=[{"id": "all", "questions": mended}])
        second = create_version(problem_id, DraftProblem("", "", "Take your time.", [], quiz=quiz))
        publish(second, at=at)
        place = membership(world.class_id, world.teacher_id)
        regrade = judging.start(place, sitting.item, Wanted(second.id, Which.ALL), at=at).id
    with transaction(world.tenant_id):
        (job,) = session().scalars(sa.select(GradingJob.id).where(GradingJob.regrade_id == regrade)).all()
    assert tasks.grade(str(world.tenant_id), str(job)) == "done"
    assert sitting.entry().score_obtained == Decimal(18), "it is only tried"
    with transaction(world.tenant_id):
        applying.apply(judging.locked(regrade), "Lyon it is.", by=world.teacher_id, at=at)
    assert applying.carry_out(world.tenant_id, regrade, lambda: dt.datetime.now(dt.UTC)) == 1
    assert sitting.entry().score_obtained == Decimal(22)
    told = sitting.client.get(f"/attempts/{attempt['id']}", headers=JSON).json
    assert [one["status"] for one in told["tests"]] == ["pass"] * 7
    assert "Judged once more" in sitting.client.get(f"/attempts/{attempt['id']}").text


def test_the_page_and_what_it_loads_tell_nothing_of_what_is_right(sitting: Sitting) -> None:
    page = sitting.client.get(f"/work/{sitting.item}").text
    assert "<strong>France</strong>" in page
    assert "Paris" in page
    for secret in ("Since 987", "Look at a map", "3.14159", "In French", "Café", '"right"', "is-right"):
        assert secret not in page


def test_what_is_answered_is_saved_and_there_again(sitting: Sitting) -> None:
    code = json.dumps({"sitting": 0, "answers": {"capital": "o3", "cafe": "<b>at home</b>"}})
    saved = sitting.client.put(
        f"/work/{sitting.item}/draft", json={"code": code, "base_revision": 0, "save_id": "save-0001"}
    )
    assert saved.json["revision"] == 1
    page = sitting.client.get(f"/work/{sitting.item}").text
    assert 'value="o3" autocomplete="off" checked' in page
    assert "&lt;b&gt;at home" in page


def test_a_mark_and_feedback_are_seen_as_they_are_released(world: World, visit: Visit) -> None:
    kept = Sitting(world, visit, feedback=ReleaseRule(when=When.BY_HAND), marks=ReleaseRule(when=When.BY_HAND))
    told = kept.attempt({**RIGHT, "capital": "o2"})
    assert (told["points"], told["tests"]) == (None, [])
    page = kept.client.get(f"/attempts/{told['id']}").text
    assert "Lyon" in page
    assert not any(one in page for one in ("Not any more", "Wrong", "is-right", "Right is"))
    staff = visit(world.teacher_id).get(f"/attempts/{told['id']}").text
    assert "is-right" in staff


def test_feedback_comes_with_the_answers_and_solutions_only_when_everybody_is_done(sitting: Sitting) -> None:
    told = sitting.attempt({**RIGHT, "capital": "o2", "cafe": "coffee house"})
    page = sitting.client.get(f"/attempts/{told['id']}").text
    assert "Not any more." in page
    assert "Look at a map." in page
    assert "In French, please." in page
    assert "Right is" not in page
    assert "is-right" not in page
    assert "Partly right" in page


def test_an_attempt_stays_as_it_was_seen_and_another_paper_follows_where_that_is_wanted(
    world: World, visit: Visit
) -> None:
    pool = [{"kind": "numeric", "id": f"n{one}", "prompt": f"What is {one}?", "value": one} for one in range(30)]
    quiz = a_quiz(sections=[{"id": "pool", "draw": 4, "shuffle": True, "questions": pool}], papers=Papers.EACH)
    student = Sitting(world, visit, quiz=quiz)

    def asked(url: str) -> list[str]:
        page = student.client.get(url).text
        return [one.partition('"')[0] for one in page.split('data-question="')[1:]]

    first = asked(f"/work/{student.item}")
    assert len(first) == 4
    assert '"new_papers": true' in student.client.get(f"/work/{student.item}").text
    assert asked(f"/work/{student.item}") == first, "the same paper on each visit"
    answered = student.hand_in({one: one.removeprefix("n") for one in first})
    assert asked(answered.json["attempt"]["url"]) == first
    told = student.client.get(answered.json["attempt"]["url"], headers=JSON).json
    assert (told["points"], told["maximum"]) == ("22", "22"), "what was drawn is the most that there is"
    assert asked(f"/work/{student.item}") != first
    late = student.hand_in({first[0]: "1"}, key="press-0002")
    assert (late.status_code, late.json["error"]["code"]) == (409, "other_paper")
    assert student.hand_in({}, key="press-0003", sitting=1).status_code == 202


def test_answers_are_taken_even_where_they_cannot_be_graded_and_a_worker_tries_again(
    sitting: Sitting, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stumble(*_: object) -> None:
        raise RuntimeError("a mistake of ours")

    monkeypatch.setattr(taking_in, "grade_quiz", stumble)
    taken = sitting.hand_in(RIGHT)
    assert (taken.status_code, taken.json["attempt"]["status"]) == (202, "queued")
    attempt = uuid.UUID(taken.json["attempt"]["id"])
    with transaction(sitting.world.tenant_id):
        job = session().scalars(sa.select(GradingJob.id).where(GradingJob.attempt_id == attempt)).one()
    assert tasks.grade(str(sitting.world.tenant_id), str(job)) == "done"
    assert sitting.entry().score_obtained == 2 * MOST


def test_what_is_no_answer_is_refused_in_words_or_counts_nothing(sitting: Sitting) -> None:
    run = {"type": "test_run", "code": "{}", "idempotency_key": "press-0001"}
    assert sitting.client.post(f"/work/{sitting.item}/attempts", json=run).status_code == 400
    broken = {"type": "final_submission", "code": "print(1)", "idempotency_key": "press-0001"}
    refused = sitting.client.post(f"/work/{sitting.item}/attempts", json=broken)
    assert (refused.status_code, refused.json["error"]["code"]) == (422, "bad_answers")
    told = sitting.attempt({one["id"]: {"x": "y"} for one in QUESTIONS} | {"unknown": "1"})
    assert told["points"] == "0"


def test_staff_read_how_often_each_question_was_right(world: World, visit: Visit, sitting: Sitting) -> None:
    sitting.hand_in({**RIGHT, "capital": "o2"})
    sitting.hand_in({"capital": "o1"}, key="press-0002")
    page = visit(world.teacher_id).get(f"/assignments/{sitting.assignment}/questions").text
    cells = page.partition("1. Capital</th>")[2].partition("</tr>")[0]
    assert [one.partition("<")[0] for one in cells.split('class="number">')[1:]] == ["1", "1", "1", "100 %", "–"]
    assert sitting.client.get(f"/assignments/{sitting.assignment}/questions").status_code == 403


def test_a_question_that_goes_with_the_others_tells_who_knows_more() -> None:
    came = [
        Came(str(student), question, float(value), True)
        for student in range(20)
        for question, value in (
            ("a", student % 2),
            ("b", student % 2),
            ("c", student % 2),
            ("against", 1 - student % 2),
            ("same", 1),
        )
    ]
    found = figures(came)
    assert found["a"].discrimination == pytest.approx(1)
    assert found["against"].discrimination == pytest.approx(-1)
    assert found["same"].discrimination is None
    assert (found["a"].facility, found["a"].right, found["same"].asked) == (0.5, 10, 20)
