"""Calendars: what stands in them for whom, on pages and in other programs."""

import datetime as dt
import re
import uuid
from collections.abc import Iterator
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from dateutil.rrule import rrulestr
from flask.testing import FlaskClient
from icalendar import Calendar

from lti_grader.audit.models import AuditEntry
from lti_grader.calendar import feeds
from lti_grader.calendar.models import CalendarEvent, CalendarFeed
from lti_grader.classes.models import Class, Role
from lti_grader.core.db import session, transaction
from lti_grader.core.sessions import without_token
from tests.fixtures.statements import statements
from tests.fixtures.world import NOW, World, make_world
from tests.web.two_sections import CLOSES, DAY, DUE, Term, Visit, plain

BERLIN = ZoneInfo("Europe/Berlin")
# Over the night in which clocks are put forward.
LECTURE = {
    "title": "Lists and trees", "type": "lecture", "day": "2026-03-23", "from": "10:15", "to": "11:45", "repeats": "1",
    "until": "2026-04-06", "place": "Hall 3", "zone": "Europe/Berlin",
}  # fmt: skip
AGENDA = "/calendar?view=agenda&on=2026-03-01"


class Desk:
    """A class of two sections with its calendar, a teacher, and a student who reads it."""

    def __init__(self, term: Term, visit: Visit) -> None:
        self.term, self.world, self.visit = term, term.world, visit
        self.teacher = visit(self.world.user(Role.TEACHER))
        self.student = visit(term.morning)
        self.new = f"/classes/{self.world.class_id}/calendar/events/new"

    def add(self, browser: FlaskClient | None = None, *, status: int = 303, **fields: object) -> str:
        answer = (browser or self.teacher).post(self.new, data={**LECTURE, **fields})
        assert answer.status_code == status, answer.text
        return answer.text

    def events(self) -> list[CalendarEvent]:
        with transaction(self.world.tenant_id):
            return list(session().scalars(sa.select(CalendarEvent).order_by(CalendarEvent.created_at)))

    def feed_of(self, browser: FlaskClient) -> str:
        page = browser.post("/calendar/feed", data={"do": "renew"}).text
        return re.findall(r'value="http[^"]*?(/calendar/~[^"]+)"', page)[0]

    def stranger(self) -> FlaskClient:
        """A calendar program: it has no session."""
        return self.teacher.application.test_client()


@pytest.fixture
def desk(term: Term, visit: Visit) -> Desk:
    return Desk(term, visit)


def on_page(page: str) -> set[tuple[str, str]]:
    """Return what an agenda shows: the time at which it begins, or its day, with its title."""
    found = set()
    for day, section in re.findall(r'<section aria-labelledby="day-([^"]+)">(.*?)</section>', page, re.DOTALL):
        for entry in re.findall(r"<li .*?</li>", section, re.DOTALL):
            title = re.findall(r"<a [^>]*>(.*?)</a>", entry)[0]
            times = re.findall(r'<time datetime="([^"]+)"', entry)
            begins = dt.datetime.fromisoformat(times[0]).astimezone(dt.UTC).isoformat() if times else day
            found.add((begins, title))
    return found


def in_feed(text: str) -> set[tuple[str, str]]:
    """Return the same of a feed, each that repeats as often as it does."""
    found = set()
    for one in Calendar.from_ical(text).walk("VEVENT"):
        title = str(one["summary"]).split(": ")[0]
        for start in _starts(one):
            is_moment = isinstance(start, dt.datetime)
            found.add((start.astimezone(dt.UTC).isoformat() if is_moment else start.isoformat(), title))
    return found


def _starts(one: object) -> Iterator[dt.datetime | dt.date]:
    start = one["dtstart"].dt
    if "rrule" not in one:
        yield start
        return
    left_out = {each.dt for each in one["exdate"].dts} if "exdate" in one else set()
    yield from (each for each in rrulestr(one["rrule"].to_ical().decode(), dtstart=start) if each not in left_out)


def test_the_feed_says_what_the_page_says(desk: Desk) -> None:
    desk.add()
    desk.add(title="Excursion", type="other", all_day="1", day="2026-03-12", last_day="2026-03-13", repeats="")
    desk.add(title="Exam", type="exam", day="2026-03-20", repeats="", description="Bring a pen; and paper, 2×")
    own = {**LECTURE, "title": "Dentist", "day": "2026-03-05", "repeats": "2", "until": "2026-03-19"}
    assert desk.student.post("/calendar/events/new", data=own).status_code == 303
    lecture = next(one for one in desk.events() if one.rule and one.class_id)
    out = desk.teacher.post(f"/calendar/events/{lecture.id}", data={"do": "leave-out", "day": "2026-03-30"})
    assert out.status_code == 303
    assert desk.student.post("/calendar/time-zone", data={"zone": "Europe/Berlin"}).status_code == 303
    page = on_page(desk.student.get(AGENDA).text) | on_page(
        desk.student.get("/calendar?view=agenda&on=2026-03-31").text
    )
    text = desk.stranger().get(desk.feed_of(desk.student)).text
    # On the page what lasts two days stands on both.
    assert page - {("2026-03-13", "Excursion")} == in_feed(text)
    assert {begins for begins, title in page if title == "Lists and trees"} == {
        "2026-03-23T09:15:00+00:00", "2026-04-06T08:15:00+00:00",
    }  # fmt: skip
    assert "BEGIN:VTIMEZONE" in text
    assert "10:15" in desk.student.get("/calendar?view=week&on=2026-04-06").text


def test_an_extension_moves_it_for_who_has_it_and_is_told_as_a_change(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine, other, program = desk.feed_of(desk.student), desk.feed_of(desk.visit(desk.term.evening)), desk.stranger()
    clock = [NOW]
    monkeypatch.setattr("lti_grader.calendar.feed_views.now", lambda: clock[0])

    def due(address: str) -> dict[str, object]:
        found = Calendar.from_ical(program.get(address).text).walk("VEVENT")
        one = next(each for each in found if str(each["uid"]) == f"{desk.term.assignment}-due")
        return {"at": one["dtstart"].dt, "sequence": int(one["sequence"]), "changed": one["last-modified"].dt}

    assert due(mine) == due(other) == {"at": DUE, "sequence": 0, "changed": NOW}
    answer = program.get(mine)
    again = {"If-None-Match": answer.headers["ETag"]}
    clock[0] += DAY
    assert program.get(mine, headers=again).status_code == 304
    since = {"If-Modified-Since": answer.headers["Last-Modified"]}
    assert program.get(mine, headers=since).status_code == 304
    desk.term.grant(desk.term.morning, due=DUE + 3 * DAY)
    assert program.get(mine, headers=again).status_code == 200
    assert due(mine) == {"at": DUE + 3 * DAY, "sequence": 1, "changed": NOW + DAY}
    assert due(other) == {"at": DUE, "sequence": 0, "changed": NOW}
    assert "your own date" in plain(desk.student.get(AGENDA).text)


def test_an_address_is_good_until_it_is_renewed_or_taken_back(desk: Desk) -> None:
    first = desk.feed_of(desk.student)
    second, program = desk.feed_of(desk.student), desk.stranger()
    assert program.get(first).status_code == 404
    assert program.get(second).content_type == "text/calendar; charset=utf-8"
    token = re.findall("~([^/]+)", second)[0]
    with transaction(desk.world.tenant_id):
        kept = session().scalars(sa.select(CalendarFeed)).one()
        assert kept.token_hash == feeds.hash_of(token)
    assert token not in desk.student.get("/calendar/feed").text
    assert token not in without_token(f"GET {second} HTTP/1.1")
    assert desk.student.post("/calendar/feed", data={"do": "revoke"}).status_code == 303
    gone = program.get(second)
    assert gone.status_code == 404
    assert "make a new one" in gone.text
    assert program.get(f"/calendar/~{'a' * 43}/courses.ics").status_code == 404


def test_what_is_for_a_section_is_in_nobody_elses_calendar(desk: Desk) -> None:
    desk.add(sections="Evening")
    evening = desk.visit(desk.term.evening)
    (event,) = desk.events()
    for url in ("/calendar?on=2026-03-23", f"/classes/{desk.world.class_id}/calendar?on=2026-03-23"):
        assert "Lists and trees" in evening.get(url).text
        assert "Lists and trees" in desk.teacher.get(url).text
        assert "Lists and trees" not in desk.student.get(url).text
    assert "Lists and trees" not in desk.stranger().get(desk.feed_of(desk.student)).text
    assert "Hall 3" in evening.get(f"/calendar/events/{event.id}").text
    assert desk.student.get(f"/calendar/events/{event.id}").status_code == 404
    assert 'name="do"' not in evening.get(f"/calendar/events/{event.id}").text
    assert evening.post(f"/calendar/events/{event.id}", data={"do": "remove"}).status_code == 403


def test_staff_of_some_sections_arrange_those_only(desk: Desk) -> None:
    assistant = desk.world.user(Role.ASSISTANT)
    desk.term.move(assistant, "Evening")
    with transaction(desk.world.tenant_id):
        session().get_one(Class, desk.world.class_id).settings = {"apart": "assistants"}
    browser = desk.visit(assistant)
    desk.add(browser, status=403)
    desk.add(browser, status=403, sections=["Morning", "Evening"])
    desk.add(browser, sections="Evening")
    desk.add(title="For all")
    desk.add(title="Of the others", sections="Morning")
    page = browser.get("/calendar?on=2026-03-23").text
    assert "For all" in page
    assert "Of the others" not in page
    theirs, for_all, _ = desk.events()
    assert browser.post(f"/calendar/events/{for_all.id}", data={"do": "remove"}).status_code == 403
    assert browser.post(f"/calendar/events/{theirs.id}", data={"do": "remove"}).status_code == 303


def test_own_events_are_nobody_elses(desk: Desk) -> None:
    assert desk.student.post("/calendar/events/new", data={**LECTURE, "title": "Dentist"}).status_code == 303
    (event,) = desk.events()
    assert (event.class_id, event.type) == (None, "own")
    assert "Dentist" in desk.student.get("/calendar?on=2026-03-23").text
    for other in (desk.teacher, desk.visit(desk.term.evening)):
        assert "Dentist" not in other.get("/calendar?on=2026-03-23").text
        assert other.get(f"/calendar/events/{event.id}").status_code == 404
        assert other.post(f"/calendar/events/{event.id}", data={"do": "remove"}).status_code == 404
    desk.add()
    with transaction(desk.world.tenant_id):
        noted = session().scalars(sa.select(AuditEntry).where(AuditEntry.subject == "calendar_events")).all()
    # Who enters what others read is noted; what people enter for themselves is not.
    assert [one.class_id for one in noted] == [desk.world.class_id]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"title": " "}, "has a title"),
        ({"to": "09:00"}, "end before it begins"),
        ({"day": "soon"}, "Say the day"),
        ({"from": ""}, "at what time it begins"),
        ({"until": "2026-03-01"}, "before the first"),
        ({"last_day": "2026-06-01", "repeats": ""}, "31 days at most"),
        ({"day": "2026-03-29", "from": "02:30", "to": "04:00"}, "clocks are put forward"),
        ({"sections": "Nobodys"}, "Nobody of this class is in section Nobodys"),
        ({"about": str(uuid.uuid4())}, "is not in this class"),
    ],
)
def test_what_cannot_be_is_refused_with_what_was_typed(desk: Desk, wrong: dict[str, str], said: str) -> None:
    page = desk.add(status=422, **wrong)
    assert said in plain(page)
    assert 'value="Hall 3"' in page
    assert desk.events() == []


def test_an_event_is_changed_and_removed(desk: Desk) -> None:
    desk.add()
    (event,) = desk.events()
    url = f"/calendar/events/{event.id}"
    form = desk.teacher.get(url).text
    for kept in ('value="2026-03-23"', 'value="10:15"', 'value="2026-04-06"', "Monday, 30 March 2026"):
        assert kept in form
    assert desk.teacher.post(url, data={**LECTURE, "do": "keep", "from": "12:00", "to": "13:00"}).status_code == 303
    assert desk.events()[0].starts_at.astimezone(BERLIN).hour == 12
    refused = desk.teacher.post(url, data={"do": "leave-out", "day": "2026-03-24"})
    assert refused.status_code == 422
    assert desk.teacher.post(url, data={"do": "remove"}).status_code == 303
    assert desk.events() == []


def test_a_calendar_takes_few_statements_whatever_is_in_it(desk: Desk) -> None:
    taken = []
    desk.student.get("/calendar")
    for more in (0, 4):
        for number in range(more):
            desk.world.assignment(due_date=DUE, closes_at=CLOSES)
            desk.add(title=f"Lecture {number}", about=str(desk.term.assignment))
        with statements() as said:
            assert desk.student.get("/calendar?on=2026-03-02").status_code == 200
        taken.append(len(said))
    assert taken[0] == taken[1] <= 10


def test_only_what_is_published_stands_there_and_only_for_who_is_there(desk: Desk, world: World) -> None:
    assert "due" in desk.student.get(AGENDA).text.lower()
    titles = {title for _, title in on_page(desk.student.get(AGENDA).text)}
    with transaction(world.tenant_id):
        session().execute(sa.text("UPDATE content_items SET is_published = false"))
    assert titles
    assert on_page(desk.student.get(AGENDA).text) == on_page(desk.teacher.get(AGENDA).text) == set()
    other = make_world("South University")
    assert desk.student.get(f"/classes/{other.class_id}/calendar").status_code == 404
    assert desk.student.get(f"/calendar?class={other.class_id}").status_code == 404
    for bad in ("view=year", "on=yesterday", "on=0001-01-01", "on=9999-12-31", "kind=all", "class=x"):
        assert desk.student.get(f"/calendar?{bad}").status_code == 400, bad


def test_the_time_zone_leads_back_to_the_calendar_and_nowhere_else(desk: Desk) -> None:
    assert desk.student.post("/calendar/time-zone", data={"zone": "Mars/Olympus"}).status_code == 422
    for back, to in (
        (f"/classes/{desk.world.class_id}/calendar?view=week", f"/classes/{desk.world.class_id}/calendar?view=week"),
        ("https://evil.example/calendar", "/calendar"),
        ("//evil.example/calendar", "/calendar"),
    ):
        answer = desk.student.post("/calendar/time-zone", data={"zone": "Asia/Kathmandu", "back": back})
        assert answer.headers["Location"] == to
    assert "Asia/Kathmandu" in desk.student.get("/calendar").text
