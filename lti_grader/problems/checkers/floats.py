"""Comparison of numbers within a tolerance."""

import math


def close(output: bytes, expected: bytes, *, absolute: float, relative: float) -> tuple[bool, str]:
    """Compare word by word; numbers are the same if either tolerance allows it.

    Parameters
    ----------
    absolute, relative
        The tolerances; `relative` is a share of the expected number.
    """
    mine, theirs = output.split(), expected.split()
    if len(mine) != len(theirs):
        return False, f"{len(mine)} words were written and {len(theirs)} asked for."
    for place, (one, other) in enumerate(zip(mine, theirs, strict=True), start=1):
        if one == other:
            continue
        wanted, got = _number(other), _number(one)
        if wanted is None or got is None or abs(got - wanted) > max(absolute, relative * abs(wanted)):
            return False, f"Word {place} is different."
    return True, ""


def _number(word: bytes) -> float | None:
    if b"_" in word:  # Python reads 1_000 as a number; nobody else does.
        return None
    try:
        value = float(word)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
