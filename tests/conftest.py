"""Fixtures of every folder: real servers, a fresh database for each test.

Properties are tried on the same examples at every run, so that the gate says the same of the same code. New examples are
looked for by `HYPOTHESIS_PROFILE=wide python -m pytest tests/unit`: what that finds becomes an `@example`, or a test.

What drives browsers and kills processes has a second try, and is named at the end if it needed it: docs/decisions/0014.
"""

import os
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("same", derandomize=True, deadline=None)
settings.register_profile("wide", max_examples=2_000, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))

pytest_plugins = [
    "tests.fixtures.servers",
    "tests.fixtures.demo_lms",
    "tests.fixtures.world",
    "tests.fixtures.installation",
]

_WITH_A_SECOND_TRY = ("browser", "embedded", "faults")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give what depends on the machine's own pace a second try."""
    here = Path(__file__).parent
    for one in items:
        if one.path.relative_to(here).parts[0] in _WITH_A_SECOND_TRY:
            one.add_marker(pytest.mark.flaky(reruns=1))
