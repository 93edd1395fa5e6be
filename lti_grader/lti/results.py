"""What an LMS holds: results of a line item (Assignment and Grade Services 2.0, section 3.3)."""

import dataclasses
import json
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

from lti_grader.lti import claims, http
from lti_grader.lti.errors import ServiceError
from lti_grader.lti.paging import pages
from lti_grader.lti.products import product_of
from lti_grader.lti.tokens import Services

TYPE = "application/vnd.ims.lis.v2.resultcontainer+json"
# A hundredth of a point is lost in some platforms' own rounding.
CLOSE = Decimal("0.011")
_LINE_ITEM_TYPE = "application/vnd.ims.lis.v2.lineitem+json"


@dataclasses.dataclass(frozen=True)
class Held:
    """A result as the LMS gave it, not yet trusted to be a number."""

    score: Any
    maximum: Any
    comment: str = ""

    def points(self, maximum: Decimal) -> Decimal | None:
        """Return the points in points of our own maximum, None where the result has none.

        Raises
        ------
        ServiceError
            It has something there that is no number of points.
        """
        if self.score is None:
            return None
        try:
            points, most = _number(self.score), _number(self.maximum) if self.maximum else maximum
            scaled = points * maximum / most if most > 0 else None
        except InvalidOperation:
            scaled = None
        # NUMERIC(10, 4) is what our own points are kept in.
        if scaled is None or abs(scaled) >= 1_000_000:
            said = json.dumps({"resultScore": self.score, "resultMaximum": self.maximum})
            raise ServiceError("What the LMS holds for this student is no points.", body=said[:500])
        return scaled


def read_one(services: Services, line_item_url: str, sub: str) -> Held | None:
    """Return what the LMS holds for one person, None where it holds no result.

    Raises
    ------
    ServiceError
    """
    url = below(line_item_url, "results", f"user_id={quote(sub, safe='')}")
    answer = services.call("GET", url, [claims.RESULT], headers={"Accept": TYPE})
    # A platform that does not know the filter gives everybody's.
    return next((held for user, held in _results(http.as_json(answer)) if user == sub), None)


def read_all(services: Services, line_item_url: str) -> dict[str, Held]:
    """Return what the LMS holds for everybody, by `sub`.

    Raises
    ------
    ServiceError
        It could not be read whole.
    """
    found: dict[str, Held] = {}
    product = product_of(services.platform)
    limit = product.results_page
    first = below(line_item_url, "results", f"limit={limit}" if limit else "")
    for page in pages(services, first, [claims.RESULT], accept=TYPE, what="list of results"):
        found.update(_results(page))
    if found and product.results_follow_column:
        maximum = read_maximum(services, line_item_url)
        return {sub: dataclasses.replace(held, maximum=maximum) for sub, held in found.items()}
    return found


def read_maximum(services: Services, line_item_url: str) -> Decimal:
    """Return the column's maximum as it is in the LMS now (section 3.2.9).

    Raises
    ------
    ServiceError
        It cannot be read, or is no number above 0.
    """
    answer = services.call("GET", line_item_url, [claims.LINE_ITEM_READ], headers={"Accept": _LINE_ITEM_TYPE})
    said = http.as_json(answer)
    try:
        maximum = _number(said.get("scoreMaximum") if isinstance(said, dict) else None)
    except InvalidOperation:
        maximum = Decimal(0)
    if maximum <= 0:
        raise ServiceError("The LMS's column has no maximum.", body=json.dumps(said)[:500])
    return maximum


def _results(said: Any) -> Iterator[tuple[str, Held]]:
    if not isinstance(said, list):
        raise ServiceError("The LMS's list of results is not a list.", body=str(said)[:500])
    for one in said:
        if isinstance(one, dict):
            comment = one.get("comment")
            comment = comment if isinstance(comment, str) else ""
            yield str(one.get("userId")), Held(one.get("resultScore"), one.get("resultMaximum"), comment)


def below(url: str, name: str, query: str = "") -> str:
    """Return the address of a line item's own service; the line item's query stays (Moodle's has one).

    Raises
    ------
    ServiceError
        The line item's address is none that can be called.
    """
    if not http.is_safe_url(url):
        raise ServiceError(f"The LMS gave {url[:200]!r} as the column's address, which is none that can be called.")
    parts = urlsplit(url)
    joined = "&".join(part for part in (parts.query, query) if part)
    return urlunsplit((parts.scheme, parts.netloc, f"{parts.path.rstrip('/')}/{name}", joined, ""))


def _number(value: object) -> Decimal:
    number = Decimal(str(value))
    if not number.is_finite():
        raise InvalidOperation
    return number
