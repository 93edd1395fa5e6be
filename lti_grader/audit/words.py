"""The log of changes in words: what somebody did to what, and each thing that it changed, before and after."""

import dataclasses
import datetime as dt
import json
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from lti_grader.assignments.lateness import LateStep
from lti_grader.audit.models import Action, AuditEntry

NOUNS = {
    "classes": "the class",
    "modules": "the module",
    "content_items": "the assignment",
    "assignments": "the assignment",
    "materials": "the material",
    "material_files": "the file",
    "assignment_problems": "a problem of the assignment",
    "access_overrides": "dates and attempts",
    "assignment_passcodes": "the passcode",
    "late_days_spent": "late days spent",
    "late_day_grants": "late days",
    "gradebook_entries": "the mark",
    "gradebook_rules": "how totals are worked out",
    "gradebook_categories": "a category of the gradebook",
    "gradebook_filings": "the category of an assignment",
    "regrades": "a regrade",
    "announcements": "the announcement",
    "problems": "the problem",
    "problem_versions": "the version",
    "test_groups": "the group of tests",
    "test_cases": "the test",
    "markings": "the marking",
    "moderations": "what is decided between two markings",
    "rubric_scores": "what is given by the rubric",
    "feedback": "a comment on the work",
    "saved_comments": "a comment of the bank",
    "rubrics": "the rubric",
    "rubric_criteria": "the criterion",
    "rubric_levels": "the level of a criterion",
    "calendar_events": "the event",
    "class_exports": "a file of the class",
    "student_looks": "the class as a student, with the eyes",
    "regrade_requests": "the regrade request",
    "group_sets": "the groups",
    "student_groups": "the group",
    "student_group_members": "the place in a group",
}
_VERBS = {Action.INSERT: "Made", Action.UPDATE: "Changed", Action.DELETE: "Removed"}
_OTHER_VERBS = {
    ("access_overrides", Action.INSERT): "Gave",
    ("access_overrides", Action.DELETE): "Took back",
    ("assignment_problems", Action.INSERT): "Set",
    ("assignment_passcodes", Action.INSERT): "Set",
    ("student_group_members", Action.INSERT): "Gave",
    ("student_group_members", Action.DELETE): "Took",
    ("late_day_grants", Action.INSERT): "Gave",
    ("late_day_grants", Action.DELETE): "Took back",
    ("late_days_spent", Action.INSERT): "Chose",
    ("late_days_spent", Action.DELETE): "Took back",
    ("regrades", Action.INSERT): "Began",
    ("class_exports", Action.INSERT): "Asked for",
    ("student_looks", Action.INSERT): "Looked at",
    ("student_looks", Action.UPDATE): "Ended looking at",
    ("gradebook_entries", Action.UPDATE): "Changed by hand",
}
_LABELS = {
    "body": "Text", "withdrawn_at": "Taken back",
    "title": "Title", "description": "Description", "due_date": "Due", "is_published": "Students see it",
    "order_index": "Place", "module_id": "Module", "points_total": "Points in all", "difficulty": "Difficulty", "mode": "Kind",
    "config.opens_at": "Opens", "config.closes_at": "Closes", "config.attempts_allowed": "Submissions allowed",
    "config.cooldown_seconds": "Pause between submissions, s", "config.late.steps": "Late work counts", "config.late.late_days": "Late days that may be spent", "settings.late_days": "Late days of each student", "days": "Days", "config.late.grace_minutes": "Grace for late work, min",
    "config.counts": "Which submission counts", "config.languages": "Languages", "config.show_points": "Points are shown",
    "config.marks.when": "Marks come out", "config.marks.at": "Marks come out at",
    "config.feedback.when": "Feedback comes out", "config.marking.is_anonymous": "Names are hidden while marking", "config.marking.second": "Second marking of", "config.marking.sample_percent": "Sample for second marking, %", "config.marking.is_blind": "Second marking is blind", "config.marking.tolerance_percent": "Two markings may differ by, %", "is_second_asked": "Second marking asked for", "decision": "Decision", "first_points": "The first gave", "second_points": "The second gave", "config.feedback.at": "Feedback comes out at",
    "marks_released_at": "Marks released", "marks_released_by": "Marks released by",
    "feedback_released_at": "Feedback released", "feedback_released_by": "Feedback released by",
    "problem_version_id": "Version", "points": "Points", "section": "Section", "user_id": "Student", "reason": "Reason",
    "opens_at": "Opens", "opens_at_once": "Open from the beginning", "closes_at": "Closes", "never_closes": "Never closes",
    "never_due": "Never due", "extra_attempts": "Further submissions", "name": "Name", "join_code": "Join code",
    "config.weighting": "Categories count by", "config.averaging": "Within a category", "config.missing": "Without a mark",
    "config.places": "Digits after the point", "config.rounding": "Rounded", "config.letters": "Letters", "weight": "Weight",
    "drop_lowest": "Lowest marks dropped", "category_id": "Category",
    "owner_id": "Owner", "archived_at": "Archived", "settings.copying": "Who may copy it",
    "publish_at": "Students see it from", "retired_at": "Retired", "problem_id": "Problem", "settings.join_code_reason": "Why the join code is another", "settings.leaderboard": "Leaderboards",
    "settings.apart": "Sections kept apart for", "slug": "Short name", "tags": "Tags", "shared_with": "Shared with",
    "state": "State", "kind": "Kind", "number": "Number", "description_markdown": "Statement", "pictures": "Pictures", "hint": "Hint",
    "cpu_ms": "Time limit, ms", "memory_kb": "Memory, KiB", "override_points": "Points by hand",
    "override_reason": "Reason", "manual_feedback": "Comment to the student", "private_notes": "Notes of the staff",
    "set_at": "Set at", "status": "State", "version_before": "Version before", "version_after": "Version after", "which": "Which submissions",
    "student_ids": "Students", "sections": "Sections", "is_reason_told": "Students read the reason",
    "body_markdown": "Text", "size": "Bytes",
    "effect": "What came of it", "mark_before": "Mark before", "mark_after": "Mark after", "about": "About",
    "config.hints.when": "Hints are shown", "config.hints.tries": "Submissions before a hint", "config.regrade_request_days": "Days for regrade requests",
    "with_work": "People's work is in it", "done_at": "Done", "missing": "Files that were gone", "downloaded_at": "Taken", "removed_at": "Removed", "failed_at": "Failed",
    "starts_at": "Begins", "ends_at": "Ends", "is_all_day": "All day", "rule": "Repeats", "until": "Repeats until", "left_out": "Left out on", "type": "Kind",
    "reference_id": "About",
    "students_join": "Students choose their group", "most_members": "Members at most", "seed": "Seed", "group_id": "Group", "group_set_id": "Groups",
    "visibility": "Seen by students", "input": "Input", "expected": "Expected", "aggregation": "Points of the group",
    "on_reject": "After a test that fails", "requires": "Needs the groups", "is_shown": "Students read it", "adjustment": "Adjustment", "adjustment_reason": "Why it is adjusted", "criterion_name": "Criterion",
    "criterion_points": "Of points", "level_description": "Level", "path": "File", "first_line": "From line", "last_line": "To line", "text": "Text", "exemplar": "Example",
}  # fmt: skip
# What is one of a few words, which our own names for them are nearly.
_CHOICES = frozenset(
    {
        "config.weighting", "config.averaging", "config.missing", "config.rounding", "config.marks.when", "config.feedback.when", "config.counts", "config.hints.when", "config.marking.second", "decision", "state", "status", "mode", "difficulty", "shared_with",
        "visibility", "aggregation", "on_reject", "which", "settings.copying", "settings.apart",
    }
)  # fmt: skip
_BYTES = "\\x"
_WEEKLY = "FREQ=WEEKLY"
_MOST_SHOWN = 400


@dataclasses.dataclass(frozen=True)
class Value:
    """Something as a page shows it: a text, or a moment."""

    text: str = ""
    moment: dt.datetime | None = None


@dataclasses.dataclass(frozen=True)
class Change:
    """One thing that was changed; None where there was nothing, or is nothing any more."""

    label: str
    before: Value | None
    after: Value | None


@dataclasses.dataclass(frozen=True)
class Line:
    """What became of one thing."""

    text: str
    changes: Sequence[Change]
    is_erased: bool = False


def line(entries: Sequence[AuditEntry], names: Mapping[uuid.UUID, str], *, is_material: bool = False) -> Line:
    """Return what the entries of one thing, which may lie in two tables, say of it.

    Parameters
    ----------
    names
        What people, items, problems and versions are called now, by their ids.
    is_material
        Whether an item of a class that they are about is a material.
    """
    first = entries[0]
    action = Action(first.action)
    verb = _OTHER_VERBS.get((first.subject, action), _VERBS[action])
    before, after = _together(one.before for one in entries), _together(one.after for one in entries)
    noun = NOUNS["materials"] if is_material else NOUNS.get(first.subject, first.subject)
    text = " ".join(filter(None, (verb, noun, _called(first, before | after, names))))
    return Line(text, list(_changes(before, after, names)), is_erased=any(one.erased_at for one in entries))


def _together(parts: Iterable[Mapping[str, Any] | None]) -> dict[str, Any]:
    return {name: value for one in parts for name, value in (one or {}).items()}


def _called(entry: AuditEntry, told: Mapping[str, Any], names: Mapping[uuid.UUID, str]) -> str:
    """Return what makes plain which thing is meant."""
    if entry.student_id is not None:
        return f"of {names.get(entry.student_id, 'somebody who is gone')}"
    if entry.subject == "access_overrides" and (section := told.get("section")):
        return f"of section {section}"
    if entry.subject == "assignment_problems" and (version := told.get("problem_version_id")):
        return f"({names.get(uuid.UUID(version), 'a version that is gone')})"
    own = names.get(entry.subject_id) or told.get("title") or told.get("name") or ""
    return f"“{own}”" if own else ""


def _changes(before: Mapping[str, Any], after: Mapping[str, Any], names: Mapping[uuid.UUID, str]) -> Iterator[Change]:
    was, became = dict(_flat(before)), dict(_flat(after))
    for name in dict.fromkeys([*was, *became]):
        if was.get(name) == became.get(name) or (name not in was and became[name] in ({}, [], "", False)):
            continue
        label = _LABELS.get(name) or name.replace("_", " ").replace(".", ", ").capitalize()
        if name in _CHOICES:
            yield Change(label, _choice(was.get(name)), _choice(became.get(name)))
        else:
            yield Change(label, _value(was.get(name), names), _value(became.get(name), names))


def _choice(value: Any) -> Value | None:
    return Value(str(value).replace("_", " ")) if value else None


def _flat(told: Mapping[str, Any], within: str = "") -> Iterator[tuple[str, Any]]:
    """Yield what is told, and of settings each by itself, under a name with points in it."""
    for name, value in told.items():
        if isinstance(value, dict) and value and "sha256" not in value:
            yield from _flat(value, f"{within}{name}.")
        elif isinstance(value, str) and value.startswith(_WEEKLY):
            yield from _repeated(value)
        else:
            yield f"{within}{name}", value


def _repeated(rule: str) -> Iterator[tuple[str, str]]:
    """Yield how often something takes place again, and until when: of an RRULE of RFC 5545 that counts weeks, as events have it."""
    parts = dict(part.split("=", 1) for part in rule.split(";"))
    weeks = int(parts.get("INTERVAL", "1"))
    yield "rule", "every week" if weeks == 1 else f"every {weeks} weeks"
    if "UNTIL" in parts:
        until = dt.datetime.fromisoformat(parts["UNTIL"])
        yield "until", until.isoformat() if until.tzinfo else f"{until:%-d %B %Y}"


def _value(value: Any, names: Mapping[uuid.UUID, str]) -> Value | None:
    # Of patterns, `{}` is every mapping.
    if value in (None, "", [], {}):
        return None
    match value:
        case bool():
            return Value("yes" if value else "no")
        case {"sha256": digest, "characters": characters}:
            return Value(f"a text of {characters} characters (SHA-256 {digest[:12]}…)")
        case {"hours": _, "credit": percent}:
            return Value(f"{LateStep.model_validate(value).until}: {percent} %")
        case list():
            return Value(", ".join(shown.text for one in value if (shown := _value(one, names))))
        case str():
            return _text(value, names)
        case dict():
            return Value(json.dumps(value, ensure_ascii=False))
    return Value(f"{value:g}" if isinstance(value, float) else str(value))


def _text(value: str, names: Mapping[uuid.UUID, str]) -> Value:
    if value.startswith(_BYTES):
        value = bytes.fromhex(value.removeprefix(_BYTES)).decode(errors="replace")
    elif (found := as_id(value)) is not None:
        return Value(names.get(found, "something that is gone"))
    elif (moment := _moment(value)) is not None:
        return Value(moment=moment)
    left = len(value) - _MOST_SHOWN
    return Value(value if left <= 0 else f"{value[:_MOST_SHOWN]}… ({left} characters more)")


def as_id(value: str) -> uuid.UUID | None:
    """Return the id that a text is; None where it is none."""
    try:
        return uuid.UUID(value) if len(value) == 36 else None
    except ValueError:
        return None


def _moment(value: str) -> dt.datetime | None:
    # Years, months and days alone could be anybody's text.
    if len(value) < 19 or value[10] != "T":
        return None
    try:
        found = dt.datetime.fromisoformat(value)
    except ValueError:
        return None
    return found if found.tzinfo else None
