"""Calls to platforms: always with a time limit, and for all but files never following a redirect elsewhere."""

import dataclasses
import email.utils
import functools
import time
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx

from lti_grader.lti.errors import MoreThanAllowed, ServiceError

_LOOPBACK = {"localhost", "127.0.0.1", "::1"}
_KEPT = 2000
_MOST_HOPS = 4
# A page of a roster or a list of results stays far below it; what does not end is cut off.
_MOST_BYTES = 16 * 1024 * 1024


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


def call(
    method: str, url: str, *, timeout: float, connect: float, most_bytes: int = _MOST_BYTES, **more: Any
) -> httpx.Response:
    """Call a platform.

    Parameters
    ----------
    timeout, connect
        Seconds to wait for the answer to go on, and for the connection. The whole answer may take three times as long.
    most_bytes
        How long the answer may be.

    Raises
    ------
    ServiceError
        It does not answer, or not with success; carries what it said.
    """
    if not is_safe_url(url):
        raise ServiceError(f"{url[:200]!r} is not an https address: correct the registration.")
    try:
        answer = _whole(_client(timeout, connect), method, url, most_bytes, time.monotonic() + 3 * timeout, **more)
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


@dataclasses.dataclass(frozen=True)
class Fetched:
    """A file as it came, and the type that its server says it has, without parameters."""

    content: bytes
    media_type: str


def fetch(url: str, *, token: str, most: int, timeout: float, connect: float) -> Fetched:
    """Fetch a file of at most `most` bytes; platforms send on to where their files lie, and there the token stays out.

    Parameters
    ----------
    timeout, connect
        Seconds to wait for each part of the answer, and for the connection; for the whole it may be ten times as long.

    Raises
    ------
    ServiceError
        It cannot be had, or comes too slowly.
    MoreThanAllowed
        It is larger.
    """
    ends = time.monotonic() + 10 * timeout
    first = here = url
    for _ in range(_MOST_HOPS):
        _check_hop(first, here)
        headers = {"Accept": "*/*"} | ({"Authorization": f"Bearer {token}"} if _origin(here) == _origin(first) else {})
        try:
            with _client(timeout, connect).stream("GET", here, headers=headers) as answer:
                if not answer.is_redirect:
                    return Fetched(_content(answer, most, ends), _media_type(answer))
                here = urljoin(here, answer.headers["Location"])
        except httpx.TimeoutException:
            raise ServiceError(f"The LMS did not answer within {timeout:g} seconds.") from None
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError, ValueError) as error:
            raise ServiceError("The file cannot be reached.", body=f"{type(error).__name__}: {error}") from error
    raise ServiceError("The LMS sends from one place to the next for this file, without an end.")


def _check_hop(first: str, here: str) -> None:
    """Refuse where a platform may not lead us: to plain http, or from elsewhere to this machine."""
    local = {url: urlsplit(url).hostname in _LOOPBACK for url in (first, here) if is_safe_url(url)}
    if here not in local or (local[here] and not local.get(first)):
        raise ServiceError(f"{here[:200]!r} is no address that this tool fetches files from.")


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc.casefold()


def _media_type(answer: httpx.Response) -> str:
    return str(answer.headers.get("Content-Type", "")).partition(";")[0].strip().casefold()


def _content(answer: httpx.Response, most: int, ends: float) -> bytes:
    if not answer.is_success:
        body = next(answer.iter_bytes(_KEPT), b"")
        raise ServiceError(
            f"The LMS answered {answer.status_code}.",
            status_code=answer.status_code,
            body=body[:_KEPT].decode(errors="replace"),
            retry_after=_retry_after(answer.headers.get("Retry-After")),
        )
    parts, size = [], 0
    for part in answer.iter_bytes(65_536):
        size += len(part)
        if size > most:
            raise MoreThanAllowed(
                f"The file is larger than {most // 1_048_576} MiB, which is more than this tool takes."
            )
        if time.monotonic() > ends:
            raise ServiceError("The LMS gives the file too slowly.")
        parts.append(part)
    return b"".join(parts)


def _whole(client: httpx.Client, method: str, url: str, most_bytes: int, until: float, **more: Any) -> httpx.Response:
    """Return an answer with its body, unless that is too long or drips in too slowly."""
    body = bytearray()
    with client.stream(method, url, **more) as answer:
        for part in answer.iter_bytes():
            body += part
            if len(body) > most_bytes:
                raise ServiceError(f"The LMS's answer is longer than {most_bytes} bytes.")
            if time.monotonic() > until:
                raise ServiceError("The LMS's answer does not come to an end.")
    # Already decoded: what says that it is compressed belongs to the answer as it was sent.
    # As bytes: some platforms write headers that are no ASCII, such as Moodle's links from page to page.
    kept = [pair for pair in answer.headers.raw if pair[0].lower() not in (b"content-encoding", b"content-length")]
    return httpx.Response(answer.status_code, headers=kept, content=bytes(body), request=answer.request)


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
