"""Tests that have to fail: where they do not, something has been done to the runner, and it is not believed."""


def test_control() -> None:
    """Compare what is not equal."""
    assert 1 + 1 == 3


def test_control_of_exceptions() -> None:
    """Fail without a comparison."""
    raise AssertionError
