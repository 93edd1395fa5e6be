"""A platform's due scores brought on their way, as many side by side as it takes well.

Whoever finds a free slot of the platform works until nothing is due; the others need not come.
"""

import contextlib
import dataclasses
import datetime as dt
import secrets
import uuid
from collections.abc import Iterator

from lti_grader.adapters import Adapters
from lti_grader.core.db import session, transaction
from lti_grader.core.messages import send
from lti_grader.lti import passback, posting, rounds
from lti_grader.lti.carrying import Clock
from lti_grader.lti.models import Platform
from lti_grader.lti.products import product_of
from lti_grader.lti.rounds import FEW, Round

# With so many due another worker is called, where the platform takes scores side by side.
_WORTH_ANOTHER = 10
# One platform's scores may keep a worker for this many rounds' time; then others have their turn.
_ROUNDS = 2

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
    if platform.disabled_at is not None or rounds.is_paused(platform_id, held):
        return Pumped(0)
    with slot(platform, held) as taken:
        if taken is None:
            return Pumped(0, is_busy=True)
        done = _work(tenant_id, platform, taken, held, now)
    if done.has_more or rounds.is_paused(platform_id, held):
        return done
    with transaction(tenant_id):
        # What became due just now may have found no slot.
        has_more = passback.due_column(platform_id, at=now(), most=1) is not None
    return dataclasses.replace(done, has_more=has_more)


def _work(tenant_id: uuid.UUID, platform: Platform, slot: Slot, held: Adapters, now: Clock) -> Pumped:
    began, carried, reading = now(), 0, None
    while now() - began < _turn(held):
        with transaction(tenant_id):
            column = passback.due_column(platform.id, at=now(), most=_WORTH_ANOTHER)
        if column is None:
            return Pumped(carried)
        held.kv.script(_HOLD, [slot.key], [slot.owner, _slot_seconds(held)])
        line_item_id, count = column
        if not carried and count >= _WORTH_ANOTHER and product_of(platform).posts_at_once > 1:
            # Who comes calls the next, until every slot is taken.
            send(passback.TASK, tenant_id, platform.id, queue=passback.QUEUE)
        round_ = Round(tenant_id, platform, line_item_id, held, now)
        done = round_.each() if count <= FEW else round_.together(reading)
        reading = round_.reading
        carried += done
        if not done or rounds.is_paused(platform.id, held):
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


def _turn(held: Adapters) -> dt.timedelta:
    return _ROUNDS * rounds.longest(held)


def _slot_seconds(held: Adapters) -> int:
    # A round ends when its time is up and one more trip has run into every time limit.
    return int((_turn(held) + posting.longest(held.settings)).total_seconds()) + 1
