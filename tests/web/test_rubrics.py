"""Rubrics: written in a form, kept with what is published, copied, compared, and read by students."""

import uuid
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from lti_grader.assignments.models import AssignmentProblem
from lti_grader.authoring.comparing import compare
from lti_grader.classes.models import Role
from lti_grader.core.db import session, transaction
from lti_grader.problems import operations as problems
from lti_grader.problems.models import ProblemVersion, Rubric, RubricCriterion, RubricLevel, Visibility
from lti_grader.problems.operations import DraftGroup, DraftProblem, DraftTest
from lti_grader.problems.rubrics import DraftCriterion, DraftLevel, DraftRubric, rubric_of
from tests.fixtures.world import NOW, World
from tests.web.test_problem_pages import Double
from tests.web.two_sections import Visit

STYLE = {
    "criterion": ["0", "1"], "name-0": "Names", "points-0": ["0", "2,5", ""], "level-0": ["Bad", "Good", ""],
    "exemplar-0": ["", "`total`", ""], "name-1": "Tests", "points-1": ["0", "4"], "level-1": ["None", "Some"],
    "exemplar-1": ["", ""], "shown": "on",
}  # fmt: skip


class Author:
    """A teacher with a draft of a problem."""

    def __init__(self, world: World, visit: Visit) -> None:
        self.world, self.double = world, Double(world)
        self.browser = visit(world.teacher_id)
        self.url = self.browser.post(f"{self.double.url}/versions/{self.double.second}/draft").headers["Location"]
        self.draft = uuid.UUID(self.url.rsplit("/", 1)[1])

    def write(self, *, status: int = 303, **more: Any) -> str:
        answer = self.browser.post(f"{self.url}/rubric", data=STYLE | more)
        assert answer.status_code == status, answer.text
        return answer.text

    def rubric(self, version_id: uuid.UUID | None = None) -> DraftRubric | None:
        with transaction(self.world.tenant_id):
            found = rubric_of(version_id or self.draft)
            return found.draft if found else None

    def publish(self) -> None:
        with transaction(self.world.tenant_id):
            problems.publish(session().get_one(ProblemVersion, self.draft), at=NOW)


@pytest.fixture
def author(world: World, visit: Visit) -> Author:
    return Author(world, visit)


def test_a_rubric_is_written_in_a_form_and_what_stays_keeps_its_rows(author: Author) -> None:
    author.write()
    names, tests = author.rubric().criteria
    assert (author.rubric().points, names.points, names.levels[1].exemplar) == (
        Decimal("6.5"),
        Decimal("2.5"),
        "`total`",
    )
    with transaction(author.world.tenant_id):
        before = set(session().scalars(sa.select(RubricLevel.id)))
    author.write(**{"points-0": ["0"], "level-0": ["Bad"], "exemplar-0": [""], "shown": []})
    with transaction(author.world.tenant_id):
        assert set(session().scalars(sa.select(RubricLevel.id))) < before
        assert session().scalars(sa.select(Rubric.points)).one() == 4
    assert (author.rubric().criteria[1], author.rubric().is_shown) == (tests, False)
    assert "the rubric" in author.browser.get(f"{author.double.url}/history").text
    author.write(criterion=[])
    assert author.rubric() is None


def test_the_form_is_arranged_before_it_is_saved_and_mistakes_are_told_with_what_was_typed(author: Author) -> None:
    moved = author.write(status=200, do="up-1")
    assert moved.index('value="Tests"') < moved.index('value="Names"')
    assert 'value="Tests"' not in author.write(status=200, do="remove-1")
    assert "Criterion 3" in author.write(status=200, do="add")
    assert author.rubric() is None
    assert 'value="many"' in author.write(status=422, **{"points-1": ["many", "4"]})
    assert "Two criteria have one name" in author.write(status=422, **{"name-1": "Names "})
    assert "worth nothing" in author.write(status=422, **{"points-0": ["0", "0"], "points-1": ["0", "0"]})
    author.write(status=422, do="burn-1")


def test_a_published_rubric_never_changes_and_comes_along_to_the_next_draft(author: Author) -> None:
    author.write()
    rubric = author.rubric()
    author.publish()
    for change in (
        sa.update(RubricLevel).values(points=9), sa.update(RubricCriterion).values(name="x"), sa.delete(Rubric),
    ):  # fmt: skip
        with pytest.raises(sa.exc.IntegrityError, match="never changes"), transaction(author.world.tenant_id):
            session().execute(change)
    author.write(status=409)
    begun = author.browser.post(f"{author.url}/draft").headers["Location"]
    copied = uuid.UUID(begun.rsplit("/", 1)[1])
    assert author.rubric(copied) == rubric
    assert author.browser.post(f"{begun}/rubric", data=STYLE | {"level-1": ["None", "Many"]}).status_code == 303
    with transaction(author.world.tenant_id):
        found = compare(*(session().get_one(ProblemVersion, one) for one in (author.draft, copied)))
    (change,) = found.texts
    assert [one for one in change.lines if one[0] in "+-"] == ["-- 4: Some", "+- 4: Many"]


def test_students_read_a_rubric_where_its_author_wants(author: Author, visit: Visit) -> None:
    (item,) = author.world.items(author.double.assignment)
    student = visit(author.world.user(Role.STUDENT))
    for shown in ("on", ""):
        author.write(**({"shown": "on"} if shown else {"shown": []}))
        with transaction(author.world.tenant_id):
            session().get_one(AssignmentProblem, item).problem_version_id = author.draft
        assert ("How it is marked: 6.5 points" in student.get(f"/work/{item}").text) is bool(shown)


def test_a_problem_that_only_people_mark_can_be_published(world: World) -> None:
    rubric = DraftRubric([DraftCriterion("Idea", [DraftLevel(Decimal(3), "Clear")])])
    test = DraftTest("sample", b"", b"", Visibility.SAMPLE)
    for number, (tests, given, is_fine) in enumerate(
        [([test], rubric, True), ([], rubric, False), ([test], None, False)]
    ):
        draft = DraftProblem(f"essay-{number}", "Essay", "", [DraftGroup("all", Decimal(0), tests)], rubric=given)
        with transaction(world.tenant_id):
            version = problems.create_problem(draft)
            if is_fine:
                problems.publish(version, at=NOW)
            else:
                with pytest.raises(problems.NotReadyToPublish):
                    problems.publish(version, at=NOW)
