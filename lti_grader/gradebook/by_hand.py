"""What people say of a mark: points by hand, that it is excused or missing, comments and notes."""

import dataclasses
import datetime as dt
import enum
import re
import uuid
import zlib
from collections.abc import Mapping
from decimal import Decimal

from lti_grader.assignments.points import MOST, let_stand
from lti_grader.classes.groups.teams import sharers
from lti_grader.core.db import session
from lti_grader.core.errors import Conflict, Unprocessable
from lti_grader.gradebook.models import EntryStatus, GradebookEntry
from lti_grader.gradebook.operations import locked_entries, locked_entry, recompute_all, tell
from lti_grader.marking.wanting import hold

LONGEST_REASON = 500
LONGEST_COMMENT = 20_000
NOTHING_SEEN = "0.0"
_NUMBER = re.compile(r"\d{1,5}([.,]\d{1,4})?|[.,]\d{1,4}")
_EXCUSED, _MISSING = frozenset({"ex", "excused"}), frozenset({"mi", "missing"})


class BadMark(Unprocessable):
    code = "bad_mark"


class ChangedMeanwhile(Conflict):
    """Somebody else, or a result, changed the entry since it was looked at."""

    code = "mark_changed"


class Standing(enum.StrEnum):
    """What an entry is worth."""

    RESULTS = "results"
    """What the results of the tests come to."""
    POINTS = "points"
    EXCUSED = "excused"
    MISSING = "missing"


@dataclasses.dataclass(frozen=True)
class Decision:
    """What a person says that an entry is worth."""

    standing: Standing
    points: Decimal | None = None
    """With `Standing.POINTS` alone; they may be more than the maximum."""


def typed(text: str) -> Decision:
    """Return what somebody means who types this for a mark: a number, "ex", "mi", or nothing for what results come to.

    Raises
    ------
    BadMark
        It is none of these.
    """
    text = text.strip()
    if not text:
        return Decision(Standing.RESULTS)
    if text.casefold() in _EXCUSED:
        return Decision(Standing.EXCUSED)
    if text.casefold() in _MISSING:
        return Decision(Standing.MISSING)
    if not _NUMBER.fullmatch(text) or (points := Decimal(text.replace(",", "."))) > MOST:
        raise BadMark(
            f"“{text[:40]}” is no mark: type points from 0 to {MOST} with four digits after the point at most, “ex” for"
            " excused, “mi” for missing, or nothing for what the results come to."
        )
    return Decision(Standing.POINTS, points)


def seen_of(entry: GradebookEntry | None) -> str:
    """Return a short text that is another one after each change of an entry: what somebody looked at who changes it."""
    return NOTHING_SEEN if entry is None else seen_as(entry.revision, entry.private_notes)


def seen_as(revision: int, notes: str) -> str:
    """Return what `seen_of` does of an entry with this revision and these notes of the staff."""
    return f"{revision}.{zlib.crc32(notes.encode())}"


def stands_as(entry: GradebookEntry | None) -> Decision:
    """Return what a person has said of an entry by now."""
    if entry is None or not entry.is_by_hand:
        return Decision(Standing.RESULTS)
    if entry.override_points is not None:
        return Decision(Standing.POINTS, entry.override_points)
    return Decision(Standing(entry.status))


def decide(
    student_id: uuid.UUID,
    assignment_id: uuid.UUID,
    decision: Decision,
    reason: str,
    *,
    by: uuid.UUID,
    at: dt.datetime,
    seen: str | None,
) -> GradebookEntry:
    """Let a student's entry be worth what a person says, whatever results come in, and tell of it.

    Parameters
    ----------
    reason
        Why; staff read it. Not needed to let the results count again.
    seen
        What `seen_of` returned for the entry that the person looked at; None where they mean it whatever stands there.

    Raises
    ------
    BadMark
        A reason is missing or too long.
    ChangedMeanwhile
        The entry is another one by now.
    """
    made = decide_all(
        assignment_id, {student_id: decision}, reason, by=by, at=at, seen=None if seen is None else {student_id: seen}
    )
    return made[student_id]


def decide_all(
    assignment_id: uuid.UUID,
    decisions: Mapping[uuid.UUID, Decision],
    reason: str,
    *,
    by: uuid.UUID,
    at: dt.datetime,
    seen: Mapping[uuid.UUID, str] | None,
) -> dict[uuid.UUID, GradebookEntry]:
    """Do what `decide` does for many students of an assignment, in as many statements for a thousand as for one.

    Parameters
    ----------
    decisions
        By student.
    seen
        By student, as for `decide`; None, or nothing of a student, where they are meant whatever stands there.

    Raises
    ------
    BadMark, ChangedMeanwhile
        For any of them, and then none is decided.
    """
    reason = " ".join(reason.split())
    needs_reason = any(one.standing is not Standing.RESULTS for one in decisions.values())
    if needs_reason and not 1 <= len(reason) <= LONGEST_REASON:
        raise BadMark(f"Say why, in at most {LONGEST_REASON} characters: it stands beside the mark.")
    assignment, _ = let_stand(assignment_id)
    # Whose results count again has them worked out together with everybody whose marks hang together with theirs.
    left = [student_id for student_id, one in decisions.items() if one.standing is Standing.RESULTS]
    together = {*decisions, *sharers(assignment.group_set_id, left)}
    # Before the entries, as whoever records a result does.
    hold(assignment_id, together)
    locked = locked_entries(sorted(together), assignment)
    entries = {student_id: locked[student_id] for student_id in decisions}
    for student_id, entry in entries.items():
        _require_unchanged(entry, None if seen is None else seen.get(student_id))
    others = {
        student_id: entry
        for student_id, entry in entries.items()
        if decisions[student_id] != stands_as(entry) or reason != (entry.override_reason or "")
    }
    before = {student_id: entry.revision for student_id, entry in others.items()}
    for student_id, entry in others.items():
        _put(entry, decisions[student_id], reason, by, maximum=assignment.points_total)
    # Results may have come in that were not let count.
    if back := [one for one in others if decisions[one].standing is Standing.RESULTS]:
        entries |= recompute_all(back, assignment_id, at=at)
    tell([entries[one] for one in others if entries[one].revision == before[one]], at=at)
    return entries


def _put(entry: GradebookEntry, decision: Decision, reason: str, by: uuid.UUID, *, maximum: Decimal) -> None:
    is_left = decision.standing is Standing.RESULTS
    entry.max_score = maximum
    entry.override_points = decision.points
    entry.override_reason, entry.overridden_by = (None, None) if is_left else (reason, by)
    if decision.standing in (Standing.EXCUSED, Standing.MISSING):
        entry.status = EntryStatus(decision.standing)
    elif entry.status in (EntryStatus.EXCUSED, EntryStatus.MISSING):
        entry.status = EntryStatus.PENDING if entry.score_obtained is None else EntryStatus.GRADED


def comment(
    student_id: uuid.UUID, assignment_id: uuid.UUID, feedback: str, notes: str, *, at: dt.datetime, seen: str | None
) -> GradebookEntry:
    """Keep what a student reads beside their mark, and what the staff alone do; raises what `decide` does."""
    feedback, notes = ("\n".join(text.strip().splitlines()) for text in (feedback, notes))
    if max(len(feedback), len(notes)) > LONGEST_COMMENT:
        raise BadMark(f"That is longer than {LONGEST_COMMENT:,} characters. Shorten it; what you wrote is still here.")
    assignment, _ = let_stand(assignment_id)
    entry = locked_entry(student_id, assignment)
    _require_unchanged(entry, seen)
    is_told = feedback != entry.manual_feedback
    entry.manual_feedback, entry.private_notes = feedback, notes
    session().flush()
    if is_told:
        tell([entry], at=at)
    return entry


def _require_unchanged(entry: GradebookEntry, seen: str | None) -> None:
    if seen is not None and seen != seen_of(entry):
        raise ChangedMeanwhile(
            "This mark was changed since you looked at it. Look at what stands there now, and say again what you mean.",
            seen=seen_of(entry),
        )
