"""Single values of this tool's own format, as the rest of the program has them."""

import re
from decimal import Decimal
from pathlib import PurePosixPath

from lti_grader.problems.models import LanguageLimit
from lti_grader.problems.packages import yaml_form as form
from lti_grader.problems.packages.kattis_submissions import LANGUAGES


def guessed(file: str) -> str | None:
    """Return the language that a file is in, by its name's ending."""
    return LANGUAGES.get(PurePosixPath(file).suffix)


def milliseconds(seconds: Decimal | None) -> int | None:
    """Return a time in ms, one at least; None where nothing is said."""
    return None if seconds is None else max(1, round(seconds * 1000))


def kibibytes(mebibytes: Decimal | None) -> int | None:
    """Return an amount of memory in KiB, one at least; None where nothing is said."""
    return None if mebibytes is None else max(1, round(mebibytes * 1024))


def own_limits(one: form.LanguageLimits) -> LanguageLimit:
    """Return what a test may use in one language."""
    limit = LanguageLimit()
    if (cpu_ms := milliseconds(one.time)) is not None:
        limit["cpu_ms"] = cpu_ms
    if (memory_kb := kibibytes(one.memory)) is not None:
        limit["memory_kb"] = memory_kb
    return limit


def natural(name: str) -> list[tuple[int, str]]:
    """Return by what names are sorted so that 10 comes after 9."""
    return [(int(digits) if digits else -1, text) for text, digits in re.findall(r"(\D*)(\d*)", name)]
