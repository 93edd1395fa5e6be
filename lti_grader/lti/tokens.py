"""Access tokens for a platform's services (OAuth 2.0 client credentials with a signed assertion, RFC 7523)."""

import datetime as dt
import hashlib
import math
import time
import uuid
from collections.abc import Sequence
from typing import Any

import httpx

from lti_grader.adapters import Adapters
from lti_grader.core.db import transaction
from lti_grader.lti import http, keys
from lti_grader.lti.errors import ServiceError, TokenRefused
from lti_grader.lti.models import Platform

# Less than the minute that a token is kept shorter than it is good for.
_AT_HAND_SECONDS = 20.0


class Services:
    """A platform's services, called with a token of the scopes asked for.

    Parameters
    ----------
    platform
        As read from its row; no transaction stays open while it is called.
    """

    def __init__(self, platform: Platform, held: Adapters) -> None:
        self._platform = platform
        self._held = held
        self._at_hand: dict[str, tuple[str, float]] = {}

    @property
    def platform(self) -> Platform:
        return self._platform

    def call(self, method: str, url: str, scopes: Sequence[str], **more: Any) -> httpx.Response:
        """Call a service; a token that the platform no longer takes is renewed once.

        Raises
        ------
        ServiceError
        """
        try:
            return self._send(method, url, self._token(scopes), **more)
        except TokenRefused:
            raise
        except ServiceError as error:
            if error.status_code != 401:
                raise
        self._forget(scopes)
        return self._send(method, url, self._token(scopes), **more)

    def fetch(self, url: str, scopes: Sequence[str], *, most: int) -> http.Fetched:
        """Fetch a file of at most `most` bytes; a token that the platform no longer takes is renewed once.

        Raises
        ------
        ServiceError
        """
        settings = self._held.settings
        limits: dict[str, Any] = {
            "most": most, "timeout": settings.lms_timeout_seconds, "connect": settings.lms_connect_timeout_seconds,
        }  # fmt: skip
        try:
            return http.fetch(url, token=self._token(scopes), **limits)
        except TokenRefused:
            raise
        except ServiceError as error:
            if error.status_code != 401:
                raise
        self._forget(scopes)
        return http.fetch(url, token=self._token(scopes), **limits)

    def _send(self, method: str, url: str, token: str, *, headers: dict[str, str], **more: Any) -> httpx.Response:
        return http.call(
            method,
            url,
            timeout=self._held.settings.lms_timeout_seconds,
            connect=self._held.settings.lms_connect_timeout_seconds,
            headers={**headers, "Authorization": f"Bearer {token}"},
            **more,
        )

    def _cache_key(self, scopes: Sequence[str]) -> str:
        # Tenants of a hosted LMS share one issuer, so the client and the address are part of the name.
        platform = self._platform
        name = "|".join([platform.issuer, platform.client_id, platform.auth_token_url, *sorted(scopes)])
        return f"lti:token:{hashlib.sha256(name.encode()).hexdigest()}"

    def _forget(self, scopes: Sequence[str]) -> None:
        key = self._cache_key(scopes)
        self._at_hand.pop(key, None)
        self._held.kv.forget(key)

    def _token(self, scopes: Sequence[str]) -> str:
        key = self._cache_key(scopes)
        at_hand, read_at = self._at_hand.get(key, ("", 0.0))
        if at_hand and time.monotonic() - read_at < _AT_HAND_SECONDS:
            return at_hand
        if cached := self._held.kv.get(key):
            return self._put_at_hand(key, self._held.sealer.open(cached))
        answer = self._ask_for_token(scopes)
        token = answer.get("access_token") if isinstance(answer, dict) else None
        if not isinstance(token, str) or not token:
            raise ServiceError("The LMS's token service gave no token.", body=str(answer)[:500])
        seconds = answer.get("expires_in", 3600)
        known = isinstance(seconds, int | float) and math.isfinite(seconds)
        keep = int(min(seconds, 3660)) - 60 if known else 240
        if keep > 0:
            self._held.kv.put(key, self._held.sealer.seal(token), keep)
            self._put_at_hand(key, token)
        return token

    def _put_at_hand(self, key: str, token: str) -> str:
        self._at_hand[key] = token, time.monotonic()
        return token

    def granted(self, scopes: Sequence[str]) -> frozenset[str]:
        """Ask for a token anew, and return the scopes that the platform granted of those asked for.

        Raises
        ------
        ServiceError
        """
        answer = self._ask_for_token(scopes)
        if not isinstance(answer, dict) or not isinstance(answer.get("access_token"), str):
            raise ServiceError("The LMS's token service gave no token.", body=str(answer)[:500])
        told = answer.get("scope")
        # Who says nothing about it has granted what was asked for (RFC 6749, section 5.1).
        return frozenset(scopes) & frozenset(told.split()) if isinstance(told, str) else frozenset(scopes)

    def _ask_for_token(self, scopes: Sequence[str]) -> Any:
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": self._assertion(),
            "scope": " ".join(scopes),
        }
        settings = self._held.settings
        try:
            answer = http.call(
                "POST",
                self._platform.auth_token_url,
                timeout=settings.lms_timeout_seconds,
                connect=settings.lms_connect_timeout_seconds,
                headers={"Accept": "application/json"},
                data=form,
            )
        except ServiceError as error:
            if error.status_code is None:
                raise
            raise TokenRefused(
                f"The LMS's token service answered {error.status_code}.",
                status_code=error.status_code,
                body=error.body,
                retry_after=error.retry_after,
            ) from error
        return http.as_json(answer)

    def _assertion(self) -> str:
        platform, now = self._platform, dt.datetime.now(dt.UTC)
        claims = {
            "iss": platform.client_id,
            "sub": platform.client_id,
            "aud": platform.auth_audience or platform.auth_token_url,
            "iat": int(now.timestamp()) - 5,
            "exp": int(now.timestamp()) + 240,
            "jti": uuid.uuid4().hex,
        }
        with transaction(platform.tenant_id):
            return keys.sign(claims, at=now)
