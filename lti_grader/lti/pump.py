"""A platform's due scores brought on their way, as many side by side as it takes well.

Whoever finds a free slot of the platform works until nothing is due; the others need not come.
"""

import contextlib
import dataclasses
import logging
import secrets
import uuid
from collections.abc import Iterator

from lti_grader.adapters import Adapters
from lti_grader.core.db import session, transaction
from lti_grader.lti import passback, posting, results
from lti_grader.lti.errors import ServiceError
from lti_grader.lti.models import Platform
from lti_grader.lti.posting import Clock, Trip
from lti_grader.lti.products import product_of
from lti_grader.lti.tokens import Services

log = logging.getLogger(__name__)

# So many of one column that reading it whole, once before and once after, is less than reading each.
_FEW = 3
_MOST = 200
# One platform's scores may keep a worker for this long; then others have their turn.
_TURN_SECONDS = 30.0
# An outage is looked at again after this at the latest, whatever the one score's own waiting is.
_LONGEST_PAUSE = 60.0

_RELEASE = "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) else return 0 end"
_HOLD = "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('expire', KEYS[1], ARGV[2]) else return 0 end"


@dataclasses.dataclass(frozen=True)
class Pumped:
    """What one turn did."""

    carried: int
    is_busy: bool = False
    """Every slot of the platform is taken: those who hold them see to what is due."""
    has_more: bool = False
    """The turn ended before the work did."""


@dataclasses.dataclass(frozen=True)
class Slot:
    key: str
    owner: str


def pump(tenant_id: uuid.UUID, platform_id: uuid.UUID, held: Adapters, now: Clock) -> Pumped:
    """Bring on their way what is due to one platform. Harmless to call at any time, by any number at once."""
    with transaction(tenant_id):
        platform = session().get_one(Platform, platform_id)
    if platform.disabled_at is not None or held.kv.get(_pause_key(platform_id)):
        return Pumped(0)
    with slot(platform, held) as taken:
        if taken is None:
            return Pumped(0, is_busy=True)
        done = _work(tenant_id, platform, taken, held, now)
    if done.has_more or held.kv.get(_pause_key(platform_id)):
        return done
    with transaction(tenant_id):
        # What became due just now may have found no slot.
        has_more = passback.due_column(platform_id, at=now(), most=1) is not None
    return dataclasses.replace(done, has_more=has_more)


def _work(tenant_id: uuid.UUID, platform: Platform, slot: Slot, held: Adapters, now: Clock) -> Pumped:
    began, carried = now(), 0
    while (now() - began).total_seconds() < _TURN_SECONDS:
        with transaction(tenant_id):
            column = passback.due_column(platform.id, at=now(), most=_FEW + 1)
        if column is None:
            return Pumped(carried)
        held.kv.script(_HOLD, [slot.key], [slot.owner, _slot_seconds(held)])
        line_item_id, count = column
        round_ = _Round(tenant_id, platform, line_item_id, held, now)
        done = round_.each() if count <= _FEW else round_.together()
        carried += done
        if not done or held.kv.get(_pause_key(platform.id)):
            return Pumped(carried)
    return Pumped(carried, has_more=True)


@contextlib.contextmanager
def slot(platform: Platform, held: Adapters) -> Iterator[Slot | None]:
    """Take one of the platform's slots for as long as the context lasts; None where every one is taken."""
    most, owner = product_of(platform).posts_at_once, secrets.token_hex(8)
    for number in range(most):
        taken = Slot(f"lti:posting:{platform.id}:{number}", owner)
        if held.kv.put_once(taken.key, owner, _slot_seconds(held)):
            break
    else:
        yield None
        return
    try:
        yield taken
    finally:
        held.kv.script(_RELEASE, [taken.key], [owner])


def _slot_seconds(held: Adapters) -> int:
    # A round ends when its time is up and one more trip has run into every time limit.
    return int(_TURN_SECONDS + posting.lease(held).total_seconds()) + 1


def _pause_key(platform_id: uuid.UUID) -> str:
    return f"lti:pause:{platform_id}"


class _Round:
    """Due scores of one column, until there are no more or time is up. Its methods return how many were taken in hand."""

    def __init__(
        self, tenant_id: uuid.UUID, platform: Platform, line_item_id: uuid.UUID, held: Adapters, now: Clock
    ) -> None:
        self._tenant_id = tenant_id
        self._platform = platform
        self._line_item_id = line_item_id
        self._held = held
        self._now = now
        self._ends_at = now().timestamp() + _TURN_SECONDS / 2

    def each(self) -> int:
        """Carry one after another, each the whole way."""
        count = 0
        while count < _MOST and (trip := self._next()):
            count += 1
            trip.tell()
            trip.go()
            trip.tell()
            if self._is_over(trip):
                break
        return count

    def together(self) -> int:
        """Read the column, post each, and read it again; a column that cannot be read whole is taken one by one."""
        trip = self._next()
        if trip is None:
            return 0
        services, url = Services(self._platform, self._held), trip.parcel.url
        try:
            before = results.read_all(services, url)
        except ServiceError as error:
            log.info("column %s not read whole: %s", url, error)
            trip.go()
            trip.tell()
            return 1 if self._is_over(trip) else 1 + self.each()
        count, posted = 0, []
        while trip is not None:
            count += 1
            if trip.send(before.get(trip.parcel.sub)) == "posted":
                posted.append(trip)
            else:
                trip.tell()
            trip = None if count >= _MOST or self._is_over(trip) else self._next()
        self._look(posted, services, url)
        return count

    def _look(self, posted: list[Trip], services: Services, url: str) -> None:
        if not posted:
            return
        try:
            after = results.read_all(services, url)
        except ServiceError as error:
            log.info("column %s not read whole: %s", url, error)
            for trip in posted:
                trip.look_later()
        else:
            for trip in posted:
                trip.settle(after.get(trip.parcel.sub))
        for trip in posted:
            trip.tell()

    def _next(self) -> Trip | None:
        return posting.start_next(self._tenant_id, self._line_item_id, self._held, self._now)

    def _is_over(self, trip: Trip) -> bool:
        """Return whether to stop here: time is up, or the platform takes nothing from anybody just now."""
        if trip.answer is not None and trip.answer.is_outage:
            seconds = max(1, round(min(trip.answer.after, _LONGEST_PAUSE)))
            self._held.kv.put(_pause_key(self._platform.id), "1", seconds)
            return True
        return self._now().timestamp() >= self._ends_at
