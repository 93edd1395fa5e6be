"""How much was made, for whoever made it."""

import dataclasses
from collections import Counter


@dataclasses.dataclass
class Tally:
    """What was made of each kind."""

    counts: Counter[str] = dataclasses.field(default_factory=Counter)

    def add(self, **more: int) -> None:
        """Count more of each."""
        self.counts.update(more)

    def lines(self) -> list[str]:
        """Return it in words, a line for each kind, in the order in which they were first counted."""
        wide = max((len(name) for name in self.counts), default=0)
        return [f"  {name.replace('_', ' '):<{wide}}  {count:>11,}" for name, count in self.counts.items()]
