"""How the marks of a class become totals: what its teachers set."""

import enum
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

Percent = Annotated[Decimal, Field(ge=0, le=1000, decimal_places=3)]


class Weighting(enum.StrEnum):
    """What a category is worth beside the others."""

    POINTS = "points"
    """As many points as its items have; items in no category count like those of one more."""
    WEIGHTS = "weights"
    """As its weight says; items in no category count for nothing."""


class Averaging(enum.StrEnum):
    """What the items of a category are worth beside each other."""

    POINTS = "points"
    """As many points as each has."""
    EVENLY = "evenly"
    """Each the same, whatever its points."""


class Missing(enum.StrEnum):
    """What becomes of an item without a mark."""

    LEFT_OUT = "left_out"
    AFTER_DUE = "after_due"
    """It is 0 once it is due for the student, and left out until then."""
    ZERO = "zero"


class Rounding(enum.StrEnum):
    NEAREST = "nearest"
    """Halves go up."""
    UP = "up"
    DOWN = "down"


class Letter(BaseModel):
    """A letter, and from how many per cent on it is given."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1, max_length=20)
    least: Percent


USUAL_LETTERS = tuple(
    Letter(name=name, least=Decimal(least)) for name, least in [("A", 90), ("B", 80), ("C", 70), ("D", 60), ("F", 0)]
)


class Rules(BaseModel):
    """The rules of a class's totals, as `gradebook_rules.config` holds them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    weighting: Weighting = Weighting.POINTS
    averaging: Averaging = Averaging.POINTS
    missing: Missing = Missing.AFTER_DUE
    places: int = Field(default=1, ge=0, le=3)
    """Digits after the point of the total in per cent."""
    rounding: Rounding = Rounding.NEAREST
    letters: tuple[Letter, ...] = Field(default=USUAL_LETTERS, max_length=30)
    """Their order is that of what they take; none where the class has no letters."""

    @model_validator(mode="after")
    def _letters_differ(self) -> "Rules":
        for values in ([one.name for one in self.letters], [one.least for one in self.letters]):
            if len(set(values)) != len(values):
                raise ValueError("two letters are the same, or begin at the same per cent")
        return self
