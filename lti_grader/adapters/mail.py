"""E-mail, by the site's own SMTP server (RFC 5321)."""

import contextlib
import smtplib
import ssl
from collections.abc import Iterator
from email.message import EmailMessage

from lti_grader.core.errors import GraderError, Unavailable
from lti_grader.core.settings import Settings

_SECONDS = 20


class MailUnavailable(Unavailable):
    """The server does not answer, or takes nothing just now: it can be tried again."""

    code = "mail_unavailable"


class ConnectionLost(MailUnavailable):
    """Nothing else can be sent on this connection either."""


class MailRefused(GraderError):
    """The server does not take this message, and will not take it another time either."""

    code = "mail_refused"


class Connection:
    """A connection that messages are sent on."""

    def __init__(self, smtp: smtplib.SMTP) -> None:
        self._smtp = smtp

    def send(self, message: EmailMessage) -> None:
        """Hand a message to the server.

        Raises
        ------
        MailRefused
            Its address is none, or the server says for good that it does not take it.
        MailUnavailable
            The server takes it another time, or the connection is gone.
        """
        try:
            self._smtp.send_message(message)
        except smtplib.SMTPRecipientsRefused as refused:
            code, said = next(iter(refused.recipients.values()))
            raise _meaning(code, said) from refused
        except smtplib.SMTPResponseException as refused:
            raise _meaning(refused.smtp_code, refused.smtp_error) from refused
        except (UnicodeError, ValueError) as error:
            raise MailRefused("The address is not one that e-mail can be sent to.") from error
        except (OSError, smtplib.SMTPException) as error:
            raise ConnectionLost(f"The mail server broke off: {error}.") from error


class Mail:
    """The site's mail server; nothing is contacted before `connect`."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    @property
    def is_configured(self) -> bool:
        return bool(self._settings.smtp_host)

    @property
    def sender(self) -> str:
        """The address that messages come from."""
        return self._settings.mail_from

    @contextlib.contextmanager
    def connect(self) -> Iterator[Connection]:
        """Open a connection, signed in where there is a user's name.

        Raises
        ------
        MailUnavailable
            The server does not answer, does not speak TLS as it should, or does not let us in.
        """
        try:
            smtp = self._open()
        except (OSError, smtplib.SMTPException) as error:
            raise MailUnavailable(
                f"The mail server {self._settings.smtp_host} at port {self._settings.smtp_port} cannot be used: {error}."
                " Check SMTP_HOST, SMTP_PORT, SMTP_SECURITY, SMTP_USER and SMTP_PASSWORD."
            ) from error
        try:
            yield Connection(smtp)
        finally:
            with contextlib.suppress(OSError, smtplib.SMTPException):
                smtp.quit()

    def _open(self) -> smtplib.SMTP:
        kept = self._settings
        tls = ssl.create_default_context()
        smtp: smtplib.SMTP
        if kept.smtp_security == "tls":
            smtp = smtplib.SMTP_SSL(kept.smtp_host, kept.smtp_port, timeout=_SECONDS, context=tls)
        else:
            smtp = smtplib.SMTP(kept.smtp_host, kept.smtp_port, timeout=_SECONDS)
        try:
            if kept.smtp_security == "starttls":
                smtp.starttls(context=tls)
            if kept.smtp_user and kept.smtp_password:
                smtp.login(kept.smtp_user, kept.smtp_password.get_secret_value())
        except BaseException:
            smtp.close()
            raise
        return smtp


def _meaning(code: int, said: bytes | str) -> MailRefused | MailUnavailable:
    """Return what an answer means (RFC 5321, section 4.2.1): those from 500 on are for good."""
    words = said.decode(errors="replace") if isinstance(said, bytes) else said
    text = f"The mail server said {code}: {' '.join(words.split())[:200]}"
    return MailRefused(text) if code >= 500 else MailUnavailable(text)
