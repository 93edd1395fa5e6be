"""The form that says how marks become totals, read."""

import re
import uuid
from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation

from pydantic import ValidationError

from lti_grader.gradebook.totals.operations import BadScheme, Wanted, scheme_wanted
from lti_grader.gradebook.totals.reads import Scheme
from lti_grader.gradebook.totals.rules import Letter, Rules

ROWS = 40
_LETTER = re.compile(r"(?P<name>.*\S)\s+(?P<least>\d+(?:[.,]\d+)?)\s*%?")


def scheme_in(form: Mapping[str, str], before: Scheme) -> Scheme:
    """Return the scheme that a form asks for.

    Raises
    ------
    BadScheme
        It says something that cannot be.
    """
    try:
        asked = {part: form.get(part) for part in ("weighting", "averaging", "missing", "places", "rounding")}
        rules = Rules.model_validate({**asked, "letters": list(_letters(form.get("letters", "")))})
    except ValidationError as error:
        raise BadScheme(f"Choose from the page how totals are worked out: {error.errors()[0]['msg']}.") from None
    wanted: list[Wanted] = []
    places: dict[str, int] = {}
    for row in range(ROWS):
        name = " ".join(form.get(f"name-{row}", "").split())
        if name:
            places[str(row)] = len(wanted)
            wanted.append(Wanted(_id(form.get(f"id-{row}", "")), name, _number(form, row), _dropped(form, row)))
    filed = {
        item_id: places[row]
        for field, row in form.items()
        if field.startswith("item-") and (item_id := _id(field.removeprefix("item-"))) and row in places
    }
    return scheme_wanted(before, rules, wanted, filed)


def letters_as_text(rules: Rules) -> str:
    """Return letters as the form shows them: one a line, the highest first."""
    ordered = sorted(rules.letters, key=lambda one: -one.least)
    return "\n".join(f"{one.name} {one.least.normalize():f}" for one in ordered)


def _letters(text: str) -> Iterator[Letter]:
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        found = _LETTER.fullmatch(line.strip())
        if found is None:
            raise BadScheme(f"Letters, line {number}: write a letter and from how many per cent on, such as “A 90”.")
        yield Letter(name=found["name"], least=Decimal(found["least"].replace(",", ".")))


def _id(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def _number(form: Mapping[str, str], row: int) -> Decimal:
    text = form.get(f"weight-{row}", "").strip().replace(",", ".") or "0"
    try:
        found = Decimal(text)
        if found.is_finite() and found == found.quantize(Decimal("0.001")):
            return found
    except InvalidOperation:
        pass
    raise BadScheme(f"“{text[:40]}” is no weight: give a number, such as 30 or 12.5.")


def _dropped(form: Mapping[str, str], row: int) -> int:
    text = form.get(f"drop-{row}", "").strip() or "0"
    if not (text.isascii() and text.isdigit() and len(text) < 4):
        raise BadScheme(f"“{text[:40]}” is no number of marks to drop: give a whole number, such as 1.")
    return int(text)
