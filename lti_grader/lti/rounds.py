"""One worker's turn at a column: its due scores claimed some at a time, looked up together where they are many, and carried."""

import dataclasses
import datetime as dt
import logging
import uuid
from collections.abc import Mapping, Sequence

from lti_grader.adapters import Adapters
from lti_grader.lti import posting, results
from lti_grader.lti.carrying import Clock, Courier
from lti_grader.lti.errors import ServiceError
from lti_grader.lti.models import Platform
from lti_grader.lti.posting import Look, Trip
from lti_grader.lti.products import product_of
from lti_grader.lti.results import Held

log = logging.getLogger(__name__)

FEW = 3
"""With more of one column, reading it whole, once before and once after, is less than reading each."""
# As many are claimed at once, and as many are posted before they are looked for.
_SOME, _MOST = 25, 200
# An outage is looked at again after this at the latest, whatever the one score's own waiting is.
_LONGEST_PAUSE = 60.0


def longest(held: Adapters) -> dt.timedelta:
    """Return how long a round lasts, and how old what was read of a column may be when a score is posted."""
    return dt.timedelta(seconds=held.settings.passback_round_seconds)


def lease(held: Adapters) -> dt.timedelta:
    """Return how long claimed scores are left to their worker: for the round, and the one trip that its end may fall into."""
    return longest(held) + posting.longest(held.settings)


def pause(platform_id: uuid.UUID, held: Adapters, *, seconds: float) -> None:
    """Let everybody leave a platform alone for a while that takes nothing from anybody just now."""
    held.kv.put(_pause_key(platform_id), "1", max(1, round(min(seconds, _LONGEST_PAUSE))))


def is_paused(platform_id: uuid.UUID, held: Adapters) -> bool:
    """Return whether a platform is left alone just now."""
    return held.kv.get(_pause_key(platform_id)) is not None


def _pause_key(platform_id: uuid.UUID) -> str:
    return f"lti:pause:{platform_id}"


@dataclasses.dataclass(frozen=True)
class Reading:
    """What a column held, by `sub`, and when reading it began."""

    line_item_id: uuid.UUID
    held: Mapping[str, Held]
    at: dt.datetime

    def look(self, trip: Trip) -> Look:
        return lambda: self.held.get(trip.parcel.sub)


class Round:
    """Due scores of one column, until there are no more or time is up. Its methods return how many were taken in hand.

    Attributes
    ----------
    reading
        What the column held at the end, where it was read whole.
    """

    def __init__(
        self, tenant_id: uuid.UUID, platform: Platform, line_item_id: uuid.UUID, held: Adapters, now: Clock
    ) -> None:
        self.reading: Reading | None = None
        self._platform = platform
        self._line_item_id = line_item_id
        self._held = held
        self._now = now
        self._ends = now() + longest(held)
        self._courier = Courier(tenant_id, platform, held, now)

    def each(self) -> int:
        """Carry one after another, each the whole way."""
        count = 0
        while count < _MOST and (trips := self._claim(FEW)):
            count += self._each(trips)
            if self._is_over():
                break
        return count

    def _each(self, trips: Sequence[Trip]) -> int:
        for count, trip in enumerate(trips, 1):
            self._courier.go(trip)
            if self._is_over():
                self._courier.give_back(trips[count:])
                return count
        return len(trips)

    def together(self, known: Reading | None) -> int:
        """Read the column, post each, and read it again; a column that cannot be read whole is taken one by one.

        Parameters
        ----------
        known
            What it held a moment ago.
        """
        trips = self._claim(_SOME)
        if not trips:
            return 0
        before = self._still(known) or self._read(trips[0].parcel.url)
        if before is None:
            count = self._each(trips)
            return count if self._is_over() else count + self.each()
        count, posted = 0, list[Trip]()
        while trips:
            done = self._post(trips, before, posted)
            self._courier.give_back(trips[done:])
            count += done
            trips = [] if count >= _MOST or self._is_over() else self._claim(_SOME)
        self._courier.flush()
        self._look(posted)
        return count

    def _post(self, trips: Sequence[Trip], before: Reading, posted: list[Trip]) -> int:
        """Post these, and add those to `posted` that are to be looked for; return how many were gone about."""
        for count, trip in enumerate(trips, 1):
            told_at = trip.parcel.told_at
            # What was read does not show yet what another worker has sent for this student since.
            look = trip.look if told_at is not None and told_at >= before.at else before.look(trip)
            if self._courier.send(trip, look):
                posted.append(trip)
            if self._is_over():
                return count
        return len(trips)

    def _look(self, posted: Sequence[Trip]) -> None:
        if not posted:
            return
        after = self.reading = self._read(posted[0].parcel.url)
        for trip in posted:
            self._courier.note(trip.look_later() if after is None else trip.settle(after.look(trip)))
        self._courier.flush()

    def _still(self, known: Reading | None) -> Reading | None:
        """Return a reading that is of this column, and no older than it may grow within a round."""
        if known is None or known.line_item_id != self._line_item_id:
            return None
        return known if self._now() - known.at < longest(self._held) else None

    def _read(self, url: str) -> Reading | None:
        at = self._now()
        try:
            return Reading(self._line_item_id, results.read_all(self._courier.services, url), at)
        except ServiceError as error:
            log.info("column %s not read whole: %s", url, error)
            return None

    def _claim(self, most: int) -> list[Trip]:
        workers = product_of(self._platform).posts_at_once
        return self._courier.claim(self._line_item_id, lease=lease(self._held), most=most, workers=workers)

    def _is_over(self) -> bool:
        """Return whether to stop here: time is up, or the platform takes nothing from anybody just now."""
        last = self._courier.last
        if last is not None and last.answer is not None and last.answer.is_outage:
            pause(self._platform.id, self._held, seconds=last.answer.after)
            return True
        return self._now() >= self._ends
