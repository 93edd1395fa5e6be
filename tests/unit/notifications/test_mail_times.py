"""When e-mails go out, and what they say."""

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lti_grader.notifications.kinds import Pace
from lti_grader.notifications.mail_texts import Digest, NoAddress, Told, message_of
from lti_grader.notifications.mail_times import GATHER, mail_due
from tests.fixtures.world import NOW

moments = st.datetimes(dt.datetime(2026, 1, 1), dt.datetime(2027, 1, 1), timezones=st.just(dt.UTC))


@settings(max_examples=60)
@given(moments, st.integers(0, 23))
def test_every_pace_comes_after_what_it_tells_and_in_its_time(at: dt.datetime, hour: int) -> None:
    assert mail_due(Pace.OFF, at=at, hour=hour) is None
    assert mail_due(Pace.AT_ONCE, at=at, hour=hour) == at + GATHER
    for pace, most in ((Pace.DAILY, dt.timedelta(days=1)), (Pace.WEEKLY, dt.timedelta(days=7))):
        found = mail_due(pace, at=at, hour=hour)
        assert found is not None
        assert dt.timedelta(0) < found - at <= most
        assert (found.hour, found.minute) == (hour, 0)
        assert pace is Pace.DAILY or found.weekday() == 0


@settings(max_examples=40)
@given(st.text(max_size=80), st.text(min_size=1, max_size=80))
def test_whatever_stands_in_a_name_or_a_title_is_text(name: str, title: str) -> None:
    digest = Digest("<1@x>", "Grader <g@x.org>", name, "ann@x.org", [Told(title, "CS101", None)], "https://x/stop", NOW)
    message = message_of(digest)
    assert str(message["To"].addresses[0].addr_spec) == "ann@x.org"
    assert b"<script" not in message.as_bytes()


@pytest.mark.parametrize("address", ["", "nobody", "a b@x.org", "a@x.org\nBcc: b@x.org", "@"])
def test_what_is_no_address_is_told(address: str) -> None:
    with pytest.raises(NoAddress):
        message_of(Digest("<1@x>", "g@x.org", "Ann", address, [Told("T", "C", None)], "https://x", NOW))
