"""How LMSs differ when they register themselves (LTI Dynamic Registration 1.0)."""

import dataclasses
import enum
from collections.abc import Collection, Mapping, Sequence
from typing import Any, ClassVar
from urllib.parse import urlsplit

from lti_grader.lti import claims as c

Offered = Mapping[str, Sequence[str]]
"""The message types that a platform offers, each with its placements."""


class Privacy(enum.StrEnum):
    """What the LMS tells of people."""

    NAMES_AND_EMAIL = "names_and_email"
    NAMES = "names"
    ANONYMOUS = "anonymous"


@dataclasses.dataclass(frozen=True)
class Placement:
    """A place in the LMS from which this tool can be opened."""

    name: str
    """As the platform writes it."""
    label: str
    message: str
    is_usual: bool = True
    """Whether it is chosen unless somebody takes it away."""


@dataclasses.dataclass(frozen=True)
class Wanted:
    """What is asked of a platform: how the tool appears there, and what it may know."""

    target: str
    """The address that every message goes to."""
    logo: str
    privacy: Privacy
    placements: Sequence[Placement]
    """Those that were chosen."""
    offered: Offered


_CLAIMS = {
    Privacy.NAMES_AND_EMAIL: ["name", "given_name", "family_name", "email"],
    Privacy.NAMES: ["name", "given_name", "family_name"],
    Privacy.ANONYMOUS: [],
}
_LABELS = {
    c.RESOURCE_LINK_REQUEST: "Assignments",
    c.DEEP_LINKING_REQUEST: "Add an assignment",
    c.SUBMISSION_REVIEW_REQUEST: "Look at the work",
}


class Registering:
    """The registration as the specification has it; the part of a product that concerns it."""

    learns_deployments: ClassVar[bool] = True
    """Whether a deployment that a launch shows belongs to the institution that registered, because each institution
    has a client of its own."""
    register_at: ClassVar[str] = ""
    """Where an administrator of this LMS enters a registration address; empty where it cannot register itself."""
    finish: ClassVar[str] = "Close this page, and switch the tool on in the LMS if it asks for that."
    """What is left to do in the LMS after a registration."""

    def is_issuer_of(self, issuer: str, url: str) -> bool:
        """Return whether a configuration at `url` may speak for `issuer` (section 3.5.1: they have one host)."""
        return _host_of(issuer) == _host_of(url)

    def audience(self, authorization_server: str | None) -> str | None:
        """Return the `aud` of our client assertions, None where it is the token address."""
        return authorization_server

    def institution(self, platform: Mapping[str, Any]) -> str | None:
        """Return what the platform calls the institution in its configuration, None where it does not say."""
        return None

    def placements(self, offered: Offered) -> Sequence[Placement]:
        """Return those of the offered placements that this tool is of use in."""
        labels = {"ContentArea": "Where content is added to a course", "RichTextEditor": "In the text editor"}
        return [
            Placement(name, labels[name], c.DEEP_LINKING_REQUEST)
            for name in offered.get(c.DEEP_LINKING_REQUEST, ())
            if name in labels
        ]

    def messages(self, wanted: Wanted) -> list[dict[str, Any]]:
        """Return the messages that the tool takes, with their placements."""
        taken = c.MESSAGE_TYPES if wanted.offered else (c.RESOURCE_LINK_REQUEST, c.DEEP_LINKING_REQUEST)
        return [self.message(kind, wanted) for kind in taken if not wanted.offered or kind in wanted.offered]

    def message(self, kind: str, wanted: Wanted) -> dict[str, Any]:
        """Return one message."""
        described: dict[str, Any] = {
            "type": kind,
            "target_link_uri": wanted.target,
            "label": _LABELS.get(kind, "lti_grader"),
        }
        if placed := [one.name for one in wanted.placements if one.message == kind]:
            described |= {"placements": placed, "icon_uri": wanted.logo}
        return described

    def tool_configuration(self, wanted: Wanted) -> dict[str, Any]:
        """Return the LTI part of the registration (section 3.6.1, lti-tool-configuration)."""
        return {
            # With the port, where there is one: Moodle looks for links to exactly this.
            "domain": urlsplit(wanted.target).netloc,
            "description": "Assignments in code that are graded at once, with every score followed into the gradebook.",
            "target_link_uri": wanted.target,
            "claims": ["iss", "sub", *_CLAIMS[wanted.privacy]],
            "messages": self.messages(wanted),
            "custom_parameters": self.custom_parameters(),
        }

    def custom_parameters(self) -> dict[str, str]:
        """Return the custom parameters of every launch: what a course and a link were copied from, where it is known."""
        return {c.CONTEXT_HISTORY: "$Context.id.history", c.LINK_HISTORY: "$ResourceLink.id.history"}

    def page_origins(self, claims: Mapping[str, Any]) -> Collection[str]:
        """Return the addresses that a launch shows the LMS's own pages to have."""
        described = claims.get(c.LAUNCH_PRESENTATION)
        if not isinstance(described, dict) or described.get("document_target", "iframe") not in ("iframe", "frame"):
            return ()
        back = c.address(described.get("return_url"))
        return (back,) if back else ()


def _host_of(url: str) -> tuple[str | None, int | None]:
    parts = urlsplit(url)
    return parts.hostname, parts.port or {"https": 443, "http": 80}.get(parts.scheme)
