"""Addresses that come from others: whether this server may call them."""

import ipaddress
import socket
from urllib.parse import urlsplit

from lti_grader.core.settings import Settings
from lti_grader.lti.errors import RegistrationFailed
from lti_grader.lti.http import is_safe_url

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def require_reachable(url: str, what: str, settings: Settings) -> None:
    """Refuse an address that leads to this machine or into the network around it.

    Whoever holds a registration address could otherwise have this server ask servers that only it can reach.
    Redirects are never followed, and only https is spoken, so that a name which changes its meaning between this look
    and the call leads to a server that cannot prove to be of that name.

    Parameters
    ----------
    what
        What the address is, for the message.

    Raises
    ------
    RegistrationFailed
    """
    if not is_safe_url(url):
        raise RegistrationFailed(f"{what}, {url[:200]!r}, is not an https address.")
    parts = urlsplit(url)
    try:
        found = socket.getaddrinfo(parts.hostname, parts.port or 443, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise RegistrationFailed(
            f"{what}, {url[:200]!r}, has a host name that this server cannot find: check its spelling."
        ) from None
    is_local = _is_loopback_name(urlsplit(settings.public_url).hostname)
    for entry in found:
        address = _plain(ipaddress.ip_address(str(entry[4][0]).partition("%")[0]))
        if address.is_loopback and is_local:
            continue
        if address.is_loopback or not (address.is_global or (settings.lms_on_private_networks and address.is_private)):
            raise _refusal(url, what)
        if address.is_link_local or address.is_multicast or address.is_unspecified or address.is_reserved:
            raise _refusal(url, what)


def _refusal(url: str, what: str) -> RegistrationFailed:
    return RegistrationFailed(
        f"{what}, {url[:200]!r}, leads into a network that only this server is in. If the LMS really stands there, whoever"
        " runs this tool sets LMS_ON_PRIVATE_NETWORKS."
    )


def _plain(address: _Address) -> _Address:
    """Return the IPv4 address that an IPv6 one stands for, where it does."""
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def _is_loopback_name(host: str | None) -> bool:
    return host in ("localhost", "127.0.0.1", "::1")
