"""Whether what a program wrote is what was asked for."""

import dataclasses
import math
from collections.abc import Callable, Mapping
from typing import Any

from lti_grader.core.errors import Unprocessable
from lti_grader.grading.checkers import floats, text


@dataclasses.dataclass(frozen=True)
class Checked:
    """A checker's word on one output."""

    right: bool
    message: str = ""


Checker = Callable[[bytes, bytes], Checked]


class UnknownChecker(Unprocessable):
    code = "unknown_checker"


def checker(config: Mapping[str, Any]) -> Checker:
    """Return the checker that a problem's `checker` describes.

    Parameters
    ----------
    config
        `{"kind": "tokens" | "exact" | "stripped" | "float", ...}`; for "float" also `absolute` and `relative`.

    Raises
    ------
    UnknownChecker
        There is none of that kind.
    """
    kind = config.get("kind", "tokens")
    if kind == "tokens":
        return lambda output, expected: Checked(*text.same_tokens(output, expected))
    if kind == "exact":
        return lambda output, expected: Checked(*text.same_bytes(output, expected))
    if kind == "stripped":
        return lambda output, expected: Checked(*text.same_lines(output, expected))
    if kind == "float":
        absolute, relative = (_tolerance(config, name) for name in ("absolute", "relative"))
        return lambda output, expected: Checked(*floats.close(output, expected, absolute=absolute, relative=relative))
    raise UnknownChecker(f"There is no checker {kind!r}: choose tokens, exact, stripped or float.")


def _tolerance(config: Mapping[str, Any], name: str) -> float:
    try:
        value = float(config.get(name, 1e-6))
    except (TypeError, ValueError):
        value = -1.0
    if not 0 <= value < math.inf:
        raise UnknownChecker(f"The checker's {name} tolerance is {config[name]!r}: give a number, 0 or more.")
    return value
