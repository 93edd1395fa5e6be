"""Pictures in questions, and in hints: seen by who reads a text that shows them, and by nobody before."""

import io
from typing import Any

import pytest

from lti_grader import adapters
from lti_grader.assignments.hints import HintRule, HintsWhen
from lti_grader.assignments.release import ReleaseRule, When
from lti_grader.problems.pictures import in_words
from lti_grader.problems.quizzes.form import Quiz, quiz_of
from tests.fixtures.quizzes import published
from tests.fixtures.statements import statements
from tests.fixtures.world import World
from tests.web.test_pictures import PNG
from tests.web.test_quiz_authoring import Author
from tests.web.test_quizzes import Sitting
from tests.web.two_sections import Visit

NAMES = ("asked.png", "option.png", "left.png", "right.png", "told.png", "hint.png", "sked.png")


def _question(name: str, **more: Any) -> dict[str, Any]:
    options = [{"id": "a", "text": "![An option](option.png)", "right": True}, {"id": "b", "text": "b"}]
    return {"kind": "single", "id": name, "prompt": f"![Asked]({name}.png)", "options": options, **more}


def _quiz() -> Quiz:
    """Return a quiz with a question for everybody, and a pool of two of which each student is given one."""
    first = {"id": "one", "questions": [_question("asked", feedback="![Told](told.png)")]}
    pool = {"id": "pool", "draw": 1, "questions": [_question("left"), _question("right")]}
    found = quiz_of({"sections": [first, pool]})
    assert found is not None
    return found


def _pictures() -> dict[str, str]:
    ref = adapters.installed().blobs.put(PNG)
    return dict.fromkeys(NAMES, ref)


def test_students_see_the_pictures_of_their_questions_and_no_others(world: World, visit: Visit) -> None:
    version = published(world, _quiz(), hint="![Hint](hint.png)", pictures=_pictures())
    rules = {
        "feedback": ReleaseRule(when=When.BY_HAND), "hints": HintRule(when=HintsWhen.AFTER_TRIES, tries=1),
    }  # fmt: skip
    sitting = Sitting(world, visit, version=version, **rules)
    page = sitting.client.get(f"/work/{sitting.item}").text
    at = f"/work/{sitting.item}/pictures"
    assert sitting.client.get(f"{at}/asked.png").data == PNG
    (drawn,) = [name for name in ("left.png", "right.png") if f'src="{at}/{name}"' in page]

    def found(where: str) -> list[str]:
        return [name for name in NAMES if sitting.client.get(f"{where}/{name}").status_code == 200]

    mine = ["asked.png", "option.png", drawn]
    assert found(at) == mine
    with statements() as said:
        sitting.client.get(f"{at}/option.png")
    with statements() as guessed:
        sitting.client.get(f"{at}/told.png")
    assert len(guessed) <= len(said) + 2, "as few questions for who guesses"
    attempt = sitting.attempt({"asked": "b"})["id"]
    review = f"/attempts/{attempt}/pictures"
    assert f'src="{review}/asked.png"' in sitting.client.get(f"/attempts/{attempt}").text
    assert found(review) == mine
    assert found(at) == [*mine, "hint.png"]
    teacher = visit(world.teacher_id)
    assert f'src="{review}/told.png"' in teacher.get(f"/attempts/{attempt}").text
    assert teacher.get(f"{review}/told.png").data == PNG
    assert teacher.get(f"{at}/hint.png").data == PNG
    assert visit(world.user()).get(f"{review}/asked.png").status_code == 404


@pytest.mark.parametrize("when", [HintsWhen.NEVER, HintsWhen.ALWAYS])
def test_a_picture_of_a_hint_comes_with_the_hint(world: World, visit: Visit, when: HintsWhen) -> None:
    version = world.problem(hint="See ![the plan](hint.png)", pictures=_pictures())
    (item,) = world.items(world.assignment(versions=[version], hints=HintRule(when=when)))
    browser = visit(world.user())
    answer = browser.get(f"/work/{item}/pictures/hint.png").status_code
    assert answer == (200 if when is HintsWhen.ALWAYS else 404)
    assert browser.get(f"/work/{item}/pictures/told.png").status_code == 404, "no text shows it"


def test_an_author_puts_a_picture_into_a_question_and_sees_it(world: World, visit: Visit) -> None:
    author = Author(world, visit(world.teacher_id))
    url = author.client.post(f"{author.url}/quiz/questions", data={"kind": "single", "do": "add"}).headers["Location"]
    form = {
        "prompt": "See ![a plan](plan.png)", "points": "1", "row": ["r1", "r2"], "r1.text": "![x](plan.png)", "r2.text": "b",
        "right": "r1",
    }  # fmt: skip
    refused = author.client.post(url, data={**form, "pictures": [(io.BytesIO(b"<svg/>"), "plan.svg")]})
    assert refused.status_code == 422
    assert "is no picture" in refused.text
    assert "![x](plan.png)" in refused.text
    kept = author.client.post(url, data={**form, "do": "stay", "pictures": [(io.BytesIO(PNG), "plan.png")]})
    assert kept.status_code == 303, kept.text
    shown = f'src="{author.url}/pictures/plan.png"'
    assert author.client.get(f"{author.url}/pictures/plan.png").data == PNG
    assert author.client.get(url).text.count(shown) == 2
    assert author.client.post(f"{url}/shown", data={**form, "prompt": "now"}).text.count(shown) == 1
    assert shown in author.client.get(author.url).text
    assert shown in author.client.get(f"{author.url}/preview").text
    author.client.post(
        f"{author.url}/quiz", data={"papers": "same", "solutions": "never", "remove-picture": "plan.png"}
    )
    assert author.client.get(f"{author.url}/pictures/plan.png").status_code == 404


def test_lists_say_what_a_picture_shows() -> None:
    assert in_words("![A cat](<my cat.png>) or ![a *dog*](dog.png 'x')") == "A cat or a *dog*"
    assert in_words("[link](a.png) !\\[x]") == "[link](a.png) !\\[x]"
