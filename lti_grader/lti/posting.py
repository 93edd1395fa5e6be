"""One score's way: look, post, look again. No transaction is open while the LMS is called."""

import dataclasses
import datetime as dt
import json
import logging
import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from lti_grader.adapters import Adapters
from lti_grader.core.db import transaction
from lti_grader.lti import answers, claims, passback, results
from lti_grader.lti.answers import Answer, Meaning
from lti_grader.lti.columns import losing
from lti_grader.lti.errors import ServiceError
from lti_grader.lti.passback import Parcel, withholding
from lti_grader.lti.products import ScoreFacts, product_of
from lti_grader.lti.results import Held
from lti_grader.lti.tokens import Services

log = logging.getLogger(__name__)

_SCORE_TYPE = "application/vnd.ims.lis.v1.score+json"
# A hundredth of a point is lost in some platforms' own rounding.
CLOSE = Decimal("0.011")
# A token, a look, a token anew, the score, a second look, and one to spare.
_MOST_CALLS = 6

Clock = Callable[[], dt.datetime]


def lease(held: Adapters) -> dt.timedelta:
    """Return how long a claimed score is left to its worker: every call of a trip may run into its time limit."""
    return dt.timedelta(seconds=_MOST_CALLS * held.settings.lms_timeout_seconds)


def deliver(tenant_id: uuid.UUID, delivery_id: uuid.UUID, held: Adapters, now: Clock) -> str:
    """Bring one delivery as far as it goes now. Harmless to call twice, and at any time.

    Returns
    -------
    The state it is in afterwards, for the log.
    """
    trip = start(tenant_id, delivery_id, held, now)
    if trip is None:
        return "not due"
    trip.tell()
    try:
        return trip.go()
    finally:
        trip.tell()


def start(tenant_id: uuid.UUID, delivery_id: uuid.UUID, held: Adapters, now: Clock) -> "Trip | None":
    """Claim a delivery; None where it is not due, or is in other hands."""
    with transaction(tenant_id):
        parcel = passback.claim(delivery_id, at=now(), lease=lease(held))
    return None if parcel is None else Trip(tenant_id, parcel, held, now)


def start_next(tenant_id: uuid.UUID, line_item_id: uuid.UUID, held: Adapters, now: Clock) -> "Trip | None":
    """Claim the delivery of a column that has been due longest; None where nothing is due that is not in other hands."""
    with transaction(tenant_id):
        parcel = passback.claim_next(line_item_id, at=now(), lease=lease(held))
    return None if parcel is None else Trip(tenant_id, parcel, held, now)


class Trip:
    """A claimed delivery on its way. Each step ends with the delivery's row saying what is so.

    Attributes
    ----------
    answer
        What the LMS's last refusal means; None while there was none.
    """

    def __init__(self, tenant_id: uuid.UUID, parcel: Parcel, held: Adapters, now: Clock) -> None:
        self.parcel = parcel
        self.answer: Answer | None = None
        self._tenant_id = tenant_id
        self._held = held
        self._now = now
        self._product = product_of(parcel.platform)
        self._services = Services(parcel.platform, held)

    def go(self) -> str:
        """Go the whole way by itself."""
        try:
            said = self._send(self._read())
            return self._settle(self._read()) if said == "posted" else said
        except ServiceError as error:
            return self._failed(error)

    def send(self, before: Held | None) -> str:
        """Post it, knowing what the LMS held before; "posted" means that the look after it is still owed."""
        try:
            return self._send(before)
        except ServiceError as error:
            return self._failed(error)

    def settle(self, after: Held | None) -> str:
        """Compare what was posted with what the LMS holds now."""
        try:
            return self._settle(after)
        except ServiceError as error:
            return self._failed(error)

    def look_later(self) -> None:
        """Leave the look after the post to another time."""
        self._unseen(None)

    def tell(self) -> None:
        """Tell the pages that show this score."""
        self._held.channels.publish(self.parcel.channel, {"event": "delivery"})

    def _read(self) -> Held | None:
        return results.read_one(self._services, self.parcel.url, self.parcel.sub)

    def _send(self, before: Held | None) -> str:
        parcel = self.parcel
        found = self._points(before, was_sent=parcel.was_sent)
        if self._is_ours(found):
            return self._verified(found)
        if parcel.is_withheld and found is not None and not self._may_post_over(found):
            return self._withheld(found, withholding.KEPT)
        if parcel.was_sent:
            return self._unseen(found) if parcel.score is not None else self._taken(found)
        if self._is_somebody_elses(found) and self._product.results_follow_column:
            found = self._by_the_columns_maximum(before)
            if self._is_ours(found):
                return self._verified(found)
        if self._is_somebody_elses(found):
            assert found is not None
            with transaction(self._tenant_id):
                passback.mark_overridden(parcel, found, at=self._now())
            return "overridden"
        if parcel.score is None and found is not None and not self._product.ungraded_keeps(found):
            words = "The work waits for a person's look. Until then the LMS keeps the grade that it has."
            with transaction(self._tenant_id):
                passback.mark_excluded(parcel, found, words, at=self._now())
            return "excluded"
        self._post()
        with transaction(self._tenant_id):
            passback.mark_sent(parcel, at=self._now())
        return self._taken(found) if parcel.score is None else "posted"

    def _may_post_over(self, found: Decimal) -> bool:
        """Return whether a score without points leaves the grade alone that stands there."""
        return self._product.ungraded_keeps(found) and not self._is_somebody_elses(found)

    def _taken(self, found: Decimal | None) -> str:
        """Note that the LMS took what has no points, and so will not be seen there."""
        return self._withheld(found, withholding.TOLD) if self.parcel.is_withheld else self._verified(found)

    def _withheld(self, found: Decimal | None, words: str) -> str:
        with transaction(self._tenant_id):
            passback.mark_withheld(self.parcel, found, words, at=self._now())
        return "withheld"

    def _settle(self, after: Held | None) -> str:
        found = self._points(after, was_sent=True)
        return self._verified(found) if self._is_ours(found) else self._unseen(found)

    def _verified(self, found: Decimal | None) -> str:
        with transaction(self._tenant_id):
            passback.mark_verified(self.parcel, found, at=self._now())
        return "verified"

    def _by_the_columns_maximum(self, result: Held | None) -> Decimal | None:
        """Read points that look like somebody else's once more: the column's maximum may have been changed since."""
        if result is None:
            return None
        maximum = results.read_maximum(self._services, self.parcel.url)
        return dataclasses.replace(result, maximum=maximum).points(self.parcel.maximum)

    def _unseen(self, found: Decimal | None) -> str:
        if found is not None and self.parcel.forced and self._product.keeps_overrides:
            with transaction(self._tenant_id):
                passback.mark_overridden(self.parcel, found, at=self._now())
            return "overridden"
        with transaction(self._tenant_id):
            passback.mark_unseen(self.parcel, found, at=self._now())
        return "sent"

    def _is_ours(self, found: Decimal | None) -> bool:
        score = self.parcel.score
        return found is not None and score is not None and abs(found - score) <= CLOSE

    def _is_somebody_elses(self, found: Decimal | None) -> bool:
        parcel = self.parcel
        if found is None or parcel.forced:
            return False
        return all(abs(found - ours) > CLOSE for ours in parcel.may_hold)

    def _points(self, result: Held | None, *, was_sent: bool) -> Decimal | None:
        if result is None:
            return None
        points = result.points(self.parcel.maximum)
        # Some platforms leave a zero out: after a zero was sent, a result without a score is that zero.
        return Decimal(0) if points is None and self.parcel.score == 0 and was_sent else points

    def _post(self) -> None:
        try:
            self._post_as(is_new_submission=self.parcel.is_new_submission)
        except ServiceError as error:
            if self._product.counts_attempts(error):
                # The mark is owed all the same; only the LMS's own count of attempts is full.
                self._post_as(is_new_submission=False)
                return
            if self._understand(error).meaning is not Meaning.TAKEN or not self.parcel.interrupted:
                raise
            # The post before this one went through, though its worker could not say so.
            log.info("delivery %s had been taken already", self.parcel.delivery_id)

    def _post_as(self, *, is_new_submission: bool) -> None:
        body = score_json(self.parcel)
        body |= self._product.score_extras(
            _facts(self.parcel, self._held.settings.public_url, is_new_submission=is_new_submission)
        )
        self._services.call(
            "POST",
            results.below(self.parcel.url, "scores"),
            [claims.SCORE],
            headers={"Content-Type": _SCORE_TYPE, "Accept": "application/json"},
            content=json.dumps(body, allow_nan=False),
        )

    def _understand(self, error: ServiceError) -> Answer:
        return self._product.understand(error) or answers.understand(error, tries=self.parcel.tries)

    def _waits(self, error: ServiceError) -> str:
        """Let it wait for its column, which is gone."""
        parcel, raw = self.parcel, f"{error.status_code} {error.body or error.message}"
        with transaction(self._tenant_id):
            losing.lose(parcel.line_item_id, parcel.url, at=self._now())
        with transaction(self._tenant_id):
            passback.mark_waiting(parcel, losing.WAITS, raw, at=self._now())
        return "waiting"

    def _failed(self, error: ServiceError) -> str:
        if losing.may_be(error) and losing.is_gone(self._services, self.parcel.url):
            return self._waits(error)
        self.answer = self._understand(error)
        if self.answer.meaning is Meaning.TAKEN:
            # Not after a lost answer of ours, so the LMS has newer news than we know of: look again with a new time.
            words = "The LMS refused the score's time: somebody graded there later. Look there, then resend."
            self.answer = Answer(Meaning.FAILED, words)
        with transaction(self._tenant_id):
            passback.mark_answer(
                self.parcel,
                self.answer,
                f"{error.status_code or ''} {error.body or error.message}".strip(),
                most_tries=self._held.settings.delivery_max_tries,
                at=self._now(),
            )
        return self.answer.meaning


def score_json(parcel: Parcel) -> dict[str, Any]:
    """Return the score as Assignment and Grade Services 2.0, section 3.4, wants it: points, not per cent."""
    body: dict[str, Any] = {
        "userId": parcel.sub,
        "activityProgress": parcel.activity_progress,
        "gradingProgress": parcel.grading_progress,
        "timestamp": _moment(parcel.timestamp),
    }
    if parcel.score is not None:
        body |= {"scoreGiven": float(parcel.score), "scoreMaximum": float(parcel.maximum)}
    if parcel.comment:
        body["comment"] = parcel.comment
    if parcel.submitted_at is not None:
        body["submission"] = {"submittedAt": _moment(parcel.submitted_at)}
    return body


def _facts(parcel: Parcel, public_url: str, *, is_new_submission: bool) -> ScoreFacts:
    return ScoreFacts(
        attempt_url=f"{public_url}/lti/attempts/{parcel.attempt_id}" if parcel.attempt_id else None,
        submitted_at=_moment(parcel.submitted_at) if parcel.submitted_at else None,
        is_new_submission=is_new_submission,
        is_final=parcel.score is not None,
        replaces_by_word=parcel.forced,
    )


def _moment(when: dt.datetime) -> str:
    return when.astimezone(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
