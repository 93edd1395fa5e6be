"""Comparison of lines in any order."""

from collections import Counter


def same_in_any_order(output: bytes, expected: bytes) -> tuple[bool, str]:
    """Compare lines, each as often as it is there, without white space at their ends and without empty ones."""
    mine, theirs = Counter(_lines(output)), Counter(_lines(expected))
    if mine == theirs:
        return True, ""
    missing, extra = (theirs - mine).total(), (mine - theirs).total()
    if not missing:
        return (
            False,
            f"{'1 line is' if extra == 1 else f'{extra} lines are'} too many, or there more often than asked for.",
        )
    said = f"{missing} of {theirs.total()} lines {'is' if missing == 1 else 'are'} missing"
    return False, f"{said}, and {extra} {'was' if extra == 1 else 'were'} not asked for." if extra else f"{said}."


def _lines(whole: bytes) -> list[bytes]:
    return [line for one in whole.splitlines() if (line := one.rstrip())]
