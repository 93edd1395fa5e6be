"""Graders beside each other, for teachers who see the whole class."""

import datetime as dt

import pytest
import sqlalchemy as sa

from lti_grader.classes.models import Class, Enrollment
from lti_grader.classes.queries import membership
from lti_grader.core.db import session, transaction
from lti_grader.core.ids import new_id
from lti_grader.marking import graders, locking
from lti_grader.marking.models import Marking
from tests.fixtures.statements import statements
from tests.fixtures.world import NOW, World
from tests.web.test_second_marking import TwoDesks
from tests.web.two_sections import Visit, plain


@pytest.fixture
def two(world: World, visit: Visit) -> TwoDesks:
    return TwoDesks(world, visit)


def compared(two: TwoDesks) -> dict[str, graders.Grader]:
    with transaction(two.world.tenant_id):
        place = membership(two.world.class_id, two.world.teacher_id)
        with statements() as asked:
            found = graders.graders_of(place)
        assert len(asked) == 4
    return {one.whole.title: one for one in found}


def test_a_lecturer_sees_who_is_harsher_and_who_agrees(two: TwoDesks) -> None:
    assert compared(two) == {}
    for number in range(5):
        _, attempt = two.hand_in(5)
        two.give(attempt, 1, 2)
        two.give(attempt, *((1, 2) if number < 2 else (0, 1)), round_=2)
    found = compared(two)
    ben, ida = found["Ben Osei"].whole, found["Ida Roth"].whole
    assert (ben.marked.number, ben.marked.mean, ben.marked.spread) == (5, 1.0, 0.0)
    assert ida.marked.mean == pytest.approx((2 + 3 / 3) / 5)
    assert ben.lean == pytest.approx(-ida.lean) == pytest.approx(ben.agreement.lean)
    assert (ida.agreement.pairs, ida.agreement.agreed, ida.in_words, ben.in_words) == (5, 2, "harsher", "milder")
    page = plain(two.marta.get(f"/classes/{two.world.class_id}/marking/graders").text)
    for words in ("Ida Roth", "2 of 5", "-40.0 %", "harsher"):
        assert words in page


def test_it_is_for_teachers_who_see_the_whole_class(two: TwoDesks) -> None:
    where = f"/classes/{two.world.class_id}/marking/graders"
    assert two.browser.get(where).status_code == 403
    assert two.marta.get(where).status_code == 200
    with transaction(two.world.tenant_id):
        class_ = session().get_one(Class, two.world.class_id)
        class_.settings, class_.owner_id = {"apart": "staff"}, two.ben
        mine = Enrollment.user_id == two.world.teacher_id
        session().scalars(sa.select(Enrollment).where(mine)).one().sections = ["Evening"]
    assert two.marta.get(where).status_code == 403


def test_time_counts_as_long_as_the_page_is_open_and_the_marking_not_done() -> None:
    def after(seconds: int) -> dt.datetime:
        return NOW + dt.timedelta(seconds=seconds)

    marking, me = Marking(seconds_spent=0, state="unmarked"), new_id()
    for one in (0, 30, 60, 75):
        assert locking.hold(marking, me, at=after(one))
    # Closed for an hour, and opened once more.
    for one in (3600, 3610):
        locking.hold(marking, me, at=after(one))
    marking.state = "done"
    locking.hold(marking, me, at=after(3620))
    assert marking.seconds_spent == 75 + 10
