"""Ports that installations find for themselves."""

import random
from pathlib import Path

import pytest

from lti_grader.embedded.state import StateFolder


def test_two_who_look_for_a_port_at_the_same_moment_find_different_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = StateFolder(tmp_path / "beforehand").ports(["web", "lms"], {}).values()
    # These are said to be taken, although nothing listens there yet.
    third = next(iter(StateFolder(tmp_path / "besides").ports(["web"], {}).values()))
    assert len({first, second, third}) == 3
    free = random.Random().randrange
    drawn = iter([first, second, third])
    monkeypatch.setattr(random, "randrange", lambda low, high: next(drawn, 0) or free(low, high))
    assert StateFolder(tmp_path / "meanwhile").ports(["web"], {})["web"] not in {first, second, third}
