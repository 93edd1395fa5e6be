"""Gradescope's results.json: what an autograder says an answer is worth, and who may read what."""

import dataclasses
import json
import math
from decimal import Decimal
from typing import Any

_VISIBILITIES = ("visible", "hidden", "after_due_date", "after_published")


class BadResults(ValueError):
    """It is no results.json; the message says why."""


@dataclasses.dataclass(frozen=True)
class Results:
    """What an autograder says. `share` is 0 to 1; `message` is for the student, `note` for staff."""

    share: Decimal
    message: str
    note: str
    time_ms: int | None = None


def read_results(content: bytes, points: Decimal, stdout: str) -> Results:
    """Read a results.json.

    Parameters
    ----------
    points
        What the whole is out of, where single tests do not say.
    stdout
        What the autograder wrote.

    Raises
    ------
    BadResults
    """
    try:
        said = json.loads(content, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise BadResults(f"it is no JSON ({error})") from None
    if not isinstance(said, dict):
        raise BadResults("it holds no names with values")
    tests = said.get("tests") or []
    if not isinstance(tests, list) or not all(isinstance(one, dict) for one in tests):
        raise BadResults("tests is no list of tests")
    if "score" not in said and not any("score" in one for one in tests):
        raise BadResults("it has neither a score nor tests with one")
    gained = [_number(one.get("score"), f"the score of test {place}") for place, one in enumerate(tests, start=1)]
    most = [_number(one.get("max_score"), f"the max_score of test {place}") for place, one in enumerate(tests, start=1)]
    maximum = sum((one for one in most if one is not None), Decimal(0)) or points
    total = _number(said.get("score"), "score")
    score = total if total is not None else sum((one for one in gained if one is not None), Decimal(0))
    shown, kept = _words(said, tests, stdout)
    if score > maximum or score < 0:
        kept.append(
            f"The score {score} is not between 0 and {maximum}: more than all and less than nothing is not given here."
        )
    share = min(max(score / maximum, Decimal(0)), Decimal(1)).quantize(Decimal("0.000001"))
    seconds = _number(said.get("execution_time"), "execution_time")
    return Results(share, "\n".join(shown), "\n".join(kept), round(seconds * 1000) if seconds is not None else None)


def _words(said: dict[str, Any], tests: list[Any], stdout: str) -> tuple[list[str], list[str]]:
    """Return what the student reads, and what only staff do."""
    shown: list[str] = []
    kept: list[str] = []
    usual = _visibility(said.get("visibility"), "visible")

    def tell(words: str, visibility: str) -> None:
        if visibility == "visible":
            shown.append(words)
        else:
            kept.append(f"[{visibility}] {words}")

    if said.get("output"):
        tell(str(said["output"]), usual)
    for place, one in enumerate(tests, start=1):
        name = " ".join(str(part) for part in (one.get("number"), one.get("name")) if part) or f"Test {place}"
        worth = f" ({one['score']}/{one['max_score']})" if "score" in one and "max_score" in one else ""
        status = f": {one['status']}" if one.get("status") else ""
        output = f"\n{one['output']}" if one.get("output") else ""
        tell(f"{name}{worth}{status}{output}", _visibility(one.get("visibility"), usual))
    if stdout.strip():
        tell(stdout.strip(), _visibility(said.get("stdout_visibility"), "hidden"))
    kept += [
        f"{name} is left out: {json.dumps(said[name])[:300]}"
        for name in ("leaderboard", "extra_data")
        if said.get(name)
    ]
    return shown, kept


def _visibility(value: object, usual: str) -> str:
    if value is None:
        return usual
    if value not in _VISIBILITIES:
        raise BadResults(f"the visibility {value!r} is none of {', '.join(_VISIBILITIES)}")
    return str(value)


def _number(value: object, what: str) -> Decimal | None:
    if value is None:
        return None
    # Some libraries write numbers as texts.
    try:
        number = float(str(value)) if not isinstance(value, bool) else math.nan
    except ValueError:
        number = math.nan
    if not math.isfinite(number) or abs(number) > 1e9:
        raise BadResults(f"{what} is {value!r}, and no number")
    return Decimal(repr(number))


def _no_number(word: str) -> float:
    raise ValueError(f"{word} is no number")
