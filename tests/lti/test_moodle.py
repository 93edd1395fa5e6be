"""What Moodle does in its gradebook, as Moodle 5.0.1 was seen to do it."""

from decimal import Decimal

import pytest

from lti_grader.lti.models import ProductFamily
from tests.fixtures.world import World
from tests.lti.desk import RESULTS, SCORES, Desk
from tests.lti.scripted import Answer, Asked, ScriptedPlatform
from tests.lti.test_deliveries import be
from tests.lti.test_reconciliation import run as reconciled

COLUMN = "/lineitems/1"


class Moodle:
    """A gradebook column of Moodle's, whose maximum a teacher may change."""

    def __init__(self, lms: ScriptedPlatform) -> None:
        self.maximum = 10.0
        self.grades: dict[str, tuple[float, float]] = {}
        """Points, of the column's maximum now, and the maximum that stood when they were posted."""
        self.overrides: dict[str, float] = {}
        self._usual, lms.answer = lms.answer, self.answer  # type: ignore[method-assign]

    def change_maximum(self, maximum: float) -> None:
        share = maximum / self.maximum
        self.grades = {who: (points * share, before) for who, (points, before) in self.grades.items()}
        self.maximum = maximum

    def answer(self, asked: Asked) -> Answer:
        if asked.path == COLUMN:
            assert asked.headers["Accept"] == "application/vnd.ims.lis.v2.lineitem+json"
            return 200, {}, {"id": "1", "label": "Week 1", "scoreMaximum": self.maximum}
        if asked.path == SCORES:
            body = asked.json
            self.grades[body["userId"]] = (body["scoreGiven"] * self.maximum / body["scoreMaximum"], self.maximum)
            return 200, {}, ""
        if asked.path == RESULTS:
            if "limit" in asked.query:
                return 404, {"Content-Type": "text/html"}, "Exception - Call to a member function out() on null"
            wanted = asked.query.get("user_id")
            return 200, {}, [
                {"userId": who, "resultScore": self.overrides.get(who, points), "resultMaximum": before}
                for who, (points, before) in self.grades.items()
                if wanted in (None, who)
            ]  # fmt: skip
        return self._usual(asked)


@pytest.fixture
def moodle(world: World, desk: Desk, lms: ScriptedPlatform) -> Moodle:
    be(world, ProductFamily.MOODLE)
    return Moodle(lms)


def test_a_maximum_that_was_changed_there_is_no_grade_that_was_changed(desk: Desk, moodle: Moodle) -> None:
    desk.score(4)
    assert desk.carry() == "verified"
    moodle.change_maximum(20)
    assert moodle.grades[desk.sub] == (8, 10)
    desk.later(minutes=1)
    desk.score(9)
    assert desk.carry() == "verified"
    assert moodle.grades[desk.sub] == (18, 20)
    assert desk.last.lms_holds == Decimal(9)


def test_a_grade_that_was_changed_beside_a_changed_maximum_is_left_alone(desk: Desk, moodle: Moodle) -> None:
    desk.score(4)
    desk.carry()
    moodle.change_maximum(20)
    moodle.overrides[desk.sub] = 15
    desk.score(9)
    assert desk.carry() == "overridden"
    assert desk.last.lms_holds == Decimal("7.5")
    assert len(desk.posts()) == 1


def test_a_grade_set_there_by_hand_is_never_replaced_and_that_is_said_at_once(desk: Desk, moodle: Moodle) -> None:
    desk.score(4)
    desk.carry()
    moodle.overrides[desk.sub] = 7
    desk.score(9)
    assert desk.carry() == "overridden"
    assert "clear “Overridden”" in desk.last.last_error
    desk.resend()
    assert desk.carry() == "overridden"
    assert moodle.grades[desk.sub] == (9, 10)
    # Cleared there: what was sent meanwhile shows.
    moodle.overrides.clear()
    desk.resend()
    assert desk.carry() == "verified"


def test_results_are_not_asked_for_in_pages(desk: Desk, moodle: Moodle, lms: ScriptedPlatform) -> None:
    desks = [desk, *(desk.neighbour() for _ in range(4))]
    for revision in (3, 4):
        for one in desks:
            one.score(revision)
        desk.later(minutes=1)
        assert desks[0].pump().carried == 5
    assert {one.last.status for one in desks} == {"verified"}
    assert len(lms.to(RESULTS)) == 4


def test_the_nightly_comparison_reads_a_column_whole_and_by_its_maximum(
    desk: Desk, moodle: Moodle, lms: ScriptedPlatform
) -> None:
    other = desk.neighbour()
    for one in (desk, other):
        one.score(4)
        assert one.carry() == "verified"
    moodle.change_maximum(20)
    done = reconciled(desk)
    assert (done.columns, done.compared, done.differing, done.error) == (1, 2, 0, None)
    moodle.overrides[other.sub] = 15
    assert reconciled(desk).differing == 1
    assert (desk.last.status, other.last.status, other.last.lms_holds) == ("verified", "overridden", Decimal("7.5"))
    assert "clear “Overridden”" in other.last.last_error


def test_a_column_without_a_maximum_is_looked_at_again(desk: Desk, moodle: Moodle, lms: ScriptedPlatform) -> None:
    desk.score(4)
    desk.carry()
    moodle.overrides[desk.sub] = 7
    lms.script[COLUMN] = [(200, {}, {"label": "Week 1"})]
    desk.score(9)
    assert desk.carry() == "again"
    desk.later(minutes=1)
    assert desk.carry() == "overridden"
