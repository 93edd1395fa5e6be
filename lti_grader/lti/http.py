"""Calls to platforms: always with a time limit, never following a redirect elsewhere."""

import email.utils
import functools
import time
from typing import Any
from urllib.parse import urlsplit

import httpx

from lti_grader.lti.errors import ServiceError

_LOOPBACK = {"localhost", "127.0.0.1", "::1"}
_KEPT = 2000


@functools.cache
def _client(timeout: float, connect: float) -> httpx.Client:
    return httpx.Client(timeout=httpx.Timeout(timeout, connect=connect), follow_redirects=False, trust_env=False)


def is_safe_url(url: str) -> bool:
    """Return whether `url` may be called: https, or plain http on this machine itself."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    if not host or any(sign < " " or sign.isspace() for sign in url):
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and host in _LOOPBACK)


def call(method: str, url: str, *, timeout: float, connect: float, **more: Any) -> httpx.Response:
    """Call a platform.

    Parameters
    ----------
    timeout, connect
        Seconds to wait for the answer, and for the connection.

    Raises
    ------
    ServiceError
        It does not answer, or not with success; carries what it said.
    """
    if not is_safe_url(url):
        raise ServiceError(f"{url[:200]!r} is not an https address: correct the registration.")
    try:
        answer = _client(timeout, connect).request(method, url, **more)
    except httpx.TimeoutException:
        raise ServiceError(f"The LMS did not answer within {timeout:g} seconds.") from None
    except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
        raise ServiceError("The LMS cannot be reached.", body=f"{type(error).__name__}: {error}") from error
    if not answer.is_success:
        raise ServiceError(
            f"The LMS answered {answer.status_code}.",
            status_code=answer.status_code,
            body=answer.text[:_KEPT],
            retry_after=_retry_after(answer.headers.get("Retry-After")),
        )
    return answer


def as_json(answer: httpx.Response) -> Any:
    """Return the answer's JSON, whatever type it says it is (some platforms say text/html).

    Raises
    ------
    ServiceError
        It is none, such as a page that tells of maintenance; without a status, which said that all was well.
    """
    try:
        return answer.json()
    except (ValueError, RecursionError):
        raise ServiceError("The LMS answered with something that is not JSON.", body=answer.text[:_KEPT]) from None


def _retry_after(value: str | None) -> float | None:
    """Return the seconds that a Retry-After header means (RFC 9110, 10.2.3), at most an hour."""
    if not value:
        return None
    if value.isascii() and value.strip().isdigit():
        return min(float(value), 3600.0)
    try:
        moment = email.utils.parsedate_to_datetime(value).timestamp()
    except (ValueError, OverflowError):
        return None
    return min(max(0.0, moment - time.time()), 3600.0)
