"""Sections that are kept apart: whose work each of the staff sees, on every page there is. Canaries say whether one leaks."""

import io
import itertools
import uuid
import zipfile
from decimal import Decimal
from typing import Any

import flask
import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from lti_grader.assignments.dates import OtherDates
from lti_grader.assignments.granting import Whose, grant
from lti_grader.classes.apart import keep_apart, sees
from lti_grader.classes.models import Apart, Class, Enrollment, Role
from lti_grader.classes.operations import drop
from lti_grader.classes.queries import get_class, limit, membership
from lti_grader.core.db import session, transaction
from lti_grader.core.errors import Forbidden
from lti_grader.grading import tasks
from lti_grader.grading.models import GradingJob
from lti_grader.lti import freezes
from lti_grader.lti.asset_models import AssetActivity, LtiAsset
from lti_grader.lti.board_models import FindingKind, Reconciliation, ReconciliationFinding
from lti_grader.lti.models import DeliveryStatus, ScoreDelivery
from lti_grader.lti.trail import Actor
from tests.fixtures.world import NOW, World

NAME, CODE = "Quill Canary", "number = int(input())\nprint(2 * number)  # canary-in-the-code\n"
CANARIES = (NAME, "canary-")


class Case:
    """A class with a student in section B, all that there is to know about them, and staff of each kind."""

    def __init__(self, app: flask.Flask, world: World) -> None:
        self.app, self.world = app, world
        self.assignment = world.assignment()
        self.item = world.items(self.assignment)[0]
        self.column = world.column(self.assignment)
        self.student = self._person("B", Role.STUDENT, name=NAME, email="canary-mail@university.example")
        self.neighbour = self._person("A", Role.STUDENT)
        self.mine, self.theirs = self._person("A", Role.ASSISTANT), self._person("B", Role.ASSISTANT)
        self.teacher = self._person("A", Role.TEACHER)
        self.roaming = self._person("", Role.ASSISTANT)
        self.attempt, self.first = (self.judged(self.student, key) for key in ("press-two", "press-one"))
        self._more()
        with transaction(world.tenant_id):
            for whose, reason in ((Whose(self.student), "canary-of-dates"), (Whose(section="B"), "Another timetable")):
                grant(self.assignment, whose, OtherDates(due=NOW), reason=reason, by=world.teacher_id, at=NOW)
        self.apart(Apart.ASSISTANTS)

    def _person(self, section: str, role: Role, **more: Any) -> uuid.UUID:
        person = self.world.user(role, **more)
        self.move(person, section)
        return person

    def move(self, person: uuid.UUID, *sections: str) -> None:
        with transaction(self.world.tenant_id):
            session().query(Enrollment).filter_by(user_id=person).one().sections = [one for one in sections if one]

    def judged(self, student: uuid.UUID, key: str) -> uuid.UUID:
        attempt = self.world.hand_in(student, self.item, f"{CODE}# {key}\n", key=key)
        with transaction(self.world.tenant_id):
            job = session().query(GradingJob).filter_by(attempt_id=attempt).one().id
        assert tasks.grade(str(self.world.tenant_id), str(job)) == "done"
        tasks.close_sandbox()
        return attempt

    def _more(self) -> None:
        """A file that came from the LMS, scores held back, and a comparison: all of them about the student of section B."""
        world = self.world
        with transaction(world.tenant_id):
            activity = AssetActivity(
                tenant_id=world.tenant_id, class_context_id=world.context_id, activity_id="essay", created_at=NOW
            )
            run = Reconciliation(
                tenant_id=world.tenant_id, class_context_id=world.context_id, started_at=NOW, finished_at=NOW
            )
            session().add_all([activity, run])
            session().flush()
            file = LtiAsset(
                tenant_id=world.tenant_id, activity_id=activity.id, user_id=self.student, submission_id="1", asset_id="1",
                filename="canary-essay.pdf", url="https://lms.example/files/1", received_at=NOW, next_try_at=NOW,
            )  # fmt: skip
            finding = ReconciliationFinding(
                tenant_id=world.tenant_id, reconciliation_id=run.id, line_item_id=self.column, user_id=self.student,
                kind=FindingKind.DIFFERENT, ours=Decimal(1), theirs=Decimal(2), maximum=Decimal(10), words="canary-words",
            )  # fmt: skip
            session().add_all([file, finding])
            session().flush()
            freezes.freeze(
                world.class_id, item_id=self.assignment, student_id=self.student, reason="canary-reason",
                by=Actor(world.teacher_id), at=NOW,
            )  # fmt: skip
            self.activity, self.file = activity.id, file.id

    def apart(self, apart: Apart) -> None:
        with transaction(self.world.tenant_id):
            place = membership(self.world.class_id, self.world.teacher_id)
            keep_apart(get_class(self.world.class_id), apart, place)

    def browser(self, user_id: uuid.UUID) -> FlaskClient:
        client = self.app.test_client()
        with client.session_transaction() as kept:
            kept.update(
                user=str(user_id), tenant=str(self.world.tenant_id), platform=str(self.world.platform_id), frames=[]
            )
        return client

    def walk(self, user_id: uuid.UUID) -> dict[str, str]:
        """Return what every route says to somebody, asked for all that belongs to the student of section B."""
        known: dict[str, Any] = {
            "assignment_id": self.assignment, "item_id": self.item, "attempt_id": self.attempt,
            "class_id": self.world.class_id, "student_id": self.student, "activity_id": self.activity,
            "asset_id": self.file, "context_id": self.world.context_id, "column_id": self.column,
        }  # fmt: skip
        client, found = self.browser(user_id), {}
        for rule in self.app.url_map.iter_rules():
            if "GET" not in (rule.methods or ()) or rule.endpoint == "static":
                continue
            arguments = dict(known)
            if rule.endpoint == "lti.trail":
                arguments["item_id"] = self.assignment
            if not rule.arguments <= arguments.keys():
                continue
            with self.app.test_request_context():
                url = flask.url_for(rule.endpoint, **{name: arguments[name] for name in rule.arguments})
            if rule.endpoint == "results.diff":
                url += f"?against={self.first}"
            answer = client.get(url, buffered=False)
            if answer.status_code == 200:
                parts = itertools.islice(answer.response, 2 if rule.endpoint == "results.events" else None)
                told = b"".join(one if isinstance(one, bytes) else one.encode() for one in parts)
                found[rule.endpoint] = _unpacked(told).decode(errors="replace")
            answer.close()
        return found


def _unpacked(told: bytes) -> bytes:
    """Return a file as it can be read: what is in a ZIP archive in place of the archive."""
    if not told.startswith(b"PK"):
        return told
    with zipfile.ZipFile(io.BytesIO(told)) as archive:
        return b"".join(archive.read(name) for name in archive.namelist())


@pytest.fixture
def case(app: flask.Flask, world: World) -> Any:
    app.config["WTF_CSRF_ENABLED"] = False
    yield Case(app, world)
    app.extensions["adapters"].channels.close()


def leaks(case: Case, user_id: uuid.UUID) -> set[str]:
    with transaction(case.world.tenant_id):
        sub = session().scalar(sa.text("SELECT sub FROM users WHERE id = :id"), {"id": case.student})
    said = case.walk(user_id)
    assert {"gradebook.home", "gradebook.grid", "lti.board", "lti.roster", "classes.sections"} <= said.keys()
    return {name for name, text in said.items() if any(one in text for one in (*CANARIES, f">{sub}<", f",{sub},"))}


TELLERS = {
    "gradebook.home", "gradebook.grid", "gradebook.student", "gradebook.review", "results.attempt", "results.code",
    "results.diff", "lti.board", "lti.trail", "lti.class_csv", "lti.class_one_roster", "lti.roster", "lti.roster_state",
    "lti.activity", "lti.asset", "lti.comparisons", "lti.holds", "lti.attempt_link", "access.page",
}  # fmt: skip


def test_staff_of_another_section_find_nothing_of_a_student_anywhere(case: Case) -> None:
    assert leaks(case, case.mine) == set()


def test_the_canaries_sing_for_everybody_who_may_hear_them(case: Case) -> None:
    for listener in (case.theirs, case.roaming, case.teacher, case.world.teacher_id):
        assert leaks(case, listener) >= TELLERS


def test_teachers_too_where_the_class_says_so_but_not_its_owner(case: Case) -> None:
    with transaction(case.world.tenant_id):
        session().get_one(Class, case.world.class_id).owner_id = case.world.teacher_id
    case.move(case.world.teacher_id, "A")
    case.apart(Apart.STAFF)
    assert leaks(case, case.teacher) == set()
    assert leaks(case, case.world.teacher_id) >= TELLERS


def test_together_everybody_of_the_staff_sees_everybody(case: Case) -> None:
    case.apart(Apart.NOBODY)
    assert leaks(case, case.mine) >= TELLERS


def test_who_comes_into_a_section_brings_all_that_they_ever_did(case: Case) -> None:
    case.move(case.student, "A")
    assert leaks(case, case.mine) >= TELLERS
    assert leaks(case, case.theirs) == set()
    case.move(case.student, "B", "A")
    assert leaks(case, case.mine) >= TELLERS


def test_who_has_left_is_still_seen_by_their_section_only(case: Case) -> None:
    with transaction(case.world.tenant_id):
        drop(case.world.class_id, {case.student}, at=NOW)
    assert leaks(case, case.mine) == set()
    page = case.browser(case.theirs).get(f"/classes/{case.world.class_id}/roster?who=left").text
    assert NAME in page
    assert NAME not in case.browser(case.mine).get(f"/classes/{case.world.class_id}/roster?who=left").text


def test_filters_of_an_address_widen_nothing(case: Case) -> None:
    client, class_id = case.browser(case.mine), case.world.class_id
    for query in ("section=B", "search=Canary", f"student_id={case.student}", "left=1&section=B", "within=B"):
        for page in ("deliveries", "deliveries.csv", "roster", "gradebook"):
            answer = client.get(f"/classes/{class_id}/{page}?{query}")
            assert answer.status_code == 200
            assert "canary-" not in answer.text
            assert f">{NAME}" not in answer.text
    assert '<option value="">All sections</option><option >A</option></select>' in (
        client.get(f"/classes/{class_id}/gradebook").text
    )


def test_another_sections_scores_are_not_sent_again(case: Case) -> None:
    case.judged(case.neighbour, "press-three")
    with transaction(case.world.tenant_id):
        session().execute(sa.update(ScoreDelivery).values(status=DeliveryStatus.FAILED, last_error="It did not go."))
        theirs = session().query(ScoreDelivery).filter_by(user_id=case.student, is_newest=True).one().id
    url = f"/classes/{case.world.class_id}/deliveries/resend"
    as_of = "2026-03-02T10:00:00+00:00"
    mine = case.browser(case.mine)
    assert "There is nothing to send again." in mine.post(url, data={"what": str(theirs)}).text
    for what in (str(theirs), "class", "matching"):
        assert mine.post(url, data={"what": what, "confirmed": "yes", "as_of": as_of}).status_code == 303
    with transaction(case.world.tenant_id):
        rows = session().scalars(sa.select(ScoreDelivery).where(ScoreDelivery.is_newest))
        states = {one.user_id: one.status for one in rows}
    assert states == {case.student: DeliveryStatus.FAILED, case.neighbour: DeliveryStatus.PENDING}


def test_what_concerns_the_whole_class_is_for_who_sees_it(case: Case) -> None:
    case.apart(Apart.STAFF)
    client, class_id = case.browser(case.teacher), case.world.class_id
    for url in (
        f"/classes/{class_id}/roster/{case.world.context_id}/left", f"/classes/{class_id}/holds",
        f"/classes/{class_id}/sections",
    ):  # fmt: skip
        answer = client.post(url, data={"reason": "x", "apart": "nobody"})
        assert answer.status_code == 403, url
        assert "whole class" in answer.text
    assert "Keep the sections apart" not in client.get(f"/classes/{class_id}/sections").text
    assert client.get(f"/classes/{class_id}/holds?student_id={case.student}").status_code == 404


def test_a_class_whose_owner_is_gone_can_still_be_opened_up(case: Case) -> None:
    with transaction(case.world.tenant_id):
        session().get_one(Class, case.world.class_id).owner_id = case.world.teacher_id
    case.apart(Apart.STAFF)
    with transaction(case.world.tenant_id):
        drop(case.world.class_id, {case.world.teacher_id}, at=NOW)
    answer = case.browser(case.teacher).post(f"/classes/{case.world.class_id}/sections", data={"apart": "nobody"})
    assert answer.status_code == 303
    assert leaks(case, case.teacher) >= TELLERS


def test_the_page_says_who_sees_what_and_keeps_what_is_chosen(case: Case) -> None:
    client, url = case.browser(case.world.teacher_id), f"/classes/{case.world.class_id}/sections"
    assert client.post(url, data={"apart": "everybody"}).status_code == 400
    page = client.post(url, data={"apart": "staff"}, follow_redirects=True).text
    assert "Kept." in page
    assert 'value="staff" checked' in page
    assert "no section" in page
    assert case.browser(case.student).get(url).status_code == 403
    mine = case.browser(case.mine).get(url).text
    assert "You see section A of this class." in mine
    assert ">B</a>" not in mine


def test_a_student_in_no_section_is_seen_by_who_sees_all_and_said_to_be_there(case: Case) -> None:
    case.move(case.student)
    assert leaks(case, case.theirs) == set()
    page = case.browser(case.world.teacher_id).get(f"/classes/{case.world.class_id}/sections").text
    assert "1 student is in no section" in page


@pytest.mark.parametrize("apart", list(Apart))
@pytest.mark.parametrize("role", list(Role))
def test_nobody_is_limited_without_sections_and_owners_never_are(apart: Apart, role: Role) -> None:
    assert limit(apart, role, [], is_owner=False) is None
    assert limit(apart, role, ["A"], is_owner=True) is None
    limited = limit(apart, role, ["A"], is_owner=False)
    wanted = {Apart.NOBODY: set(), Apart.ASSISTANTS: {Role.ASSISTANT}, Apart.STAFF: {Role.ASSISTANT, Role.TEACHER}}
    assert limited == (frozenset({"A"}) if role in wanted[apart] else None)


def test_students_are_no_staff_whatever_sections_they_share(case: Case) -> None:
    with transaction(case.world.tenant_id):
        place = membership(case.world.class_id, case.neighbour)
        assert not sees(place, case.student)
        with pytest.raises(Forbidden):
            keep_apart(get_class(case.world.class_id), Apart.NOBODY, place)
