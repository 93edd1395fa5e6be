"""Numbers as people write them: 1.5, 1,5, 1 500, 1'500, -2.4e3, 2.4x10^3, with their unit or without."""

import re
from decimal import Decimal, localcontext
from itertools import chain

MOST_CHARACTERS = 80
_NUMBER = re.compile(
    r"(?P<sign>[+-]?)(?P<digits>[0-9][0-9.,]*|[.,][0-9]+)(?:(?:[eE]|[x*]10(?:\^|\*\*))\(?(?P<exponent>[+-]?[0-9]{1,3})\)?)?"
)
_SIGNS = str.maketrans(
    {
        "\N{MINUS SIGN}": "-", "\N{EN DASH}": "-", "\N{MULTIPLICATION SIGN}": "x", "\N{MIDDLE DOT}": "*",
        "\N{RIGHT SINGLE QUOTATION MARK}": "'",
    }
)  # fmt: skip


def readings(text: str, *, unit: str = "") -> list[Decimal]:
    """Return the numbers that a text may stand for, none where it is no number.

    A comma before three digits, as in 1,500, may part thousands or begin what comes behind the point: both are readings.

    Parameters
    ----------
    unit
        May stand behind it.
    """
    if len(text) > MOST_CHARACTERS:
        return []
    plain = text.translate(_SIGNS).strip()
    if unit and plain.casefold().endswith(unit.translate(_SIGNS).casefold()):
        plain = plain[: len(plain) - len(unit)].rstrip()
    plain = re.sub(r"(?<=[0-9])[\s'](?=[0-9]{3}(?![0-9]))", "", plain)
    found = _NUMBER.fullmatch(re.sub(r"\s*(x|\*|\^)\s*", r"\1", re.sub(r"^([+-])\s+", r"\1", plain)))
    if found is None:
        return []
    exponent = int(found["exponent"] or 0)
    digits = found["digits"]
    return [
        Decimal(f"{found['sign']}{one}e{exponent}") for one in dict.fromkeys(chain(_pointed(digits), _parted(digits)))
    ]


def _pointed(digits: str) -> list[str]:
    """Return the reading in which the last of the signs is the decimal one."""
    signs = [one for one in digits if one in ".,"]
    if not signs:
        return [digits]
    if len(signs) > 1 and (signs[-1] in signs[:-1] or not _in_threes(digits[: digits.rindex(signs[-1])])):
        return []
    whole, _, rest = digits.rpartition(signs[-1])
    whole = whole.replace(".", "").replace(",", "")
    return [f"{whole or '0'}.{rest or '0'}"]


def _parted(digits: str) -> list[str]:
    """Return the reading in which the signs part thousands. A single point never does."""
    signs = {one for one in digits if one in ".,"}
    if len(signs) != 1 or not _in_threes(digits) or digits.count(".") == 1:
        return []
    return [digits.replace(".", "").replace(",", "")]


def _in_threes(digits: str) -> bool:
    return (
        re.fullmatch(r"[0-9]{1,3}([.,][0-9]{3})*", digits) is not None
        and len({one for one in digits if one in ".,"}) <= 1
    )


def is_within(number: Decimal, value: Decimal, *, absolute: Decimal, relative: Decimal) -> bool:
    """Return whether a number is as near to a value as the larger of both tolerances allows."""
    with localcontext(prec=60, Emax=999_999, Emin=-999_999):
        return abs(number - value) <= max(absolute, relative * abs(value))
