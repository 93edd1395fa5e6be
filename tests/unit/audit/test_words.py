"""What the log of changes says in words."""

import uuid

from lti_grader.audit.models import AuditEntry
from lti_grader.audit.words import line


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
