"""When students see their marks and their feedback: rules, and what follows from them at a given time. Pure."""

import dataclasses
import datetime as dt
import enum
import uuid

from pydantic import BaseModel, ConfigDict, model_validator


class Part(enum.StrEnum):
    """What is released by itself."""

    MARKS = "marks"
    """Points, here and in the LMS."""
    FEEDBACK = "feedback"
    """What each test came to, messages and comments."""


class When(enum.StrEnum):
    AT_ONCE = "at_once"
    ON_DATE = "on_date"
    AFTER_DUE = "after_due"
    BY_HAND = "by_hand"
    """When a teacher says so, and not before."""


class ReleaseRule(BaseModel):
    """When one part of the results is released."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    when: When = When.AT_ONCE
    date: dt.datetime | None = None

    @model_validator(mode="after")
    def _has_a_date_where_it_needs_one(self) -> "ReleaseRule":
        if (self.when is When.ON_DATE) != (self.date is not None):
            raise ValueError("a date belongs to a release on a date, and to no other")
        if self.date is not None and self.date.tzinfo is None:
            raise ValueError("times need a time zone")
        return self


@dataclasses.dataclass(frozen=True)
class Release:
    """How it stands with the release of one part of an assignment's results."""

    part: Part
    rule: ReleaseRule
    due_date: dt.datetime | None
    """The assignment's."""
    last_due: dt.datetime | None
    """When the work of the last student is due; None where nobody can say, or there is no due date."""
    by_hand_at: dt.datetime | None
    """When a teacher released it, whatever the rule says."""
    by_hand_by: uuid.UUID | None
    """None also where it came out after the due date, and stays so whoever gets more time."""

    @property
    def comes_at(self) -> dt.datetime | None:
        """From when it is released; None where that is from the beginning, or nobody can say yet."""
        if self.by_hand_at is not None:
            return self.by_hand_at
        # Not before everybody is done: whoever has more time could be told what the others see.
        return {When.ON_DATE: self.rule.date, When.AFTER_DUE: self.last_due}.get(self.rule.when)

    def is_out(self, *, at: dt.datetime) -> bool:
        """Return whether it is released at `at`."""
        if self.rule.when is When.AT_ONCE:
            return True
        return self.comes_at is not None and at >= self.comes_at

    @property
    def when_in_words(self) -> str:
        """When it comes, to go after "come"."""
        after = "after the due date" if self.last_due == self.due_date else "after everybody's due date"
        if self.comes_at is None:
            return after if self.rule.when is When.AFTER_DUE else "when your teacher releases them"
        written = in_words(self.comes_at)
        return f"{after}, {written}" if self.rule.when is When.AFTER_DUE else f"on {written}"


def in_words(moment: dt.datetime) -> str:
    """Return a moment as sentences carry it."""
    return moment.astimezone(dt.UTC).strftime("%-d %B %Y at %H:%M UTC")


@dataclasses.dataclass(frozen=True)
class Shown:
    """What of the results of work that was handed in one person may see."""

    marks: bool
    feedback: bool
    note: str
    """When the rest comes; "" where there is no rest."""


EVERYTHING = Shown(marks=True, feedback=True, note="")


def shown(marks: Release, feedback: Release, *, at: dt.datetime) -> Shown:
    """Return what students may see at `at`."""
    sees_marks, sees_feedback = marks.is_out(at=at), feedback.is_out(at=at)
    notes = []
    if not sees_marks and not sees_feedback and marks.when_in_words == feedback.when_in_words:
        notes.append(f"Marks and the results of the tests come {marks.when_in_words}.")
    else:
        notes += [] if sees_marks else [f"Marks come {marks.when_in_words}."]
        notes += [] if sees_feedback else [f"The results of the tests come {feedback.when_in_words}."]
    return Shown(sees_marks, sees_feedback, " ".join(notes))
