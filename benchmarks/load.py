"""Many browsers at once, with as little work of their own as can be: the machine is shared with what is measured."""

import concurrent.futures
import contextlib
import dataclasses
import http.client
import statistics
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Generic, TypeVar
from urllib.parse import urlsplit

Item = TypeVar("Item")


@dataclasses.dataclass
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes


class Connection:
    """One connection that is kept open."""

    def __init__(self, origin: str) -> None:
        self._http = http.client.HTTPConnection(urlsplit(origin).netloc, timeout=120)

    def send(self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] = {}) -> Answer:
        """Send a request; a connection that was closed meanwhile is opened again."""
        try:
            self._http.request(method, path, body, dict(headers))
            answer = self._http.getresponse()
        except (http.client.RemoteDisconnected, ConnectionError):
            self._http.close()
            self._http.request(method, path, body, dict(headers))
            answer = self._http.getresponse()
        return Answer(answer.status, answer.headers, answer.read())

    def close(self) -> None:
        self._http.close()


@dataclasses.dataclass
class Measured(Generic[Item]):
    """What came of a load: how long it took as a whole, and each call, in seconds."""

    seconds: float
    each: list[float]
    results: list[Any]

    @property
    def rate(self) -> float:
        """Calls a second."""
        return len(self.each) / self.seconds

    def percentile(self, share: int) -> float:
        """Return the time in milliseconds that `share` percent of the calls did not exceed."""
        return percentile(self.each, share) * 1000


def percentile(values: Sequence[float], share: int) -> float:
    """Return the value that `share` percent of `values` do not exceed."""
    if len(values) < 2:
        return values[0] if values else float("nan")
    return statistics.quantiles(values, n=100, method="inclusive")[share - 1]


def load(
    origin: str, items: Sequence[Item], call: Callable[[Connection, Item], Any], *, at_once: int, a_second: float = 0
) -> Measured[Item]:
    """Call for each item, `at_once` at a time; with `a_second`, no faster than that, timed from when each was due."""
    results: list[Any] = [None] * len(items)
    each = [0.0] * len(items)
    began = time.perf_counter()
    turns = _Turns(len(items))

    def work() -> None:
        with contextlib.closing(Connection(origin)) as connection:
            for index in turns:
                due = began + index / a_second if a_second else time.perf_counter()
                time.sleep(max(0.0, due - time.perf_counter()))
                results[index] = call(connection, items[index])
                each[index] = time.perf_counter() - due

    with concurrent.futures.ThreadPoolExecutor(at_once) as pool:
        running = [pool.submit(work) for _ in range(at_once)]
        for one in running:
            one.add_done_callback(lambda ended: turns.stop() if ended.exception() else None)
        for one in running:
            one.result()
    return Measured(time.perf_counter() - began, each, results)


class _Turns:
    """Numbers that several threads take from, until they are used up or somebody says stop."""

    def __init__(self, count: int) -> None:
        self._left: Iterator[int] = iter(range(count))
        self._lock = threading.Lock()

    def __iter__(self) -> Iterator[int]:
        while (index := self._next()) is not None:
            yield index

    def _next(self) -> int | None:
        with self._lock:
            return next(self._left, None)

    def stop(self) -> None:
        """Give out no more."""
        with self._lock:
            self._left = iter(())
