"""Fixtures of every folder: real servers, a fresh database for each test.

Properties are tried on the same examples at every run, so that the gate says the same of the same code. New examples are
looked for by `HYPOTHESIS_PROFILE=wide python -m pytest tests/unit`: what that finds becomes an `@example`, or a test.
"""

import os

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
