"""Fixtures of every folder: real servers, a fresh database for each test.

Properties are tried on the same examples at every run, so that the gate says the same of the same code. New examples are
looked for by `HYPOTHESIS_PROFILE=wide python -m pytest tests/unit`: what that finds becomes an `@example`, or a test.

What drives browsers and kills processes has a second try, and is named at the end if it needed it: docs/decisions/0014.
"""

import os
import re
from pathlib import Path

import pytest
from hypothesis import settings
from xdist.scheduler import LoadScopeScheduling

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
# These have one installation between them, one test after another.
_ON_THE_INSTALLATION = re.compile("tests/(browser|faults)/")
# And these one sandbox of each kind, which prepares itself for a language once.
_KIND_OF_SANDBOX = re.compile(r"^tests/sandbox/.*\b(slot|bubblewrap)\b")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give what depends on the machine's own pace a second try."""
    here = Path(__file__).parent
    for one in items:
        if one.path.relative_to(here).parts[0] in _WITH_A_SECOND_TRY:
            one.add_marker(pytest.mark.flaky(reruns=1))


class _ByWhatTheyShare(LoadScopeScheduling):
    """Tests that share something dear are one worker's: an installation, a sandbox, what a file sets up for itself."""

    def _split_scope(self, nodeid: str) -> str:
        if _ON_THE_INSTALLATION.match(nodeid):
            return "installation"
        if kind := _KIND_OF_SANDBOX.search(nodeid):
            return kind[1]
        return nodeid.partition("::")[0]


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> LoadScopeScheduling:
    """Say who runs which tests where they are run side by side."""
    return _ByWhatTheyShare(config, log)
