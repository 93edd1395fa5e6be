"""The demo LMS, for the tests in this folder: above it, `lms` is a scripted platform."""

from tests.fixtures.demo_lms import lms, lms_server, tool_server

__all__ = ["lms", "lms_server", "tool_server"]
