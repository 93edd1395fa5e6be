"""How often a person, and all who share an address, may ask for what costs much: buckets of tokens in Redis.

A bucket holds so many requests and fills again at an even pace. A whole course behind one address that begins an exam
in the same second fits in. Limits keep floods out and nothing else: while Redis does not answer nobody is refused.
"""

import dataclasses
import hashlib
import ipaddress
import logging
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import flask

from lti_grader.core.errors import TooManyRequests, Unavailable

log = logging.getLogger(__name__)

# All buckets are looked at before any is drawn from, so that whoever is refused has used nothing up.
_TAKE = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local left, wait = {}, 0
for i, key in ipairs(KEYS) do
  local most, a_second = tonumber(ARGV[2 * i - 1]), tonumber(ARGV[2 * i])
  local had = redis.call('HMGET', key, 'left', 'at')
  local since = math.max(0, now - (tonumber(had[2]) or now))
  left[i] = math.min(most, (tonumber(had[1]) or most) + since * a_second / 1000)
  if left[i] < 1 then wait = math.max(wait, math.ceil((1 - left[i]) * 1000 / a_second)) end
end
if wait > 0 then return wait end
for i, key in ipairs(KEYS) do
  redis.call('HSET', key, 'left', tostring(left[i] - 1), 'at', tostring(now))
  redis.call('PEXPIRE', key, math.ceil(ARGV[2 * i - 1] * 1000 / ARGV[2 * i]) + 1000)
end
return 0
"""


class Store(Protocol):
    """What limits need of Redis; see `adapters.redis.KeyValue`."""

    def script(self, lua: str, keys: Sequence[str], args: Sequence[str | int]) -> Any: ...


@dataclasses.dataclass(frozen=True)
class Pace:
    """How much at once, and how much a second in the long run."""

    at_once: int
    a_second: float

    def times(self, factor: float) -> "Pace":
        return Pace(max(1, round(self.at_once * factor)), self.a_second * factor)


@dataclasses.dataclass(frozen=True)
class Limit:
    """The paces of one kind of request.

    Attributes
    ----------
    words
        What is too much, and what to do; the page adds how long to wait.
    person
        Of each signed-in person; None where nobody is signed in.
    argument
        The part of the address that says who asks, where nobody is signed in.
    in_frames
        Whether any LMS may show the refusal in its frame, as it may the page that was asked for.
    """

    name: str
    words: str
    address: Pace
    person: Pace | None = None
    argument: str | None = None
    in_frames: bool = False


class Limits:
    """The limits of an installation.

    Parameters
    ----------
    factor
        What every pace is multiplied by; 0 for no limits.
    """

    def __init__(self, store: Store, *, factor: float) -> None:
        self._store = store
        self._factor = factor

    def require(self, limit: Limit, *, address: str, person: str | None) -> None:
        """Take one request from the buckets of an address and a person.

        Raises
        ------
        TooManyRequests
            One of them is empty; it says when there will be something in it.
        """
        if not self._factor:
            return
        paces = {f"limit:{limit.name}:address:{_network(address)}": limit.address}
        if person is not None and limit.person is not None:
            paces[f"limit:{limit.name}:person:{person}"] = limit.person
        scaled = [pace.times(self._factor) for pace in paces.values()]
        given = [str(part) for pace in scaled for part in (pace.at_once, pace.a_second)]
        try:
            wait = int(self._store.script(_TAKE, list(paces), given))
        except Unavailable:
            log.warning("limits are not held while Redis does not answer: %s from %s was let in", limit.name, address)
            return
        if wait:
            seconds = -(-wait // 1000)
            log.warning("limit %s: address %s, person %s, wait %d s", limit.name, address, person, seconds)
            raise TooManyRequests(f"{limit.words} Wait {_duration(seconds)}, then try again.", retry_after=seconds)


def install(app: flask.Flask, limits: Limits, by_endpoint: Mapping[str, Limit]) -> None:
    """Hold requests to the limits of their endpoints."""

    def hold() -> None:
        limit = by_endpoint.get(flask.request.endpoint or "")
        if limit is None:
            return
        try:
            limits.require(limit, address=flask.request.remote_addr or "", person=_person(limit))
        except TooManyRequests:
            if limit.in_frames:
                flask.g.frame_origins = ["*"]
            raise

    app.before_request(hold)


def _person(limit: Limit) -> str | None:
    if limit.argument is None:
        user: str | None = flask.session.get("user")
        return user
    # What stands there may be a secret, and this goes into Redis and into logs.
    return hashlib.sha256(str((flask.request.view_args or {})[limit.argument]).encode()).hexdigest()[:24]


def _network(address: str) -> str:
    """Return what one household, or one attacker, has of addresses: a whole /64 of IPv6."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((found, 64), strict=False))
    return address


def _duration(seconds: int) -> str:
    if seconds >= 120:
        return f"{-(-seconds // 60)} minutes"
    return "a second" if seconds == 1 else f"{seconds} seconds"
