"""Secrets at rest: sealed with the newest of the installation's keys, opened with any of them."""

from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from lti_grader.core.errors import SettingsError


class Sealer:
    """Seals and opens short secrets such as private keys (Fernet: AES-128-CBC with HMAC-SHA256).

    Parameters
    ----------
    keys
        Fernet keys (32 bytes, url-safe base64), the newest first.

    Raises
    ------
    SettingsError
        A key is not of that form.
    """

    def __init__(self, keys: Sequence[str]) -> None:
        try:
            self._fernet = MultiFernet([Fernet(key) for key in keys])
        except ValueError:
            raise SettingsError(
                "ENCRYPTION_KEYS holds something that is not a key; `lti-grader keys generate` prints one."
            ) from None

    def seal(self, secret: str) -> str:
        """Return `secret` encrypted."""
        return self._fernet.encrypt(secret.encode()).decode()

    def open(self, sealed: str) -> str:
        """Return what was sealed.

        Raises
        ------
        SettingsError
            It was sealed with a key that is no longer among the keys.
        """
        try:
            return self._fernet.decrypt(sealed.encode()).decode()
        except InvalidToken:
            raise SettingsError(
                "A stored secret was sealed with a key that is not in ENCRYPTION_KEYS: put the old key back behind the new one."
            ) from None
