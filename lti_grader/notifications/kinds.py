"""Of which kinds notifications are: one declaration for each, with its words and where it leads."""

import dataclasses
import enum
from collections.abc import Mapping


class Pace(enum.StrEnum):
    """How soon somebody has an e-mail of a kind of notification."""

    AT_ONCE = "at_once"
    DAILY = "daily"
    WEEKLY = "weekly"
    OFF = "off"


REGISTRY: dict[str, "Kind"] = {}


@dataclasses.dataclass(frozen=True)
class Kind:
    """A kind of notification."""

    name: str
    """As it is stored."""
    label: str
    """As people choose it, such as "Marks"."""
    title: str
    """What is said, with the names of parts in braces."""
    endpoint: str
    """The page that it leads to."""
    arguments: tuple[str, ...]
    """The parts that stand in that page's address."""
    text: str = ""
    """The part with words beyond the title; "" for none."""
    when: str = ""
    """The part with a moment, in ISO 8601, and `when_label` before it."""
    when_label: str = ""
    icon: str = "info"
    tone: str = "quiet"
    for_staff: bool = False
    pace: Pace = Pace.DAILY
    """Of its e-mails, for those who have chosen none."""

    def __post_init__(self) -> None:
        """Take it into the registry."""
        if self.name in REGISTRY:
            raise ValueError(f"there are two kinds of notification {self.name!r}")
        REGISTRY[self.name] = self

    def title_of(self, parts: Mapping[str, str]) -> str:
        """Return what is said, with these parts.

        Raises
        ------
        KeyError
            One is missing: of the title, or of the address.
        """
        for name in self.arguments:
            parts[name]
        return self.title.format_map(parts)


GRADED = Kind(
    "graded", "Marks", "Your mark for {item} is there", "gradebook.review", ("assignment_id", "student_id"), icon="check",
    tone="pass",
)  # fmt: skip
MARK_CHANGED = Kind(
    "mark_changed", "Changed marks", "Your mark for {item} was changed", "gradebook.review",
    ("assignment_id", "student_id"), icon="again",
)  # fmt: skip
REGRADED = Kind(
    "regraded", "Regrades", "Your mark for {item} was changed by a regrade", "gradebook.review",
    ("assignment_id", "student_id"), text="reason", icon="again",
)  # fmt: skip
EXTENDED = Kind(
    "extended", "Other dates", "Your dates for {item} were changed", "work.overview", ("assignment_id",), text="dates",
    when="due", when_label="Due", icon="calendar", pace=Pace.AT_ONCE,
)  # fmt: skip
DUE_SOON = Kind(
    "due_soon", "Due soon", "{item} is due within a day", "work.overview", ("assignment_id",), when="due",
    when_label="Due", icon="clock", tone="warn", pace=Pace.AT_ONCE,
)  # fmt: skip
ANNOUNCED = Kind(
    "announced", "Announcements", "{class_name}: {headline}", "announcements.of_class", ("class_id",), icon="speech", pace=Pace.AT_ONCE,
)  # fmt: skip
NOT_ACCEPTED = Kind(
    "not_accepted", "Scores that the LMS refuses", "The LMS did not accept scores of {item}", "lti.board", ("class_id",),
    text="words", icon="alert", tone="fail", for_staff=True,
)  # fmt: skip
REQUEST_CHANGED = Kind(
    "request_changed", "Answers to your regrade requests", "Your regrade request about {item} was {outcome}",
    "requests.thread", ("request_id",), icon="speech", pace=Pace.AT_ONCE,
)  # fmt: skip
REQUESTED = Kind(
    "requested", "Regrade requests of students", "Students ask for regrades of {item}", "requests.of_class", ("class_id",),
    icon="speech", for_staff=True,
)  # fmt: skip
DECISION_AWAITED = Kind(
    "decision_awaited", "Markings to decide between", "Markings of {item} differ: decide which one stands",
    "moderation.next_one", ("assignment_id",), icon="alert", tone="warn", for_staff=True,
)  # fmt: skip
SECOND_AWAITED = Kind(
    "second_awaited", "Second markings", "Second markings of {item} wait for you", "marking.next_one",
    ("assignment_id", "round", "order"), icon="again", for_staff=True,
)  # fmt: skip
OF_MARKS = (GRADED, MARK_CHANGED, REGRADED)
"""What says that there is a mark: none of it before the marks are out."""
