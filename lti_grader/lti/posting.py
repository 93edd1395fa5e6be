"""One delivery's way: look, post, look again. No transaction is open while the LMS is called."""

import datetime as dt
import json
import logging
import uuid
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

from lti_grader.adapters import Adapters
from lti_grader.core.db import transaction
from lti_grader.lti import answers, claims, http, passback
from lti_grader.lti.answers import Meaning
from lti_grader.lti.errors import ServiceError
from lti_grader.lti.passback import Parcel
from lti_grader.lti.products import product_of
from lti_grader.lti.tokens import Services

log = logging.getLogger(__name__)

_SCORE_TYPE = "application/vnd.ims.lis.v1.score+json"
_RESULTS_TYPE = "application/vnd.ims.lis.v2.resultcontainer+json"
# A hundredth of a point is lost in some platforms' own rounding.
_CLOSE = Decimal("0.011")
# A token, a look, a token anew, the score, a second look, and one to spare.
_MOST_CALLS = 6


def deliver(tenant_id: uuid.UUID, delivery_id: uuid.UUID, held: Adapters, now: Callable[[], dt.datetime]) -> str:
    """Bring one delivery as far as it goes now. Harmless to call twice, and at any time.

    Returns
    -------
    The state it is in afterwards, for the log.
    """
    # Long enough for every call of a trip to run into its time limit.
    lease = dt.timedelta(seconds=_MOST_CALLS * held.settings.lms_timeout_seconds)
    with transaction(tenant_id):
        parcel = passback.claim(delivery_id, at=now(), lease=lease)
    if parcel is None:
        return "not due"
    _tell(held, parcel)
    lock = f"lti:posting:{parcel.platform.id}"
    one_at_a_time = product_of(parcel.platform).posts_at_once == 1
    if one_at_a_time and not held.kv.put_once(lock, "1", int(lease.total_seconds()) + 1):
        with transaction(tenant_id):
            passback.put_off(parcel, at=now(), seconds=1.0)
        return "put off"
    try:
        return _Trip(tenant_id, parcel, held, now).go()
    finally:
        if one_at_a_time:
            held.kv.forget(lock)
        _tell(held, parcel)


def _tell(held: Adapters, parcel: Parcel) -> None:
    held.channels.publish(parcel.channel, {"event": "delivery"})


class _Trip:
    def __init__(self, tenant_id: uuid.UUID, parcel: Parcel, held: Adapters, now: Callable[[], dt.datetime]) -> None:
        self._tenant_id = tenant_id
        self._parcel = parcel
        self._held = held
        self._now = now
        self._services = Services(parcel.platform, held)

    def go(self) -> str:
        parcel = self._parcel
        try:
            found = self._read_back(was_sent=parcel.was_sent)
            if found is not None and self._is_ours(found):
                return self._verified(found)
            if not parcel.was_sent:
                if self._is_somebody_elses(found):
                    assert found is not None
                    with transaction(self._tenant_id):
                        passback.mark_overridden(parcel, found, at=self._now())
                    return "overridden"
                self._post()
                with transaction(self._tenant_id):
                    passback.mark_sent(parcel, at=self._now())
                found = self._read_back(was_sent=True)
                if found is not None and self._is_ours(found):
                    return self._verified(found)
        except ServiceError as error:
            return self._failed(error)
        with transaction(self._tenant_id):
            passback.mark_unseen(parcel, found, at=self._now())
        return "sent"

    def _verified(self, found: Decimal) -> str:
        with transaction(self._tenant_id):
            passback.mark_verified(self._parcel, found, at=self._now())
        return "verified"

    def _is_ours(self, found: Decimal) -> bool:
        return abs(found - self._parcel.score) <= _CLOSE

    def _is_somebody_elses(self, found: Decimal | None) -> bool:
        parcel = self._parcel
        if found is None or parcel.forced:
            return False
        return all(abs(found - ours) > _CLOSE for ours in parcel.may_hold)

    def _post(self) -> None:
        parcel = self._parcel
        try:
            self._services.call(
                "POST",
                _below(parcel.url, "scores"),
                [claims.SCORE],
                headers={"Content-Type": _SCORE_TYPE, "Accept": "application/json"},
                content=json.dumps(passback.score_json(parcel), allow_nan=False),
            )
        except ServiceError as error:
            answer = self._understand(error)
            if answer.meaning is not Meaning.TAKEN or not parcel.interrupted:
                raise
            # The post before this one went through, though its worker could not say so.
            log.info("delivery %s had been taken already", parcel.delivery_id)

    def _understand(self, error: ServiceError) -> answers.Answer:
        known = product_of(self._parcel.platform).understand(error)
        return known or answers.understand(error, tries=self._parcel.tries)

    def _read_back(self, *, was_sent: bool) -> Decimal | None:
        """Return the points that the LMS holds for the student, in points of our maximum; None for none."""
        parcel = self._parcel
        answer = self._services.call(
            "GET",
            _below(parcel.url, "results", f"user_id={quote(parcel.sub, safe='')}"),
            [claims.RESULT],
            headers={"Accept": _RESULTS_TYPE},
        )
        results = http.as_json(answer)
        if not isinstance(results, list):
            raise ServiceError("The LMS's list of results is not a list.", body=str(results)[:500])
        mine = [one for one in results if isinstance(one, dict) and str(one.get("userId")) == parcel.sub]
        return _points(mine[0], parcel, was_sent=was_sent) if mine else None

    def _failed(self, error: ServiceError) -> str:
        answer = self._understand(error)
        if answer.meaning is Meaning.TAKEN:
            # Not after a lost answer of ours, so the LMS has newer news than we know of: look again with a new time.
            answer = answers.Answer(
                Meaning.FAILED,
                "The LMS refused the score's time: somebody graded there later. Look there, then resend.",
            )
        with transaction(self._tenant_id):
            passback.mark_answer(
                self._parcel,
                answer,
                f"{error.status_code or ''} {error.body or error.message}".strip(),
                most_tries=self._held.settings.delivery_max_tries,
                at=self._now(),
            )
        return answer.meaning


def _below(url: str, name: str, query: str = "") -> str:
    """Return the address of a line item's own service; the line item's query stays (Moodle's has one)."""
    if not http.is_safe_url(url):
        raise ServiceError(f"The LMS gave {url[:200]!r} as the column's address, which is none that can be called.")
    parts = urlsplit(url)
    joined = "&".join(part for part in (parts.query, query) if part)
    return urlunsplit((parts.scheme, parts.netloc, f"{parts.path.rstrip('/')}/{name}", joined, ""))


def _points(result: dict[str, Any], parcel: Parcel, *, was_sent: bool) -> Decimal | None:
    """Return a result's points in points of our maximum, None where it has none.

    Raises
    ------
    ServiceError
        It has something there that is no number of points.
    """
    given, maximum = result.get("resultScore"), result.get("resultMaximum")
    if given is None:
        # Some platforms leave a zero out: after a zero was sent, a result without a score is that zero.
        return Decimal(0) if parcel.score == 0 and was_sent else None
    try:
        points, most = _number(given), _number(maximum) if maximum else parcel.maximum
        scaled = points * parcel.maximum / most if most > 0 else None
    except InvalidOperation:
        scaled = None
    # NUMERIC(10, 4) is what our own points are kept in.
    if scaled is None or abs(scaled) >= 1_000_000:
        raise ServiceError("What the LMS holds for this student is no points.", body=json.dumps(result)[:500])
    return scaled


def _number(value: object) -> Decimal:
    number = Decimal(str(value))
    if not number.is_finite():
        raise InvalidOperation
    return number
