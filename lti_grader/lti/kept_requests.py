"""What an LMS asks to have chosen, kept while a teacher chooses. It is answered once."""

import json
import secrets
import uuid
from collections.abc import Mapping
from typing import Any

from lti_grader.adapters import Adapters
from lti_grader.core.errors import NotFound
from lti_grader.lti import claims as c
from lti_grader.lti.errors import LaunchRefused
from lti_grader.lti.http import is_safe_url
from lti_grader.lti.operations import Arrival

_KEPT_SECONDS = 4 * 3600
_OVER = "This choice was made already, or took too long. Begin again in your LMS."


def keep(kind: str, claims: Mapping[str, Any], arrival: Arrival, held: Adapters, more: Mapping[str, Any]) -> str:
    """Keep a request with who asked it, and return its name.

    Parameters
    ----------
    kind
        What is to be chosen; a request is found under its own kind only.
    more
        What the answer will need of the launch.

    Raises
    ------
    LaunchRefused
        The address for the answer is not a safe one.
    """
    if not is_safe_url(claims[c.DEEP_LINKING_SETTINGS]["deep_link_return_url"]):
        raise LaunchRefused("unsafe_return_url", "Your LMS wants the choice at an address that is not https.")
    name = secrets.token_urlsafe(24)
    kept = {
        "user_id": str(arrival.user_id),
        "class_id": str(arrival.class_id),
        "deployment_id": arrival.deployment_id,
        **more,
    }
    held.kv.put(_key(kind, name), json.dumps(kept), _KEPT_SECONDS)
    return name


def asked(kind: str, name: str, user_id: uuid.UUID, held: Adapters) -> dict[str, Any]:
    """Return a kept request of this person.

    Raises
    ------
    NotFound
        There is none: it was answered already, or has expired.
    """
    text = held.kv.get(_key(kind, name))
    found: dict[str, Any] = json.loads(text) if text else {}
    if found.get("user_id") != str(user_id):
        raise NotFound(_OVER)
    return found


def use(kind: str, name: str, held: Adapters) -> None:
    """Use a kept request up; of several that come at once, one may.

    Raises
    ------
    NotFound
        Another one did.
    """
    if held.kv.take(_key(kind, name)) is None:
        raise NotFound(_OVER)


def _key(kind: str, name: str) -> str:
    return f"lti:{kind}:{name}"
