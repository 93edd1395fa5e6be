"""What Moodle does in its gradebook, as Moodle 5.0.1 was seen to do it."""

import datetime as dt
from decimal import Decimal

import pytest
import sqlalchemy as sa

from lti_grader.core.db import session, transaction
from lti_grader.lti import queries
from lti_grader.lti.board_models import ScoreDeliveryEvent
from lti_grader.lti.models import ProductFamily
from lti_grader.lti.passback.outcomes import LOOKS
from tests.fixtures.world import World
from tests.lti.desk import RESULTS, SCORES, Desk
from tests.lti.releases.releasing import BY_HAND, let_go, set_rule, work
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
        self.feedback: dict[str, str] = {}
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
            self.feedback[body["userId"]] = body.get("comment", "")
            if body["gradingProgress"] == "FullyGraded":
                self.grades[body["userId"]] = (body["scoreGiven"] * self.maximum / body["scoreMaximum"], self.maximum)
            else:
                self.grades.pop(body["userId"], None)
            return 200, {}, ""
        if asked.path == RESULTS:
            if "limit" in asked.query:
                return 404, {"Content-Type": "text/html"}, "Exception - Call to a member function out() on null"
            wanted = asked.query.get("user_id")
            return 200, {}, [
                {"userId": who, "resultScore": self.overrides.get(who, points), "resultMaximum": before}
                | ({"comment": self.feedback[who]} if self.feedback[who] else {})
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


class TestFeedback:
    """Moodle has one place for it: whatever goes without it empties it, and what goes with it replaces it."""

    def test_what_a_teacher_wrote_there_goes_back_with_the_next_score(self, desk: Desk, moodle: Moodle) -> None:
        desk.score(4, feedback="Mind the empty list.")
        desk.carry()
        moodle.feedback[desk.sub] = "Come and see me."
        for points in (6, 7):
            desk.score(points, feedback="Mind the empty list.")
            assert desk.carry() == "verified"
            assert moodle.feedback[desk.sub] == "Come and see me."
        assert "somebody wrote" in said_of(desk)

    def test_it_does_also_where_many_scores_are_carried_together(self, desk: Desk, moodle: Moodle) -> None:
        beside = [desk, *(desk.neighbour() for _ in range(4))]
        for one in beside:
            one.score(4, feedback="Mind the empty list.")
        assert desk.pump().carried == 5
        moodle.feedback[beside[3].sub] = "Come and see me."
        for one in beside:
            one.score(5, feedback="Well done.")
        assert desk.pump().carried == 5
        assert [moodle.feedback[one.sub] for one in beside] == ["Well done."] * 3 + ["Come and see me.", "Well done."]

    def test_ours_is_replaced_by_ours_and_taken_away_by_us(self, desk: Desk, moodle: Moodle) -> None:
        for feedback in ("Mind the empty list.\nAnd the sign.", "Well done.", ""):
            desk.score(desk.revision, feedback=feedback)
            assert desk.carry() == "verified"
            assert moodle.feedback[desk.sub] == feedback
            moodle.feedback[desk.sub] = feedback.replace("\n", "\r\n")

    def test_what_was_written_in_its_editor_stays_as_text_however_often_it_goes_back(
        self, desk: Desk, moodle: Moodle
    ) -> None:
        desk.score(4)
        desk.carry()
        moodle.feedback[desk.sub] = (
            '<p dir="ltr">Look at <strong>loop 2</strong> again:</p>\r\n<p>&lt;p&gt; is no name &amp; this\n is no end:</p>'
            '<pre>for x in y:\n    pass</pre><ul><li>See <a href="https://example.org/for">this</a></li><li>Done</li></ul>'
        )
        text = (
            "Look at loop 2 again:\n<p> is no name & this is no end:\nfor x in y:\n    pass\n"
            "- See this (https://example.org/for)\n- Done"
        )
        for points in (5, 6):
            desk.score(points)
            desk.carry()
            assert moodle.feedback[desk.sub] == text

    def test_text_with_angle_brackets_is_not_taken_for_html(self, desk: Desk, moodle: Moodle) -> None:
        desk.score(4)
        desk.carry()
        moodle.feedback[desk.sub] = "Use vector<int> here, and if a < b, not <= b &amp; so on."
        desk.score(5)
        desk.carry()
        assert moodle.feedback[desk.sub] == "Use vector<int> here, and if a < b, not <= b &amp; so on."

    def test_nothing_without_points_is_sent_since_it_would_only_empty_the_feedback(
        self, desk: Desk, moodle: Moodle
    ) -> None:
        moodle.feedback[desk.sub] = "Come and see me."
        desk.waiting()
        assert desk.carry() == "excluded"
        assert desk.posts() == []
        assert "sent when there is one" in (desk.last.last_error or "")
        with transaction(desk.world.tenant_id):
            told = queries.delivery_state(desk.student, desk.assignment)
        assert told == {"state": "excluded", "text": "Sent to your LMS when it is graded"}
        desk.score(9)
        assert desk.carry() == "verified"


def said_of(desk: Desk) -> str:
    with transaction(desk.world.tenant_id):
        return " ".join(session().scalars(sa.select(ScoreDeliveryEvent.words)))


def test_marks_that_are_not_released_are_kept_from_moodle_altogether(desk: Desk, moodle: Moodle) -> None:
    desk.at = dt.datetime.now(dt.UTC)
    set_rule(desk, BY_HAND)
    desk.score(8)
    assert desk.carry() == "withheld"
    assert desk.posts() == []
    assert "once they are" in (desk.last.last_error or "")
    let_go(desk)
    work(desk)
    assert desk.carry() == "verified"
    assert moodle.grades[desk.sub] == (8, 10)


def test_an_earlier_score_that_was_kept_there_is_not_called_somebody_elses(desk: Desk, moodle: Moodle) -> None:
    desk.score(4)
    desk.carry()
    # "Overridden" with the grade as it is, as Moodle does it for feedback.
    moodle.overrides[desk.sub] = 4
    desk.score(9)
    for _ in range(LOOKS):
        desk.carry()
        desk.later(minutes=6)
    assert desk.last.status == "overridden"
    assert "4 of 10, an earlier score of this tool: somebody has kept it there" in (desk.last.last_error or "")
    assert "clear “Overridden”" in (desk.last.last_error or "")
    assert len(desk.posts()) == 2
    moodle.overrides[desk.sub] = 6
    reconciled(desk)
    assert "6 of 10, which this tool did not send" in (desk.last.last_error or "")
