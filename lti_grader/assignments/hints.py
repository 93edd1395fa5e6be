"""When students see the hints of an assignment's problems: a rule, and what follows from it. Pure."""

import enum

from pydantic import BaseModel, ConfigDict, Field, model_validator


class HintsWhen(enum.StrEnum):
    ALWAYS = "always"
    NEVER = "never"
    AFTER_DUE = "after_due"
    AFTER_TRIES = "after_tries"
    """After so many submissions to a problem that did not get all of its points."""


class HintRule(BaseModel):
    """When the hint of a problem is shown."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    when: HintsWhen = HintsWhen.ALWAYS
    tries: int | None = Field(default=None, ge=1, le=1000)
    """After how many submissions, where it is after those."""

    @model_validator(mode="after")
    def _counts_tries_where_it_needs_to(self) -> "HintRule":
        if (self.when is HintsWhen.AFTER_TRIES) != (self.tries is not None):
            raise ValueError("a number of submissions belongs to a hint that comes after those, and to no other")
        return self

    def shows(self, *, is_over: bool, tries: int) -> bool:
        """Return whether a student sees the hint.

        Parameters
        ----------
        is_over
            Whether the work of the last student is due: whoever has more time could be told the hint.
        tries
            Their submissions without full marks.
        """
        match self.when:
            case HintsWhen.ALWAYS:
                return True
            case HintsWhen.AFTER_DUE:
                return is_over
            case HintsWhen.AFTER_TRIES:
                return self.tries is not None and tries >= self.tries
            case _:
                return False

    @property
    def in_words(self) -> str:
        """When it is shown, to go after "the hint is shown"."""
        count = f"{self.tries} {'submission' if self.tries == 1 else 'submissions'}"
        return {
            HintsWhen.ALWAYS: "at once",
            HintsWhen.NEVER: "never",
            HintsWhen.AFTER_DUE: "after everybody's due date",
            HintsWhen.AFTER_TRIES: f"after {count} without full marks",
        }[self.when]
