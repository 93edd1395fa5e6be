"""On which days things stand, whatever the time zone and whenever clocks change."""

import datetime as dt
import itertools
import uuid
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lti_grader.calendar import days
from lti_grader.calendar.days import View
from lti_grader.calendar.entries import DateOf, Entry
from lti_grader.calendar.errors import BadEvent
from lti_grader.calendar.repeating import Times, midnight, moment, weekly

# Clocks that change by an hour and by half of one, at midnight, backwards in winter, and never; a day that never was.
ZONES = st.sampled_from(
    ["UTC", "Europe/Berlin", "Europe/Dublin", "America/Sao_Paulo", "Asia/Beirut", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia"]
).map(ZoneInfo)  # fmt: skip
DAYS = st.dates(dt.date(2005, 1, 1), dt.date(2035, 12, 31))
TIMES = st.times().map(lambda one: one.replace(second=0, microsecond=0))
DAY = dt.timedelta(days=1)


def due(at: dt.datetime) -> Entry:
    return Entry(DateOf.DUE, "Homework", None, at, uuid.uuid4(), "CS101", item_id=uuid.uuid4())


@given(st.sampled_from(View), DAYS, DAYS, TIMES, ZONES)
def test_a_due_date_stands_on_its_day_and_on_no_other(
    view: View, on: dt.date, day: dt.date, time: dt.time, zone: ZoneInfo
) -> None:
    at = dt.datetime.combine(day, time, zone).astimezone(dt.UTC)
    seen = days.days_of(view, on)
    found = days.by_day(seen, [due(at)], zone)
    theirs = at.astimezone(zone).date()
    assert [one for one in seen if found[one]] == [one for one in seen if one == theirs]
    first, last = days.bounds(seen, zone)
    assert (first <= at < last) == (theirs in seen)


@given(DAYS)
def test_a_month_is_shown_in_whole_weeks_with_all_its_days(on: dt.date) -> None:
    seen = days.days_of(View.MONTH, on)
    assert all(later - earlier == DAY for earlier, later in itertools.pairwise(seen))
    assert {week[0].weekday() for week in days.weeks_of(seen)} == {0}
    assert len(seen) % 7 == 0
    first, last = on.replace(day=1), (on.replace(day=28) + 4 * DAY).replace(day=1) - DAY
    assert seen[0] <= first
    assert last <= seen[-1]
    assert (first - seen[0]).days < 7
    assert (seen[-1] - last).days < 7


@given(st.sampled_from(View), DAYS)
def test_what_is_later_begins_where_this_ends_and_leads_back(view: View, on: dt.date) -> None:
    later = days.step(view, on, 1)
    assert later is not None
    back = days.step(view, later, -1)
    assert back is not None
    seen, after = days.days_of(view, on), days.days_of(view, later)
    assert days.days_of(view, back) == seen
    assert seen[0] < after[0] <= seen[-1] + DAY < after[-1]


def test_there_is_nothing_beyond_the_first_and_the_last_year() -> None:
    assert days.step(View.MONTH, days.FIRST, -1) is None
    assert days.step(View.WEEK, days.LAST, 1) is None


@given(DAYS, TIMES, st.integers(0, 60), st.integers(1, 2), ZONES)
def test_what_repeats_keeps_its_time_of_day(
    day: dt.date, time: dt.time, weeks: int, every: int, zone: ZoneInfo
) -> None:
    begins = dt.datetime.combine(day, time, zone).astimezone(dt.UTC)
    local = begins.astimezone(zone).replace(tzinfo=None)
    once = Times(begins, begins + dt.timedelta(minutes=90), zone.key)
    until = local.date() + 7 * weeks * DAY
    times = weekly(once, until, every=every)
    found = list(times.spans())
    assert found[0].starts_at == begins
    assert [one.day for one in found] == [local.date() + 7 * n * DAY for n in range(0, weeks + 1, every)]
    for one in found:
        wall = dt.datetime.combine(one.day, local.time())
        assert one.starts_at.astimezone(zone) == wall.replace(tzinfo=zone).astimezone(dt.UTC)
        assert one.ends_at - one.starts_at == dt.timedelta(minutes=90)
    assert (times.repeats_until, times.every) == (until, every)
    assert times.over_at == found[-1].ends_at


@given(DAYS, st.integers(0, 30), st.integers(0, 30), ZONES, ZONES)
def test_whole_days_are_the_same_days_for_everybody(
    day: dt.date, more: int, weeks: int, zone: ZoneInfo, readers: ZoneInfo
) -> None:
    last = day + more * DAY
    once = Times(midnight(day, zone), midnight(last + DAY, zone), zone.key, is_all_day=True)
    spans = list(weekly(once, day + 7 * weeks * DAY).spans())
    # Samoa had no 30 December 2011: what is to be on that day is on the next.
    if zone.key != "Pacific/Apia":
        assert [(one.day, one.last_day) for one in spans] == [
            (day + 7 * n * DAY, last + 7 * n * DAY) for n in range(weeks + 1)
        ]


def test_an_hour_that_is_left_out_cannot_be_named() -> None:
    with pytest.raises(BadEvent, match="clocks are put forward"):
        moment(dt.date(2026, 3, 29), dt.time(2, 30), ZoneInfo("Europe/Berlin"))


def test_a_day_that_is_left_out_is_not_among_them() -> None:
    times = weekly(Times(dt.datetime(2026, 3, 2, tzinfo=dt.UTC), dt.datetime(2026, 3, 2, tzinfo=dt.UTC), "UTC"), dt.date(2026, 3, 20))  # fmt: skip
    left = Times(times.starts_at, times.ends_at, "UTC", rule=times.rule, left_out=frozenset({dt.date(2026, 3, 9)}))
    assert [one.day.day for one in left.spans()] == [2, 16]
    for until in (dt.date(2026, 3, 1), dt.date(2036, 1, 1)):
        with pytest.raises(BadEvent):
            weekly(times, until)
