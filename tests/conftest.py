"""Fixtures of every folder: real servers, a fresh database for each test."""

pytest_plugins = [
    "tests.fixtures.servers",
    "tests.fixtures.demo_lms",
    "tests.fixtures.world",
    "tests.fixtures.installation",
]
