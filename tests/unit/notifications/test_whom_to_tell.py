"""What of a mark is news."""

import datetime as dt
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from lti_grader.notifications.kinds import GRADED, MARK_CHANGED, REGRADED
from lti_grader.notifications.policy import WATCHED, Mark, news
from tests.fixtures.world import NOW

points = st.decimals(0, 100, places=4)
moments = st.none() | st.datetimes(dt.datetime(2026, 1, 1), dt.datetime(2026, 3, 1), timezones=st.just(dt.UTC))
marks = st.builds(Mark, st.none() | points, points, moments)


@given(marks, st.none() | marks, st.booleans())
def test_news_is_what_somebody_does_not_know(mark: Mark, told: Mark | None, by_regrade: bool) -> None:
    found = news(told, mark, by_regrade=by_regrade, at=NOW)
    is_new = mark.points is not None and (told is None or (told.points, told.maximum) != (mark.points, mark.maximum))
    # Everything here was handed in long ago: nobody has it before their eyes.
    assert (found is not None) == is_new
    if told is not None and found is not None and by_regrade:
        assert found is REGRADED
    assert news(mark, mark, by_regrade=by_regrade, at=NOW) is None


@given(marks)
def test_a_mark_is_kept_with_a_notification_as_it_is(mark: Mark) -> None:
    assert Mark.of_parts(mark.as_parts()) == mark


def test_who_hands_in_again_and_watches_is_not_told() -> None:
    first = Mark(Decimal(5), Decimal(10), NOW)
    second = Mark(Decimal(8), Decimal(10), NOW + dt.timedelta(hours=1))
    assert second.submitted_at is not None
    assert news(first, second, by_regrade=False, at=second.submitted_at + WATCHED) is None
    assert news(first, second, by_regrade=False, at=second.submitted_at + 2 * WATCHED) is GRADED
    assert news(first, Mark(Decimal(6), Decimal(10), NOW), by_regrade=False, at=NOW) is MARK_CHANGED
