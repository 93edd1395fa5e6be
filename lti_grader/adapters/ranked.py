"""Sorted sets of Redis (or Valkey): members ordered by a number, kept for a while and made anew from rows after that."""

from collections.abc import Mapping
from typing import Any

from lti_grader.adapters.redis import KeyValue, translated

# A set that is there has been begun, so that whoever fills it finds what came meanwhile and leaves it.
_BEGUN = ""
_PUT_IF_THERE = """
if redis.call('EXISTS', KEYS[1]) == 1 then return redis.call('ZADD', KEYS[1], unpack(ARGV)) end
return 0
"""


class Ranked:
    """One sorted set.

    Parameters
    ----------
    key
        Its name; its members' numbers are 0 and more.
    seconds
        How long it is kept once it was filled.

    Every method raises `StoreUnavailable` while the server cannot be reached.
    """

    def __init__(self, kv: KeyValue, key: str, *, seconds: int) -> None:
        self._kv = kv
        self._key = key
        self._filled = f"{key}:filled"
        self._seconds = seconds

    def is_filled(self) -> bool:
        """Return whether it holds all that it is to hold."""
        return self._kv.get(self._filled) is not None

    def begin(self) -> None:
        """Empty it, and from now on take what is put: to be followed by reading rows, and `fill`."""
        with translated():
            together = self._kv.client.pipeline()
            together.delete(self._filled, self._key)
            together.zadd(self._key, {_BEGUN: -1})
            together.expire(self._key, 2 * self._seconds)
            together.execute()

    def fill(self, numbers: Mapping[str, int]) -> None:
        """Put what is not there yet: what was put since `begin` is newer."""
        with translated():
            if numbers:
                self._kv.client.zadd(self._key, numbers, nx=True)
            self._kv.client.set(self._filled, "1", ex=self._seconds)

    def put(self, numbers: Mapping[str, int]) -> None:
        """Put members with their numbers, in place of what they had; nothing where the set is not there."""
        flat = [part for name, number in numbers.items() for part in (number, name)]
        if flat:
            self._kv.script(_PUT_IF_THERE, [self._key], flat)

    def first(self, most: int) -> list[tuple[str, float]]:
        """Return the members with the highest numbers, the highest first."""
        with translated():
            found: Any = self._kv.client.zrange(
                self._key, "+inf", 0, desc=True, byscore=True, offset=0, num=most, withscores=True
            )
        return [(name, number) for name, number in found]

    def number(self, member: str) -> float | None:
        """Return a member's number; None where it is not in the set."""
        with translated():
            found: Any = self._kv.client.zscore(self._key, member)
        return None if found is None else float(found)

    def above(self, number: float) -> int:
        """Return how many have a higher number."""
        with translated():
            return int(self._kv.client.zcount(self._key, f"({number!r}", "+inf"))

    def __len__(self) -> int:
        with translated():
            return int(self._kv.client.zcount(self._key, 0, "+inf"))

    def forget(self) -> None:
        """Have it filled anew when it is next read."""
        self._kv.forget(self._filled, self._key)
