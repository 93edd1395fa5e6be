"""Until when a regrade may be asked for."""

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from lti_grader.gradebook.requests.window import until

MOMENTS = st.datetimes(dt.datetime(2020, 1, 1), dt.datetime(2040, 1, 1), timezones=st.just(dt.UTC))


@given(st.integers(1, 365), st.none() | MOMENTS, MOMENTS)
def test_everybody_has_all_the_days_once_they_can_see_their_mark(
    days: int, out_at: dt.datetime | None, judged_at: dt.datetime
) -> None:
    ends = until(days, out_at, judged_at)
    assert ends is not None
    span = dt.timedelta(days=days)
    assert ends - span >= judged_at
    assert out_at is None or ends - span >= out_at
    assert ends - span in (judged_at, out_at)


@given(st.none() | MOMENTS, MOMENTS)
def test_where_nothing_is_said_nobody_asks(out_at: dt.datetime | None, judged_at: dt.datetime) -> None:
    assert until(None, out_at, judged_at) is None
