"""Scores of one column carried by one worker: claimed some at a time, posted one by one, and written down as they go.

Each post is preceded by a short transaction which says that it begins, and what became of the one before it: whenever a
worker ends, one score at most may have been posted without its row saying so. That one is looked for before anything else.
"""

import datetime as dt
import uuid
from collections.abc import Callable, Sequence

from lti_grader.adapters import Adapters
from lti_grader.core.db import transaction
from lti_grader.lti import passback, posting
from lti_grader.lti.columns import losing
from lti_grader.lti.models import Platform
from lti_grader.lti.passback import Became, Outcome, Parcel
from lti_grader.lti.posting import Look, Trip
from lti_grader.lti.tokens import Services

Clock = Callable[[], dt.datetime]


def deliver(tenant_id: uuid.UUID, delivery_id: uuid.UUID, held: Adapters, now: Clock) -> str:
    """Bring one delivery as far as it goes now. Harmless to call twice, and at any time.

    Returns
    -------
    The state it is in afterwards, for the log.
    """
    with transaction(tenant_id):
        parcel = passback.claim(delivery_id, at=now(), lease=posting.longest(held.settings))
    if parcel is None:
        return "not due"
    courier = Courier(tenant_id, parcel.platform, held, now)
    courier.go(courier.trip(parcel))
    return courier.last.said if courier.last is not None else "not due"


class Courier:
    """Carries claimed scores of a platform.

    Attributes
    ----------
    last
        What became of a score last.
    """

    def __init__(self, tenant_id: uuid.UUID, platform: Platform, held: Adapters, now: Clock) -> None:
        self.last: Outcome | None = None
        self.services = Services(platform, held)
        self._tenant_id = tenant_id
        self._held = held
        self._now = now
        self._sent: list[Trip] = []
        self._outcomes: list[Outcome] = []

    def claim(self, line_item_id: uuid.UUID, *, lease: dt.timedelta, most: int, workers: int) -> list[Trip]:
        """Claim deliveries of a column that have been due longest; see `passback.claim_some`."""
        with transaction(self._tenant_id):
            parcels = passback.claim_some(line_item_id, at=self._now(), lease=lease, most=most, workers=workers)
        return [self.trip(one) for one in parcels]

    def trip(self, parcel: Parcel) -> Trip:
        return Trip(parcel, self.services, self._held.settings)

    def give_back(self, trips: Sequence[Trip]) -> None:
        """Let others have what was claimed and not begun."""
        if trips:
            with transaction(self._tenant_id):
                passback.give_back([one.parcel for one in trips], at=self._now())

    def go(self, trip: Trip) -> None:
        """Go the whole way with one score, with looks of its own."""
        if self.send(trip, trip.look, tells=True):
            # Some LMSs show a score late, and by then this worker may be gone.
            self.flush()
            self.note(trip.settle(trip.look))
        self.flush()

    def send(self, trip: Trip, look: Look, *, tells: bool = False) -> bool:
        """Post a score, unless the look before it says otherwise; return whether the look after it is owed.

        Parameters
        ----------
        tells
            Whether pages that show the score are told that it is on its way.
        """
        outcome = trip.judge(look)
        if outcome is None:
            if not self._begin(trip.parcel):
                return False
            if tells:
                self._tell([trip.parcel])
            outcome = trip.post()
            if outcome is None:
                self._sent.append(trip)
                outcome = trip.without_look()
        if outcome is not None:
            self.note(outcome)
        return outcome is None

    def note(self, outcome: Outcome) -> None:
        """Note what became of a score; it is written down with the next post's beginning, or by `flush`."""
        if outcome.became is Became.WAITING:
            with transaction(self._tenant_id):
                losing.lose(outcome.parcel.line_item_id, outcome.parcel.url, at=self._now())
        self.last = outcome
        self._outcomes.append(outcome)

    def flush(self) -> None:
        """Write down what is noted."""
        if self._sent or self._outcomes:
            with transaction(self._tenant_id):
                self._write()
            self._written()

    def _begin(self, parcel: Parcel) -> bool:
        with transaction(self._tenant_id):
            self._write()
            begun = passback.begin(parcel, at=self._now())
        self._written()
        return begun

    def _write(self) -> None:
        for trip in self._sent:
            passback.note_sent(trip.parcel, keeps_comment=trip.keeps_comment, at=self._now())
        if self._outcomes:
            passback.record(self._outcomes, most_tries=self._held.settings.delivery_max_tries, at=self._now())

    def _written(self) -> None:
        self._tell([one.parcel for one in self._outcomes])
        self._sent, self._outcomes = [], []

    def _tell(self, parcels: Sequence[Parcel]) -> None:
        """Tell the pages that show these scores."""
        self._held.channels.publish_all([one.channel for one in parcels], {"event": "delivery"})
