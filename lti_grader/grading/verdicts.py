"""What can become of a test."""

import enum


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
