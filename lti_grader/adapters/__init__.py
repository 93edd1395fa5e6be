"""Narrow classes around the client libraries of the servers we stand on."""

import dataclasses

from lti_grader.adapters.mail import Mail
from lti_grader.adapters.redis import Channels, KeyValue
from lti_grader.adapters.storage import Blobs
from lti_grader.core.crypto import Sealer
from lti_grader.core.settings import Settings


@dataclasses.dataclass(frozen=True)
class Adapters:
    """The servers of this installation, connected when first used."""

    settings: Settings
    kv: KeyValue
    channels: Channels
    blobs: Blobs
    sealer: Sealer
    mail: Mail

    @classmethod
    def of(cls, settings: Settings) -> "Adapters":
        """Put together the adapters that `settings` describes; nothing is contacted yet."""
        kv = KeyValue(settings.redis_url.get_secret_value())
        return cls(
            settings=settings,
            kv=kv,
            channels=Channels(kv),
            blobs=Blobs(settings),
            sealer=Sealer([key.get_secret_value() for key in settings.encryption_keys]),
            mail=Mail(settings),
        )


_installed: list[Adapters] = []


def install(adapters: Adapters) -> None:
    """Make `adapters` those of this process."""
    _installed[:] = [adapters]


def installed() -> Adapters:
    """Return the adapters of this process.

    Raises
    ------
    RuntimeError
        `create_app` has not run in this process.
    """
    if not _installed:
        raise RuntimeError("No adapters yet: create_app() installs them.")
    return _installed[0]
