"""Redis (or Valkey): short-lived values, and news that travels between processes."""

import contextlib
import json
import logging
import queue
import threading
import time
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, cast

import redis
from redis.backoff import ExponentialBackoff
from redis.retry import Retry

from lti_grader.core.errors import Unavailable

log = logging.getLogger(__name__)

_CONNECTION_LOST = (redis.exceptions.ConnectionError, redis.exceptions.TimeoutError)


class StoreUnavailable(Unavailable):
    code = "store_unavailable"

    def __init__(self) -> None:
        super().__init__("A part of the grader is restarting. Nothing is lost; try again in a moment.")


@contextlib.contextmanager
def translated() -> Iterator[None]:
    """Raise `StoreUnavailable` for a server that does not answer."""
    try:
        yield
    except _CONNECTION_LOST as error:
        log.warning("Redis does not answer: %s", error)
        raise StoreUnavailable from error


class KeyValue:
    """Values by key.

    Parameters
    ----------
    url
        Such as redis://:password@host:6379/0.

    Every method raises `StoreUnavailable` while the server cannot be reached.
    """

    def __init__(self, url: str) -> None:
        self.client = redis.Redis(
            connection_pool=redis.BlockingConnectionPool.from_url(
                url,
                max_connections=64,
                timeout=5,
                socket_timeout=5,
                socket_connect_timeout=2,
                health_check_interval=30,
                retry=Retry(ExponentialBackoff(cap=0.2, base=0.02), 2),
                decode_responses=True,
            )
        )

    def get(self, key: str) -> str | None:
        """Return the value, or None."""
        with translated():
            return cast("str | None", self.client.get(key))

    def put(self, key: str, value: str, seconds: int) -> None:
        """Keep `value` for `seconds`."""
        with translated():
            self.client.set(key, value, ex=seconds)

    def put_all(self, keys: Collection[str], value: str, seconds: int) -> None:
        """Keep `value` under each of many keys for `seconds`, in one exchange with the server."""
        with translated():
            together = self.client.pipeline(transaction=False)
            for key in keys:
                together.set(key, value, ex=seconds)
            together.execute()

    def put_once(self, key: str, value: str, seconds: int) -> bool:
        """Keep `value` for `seconds` unless the key has one. Return whether it was kept."""
        with translated():
            return bool(self.client.set(key, value, ex=seconds, nx=True))

    def replace(self, key: str, value: str, seconds: int) -> bool:
        """Keep `value` for `seconds` where the key has a value already. Return whether it had one."""
        with translated():
            return bool(self.client.set(key, value, ex=seconds, xx=True))

    def get_and_prolong(self, key: str, seconds: int) -> str | None:
        """Return the value, which is kept for `seconds` from now, or None."""
        with translated():
            return cast("str | None", self.client.getex(key, ex=seconds))

    def take(self, key: str) -> str | None:
        """Return the value and forget it, in one step: of several that ask, one gets it."""
        with translated():
            return cast("str | None", self.client.getdel(key))

    def forget(self, *keys: str) -> None:
        """Forget the keys."""
        if keys:
            with translated():
                self.client.delete(*keys)

    def script(self, lua: str, keys: Sequence[str], args: Sequence[str | int]) -> Any:
        """Run a Lua script, which Redis does as one step."""
        with translated():
            return self.client.register_script(lua)(keys=list(keys), args=list(args))

    def add_to_set(self, key: str, *members: str) -> None:
        with translated():
            self.client.sadd(key, *members)

    def members(self, key: str) -> set[str]:
        with translated():
            return cast("set[str]", self.client.smembers(key))

    def remove_from_set(self, key: str, *members: str) -> None:
        if members:
            with translated():
                self.client.srem(key, *members)

    def hash(self, key: str) -> dict[str, str]:
        """Return all fields of a hash; empty where there is none."""
        with translated():
            return cast("dict[str, str]", self.client.hgetall(key))

    def fields(self, key: str, *names: str) -> list[str | None]:
        """Return these fields of a hash, None for each that it has not."""
        with translated():
            return cast("list[str | None]", self.client.hmget(key, list(names)))

    def put_fields(self, key: str, values: Mapping[str, str], seconds: int) -> None:
        """Set fields of a hash, which is kept for `seconds` from the first of them on."""
        with translated():
            both = self.client.pipeline()
            both.hset(key, items=[part for one in values.items() for part in one])
            both.expire(key, seconds, nx=True)
            both.execute()

    def ping(self) -> None:
        """Return if the server answers."""
        with translated():
            self.client.ping()


class Channels:
    """News between processes: at most once, to whoever listens at the time.

    One connection a process listens, whatever the number of listeners; they are told by queues.
    """

    def __init__(self, kv: KeyValue) -> None:
        self._client = kv.client
        self._lock = threading.Lock()
        self._listeners: dict[str, set[queue.SimpleQueue[Any]]] = defaultdict(set)
        self._pubsub: redis.client.PubSub | None = None
        self._pumping: threading.Thread | None = None
        self._ended = threading.Event()

    @property
    def closed(self) -> bool:
        return self._ended.is_set()

    def close(self) -> None:
        """Listen no more, for good. Whoever listens still hears nothing from now on."""
        self._ended.set()
        if self._pumping is not None:
            self._pumping.join()

    def publish(self, channel: str, news: dict[str, Any]) -> None:
        """Tell whoever listens. News is a convenience: where Redis is down it is dropped, and logged."""
        self.publish_all([channel], news)

    def publish_all(self, channels: Sequence[str], news: dict[str, Any]) -> None:
        """Tell whoever listens to any of these channels."""
        if not channels:
            return
        said = json.dumps(news, default=str)
        try:
            together = self._client.pipeline(transaction=False)
            for channel in channels:
                together.publish(channel, said)
            together.execute()
        except _CONNECTION_LOST as error:
            log.warning("news on %s not published: %s", ", ".join(channels[:3]), error)

    @contextlib.contextmanager
    def listen(self, *channels: str) -> Iterator[queue.SimpleQueue[dict[str, Any]]]:
        """Yield a queue that receives what is published on `channels` from now on."""
        inbox: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        with self._lock:
            pubsub = self._started()
            for channel in channels:
                self._listeners[channel].add(inbox)
            with contextlib.suppress(*_CONNECTION_LOST):
                pubsub.subscribe(*channels)
        try:
            yield inbox
        finally:
            with self._lock:
                for channel in channels:
                    self._listeners[channel].discard(inbox)
                    if not self._listeners[channel]:
                        del self._listeners[channel]
                        with contextlib.suppress(*_CONNECTION_LOST):
                            pubsub.unsubscribe(channel)  # type: ignore[no-untyped-call]

    def _started(self) -> "redis.client.PubSub":
        if self._pubsub is None:
            self._pubsub = self._client.pubsub(ignore_subscribe_messages=True)  # type: ignore[no-untyped-call]
            with contextlib.suppress(*_CONNECTION_LOST):
                self._pubsub.subscribe("lti-grader:hello")
            self._pumping = threading.Thread(target=self._pump, name="channels", daemon=True)
            self._pumping.start()
        return self._pubsub

    def _pump(self) -> None:
        assert self._pubsub is not None
        while not self._ended.is_set():
            try:
                message = self._pubsub.get_message(timeout=1.0)
            except _CONNECTION_LOST:
                time.sleep(0.5)
                continue
            if message is None or message["type"] != "message":
                continue
            news = json.loads(message["data"])
            with self._lock:
                for inbox in self._listeners.get(message["channel"], ()):
                    inbox.put(news)
