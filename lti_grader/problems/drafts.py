"""Groups and tests as an author writes them, before they are rows."""

import dataclasses
from collections.abc import Sequence
from decimal import Decimal

from lti_grader.problems.models import Aggregation, OnReject, Visibility


@dataclasses.dataclass(frozen=True)
class DraftTest:
    """A test as an author writes it; `points` is its weight within the group.

    What it reads and what is expected are bytes, or the name of a blob that holds them where they are large.
    """

    name: str
    input: bytes | str
    expected: bytes | str
    visibility: Visibility
    points: Decimal = Decimal(1)
    code: str = ""
    """What is run together with the answer."""
    extra: str = ""
    """More for the template."""
    cpu_ms: int | None = None
    """Its own limit, before what the language adds; None for the problem's."""
    memory_kb: int | None = None


@dataclasses.dataclass(frozen=True)
class DraftGroup:
    name: str
    points: Decimal
    tests: Sequence[DraftTest]
    aggregation: Aggregation = Aggregation.SUM
    on_reject: OnReject = OnReject.CONTINUE
    requires: Sequence[str] = ()
    """Names of groups before it that have to be passed for this one to be judged."""
