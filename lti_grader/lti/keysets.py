"""Platforms' public keys: fetched, kept for a while, and fetched once more when an unknown `kid` appears."""

import json
import logging
import threading
import time
from typing import Any

import jwt

from lti_grader.adapters import Adapters
from lti_grader.adapters.redis import StoreUnavailable
from lti_grader.lti import http
from lti_grader.lti.errors import LaunchRefused, ServiceError

log = logging.getLogger(__name__)

# How long a keyset is kept: as long as the platform says (RFC 9111, section 5.2.2.1) within bounds, for an hour where it
# says nothing. A key that the platform has taken back must not be believed for days.
_KEPT_SECONDS, _LEAST_SECONDS, _MOST_SECONDS = 3600, 60, 6 * 3600
# An unknown kid may come from anybody; it must not make us call the platform each time.
_REFRESH_AT_MOST_EVERY = 10


class Keysets:
    """The keysets of all platforms, shared by way of Redis, with a copy in the process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[str, tuple[float, dict[str, Any]]] = {}

    def key(self, held: Adapters, url: str, kid: str) -> jwt.PyJWK:
        """Return the platform's key of that id.

        Raises
        ------
        LaunchRefused
            The platform has none of that id, also not after one fresh look.
        """
        found = _pick(self._get(held, url), kid)
        if found is None:
            # Another process may have looked already, and knows a key that the copy here is too old for.
            found = _pick(self._shared(held, url) or {}, kid)
        if found is None and self._may_refresh(held, url):
            found = _pick(self._fetch(held, url), kid)
        if found is None:
            raise LaunchRefused(
                "unknown_kid",
                "The launch is signed with a key that your LMS does not publish. Start it again from the course page.",
            )
        return found

    def _get(self, held: Adapters, url: str) -> dict[str, Any]:
        with self._lock:
            until, keys = self._kept.get(url, (0.0, {}))
        if until > time.monotonic():
            return keys
        known = self._shared(held, url)
        return known if known is not None else self._fetch(held, url)

    def _shared(self, held: Adapters, url: str) -> dict[str, Any] | None:
        try:
            stored = held.kv.get(f"lti:keyset:{url}")
        except StoreUnavailable:
            return None
        if not stored:
            return None
        known: dict[str, Any] = json.loads(stored)
        self._keep(url, known, 60)
        return known

    def _may_refresh(self, held: Adapters, url: str) -> bool:
        return held.kv.put_once(f"lti:keyset-refreshed:{url}", "1", _REFRESH_AT_MOST_EVERY)

    def _fetch(self, held: Adapters, url: str) -> dict[str, Any]:
        settings = held.settings
        try:
            answer = http.call(
                "GET",
                url,
                timeout=settings.lms_timeout_seconds,
                connect=settings.lms_connect_timeout_seconds,
                headers={"Accept": "application/json"},
            )
            keys = http.as_json(answer)
        except ServiceError as error:
            log.warning("keyset %s: %s", url, error)
            raise LaunchRefused(
                "keyset_unavailable",
                "Your LMS's keys cannot be fetched just now, so the launch cannot be checked. Try again in a minute.",
            ) from error
        if not isinstance(keys, dict) or not isinstance(keys.get("keys"), list):
            raise LaunchRefused(
                "keyset_unavailable", "Your LMS's keyset address does not give a keyset: tell its administrator."
            )
        try:
            held.kv.put(f"lti:keyset:{url}", json.dumps(keys), _kept_for(answer.headers.get("Cache-Control", "")))
        except StoreUnavailable:
            log.warning("keyset %s is kept in this process only", url)
        self._keep(url, keys, 60)
        return keys

    def _keep(self, url: str, keys: dict[str, Any], seconds: float) -> None:
        with self._lock:
            self._kept[url] = (time.monotonic() + seconds, keys)

    def forget(self) -> None:
        """Forget the process's copies."""
        with self._lock:
            self._kept.clear()


def _kept_for(cache_control: str) -> int:
    """Return the seconds that a Cache-Control header lets a keyset be kept, within our bounds."""
    told = {
        name.strip().casefold(): value.strip().strip('"')
        for name, _, value in (part.partition("=") for part in cache_control.split(","))
    }
    if told.keys() & {"no-store", "no-cache"}:
        return _LEAST_SECONDS
    age = told.get("max-age", "")
    if not (age.isascii() and age.isdigit()):
        return _KEPT_SECONDS
    return min(max(int(age[:9]), _LEAST_SECONDS), _MOST_SECONDS)


def _pick(keys: dict[str, Any], kid: str) -> jwt.PyJWK | None:
    for one in keys.get("keys", ()):
        if (
            isinstance(one, dict)
            and one.get("kid") == kid
            and one.get("kty") == "RSA"
            and one.get("use", "sig") == "sig"
        ):
            try:
                return jwt.PyJWK(one, algorithm="RS256")
            except jwt.PyJWTError:
                return None
    return None


keysets = Keysets()
