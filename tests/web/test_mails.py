"""E-mails of notifications, taken by a real SMTP server."""

import dataclasses
import datetime as dt
import socket
import threading
import uuid
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage

import flask
import pytest
import sqlalchemy as sa
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from lti_grader import adapters
from lti_grader.adapters import Adapters
from lti_grader.adapters.mail import Mail as MailServer
from lti_grader.adapters.mail import MailUnavailable
from lti_grader.classes.models import Enrollment
from lti_grader.core.db import db, session, transaction
from lti_grader.notifications import mailing
from lti_grader.notifications.models import Mail, Notification
from lti_grader.people.models import User
from tests.fixtures.world import World
from tests.web.two_sections import DAY, DUE, Term, Visit, plain

MINUTES = dt.timedelta(minutes=1)


class PostOffice:
    """Takes what comes, or says to some addresses what it was told to say."""

    def __init__(self) -> None:
        self.came: list[EmailMessage] = []
        self.says: dict[str, str] = {}

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if said := self.says.get(address):
            return said
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        message = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        self.came.append(message)
        return "250 OK"


@pytest.fixture
def post(held: Adapters) -> Iterator[PostOffice]:
    """A mail server that the site uses."""
    office = PostOffice()
    with socket.create_server(("127.0.0.1", 0)) as found:
        port = found.getsockname()[1]
    server = Controller(office, hostname="127.0.0.1", port=port)
    server.start()
    settings = held.settings.model_copy(
        update={
            "smtp_host": "127.0.0.1",
            "smtp_port": port,
            "smtp_security": "none",
            "mail_from": "Grader <g@tool.org>",
        }
    )
    adapters.install(dataclasses.replace(held, settings=settings, mail=MailServer(settings)))
    yield office
    server.stop()
    adapters.install(held)


def named(world: World, person: uuid.UUID, address: str) -> None:
    with transaction(world.tenant_id):
        session().get_one(User, person).email = address


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def send(*, after: dt.timedelta = 5 * MINUTES) -> int:
    """Do what a worker does, some time from now."""
    at = now() + after
    mailing.gather(at=at)
    return mailing.send_due(lambda: at)


def told(term: Term, *people: uuid.UUID) -> None:
    """Tell people something of which they have an e-mail at once."""
    for number, one in enumerate(people):
        named(term.world, one, f"person{number}@students.org")
        term.grant(one, due=DUE + DAY, at=now())


def test_one_e_mail_has_all_that_is_due_and_no_marks(term: Term, post: PostOffice) -> None:
    world, student = term.world, term.morning
    named(world, student, "ann@students.org")
    with transaction(world.tenant_id):
        session().execute(
            sa.update(Enrollment)
            .where(Enrollment.user_id == student)
            .values(course_url="https://lms.example/c/1?a=1&b")
        )
    other = world.assignment()
    world.judge(world.hand_in(student, world.items(other)[0], stored=False), "7.25")
    for days in (1, 2):
        term.grant(student, due=DUE + days * DAY, at=now())
    assert send(after=-MINUTES) == 0
    # Those of a day come in the e-mail of the day, with what is due by then.
    assert send(after=DAY) == 1
    assert send(after=DAY) == 0
    (message,) = post.came
    assert message["To"].addresses[0].addr_spec == "ann@students.org"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    for kind in ("plain", "html"):
        part = message.get_body((kind,))
        assert part is not None
        text = part.get_content()
        assert text.count("Your dates for") == 2
        assert "Your mark for" in text
        assert "7.25" not in text
        assert "https://lms.example/c/1?a=1&" in text
    with transaction(world.tenant_id):
        (row,) = session().scalars(sa.select(Mail))
    assert message["Message-ID"].startswith(f"<{row.id}@")


def test_what_was_read_meanwhile_is_not_sent(term: Term, post: PostOffice, visit: Visit) -> None:
    told(term, term.morning)
    mailing.gather(at=now() + 5 * MINUTES)
    visit(term.morning).post("/notifications")
    assert send() == 0
    assert post.came == []


def test_several_workers_send_each_e_mail_once(term: Term, post: PostOffice, app: flask.Flask) -> None:
    told(term, term.morning, term.evening, term.nowhere, *(term.student() for _ in range(4)))
    start = threading.Barrier(3)

    def work() -> None:
        with app.app_context():
            start.wait()
            send()
            db.session.remove()

    workers = [threading.Thread(target=work) for _ in range(3)]
    for one in workers:
        one.start()
    for one in workers:
        one.join()
    assert sorted(one["To"].addresses[0].username for one in post.came) == [f"person{number}" for number in range(7)]


def test_what_a_worker_took_up_and_did_not_send_is_sent_later_as_the_same_e_mail(term: Term, post: PostOffice) -> None:
    told(term, term.morning)
    later = now() + 5 * MINUTES
    mailing.gather(at=later)
    with transaction(term.tenant_id):
        claimed = mailing.claim(session().scalars(sa.select(Mail.id)).one(), at=later)
    assert claimed is not None
    assert claimed.message is not None
    assert send() == 0
    assert send(after=9 * MINUTES) == 1
    assert [one["Message-ID"] for one in post.came] == [claimed.message["Message-ID"]]


def test_what_is_not_taken_is_tried_again_or_told_to_staff(term: Term, post: PostOffice, visit: Visit) -> None:
    told(term, term.morning, term.evening, term.nowhere)
    named(term.world, term.nowhere, "no address")
    post.says = {"person0@students.org": "550 no such box", "person1@students.org": "451 come again"}
    assert send() == 0
    page = plain(visit(term.world.teacher_id).get(f"/classes/{term.world.class_id}/announcements").text)
    assert "The mail server said 550: no such box" in page
    assert "is no address" in page
    assert "451" not in page
    post.says = {}
    assert send(after=20 * MINUTES) == 1
    assert [one["To"].addresses[0].username for one in post.came] == ["person1"]


def test_a_server_that_is_down_loses_nothing(term: Term, post: PostOffice) -> None:
    told(term, term.morning)
    working = adapters.installed()
    down = working.settings.model_copy(update={"smtp_port": 1})
    adapters.install(dataclasses.replace(working, mail=MailServer(down)))
    with pytest.raises(MailUnavailable, match="SMTP_HOST"):
        send()
    adapters.install(working)
    assert send() == 1


def test_an_e_mail_says_how_to_have_no_more_and_that_needs_no_session(
    term: Term, post: PostOffice, app: flask.Flask
) -> None:
    told(term, term.morning)
    send()
    address = post.came[0]["List-Unsubscribe"].strip("<>")
    path = address.removeprefix(adapters.installed().settings.public_url)
    nobody = app.test_client()
    app.config["WTF_CSRF_ENABLED"] = True
    assert "Send no more" in nobody.get(path).text
    assert nobody.post(path, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    assert nobody.post(path[:-9] + "x").status_code == 404
    term.grant(term.morning, due=DUE + 2 * DAY, at=now())
    assert send() == 0
    with transaction(term.tenant_id):
        assert session().scalars(sa.select(Notification)).all()


def test_how_soon_is_chosen_on_a_page_and_holds_for_what_waits(term: Term, post: PostOffice, visit: Visit) -> None:
    told(term, term.morning)
    browser = visit(term.morning)
    assert "person0@students.org" in browser.get("/notifications/e-mails").text
    assert "Scores that the LMS" not in browser.get("/notifications/e-mails").text
    assert browser.post("/notifications/e-mails", data={"extended": "weekly"}).status_code == 303
    assert send() == 0
    assert send(after=8 * DAY) == 1
    assert browser.post("/notifications/e-mails", data={"extended": "hourly"}).status_code == 400


def test_without_a_mail_server_nothing_is_owed(term: Term, visit: Visit) -> None:
    told(term, term.morning)
    assert send() == 0
    assert "This site sends no e-mails" in visit(term.morning).get("/notifications/e-mails").text
    with transaction(term.tenant_id):
        assert session().scalars(sa.select(Notification.mail_due_at)).all() == [None]
