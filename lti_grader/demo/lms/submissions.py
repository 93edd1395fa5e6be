"""Canvas's extension of a score: what the student handed in, so that it stands beside the grade.

Files are linked and not fetched, so there is no progress to follow as there is in Canvas.
"""

import dataclasses
from typing import Any

EXTENSION = "https://canvas.instructure.com/lti/submission"
KINDS = ("none", "basic_lti_launch", "online_text_entry", "online_url", "external_tool", "online_upload")


@dataclasses.dataclass(frozen=True)
class Extension:
    """The extension as read; what was not said is what Canvas takes for granted."""

    is_new: bool = True
    """A submission of its own, which counts as an attempt; else the grade alone changes."""
    preserves_score: bool = False
    yields_to_teachers: bool = False
    """A grade that a person gave stays."""
    kind: str = "external_tool"
    data: str | None = None
    """An address or a text, by kind."""
    files: tuple[dict[str, Any], ...] = ()
    submitted_at: Any = None


def read_extension(body: dict[str, Any]) -> Extension:
    """Read the extension of a posted score; one that is no object counts as none."""
    given = body.get(EXTENSION)
    given = given if isinstance(given, dict) else {}
    standard = body.get("submission")
    items = given.get("content_items")
    files = tuple(
        one for one in (items if isinstance(items, list) else []) if isinstance(one, dict) and one.get("type") == "file"
    )
    kind = given.get("submission_type")
    kind = "online_upload" if files else kind if kind in KINDS else "external_tool"
    data = given.get("submission_data")
    return Extension(
        is_new=given.get("new_submission") not in (False, "false", "0", 0) and kind != "none",
        preserves_score=given.get("preserve_score") in (True, "true", "1", 1),
        yields_to_teachers=given.get("prioritize_non_tool_grade") in (True, "true", "1", 1),
        kind=kind,
        data=data if isinstance(data, str) else None,
        files=files,
        submitted_at=(standard.get("submittedAt") if isinstance(standard, dict) else None) or given.get("submitted_at"),
    )
