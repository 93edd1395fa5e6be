"""What the log of changes says in words."""

import datetime as dt
import uuid

from lti_grader.audit.models import AuditEntry
from lti_grader.audit.words import Value, line


def test_what_late_work_counts_and_a_long_text_are_told() -> None:
    entry = AuditEntry(
        subject="assignments", action="update", subject_id=uuid.uuid4(), student_id=None, erased_at=None,
        before={"config": {"late": {"steps": []}}, "body_markdown": ""},
        after={
            "config": {"late": {"steps": [{"hours": 48, "credit": 50}, {"hours": None, "credit": 20}]}},
            "body_markdown": {"sha256": "ab" * 32, "characters": 70000},
        },
    )  # fmt: skip
    told = {one.label: (one.before, one.after and one.after.text) for one in line([entry], {}).changes}
    assert told == {
        "Late work counts": (None, "up to 2 days after the due date: 50 %, after the due date: 20 %"),
        "Text": (None, f"a text of 70000 characters (SHA-256 {'ab' * 6}…)"),
    }


def test_how_often_an_event_repeats_is_told_in_words() -> None:
    entry = AuditEntry(
        subject="calendar_events", action="update", subject_id=uuid.uuid4(), student_id=None, erased_at=None,
        before={"rule": "FREQ=WEEKLY;UNTIL=20261220"},
        after={"rule": "FREQ=WEEKLY;INTERVAL=2;UNTIL=20270117T225959Z"},
    )  # fmt: skip
    told = {one.label: (one.before, one.after) for one in line([entry], {}).changes}
    assert told == {
        "Repeats": (Value("every week"), Value("every 2 weeks")),
        "Repeats until": (Value("20 December 2026"), Value(moment=dt.datetime(2027, 1, 17, 22, 59, 59, tzinfo=dt.UTC))),
    }
