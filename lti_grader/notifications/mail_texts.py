"""What an e-mail says: titles, dates and the way to the course. Marks and texts stay on the pages, behind the LMS's sign-in."""

import dataclasses
import datetime as dt
from collections.abc import Sequence
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from html import escape

from lti_grader.core.errors import GraderError

_WHERE = "Open it from your course page in your LMS."
_STYLE = "font-family: system-ui, sans-serif; line-height: 1.5"


class NoAddress(GraderError):
    """What an LMS gave as somebody's e-mail is none."""

    code = "no_address"


@dataclasses.dataclass(frozen=True)
class Told:
    """A notification as an e-mail lists it."""

    title: str
    class_name: str
    course_url: str | None
    when: tuple[str, dt.datetime] | None = None
    """A label and a moment, such as when something is due."""

    @property
    def line(self) -> str:
        """Its words."""
        if self.when is None:
            return self.title
        label, moment = self.when
        return f"{self.title} ({label.lower()} {moment.astimezone(dt.UTC).strftime('%-d %B %Y at %H:%M UTC')})"


@dataclasses.dataclass(frozen=True)
class Digest:
    """What one e-mail is made of."""

    message_id: str
    sender: str
    name: str
    address: str
    told: Sequence[Told]
    stop_url: str
    made_at: dt.datetime


def message_of(digest: Digest) -> EmailMessage:
    """Return the e-mail, in plain text and in HTML.

    Raises
    ------
    NoAddress
        It cannot be sent to what the LMS gave as the address.
    """
    message = EmailMessage()
    message["From"] = digest.sender
    try:
        message["To"] = Address(_in_one_line(digest.name), addr_spec=digest.address.strip())
    except (ValueError, IndexError, MessageError) as error:
        raise NoAddress(
            "What the LMS gave as this person's e-mail is no address. It is mended there, and comes with their next launch."
        ) from error
    message["Subject"] = _subject(digest.told)
    message["Message-ID"] = digest.message_id
    message["Date"] = digest.made_at
    message["Auto-Submitted"] = "auto-generated"
    message["List-Unsubscribe"] = f"<{digest.stop_url}>"
    message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(_plain(digest))
    message.add_alternative(_html(digest), subtype="html")
    return message


def _subject(told: Sequence[Told]) -> str:
    return _in_one_line(told[0].title if len(told) == 1 else f"{told[0].title}, and {len(told) - 1} more")


def _in_one_line(text: str) -> str:
    return " ".join(text.split())[:180]


def _by_course(told: Sequence[Told]) -> dict[tuple[str, str | None], list[Told]]:
    found: dict[tuple[str, str | None], list[Told]] = {}
    for one in told:
        found.setdefault((one.class_name, one.course_url), []).append(one)
    return found


def _plain(digest: Digest) -> str:
    parts = []
    for (name, url), lines in _by_course(digest.told).items():
        listed = "\n".join(f"- {one.line}" for one in lines)
        parts.append(f"{name}\n{listed}\n{url or _WHERE}\n")
    foot = f"--\nNo more of these e-mails: {digest.stop_url}\nHow often they come is chosen in the tool, at Notifications.\n"
    return "\n".join([*parts, foot])


def _html(digest: Digest) -> str:
    parts = []
    for (name, url), lines in _by_course(digest.told).items():
        listed = "".join(f"<li>{escape(one.line)}</li>" for one in lines)
        way = f'<a href="{escape(url)}">Open the course</a>' if url else escape(_WHERE)
        parts.append(f"<h2>{escape(name)}</h2><ul>{listed}</ul><p>{way}</p>")
    foot = (
        f'<hr><p><small><a href="{escape(digest.stop_url)}">No more of these e-mails</a>.'
        " How often they come is chosen in the tool, at Notifications.</small></p>"
    )
    return f'<!doctype html><html lang="en"><body style="{_STYLE}">{"".join(parts)}{foot}</body></html>'
