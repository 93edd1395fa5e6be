"""Tests as graders take them, and what became of each."""

import dataclasses
import uuid
from collections.abc import Sequence
from decimal import Decimal

from lti_grader.grading.verdicts import TestStatus
from lti_grader.problems.models import Aggregation, Visibility

KEPT_OUTPUT_BYTES = 4096


@dataclasses.dataclass(frozen=True)
class TestSpec:
    """A test to be run. `points` is its weight in its group; limits are the problem's, before any multiplier.

    What it reads and what is expected are bytes, or the name of a blob to be fetched when the test's turn comes.
    """

    __test__ = False

    id: uuid.UUID
    name: str
    input: bytes | str
    expected: bytes | str
    points: Decimal
    cpu_ms: int
    memory_kb: int
    code: str = ""
    """What is run together with the answer."""
    extra: str = ""
    visibility: Visibility = Visibility.HIDDEN
    is_exact: bool = False
    """Whether its time is that of the answer's language already, so that nothing is added."""
    counts_runtime: bool = False
    """Whether its memory is to be enough for the language's runtime as well, so that nothing is added."""


@dataclasses.dataclass(frozen=True)
class GroupSpec:
    id: uuid.UUID
    points: Decimal
    aggregation: Aggregation
    tests: Sequence[TestSpec]
    requires: frozenset[uuid.UUID] = frozenset()
    """Groups before it of which every test has to be passed for this one to be run."""
    stops: bool = False
    """Whether its remaining tests are left out once one is not passed."""


@dataclasses.dataclass(frozen=True)
class TestOutcome:
    """What became of a test. `share` is 0 to 1; times in milliseconds, memory in KiB."""

    __test__ = False

    test_id: uuid.UUID
    status: TestStatus
    share: Decimal
    time_ms: int
    memory_kb: int
    message: str = ""
    output: bytes = b""
    note: str = ""
    """What the problem's validator says to staff."""
