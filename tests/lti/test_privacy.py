"""The data-privacy launch: found, counted, copied, and erased, by who may, and on record."""

import io
import json
import uuid
import zipfile

import flask
import pytest
import sqlalchemy as sa

from lti_grader.attempts import drafts
from lti_grader.classes.models import Class, Enrollment
from lti_grader.core.db import session, transaction
from lti_grader.gradebook.models import GradebookEntry
from lti_grader.lti import claims as c
from lti_grader.lti.asset_models import LtiAsset
from lti_grader.lti.models import Platform, ScoreDelivery
from lti_grader.lti.privacy_models import PrivacyAct
from lti_grader.models import metadata
from lti_grader.people.models import User
from tests.fixtures.world import World, make_world
from tests.lti.privacy_office import ADMIN, SYSTEM, Office
from tests.lti.scripted import INSTRUCTOR, ScriptedPlatform, browser


@pytest.fixture
def office(app: flask.Flask, lms: ScriptedPlatform, world: World) -> Office:
    app.config["WTF_CSRF_ENABLED"] = False
    return Office(app, lms, world)


class TestWhoMay:
    @pytest.mark.parametrize("role", [ADMIN, SYSTEM])
    @pytest.mark.parametrize("kind", c.DATA_PRIVACY_REQUESTS)
    def test_an_administrator_is_let_in_and_no_course_is_made(self, office: Office, role: str, kind: str) -> None:
        client, answer = office.launch(role, kind=kind)
        assert "Personal data in this tool" in client.get(answer.headers["Location"]).text
        assert len(office.rows(Class)) == 1

    @pytest.mark.parametrize(
        "role", [INSTRUCTOR, "http://purl.imsglobal.org/vocab/lis/v2/membership#Administrator", "Administrator"]
    )
    def test_others_are_told_whom_to_ask(self, office: Office, role: str) -> None:
        _, answer = office.launch(role)
        assert answer.status_code == 401
        assert "administrators of your institution" in answer.text
        assert "privacy-person" not in {one.sub for one in office.rows(User)}

    def test_a_deployment_that_is_not_registered_lets_nobody_in(self, office: Office) -> None:
        assert office.launch(**{c.DEPLOYMENT_ID: "99"})[1].status_code == 403

    def test_the_access_is_one_persons_and_ends(self, office: Office) -> None:
        client, where = office.at_person()
        other, _ = office.launch(sub="another-admin")
        assert other.get(where).status_code == 404
        office.held.kv.client.flushdb()
        answer = client.get(where)
        assert answer.status_code == 404
        assert "an hour" in answer.text

    def test_another_institutions_people_are_not_found(self, office: Office) -> None:
        other = make_world("South University")
        stranger = other.user(email="stranger@south.example")
        client, answer = office.launch()
        where = answer.headers["Location"]
        assert "Nobody here" in client.get(where, query_string={"q": "stranger"}).text
        assert client.get(f"{where}/people/{stranger}").status_code == 404


class TestFinding:
    @pytest.mark.parametrize("words", ["amina", "YUSUF", "amina yusuf", "north.example"])
    def test_by_name_and_by_mail(self, office: Office, words: str) -> None:
        client, answer = office.launch()
        page = client.get(answer.headers["Location"], query_string={"q": words}).text
        assert "amina.yusuf@north.example" in page

    def test_by_id_in_the_lms(self, office: Office) -> None:
        client, answer = office.launch()
        page = client.get(answer.headers["Location"], query_string={"q": office.now().sub}).text
        assert "amina.yusuf@north.example" in page

    @pytest.mark.parametrize("words", ["%", "_", "\\", "\0", "zz"])
    def test_signs_mean_themselves(self, office: Office, words: str) -> None:
        client, answer = office.launch()
        assert "amina.yusuf" not in client.get(answer.headers["Location"], query_string={"q": words}).text

    def test_looking_counts_and_is_noted(self, office: Office) -> None:
        client, where = office.at_person()
        page = client.get(where).text
        assert "Submissions" in page
        assert "Ruth Abernathy" in page
        (act,) = office.rows(PrivacyAct)
        assert (act.kind, act.subject_id) == ("looked", office.student)
        assert act.counts == {
            "classes": 1, "submissions": 1, "runs": 0, "drafts": 0, "files": 1, "dates of their own": 1,
            "grades": 1, "names on leaderboards": 0, "passcodes entered": 0, "late days spent": 0, "late days given": 0, "groups": 0, "handed in with a group": 0, "materials opened": 0, "regrade requests": 0, "calendar events": 0, "changes noted": 2, "marks worked out anew": 0, "pairs of similar submissions": 1, "markings": 0, "decisions between markings": 0, "comments on their work": 0, "comments kept for marking": 0, "notes on similar submissions": 1, "scores sent or owed": 1, "notices": 1, "e-mails": 0, "notifications": 1, "mentors and mentored": 1,
            "files of classes asked for": 0, "looks at a class as a student": 0,
        }  # fmt: skip

    def test_the_record_cannot_be_changed(self, office: Office) -> None:
        client, where = office.at_person()
        client.get(where)
        with pytest.raises(sa.exc.DBAPIError), transaction(office.world.tenant_id):
            session().execute(sa.delete(PrivacyAct))


class TestCopying:
    def test_the_copy_holds_everything_and_its_files(self, office: Office) -> None:
        drafts.flush(office.held.kv)
        client, where = office.at_person()
        with client.post(f"{where}/export") as answer:
            assert answer.headers["Content-Disposition"].startswith("attachment")
            archive = zipfile.ZipFile(io.BytesIO(answer.data))
        parts = {name: json.loads(archive.read(name)) for name in archive.namelist() if name.endswith(".json")}
        assert parts["person.json"]["email"] == "amina.yusuf@north.example"
        assert parts["classes.json"][0]["class"] == "CS101"
        (attempt,), (file,) = parts["attempts.json"], parts["files.json"]
        assert archive.read(attempt["file"]) == b"print('by Amina')\n"
        assert archive.read(file["file"]) == b"an essay"
        assert parts["drafts.json"][0]["current_code"] == "print('unfinished')"
        assert parts["grades.json"][0]["manual_feedback"] == "Dear Amina"
        assert parts["scores.json"][0]["score"] == "7"
        (own,) = parts["dates.json"]
        assert (own["reason"], own["due_date"]) == ("Amina was away", "2026-03-11T10:00:00+00:00")
        assert own["item"].startswith("Assignment")
        assert len(parts["notices.json"]) == 1
        assert {one["type"] for one in parts["told.json"]} == {"extended"}
        (found,), (noted,) = parts["similar.json"]["found"], parts["similar.json"]["notes"]
        assert (found["attempt"], found["alike"], noted["note"]) == (attempt["id"], "0.75", "Amina copied?")
        assert [one.kind for one in office.rows(PrivacyAct)] == ["exported"]

    def test_a_copy_that_would_lack_a_file_is_none(self, office: Office) -> None:
        office.world.hand_in(office.student, office.item, stored=False)
        client, where = office.at_person()
        assert client.post(f"{where}/export").status_code == 503


class TestErasing:
    def test_nothing_leads_to_the_person_any_more_and_the_work_stays(self, office: Office) -> None:
        before = office.now()
        assert office.erase().status_code == 303
        after = office.now()
        assert after.display_name == "Erased person"
        assert [after.name, after.email, after.given_name, after.family_name, after.avatar_url] == [None] * 5
        assert after.sub.startswith("erased-")
        assert after.sub != before.sub
        with transaction(office.world.tenant_id):
            for table in metadata.tables:
                rows = session().scalars(sa.text(f"SELECT to_jsonb(t)::text FROM {table} t")).all()
                for held in (before.sub, "Amina", "amina", "Yusuf"):
                    assert not [row for row in rows if held in row], (table, held)
        (entry,) = office.rows(GradebookEntry)
        assert (entry.score_obtained, entry.manual_feedback) == (7, "")
        assert office.held.blobs.get(office.rows(LtiAsset)[0].blob_ref) == b"an essay"

    def test_scores_on_their_way_stay_here(self, office: Office) -> None:
        office.erase()
        (delivery,) = office.rows(ScoreDelivery)
        assert (delivery.status, delivery.last_error) == (
            "excluded", "This person was erased here: nothing more is sent.",
        )  # fmt: skip

    def test_a_draft_is_gone_from_both_places_and_does_not_come_back(self, office: Office) -> None:
        office.erase()
        assert drafts.flush(office.held.kv) == 0
        with transaction(office.world.tenant_id):
            draft = drafts.load(office.held.kv, office.student, office.item)
        assert draft is None or draft.code == ""

    def test_they_are_in_no_class_and_on_record(self, office: Office) -> None:
        office.erase()
        place = next(one for one in office.rows(Enrollment) if one.user_id == office.student)
        assert place.status == "dropped"
        assert [one.kind for one in office.rows(PrivacyAct)] == ["erased"]

    def test_it_takes_the_word(self, office: Office) -> None:
        client, where = office.at_person()
        page = client.get(f"{where}/erase").text
        assert "1 submission" in page
        for word in ("", "yes"):
            assert client.post(f"{where}/erase", data={"word": word}).status_code == 422
        assert office.now().name

    def test_nobody_is_erased_twice_or_by_themselves(self, office: Office) -> None:
        office.erase()
        client, answer = office.launch()
        where = answer.headers["Location"]
        assert client.post(f"{where}/people/{office.student}/erase", data={"word": "erase"}).status_code == 409
        me = next(one for one in office.rows(User) if one.sub == "privacy-person")
        assert client.post(f"{where}/people/{me.id}/erase", data={"word": "erase"}).status_code == 409

    def test_who_comes_again_is_somebody_new(self, office: Office) -> None:
        sub = office.now().sub
        office.erase()
        way = browser(office.app, office.lms)
        way.login(client_id="client")
        assert way.launch(sub=sub, name="Amina Yusuf", **{c.CONTEXT: {"id": "course"}}).status_code == 303
        assert {one.id for one in office.rows(User) if one.sub == sub} != {office.student}

    def test_one_platforms_person_is_not_anothers(self, office: Office) -> None:
        with transaction(office.world.tenant_id):
            other = Platform(
                tenant_id=office.world.tenant_id, issuer=f"https://{uuid.uuid4().hex}.example", client_id="x", name="x",
                auth_login_url="x", auth_token_url="x", jwks_url="x",
            )  # fmt: skip
            session().add(other)
            session().flush()
            namesake = User(tenant_id=office.world.tenant_id, platform_id=other.id, sub=office.user().sub, name="Ben")
            session().add(namesake)
        office.erase()
        with transaction(office.world.tenant_id):
            assert session().get_one(User, namesake.id).name == "Ben"
