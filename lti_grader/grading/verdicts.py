"""What can become of a test, and what a program as a whole comes to beside what its author expects of it."""

import enum
from collections.abc import Collection, Iterable
from typing import Protocol

ACCEPTED = "accepted"


class TestStatus(enum.StrEnum):
    """A verdict. `JUDGE_ERROR` is ours: it is tried again or shown to staff, never held against a student."""

    __test__ = False

    PASS = "pass"
    FAIL = "fail"
    TIMEOUT = "timeout"
    MEMORY = "memory"
    OUTPUT_LIMIT = "output_limit"
    RUNTIME_ERROR = "runtime_error"
    COMPILE_ERROR = "compile_error"
    SKIPPED = "skipped"
    JUDGE_ERROR = "judge_error"


def came_to(statuses: Iterable[str]) -> frozenset[str]:
    """Return what a program came to: "accepted" if each test that was run is passed, else each of the other verdicts."""
    seen = frozenset(str(one) for one in statuses if one != TestStatus.SKIPPED)
    return frozenset({ACCEPTED}) if seen == {TestStatus.PASS} else seen - {TestStatus.PASS}


def agrees(verdicts: Collection[str], expected: Collection[str] | None) -> bool | None:
    """Return whether one of the expected verdicts came out; None where nothing is expected, or nothing was run."""
    if not verdicts or expected is None:
        return None
    return not set(verdicts).isdisjoint(expected)


class Compared(Protocol):
    """A program that was judged, beside what its author expects of it."""

    @property
    def verdicts(self) -> frozenset[str]: ...

    @property
    def agrees(self) -> bool | None: ...


def is_proved(programs: Iterable[Compared]) -> bool:
    """Return whether one at least of a problem's own programs is accepted, as it should be: so its tests can be passed."""
    return any(one.agrees and ACCEPTED in one.verdicts for one in programs)
