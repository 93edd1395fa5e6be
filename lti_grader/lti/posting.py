"""One score's way to the LMS: look, post, look again. Nothing is written here, and no transaction is open."""

import dataclasses
import datetime as dt
import json
import logging
from collections.abc import Callable
from decimal import Decimal

from lti_grader.core.settings import Settings
from lti_grader.lti import answers, claims, results, score_body
from lti_grader.lti.answers import Answer, Meaning
from lti_grader.lti.columns import losing
from lti_grader.lti.errors import ServiceError
from lti_grader.lti.passback import Became, Outcome, Parcel, withholding
from lti_grader.lti.products import product_of
from lti_grader.lti.results import CLOSE, Held
from lti_grader.lti.tokens import Services

log = logging.getLogger(__name__)

_SCORE_TYPE = "application/vnd.ims.lis.v1.score+json"
# A token, a look, a token anew, the score, a second look, and one to spare.
_MOST_CALLS = 6

Look = Callable[[], Held | None]


def longest(settings: Settings) -> dt.timedelta:
    """Return how long one score may take at most: every call may run into its time limit."""
    return dt.timedelta(seconds=_MOST_CALLS * settings.lms_timeout_seconds)


class Trip:
    """A claimed score on its way. Each step returns what became of it, None where the next step is still to come."""

    def __init__(self, parcel: Parcel, services: Services, settings: Settings) -> None:
        self.parcel = parcel
        self._product = product_of(parcel.platform)
        self._services = services
        self._settings = settings
        self._before: Decimal | None = None
        self._kept = ""

    @property
    def keeps_comment(self) -> bool:
        """Whether a comment that somebody wrote there goes with it, in place of ours."""
        return bool(self._kept)

    def look(self) -> Held | None:
        """Ask what the LMS holds for this one student.

        Raises
        ------
        ServiceError
        """
        return results.read_one(self._services, self.parcel.url, self.parcel.sub)

    def judge(self, look: Look) -> Outcome | None:
        """Compare the score with what the LMS holds before it is sent; None where it is to be posted."""
        return self._step(lambda: self._judge(look()))

    def post(self) -> Outcome | None:
        """Post it; None where the LMS has taken it."""
        return self._step(self._post)

    def settle(self, look: Look) -> Outcome:
        """Compare what was posted with what the LMS holds afterwards."""
        outcome = self._step(lambda: self._settle(look()))
        assert outcome is not None
        return outcome

    def without_look(self) -> Outcome | None:
        """Return what became of one that was taken and will not be seen there, having no points; None of others."""
        return self._taken(self._before) if self.parcel.score is None and not self.parcel.clears else None

    def look_later(self) -> Outcome:
        """Leave the look after the post to another time."""
        return self._unseen(None)

    def _step(self, what: Callable[[], Outcome | None]) -> Outcome | None:
        try:
            return what()
        except ServiceError as error:
            return self._failed(error)

    def _judge(self, before: Held | None) -> Outcome | None:
        parcel = self.parcel
        found = self._points(before, was_sent=parcel.was_sent)
        if self._is_ours(found) and not self._says_more():
            return self._became(Became.VERIFIED, found)
        if parcel.is_withheld and found is not None and not self._may_post_over(found):
            return self._became(Became.WITHHELD, found, withholding.KEPT)
        if parcel.was_sent:
            return self._seen_again(found)
        if self._is_somebody_elses(found) and self._product.results_follow_column:
            found = self._by_the_columns_maximum(before)
            if self._is_ours(found):
                return self._became(Became.VERIFIED, found)
        if self._is_somebody_elses(found):
            return self._became(Became.OVERRIDDEN, found)
        if parcel.score is None and not parcel.clears and not self._may_tell(found):
            return self._untold(found)
        self._before, self._kept = found, score_body.comment_to_keep(parcel, before)
        return None

    def _may_tell(self, found: Decimal | None) -> bool:
        """Return whether a score without points takes nothing away there, and says something."""
        return self._product.ungraded_shows if found is None else self._product.ungraded_keeps(found)

    def _untold(self, found: Decimal | None) -> Outcome:
        """Leave the LMS as it is until there are points."""
        if self.parcel.is_withheld:
            return self._became(Became.WITHHELD, found, withholding.HELD)
        words = (
            "Its score is sent when there is one."
            if found is None
            else "Until then the LMS keeps the grade that it has."
        )
        return self._became(Became.EXCLUDED, found, f"The work waits for a person's look. {words}")

    def _may_post_over(self, found: Decimal) -> bool:
        """Return whether a score without points leaves the grade alone that stands there."""
        return self._product.ungraded_keeps(found) and not self._is_somebody_elses(found)

    def _taken(self, found: Decimal | None) -> Outcome:
        """Return what became of one without points, which will not be seen there: the LMS took it, and that is all."""
        if self.parcel.is_withheld:
            return self._became(Became.WITHHELD, found, withholding.TOLD)
        return self._became(Became.VERIFIED, found)

    def _seen_again(self, found: Decimal | None) -> Outcome:
        """Return what became of one that the LMS took before and that is looked for once more."""
        if self.parcel.clears:
            return self._cleared(found)
        return self._unseen(found) if self.parcel.score is not None else self._taken(found)

    def _cleared(self, found: Decimal | None) -> Outcome:
        """Return what became of one that took a grade away: none is seen there, or the LMS has kept it."""
        return self._became(Became.VERIFIED, None) if found is None else self._unseen(found)

    def _settle(self, after: Held | None) -> Outcome:
        found = self._points(after, was_sent=True)
        if self.parcel.clears:
            return self._cleared(found)
        return self._became(Became.VERIFIED, found) if self._is_ours(found) else self._unseen(found)

    def _by_the_columns_maximum(self, result: Held | None) -> Decimal | None:
        """Read points that look like somebody else's once more: the column's maximum may have been changed since."""
        if result is None:
            return None
        maximum = results.read_maximum(self._services, self.parcel.url)
        return dataclasses.replace(result, maximum=maximum).points(self.parcel.maximum)

    def _unseen(self, found: Decimal | None) -> Outcome:
        if found is not None and self.parcel.forced and self._product.keeps_overrides:
            return self._became(Became.OVERRIDDEN, found)
        return self._became(Became.UNSEEN, found)

    def _became(self, became: Became, held: Decimal | None, words: str = "") -> Outcome:
        return Outcome(self.parcel, became, held, words)

    def _is_ours(self, found: Decimal | None) -> bool:
        score = self.parcel.score
        return found is not None and score is not None and abs(found - score) <= CLOSE

    def _says_more(self) -> bool:
        """Return whether there is something to post though the LMS tells our points.

        That is a comment that it has not got yet; and points which its gradebook may show otherwise than its results tell
        them, since the column has another maximum.
        """
        parcel = self.parcel
        stands_otherwise = parcel.is_of_old_maximum and self._product.results_keep_maximum
        return not parcel.was_sent and (parcel.has_new_comment or stands_otherwise)

    def _is_somebody_elses(self, found: Decimal | None) -> bool:
        parcel = self.parcel
        if found is None or parcel.forced or self._is_ours(found):
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
        body = score_body.score_json(self.parcel, self._kept or self.parcel.comment)
        body |= self._product.score_extras(
            score_body.facts(self.parcel, self._settings.public_url, is_new_submission=is_new_submission)
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

    def _failed(self, error: ServiceError) -> Outcome:
        parcel = self.parcel
        raw = f"{error.status_code or ''} {error.body or error.message}".strip()[:2000]
        if losing.may_be(error) and losing.is_gone(self._services, parcel.url):
            return Outcome(parcel, Became.WAITING, words=losing.WAITS, raw=raw)
        answer = self._understand(error)
        if answer.meaning is Meaning.TAKEN:
            # Not after a lost answer of ours, so the LMS has newer news than we know of: look again with a new time.
            words = "The LMS refused the score's time: somebody graded there later. Look there, then resend."
            answer = Answer(Meaning.FAILED, words)
        return Outcome(parcel, Became.ANSWERED, raw=raw, answer=answer)
