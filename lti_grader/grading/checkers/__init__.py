"""Whether what a program wrote is what was asked for."""

import dataclasses
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
        absolute, relative = float(config.get("absolute", 1e-6)), float(config.get("relative", 1e-6))
        return lambda output, expected: Checked(*floats.close(output, expected, absolute=absolute, relative=relative))
    raise UnknownChecker(f"There is no checker {kind!r}: choose tokens, exact, stripped or float.")
