"""What QTI says is right: declarations of responses, and how the processing compares them."""

import dataclasses
import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation


@dataclasses.dataclass(frozen=True)
class MapEntry:
    key: str
    value: Decimal
    case: bool


@dataclasses.dataclass(frozen=True)
class Response:
    """A `responseDeclaration`."""

    id: str
    base_type: str
    cardinality: str
    correct: Sequence[str]
    mapping: Sequence[MapEntry]
    most: Decimal | None
    """The upper bound of its mapping."""

    @property
    def worth(self) -> Decimal | None:
        """What the mapping gives at most; None where there is none."""
        if self.most is not None and self.most > 0:
            return self.most
        gains = [one.value for one in self.mapping if one.value > 0]
        if not gains:
            return None
        return max(gains) if self.cardinality == "single" else sum(gains, Decimal(0))


@dataclasses.dataclass(frozen=True)
class Tolerance:
    absolute: Decimal = Decimal(0)
    relative: Decimal = Decimal(0)
    """A part of the value; QTI has it in per cent."""


def number(text: str | None) -> Decimal | None:
    """Return the number that an attribute or a value is, None where it is none."""
    try:
        found = Decimal((text or "").strip())
    except InvalidOperation:
        return None
    return found if found.is_finite() and abs(found) < Decimal("1e300") else None


def responses_of(item: ET.Element) -> dict[str, Response]:
    """Return the declarations of an item by their identifiers."""
    return {one.id: one for one in map(_response, item.findall("responseDeclaration"))}


def _response(said: ET.Element) -> Response:
    mapping = said.find("mapping")
    entries = [] if mapping is None else mapping.findall("mapEntry")
    return Response(
        id=said.get("identifier", ""),
        base_type=said.get("baseType", ""),
        cardinality=said.get("cardinality", "single"),
        correct=[(one.text or "").strip() for one in said.findall("correctResponse/value")],
        mapping=[
            MapEntry(one.get("mapKey", ""), number(one.get("mappedValue")) or Decimal(0), one.get("caseSensitive") == "true")
            for one in entries
        ],
        most=None if mapping is None else number(mapping.get("upperBound")),
    )  # fmt: skip


def is_mapped(item: ET.Element, response_id: str) -> bool:
    """Return whether the points of a response follow from its mapping, and not from all of it being right."""
    processing = item.find("responseProcessing")
    if processing is None:
        return False
    template = processing.get("template", "") or processing.get("templateLocation", "")
    if template:
        return "map_response" in template
    return any(one.get("identifier") == response_id for one in processing.iter("mapResponse"))


def tolerances(item: ET.Element) -> Mapping[str, Tolerance]:
    """Return how near a number has to be, by the identifier of its response."""
    found = {}
    for equal in item.iter("equal"):
        about = next((one.get("identifier", "") for one in equal.iter("variable")), "")
        near = next((value for value in map(number, equal.get("tolerance", "").split()) if value is not None), None)
        if about and near is not None and near >= 0:
            is_relative = equal.get("toleranceMode") == "relative"
            found[about] = Tolerance(relative=near / 100) if is_relative else Tolerance(absolute=near)
    return found


def points_of(item: ET.Element) -> Decimal | None:
    """Return what an item says that it is worth, None where it does not say."""
    for said in item.findall("outcomeDeclaration"):
        if said.get("identifier") == "MAXSCORE":
            return number(said.findtext("defaultValue/value"))
    for said in item.findall("outcomeDeclaration"):
        if said.get("identifier") == "SCORE":
            return number(said.get("normalMaximum"))
    return None
