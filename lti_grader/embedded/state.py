"""The state folder: what a running installation keeps between one start and the next."""

import contextlib
import fcntl
import json
import os
import random
import secrets
import socket
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet

from lti_grader.core.errors import GraderError
from lti_grader.core.paths import PACKAGE

# SeaweedFS adds 10000 to a port for its second one; from 32768 on Linux takes ports for connections that go out.
_LOWEST, _HIGHEST = 12_000, 22_000


class CannotStart(GraderError):
    """The servers cannot be started; the message says why and what to do."""

    code = "cannot_start"


class StateFolder:
    """A folder that one supervisor at a time uses.

    Parameters
    ----------
    path
        Made if it is not there; readable by its owner only.
    """

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()
        try:
            self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
            (self.path / "log").mkdir(exist_ok=True)
        except OSError as error:
            raise CannotStart(
                f"The state folder {self.path} cannot be made: {error.strerror}. Choose another with --state."
            ) from None
        if self.path.stat().st_uid != os.geteuid():
            raise CannotStart(f"The state folder {self.path} belongs to another user: choose another with --state.")

    def lock(self) -> None:
        """Take the folder for this process, until it ends.

        Raises
        ------
        CannotStart
            Another supervisor runs on it.
        """
        self._lock = (self.path / "lock").open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CannotStart(
                f"Something runs on {self.path} already: stop it, or give another folder with --state."
            ) from None

    def release(self) -> None:
        """Let others have the folder."""
        self._lock.close()

    def secrets(self) -> dict[str, str]:
        """Return this installation's passwords and keys, made at its first start."""
        found: dict[str, str] = self._kept("secrets.json", lambda: {
            "postgres": secrets.token_urlsafe(24),
            "owner": secrets.token_urlsafe(24),
            "app": secrets.token_urlsafe(24),
            "redis": secrets.token_urlsafe(24),
            "s3_access_key_id": secrets.token_hex(10),
            "s3_secret_access_key": secrets.token_urlsafe(30),
            "secret_key": secrets.token_urlsafe(48),
            "encryption_key": Fernet.generate_key().decode(),
        })  # fmt: skip
        return found

    def ports(self, names: list[str], wanted: dict[str, int | None]) -> dict[str, int]:
        """Return a port for each name: the one wanted, else the one of the last time, else a free one.

        Raises
        ------
        CannotStart
            A port that was asked for is taken.
        """
        kept: dict[str, int] = self._kept("ports.json", dict)
        for name in names:
            asked = wanted.get(name)
            if asked is not None and not is_free(asked):
                raise CannotStart(f"Port {asked} is taken: give another, or none for a free one.")
            if asked is not None:
                kept[name] = asked
            elif name not in kept or not is_free(kept[name]):
                kept[name] = _free_port(set(kept.values()))
        self._write("ports.json", kept)
        return {name: kept[name] for name in names}

    def tell_settings(self, env: Mapping[str, str]) -> None:
        """Write down where everything answers, for other commands on this machine.

        Parameters
        ----------
        env
            Upper-case names, as the environment has them.
        """
        draft = self.path / "settings.new"
        draft.touch(mode=0o600)
        # A JSON string is a TOML one as well.
        lines = ["# Where the installation of this folder answers; written at each start.", ""]
        lines += [f"{name.lower()} = {json.dumps(env[name])}" for name in sorted(env)]
        draft.write_text("\n".join(lines) + "\n")
        draft.replace(settings_file(self.path))

    def _kept(self, name: str, make: Any) -> Any:
        file = self.path / name
        with contextlib.suppress(FileNotFoundError):
            return json.loads(file.read_text())
        made = make()
        self._write(name, made)
        return made

    def _write(self, name: str, values: dict[str, Any]) -> None:
        file = self.path / name
        draft = file.with_suffix(".new")
        draft.touch(mode=0o600)
        draft.write_text(json.dumps(values, indent=2))
        draft.replace(file)


def settings_file(path: Path) -> Path:
    """Return the file in a state folder that `LTI_GRADER_CONFIG` may name."""
    return path / "settings.toml"


def default_path(env: Mapping[str, str]) -> Path:
    """Return the state folder of whoever names none."""
    return Path(env.get("LTI_GRADER_STATE") or PACKAGE.parent / "var")


def kept_port(path: Path, name: str) -> int | None:
    """Return the port that a service of a state folder had the last time, None where it had none."""
    try:
        found = json.loads((path / "ports.json").read_text()).get(name)
    except FileNotFoundError:
        return None
    return found if isinstance(found, int) else None


def is_free(port: int) -> bool:
    """Return whether nothing on this machine listens at the port."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _free_port(taken: set[int]) -> int:
    for _ in range(500):
        port = random.randrange(_LOWEST, _HIGHEST)  # noqa: S311 - nothing secret about it
        # SeaweedFS listens at each of its ports and ten thousand above, too.
        if port not in taken and is_free(port) and is_free(port + 10_000) and _claim(port):
            return port
    raise CannotStart(f"No free port was found between {_LOWEST} and {_HIGHEST}.")


def _claim(port: int) -> bool:
    """Say, until this process ends, that we are about to listen at the port; return False where another process said so before."""
    if sys.platform != "linux":
        return True
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as claim:
        try:
            claim.bind(f"\0lti-grader-port-{port}")
        except OSError:
            return False
        claim.detach()
    return True
