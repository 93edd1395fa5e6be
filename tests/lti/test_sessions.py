"""From one launch to the next: whose session it is, when it ends, and what the LMS changed meanwhile."""

import datetime as dt
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import flask
import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from lti_grader import adapters
from lti_grader.adapters.redis import KeyValue
from lti_grader.classes.models import Class, Enrollment
from lti_grader.classes.operations import drop
from lti_grader.core.db import session, system_transaction, transaction
from lti_grader.lti import claims as c
from lti_grader.lti.models import Platform
from lti_grader.lti.standing import standing
from lti_grader.people.models import EndedSession, User
from tests.lti.scripted import INSTRUCTOR, LEARNER, ScriptedPlatform, Way, browser
from tests.lti.test_cookieless import Cookieless

NOW = dt.datetime.now(dt.UTC)


def platform_of(scripted: ScriptedPlatform) -> Platform:
    with system_transaction() as opened:
        return opened.scalars(sa.select(Platform).where(Platform.issuer == scripted.url)).one()


def one(scripted: ScriptedPlatform, table: Any, sub: str = "person-1") -> Any:
    with transaction(platform_of(scripted).tenant_id):
        query = sa.select(table)
        if table is Enrollment:
            query = query.join(User, User.id == Enrollment.user_id)
        return session().scalars(query.where(User.sub == sub)).one()


def opened(way: Way, **changes: Any) -> str:
    """Launch, and return the path of the first page."""
    way.login()
    answer = way.launch(**changes)
    assert answer.status_code == 303, answer.text[:500]
    return str(answer.headers["Location"])


def cookie(way: Way) -> str:
    return next(one.value for one in way.client._cookies.values() if one.key == "__Host-lti-grader")


def copied(way: Way, app: flask.Flask) -> FlaskClient:
    """Return a client that holds a copy of the browser's cookie."""
    made = app.test_client()
    made.set_cookie("__Host-lti-grader", cookie(way), secure=True, path="/")
    return made


def leave(way: Way, page: str, **form: str) -> str:
    # The tests' own context lasts from request to request, and with it the token of whoever came last.
    flask.g.pop("csrf_token", None)
    token = re.search(r'name="csrf-token" content="([^"]+)"', way.client.get(page).text)
    assert token
    answer = way.client.post("/lti/leave", data={"csrf_token": token[1], **form})
    assert "signed out" in answer.text
    return answer.text


class TestWhoseSessionItIs:
    def test_each_launch_begins_another_session(self, way: Way) -> None:
        way.client.get(opened(way))
        before = cookie(way)
        with way.client.session_transaction() as kept:
            kept["ends"] -= 100
        opened(way)
        assert cookie(way) != before
        with way.client.session_transaction() as kept:
            assert kept["ends"] > NOW.timestamp() + 11 * 3600

    def test_a_session_that_somebody_planted_is_gone_after_the_launch(self, way: Way) -> None:
        with way.client.session_transaction() as kept:
            kept.update(user="somebody", planted="x", csrf_token="known to the one who planted it")
        opened(way)
        with way.client.session_transaction() as kept:
            assert "planted" not in kept
            assert kept.get("csrf_token") != "known to the one who planted it"

    def test_a_launch_of_another_person_takes_the_place_of_the_one_before(
        self, way: Way, scripted: ScriptedPlatform
    ) -> None:
        opened(way)
        opened(way, sub="person-2", **{c.ROLES: [INSTRUCTOR]})
        with way.client.session_transaction() as kept:
            assert kept["user"] == str(one(scripted, User, "person-2").id)

    def test_a_launch_that_is_refused_leaves_the_session_as_it_is(self, way: Way) -> None:
        page = opened(way)
        way.login()
        assert way.launch(nonce="made-up").status_code == 401
        assert way.client.get(page).status_code == 200


class TestWhenItEnds:
    def test_a_session_ends_when_its_hours_are_over_however_busy_it_is(self, way: Way) -> None:
        page = opened(way)
        with way.client.session_transaction() as kept:
            ends = kept["ends"]
        for _ in range(2):
            assert way.client.get(page).status_code == 200
        with way.client.session_transaction() as kept:
            assert kept["ends"] == ends
            kept["ends"] = int(NOW.timestamp()) - 1
        answer = way.client.get(page)
        assert answer.status_code == 401
        assert "Open the assignment again from your course page" in answer.text

    def test_signing_out_ends_a_session_in_a_cookie(self, way: Way) -> None:
        page = opened(way)
        token = re.search(r'name="csrf-token" content="([^"]+)"', way.client.get(page).text)
        assert token
        assert way.client.post("/lti/leave").status_code == 401, "nobody signs others out by a form elsewhere"
        assert "signed out" in way.client.post("/lti/leave", data={"csrf_token": token[1]}).text
        assert way.client.get(page).status_code == 401

    def test_signing_out_ends_a_session_in_a_path(self, app: flask.Flask, scripted: ScriptedPlatform) -> None:
        nobodys = Cookieless(app, scripted)
        page = nobodys.session()
        token = re.search(r'name="csrf-token" content="([^"]+)"', nobodys.client.get(page).text)
        assert token
        answer = nobodys.client.post(f"{page[:45]}/lti/leave", data={"csrf_token": token[1]})
        assert "signed out" in answer.text
        assert nobodys.client.get(page).status_code == 401

    def test_a_copy_of_the_cookie_is_worth_nothing_after_signing_out(self, way: Way, app: flask.Flask) -> None:
        page = opened(way)
        copy, still_open = copied(way, app), copied(way, app)
        opened(way)
        newer = copied(way, app)
        assert [one.get(page).status_code for one in (copy, still_open, newer)] == [200, 200, 200]
        leave(way, page)
        for one in (copy, still_open, newer):
            answer = one.get(page)
            assert answer.status_code == 401
            assert "signed out" in answer.text
            assert one.get(page).status_code == 401

    def test_another_browser_of_the_same_person_stays_signed_in_unless_all_are_meant(
        self, way: Way, app: flask.Flask, scripted: ScriptedPlatform
    ) -> None:
        elsewhere = browser(app, scripted)
        page = opened(way)
        opened(elsewhere)
        leave(way, page)
        assert elsewhere.client.get(page).status_code == 200
        opened(way)
        nobodys = Cookieless(app, scripted)
        path = nobodys.session()
        assert nobodys.client.get(path).status_code == 200
        assert "signed out everywhere" in leave(way, page, everywhere="yes")
        assert elsewhere.client.get(page).status_code == 401
        assert nobodys.client.get(path).status_code == 401
        # A launch after that is a new session.
        opened(elsewhere)
        assert elsewhere.client.get(page).status_code == 200

    @pytest.mark.parametrize("what", ["restarted empty", "gone", "back after it was gone"])
    def test_what_was_ended_stays_so_whatever_becomes_of_redis(
        self, way: Way, app: flask.Flask, monkeypatch: pytest.MonkeyPatch, what: str
    ) -> None:
        page = opened(way)
        copy, other = copied(way, app), browser(app, way.platform)
        opened(other, sub="person-2", **{c.ROLES: [INSTRUCTOR]})
        kv = adapters.installed().kv
        nowhere = KeyValue("redis://127.0.0.1:1/0")
        if what == "back after it was gone":
            assert copy.get(page).status_code == 200
            monkeypatch.setattr(kv, "client", nowhere.client)
            leave(way, page)
            monkeypatch.undo()
            (place,) = kv.client.keys("people:ended:*")
            assert 0 < kv.client.ttl(place) <= 60
            kv.client.delete(place)
        else:
            leave(way, page)
        if what == "restarted empty":
            kv.client.flushdb()
        if what == "gone":
            monkeypatch.setattr(kv, "client", nowhere.client)
        for _ in range(2):
            assert copy.get(page).status_code == 401
            assert other.client.get(page).status_code == 200

    def test_what_no_session_can_come_of_any_more_is_forgotten(self, way: Way, scripted: ScriptedPlatform) -> None:
        page = opened(way)
        leave(way, page)
        tenant_id = platform_of(scripted).tenant_id
        with transaction(tenant_id):
            row = session().scalars(sa.select(EndedSession)).one()
            first, row.forget_at = row.key, NOW - dt.timedelta(hours=1)
        page = opened(way)
        leave(way, page)
        with transaction(tenant_id):
            assert [row.key for row in session().scalars(sa.select(EndedSession))] != [first]

    def test_who_was_dropped_meanwhile_is_told_so(self, way: Way, scripted: ScriptedPlatform) -> None:
        opened(way)
        page = opened(way, sub="person-2", **{c.ROLES: [INSTRUCTOR]})
        assert way.client.get(page).status_code == 200
        enrollment = one(scripted, Enrollment, "person-2")
        with transaction(enrollment.tenant_id):
            drop(enrollment.class_id, {enrollment.user_id}, at=NOW)
        answer = way.client.get(page)
        assert answer.status_code == 404
        assert "not in this class any more" in answer.text

    def test_a_platform_that_is_switched_off_ends_its_sessions(self, way: Way, scripted: ScriptedPlatform) -> None:
        page = opened(way)
        platform = platform_of(scripted)
        with transaction(platform.tenant_id):
            session().get_one(Platform, platform.id).disabled_at = NOW
        standing.forget()
        answer = way.client.get(page)
        assert answer.status_code == 403
        assert "switched off" in answer.text
        with transaction(platform.tenant_id):
            session().get_one(Platform, platform.id).disabled_at = None
        assert way.client.get(page).status_code == 200


class TestWhatTheLmsChanged:
    def test_a_teacher_who_becomes_a_student_and_teacher_again(self, way: Way, scripted: ScriptedPlatform) -> None:
        opened(way)
        class_page = f"/classes/{one(scripted, Enrollment).class_id}/gradebook"
        assert way.client.get(class_page).status_code == 200
        way.login()
        way.launch(**{c.ROLES: [LEARNER]})
        assert one(scripted, Enrollment).role == "student"
        assert way.client.get(class_page).status_code == 403, "also in a page that was open already"
        opened(way)
        assert way.client.get(class_page).status_code == 200

    def test_a_name_that_changes_is_the_new_one_and_what_is_kept_back_stays_known(
        self, way: Way, scripted: ScriptedPlatform
    ) -> None:
        opened(way, name="Ada Byron", email="ada@example.edu")
        opened(way, name="Ada Lovelace", email=...)
        person = one(scripted, User)
        assert (person.name, person.email) == ("Ada Lovelace", "ada@example.edu")
        opened(way, name=..., email="")
        assert one(scripted, User).display_name == "Ada Lovelace"

    def test_one_mail_address_of_two_people_makes_nobody_the_other(self, way: Way, scripted: ScriptedPlatform) -> None:
        opened(way, email="shared@example.edu")
        opened(way, sub="person-2", email="shared@example.edu")
        assert one(scripted, User).id != one(scripted, User, "person-2").id

    def test_people_without_name_or_mail_have_names_apart(self, way: Way, scripted: ScriptedPlatform) -> None:
        opened(way, sub="a1b2c3d4e5", name=...)
        opened(way, sub="z9y8x7w6v5", name=...)
        names = {one(scripted, User, sub).display_name for sub in ("a1b2c3d4e5", "z9y8x7w6v5")}
        assert len(names) == 2

    @pytest.mark.parametrize("role", ["Mentor", "Manager", "Member", "Officer", "ContentDeveloper"])
    def test_row_17_who_is_neither_staff_nor_student_looks_on(
        self, way: Way, scripted: ScriptedPlatform, role: str
    ) -> None:
        way.login()
        mentees = {"https://purl.imsglobal.org/spec/lti/claim/role_scope_mentor": ["person-2", "person-3"]}
        way.launch(**{c.ROLES: [f"http://purl.imsglobal.org/vocab/lis/v2/membership#{role}"], **mentees})
        enrollment = one(scripted, Enrollment)
        assert enrollment.role == "observer"
        assert way.client.get(f"/classes/{enrollment.class_id}/gradebook").status_code == 403


class TestTheWayBack:
    def back(self, text: str) -> list[str]:
        return [url.replace("&amp;", "&") for url in re.findall(r'href="([^"]*)" target="_top"', text)]

    def test_pages_lead_back_to_the_course(self, way: Way, scripted: ScriptedPlatform) -> None:
        url = f"{scripted.url}/course/view?id=2&x=y#top"
        page = way.client.get(opened(way, **{c.LAUNCH_PRESENTATION: {"return_url": url}}))
        assert self.back(page.text) == [url]
        url = "https://lms.example.edu/courses/1"
        page = way.client.get(opened(way, **{c.LAUNCH_PRESENTATION: {"return_url": url}}))
        assert self.back(page.text) == [url]

    @pytest.mark.parametrize("url", [
        "https://evil.example/", "javascript:alert(1)", "//evil.example", "https://lms.example.edu@evil.example/",
        "https://lms.example.edu.evil.example/", "http://lms.example.edu/", "https://lms.example.edu:444/", "", "x", 5,
        None, ["https://lms.example.edu/"], "https://[", "https://me:pw@lms.example.edu/",
    ])  # fmt: skip
    def test_pages_lead_nowhere_else(self, way: Way, url: Any) -> None:
        page = way.client.get(opened(way, **{c.LAUNCH_PRESENTATION: {"return_url": url}}))
        assert page.status_code == 200
        assert self.back(page.text) == []

    def test_a_launch_that_is_refused_after_it_was_verified_leads_back_with_the_reason(self, way: Way) -> None:
        url = "https://lms.example.edu/courses/1?a=b#c"
        way.login()
        answer = way.launch(**{c.DEPLOYMENT_ID: "unheard-of", c.LAUNCH_PRESENTATION: {"return_url": url}})
        assert answer.status_code == 403
        (back,) = self.back(answer.text)
        parts = urlsplit(back)
        query = parse_qs(parts.query)
        assert (parts.netloc, parts.path, parts.fragment) == ("lms.example.edu", "/courses/1", "c")
        assert query["a"] == ["b"]
        assert "unheard-of" in query["lti_errormsg"][0]
        assert query["lti_errorlog"] == ["not_registered"]

    def test_a_launch_that_does_not_hold_leads_nowhere(self, way: Way) -> None:
        way.login()
        answer = way.launch(nonce="x", **{c.LAUNCH_PRESENTATION: {"return_url": "https://lms.example.edu/"}})
        assert answer.status_code == 401
        assert self.back(answer.text) == []


def test_a_second_browser_of_the_same_person_has_a_session_of_its_own(
    app: flask.Flask, scripted: ScriptedPlatform
) -> None:
    first, second = browser(app, scripted), browser(app, scripted)
    page = opened(first)
    opened(second)
    second.client.get(page)
    with first.client.session_transaction() as kept:
        kept.clear()
    assert first.client.get(page).status_code == 401
    assert second.client.get(page).status_code == 200
    with transaction(platform_of(scripted).tenant_id):
        assert session().scalars(sa.select(sa.func.count()).select_from(Class)).one() == 1
