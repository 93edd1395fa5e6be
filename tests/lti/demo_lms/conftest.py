"""The demo LMS, for the tests in this folder."""

from tests.fixtures.demo_lms import lms, tool_server

__all__ = ["lms", "tool_server"]
