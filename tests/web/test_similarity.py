"""The pages on which staff read which submissions are alike: who sees what, and what they make of it."""

import csv
import io
import uuid

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from lti_grader.classes.apart import keep_apart
from lti_grader.classes.models import Apart, Enrollment, Role
from lti_grader.classes.queries import get_class, membership
from lti_grader.core.db import session, transaction
from lti_grader.grading.similarity.models import SimilarityAct, SimilarityPair
from lti_grader.people.models import User
from tests.fixtures.world import World
from tests.flow.alike import COPIED, COUNTING, HONEST, Alike
from tests.web.two_sections import Visit, plain


@pytest.fixture
def alike(world: World) -> Alike:
    return Alike(world)


def name(alike: Alike, person: uuid.UUID) -> str:
    with transaction(alike.world.tenant_id):
        return session().get_one(User, person).display_name


def only_pair(alike: Alike, report: uuid.UUID) -> str:
    with transaction(alike.world.tenant_id):
        pairs = session().scalars(sa.select(SimilarityPair.id).where(SimilarityPair.report_id == report))
        return f"/similarity/pairs/{pairs.one()}"


def start(client: FlaskClient, alike: Alike, **form: object) -> uuid.UUID:
    """Start a report on its page, let a worker do it, and return it."""
    answer = client.post(f"/assignments/{alike.assignment}/similarity", data={"problem": alike.item, **form})
    assert answer.status_code == 303, plain(answer.text)
    report = uuid.UUID(answer.headers["Location"].rsplit("/", 1)[1])
    page = plain(client.get(f"/similarity/{report}").text)
    assert "0 of" in page
    assert "Being compared" in page
    assert alike.carry_out(report) == "done"
    return report


def test_a_teacher_compares_reads_side_by_side_and_says_what_it_is(visit: Visit, alike: Alike) -> None:
    one, other, honest = (alike.submitted(code) for code in (COUNTING, COPIED, HONEST))
    teacher = visit(alike.world.teacher_id)
    assert f"/assignments/{alike.assignment}/similarity" in teacher.get(f"/assignments/{alike.assignment}").text
    assert "a hint for a person, and no verdict" in plain(
        teacher.get(f"/assignments/{alike.assignment}/similarity").text
    )
    report = start(teacher, alike)
    page = plain(teacher.get(f"/similarity/{report}").text)
    assert "a hint for a person, and no verdict" in page
    assert name(alike, one) in page
    assert name(alike, honest) not in page
    assert "Nobody has said" in page
    url = only_pair(alike, report)
    beside = teacher.get(url).text
    for text in ("most_common", "winner", 'id="left-1"', 'href="#right-1"'):
        assert text in beside
    assert teacher.post(url, data={"decision": "guilty"}).status_code == 422
    assert teacher.post(url, data={"decision": "talk", "words": "x" * 2001}).status_code == 422
    form = {"decision": "talk", "words": "=Same odd tie rule. Ask on Monday."}
    assert teacher.post(url, data=form).status_code == 303
    assert "Ask on Monday" in teacher.get(url).text
    assert "Talk to them" in plain(teacher.get(f"/similarity/{report}?show=talk").text)
    assert "There is none." in plain(teacher.get(f"/similarity/{report}?show=open").text)
    # What was said stays with the two submissions, in a later report as well.
    again = start(teacher, alike)
    (line,) = list(csv.DictReader(io.StringIO(teacher.get(f"/similarity/{again}/pairs.csv").text)))
    assert {line["First"], line["Second"]} == {name(alike, one), name(alike, other)}
    assert (line["Decision"], line["Note"], line["By"]) == ("talk", f"'{form['words']}", "Marta Lindqvist")
    with transaction(alike.world.tenant_id):
        acts = session().scalars(sa.select(SimilarityAct.kind).order_by(SimilarityAct.at, SimilarityAct.id)).all()
        with pytest.raises(sa.exc.ProgrammingError):
            session().execute(sa.delete(SimilarityAct))
        session().rollback()
    assert acts[:3] == ["started", "opened", "compared"]
    assert {"noted", "exported"} <= set(acts)


def test_it_is_cancelled_on_its_page_and_assistants_read_only(visit: Visit, alike: Alike) -> None:
    alike.submitted(COUNTING)
    alike.submitted(COPIED)
    teacher, assistant = visit(alike.world.teacher_id), visit(alike.world.user(Role.ASSISTANT))
    form = {"problem": alike.item}
    assert assistant.post(f"/assignments/{alike.assignment}/similarity", data=form).status_code == 403
    assert "you can read what was found" in plain(assistant.get(f"/assignments/{alike.assignment}/similarity").text)
    url = teacher.post(f"/assignments/{alike.assignment}/similarity", data=form).headers["Location"]
    assert teacher.post(f"/assignments/{alike.assignment}/similarity", data=form).status_code == 409
    assert assistant.post(url, data={"do": "cancel"}).status_code == 403
    assert teacher.post(url, data={"do": "dance"}).status_code == 400
    assert teacher.post(url, data={"do": "cancel"}).status_code == 303
    assert teacher.post(url, data={"do": "cancel"}).status_code == 409
    assert "It was cancelled" in plain(teacher.get(url).text)
    assert teacher.get(f"{url}/pairs.csv").status_code == 404


def test_who_sees_one_section_sees_no_pair_with_another(visit: Visit, alike: Alike) -> None:
    world = alike.world
    mine, mine_too, theirs = (alike.submitted(code) for code in (COUNTING, COPIED, COUNTING + "\nprint()\n"))
    limited = world.user(Role.ASSISTANT)
    with transaction(world.tenant_id):
        for person, section in ((mine, "A"), (mine_too, "A"), (limited, "A"), (theirs, "B")):
            session().execute(sa.update(Enrollment).where(Enrollment.user_id == person).values(sections=[section]))
        keep_apart(get_class(world.class_id), Apart.ASSISTANTS, membership(world.class_id, world.teacher_id))
    alike.earlier(COPIED)
    report = alike.compared(with_earlier=True)
    client = visit(limited)
    page = client.get(f"/similarity/{report}").text
    assert "left out here" in plain(page)
    assert page.count('href="/similarity/pairs/') == 1
    table = client.get(f"/similarity/{report}/pairs.csv").text
    for seen in (page, table):
        assert (name(alike, mine) in seen, name(alike, theirs) in seen) == (True, False)
        assert "another class" not in seen
    pairs = alike.pairs(report)
    for students, pair in pairs.items():
        status = 200 if students == {mine, mine_too} else 404
        assert client.get(f"/similarity/pairs/{pair.id}").status_code == status
        assert client.post(f"/similarity/pairs/{pair.id}", data={"decision": "talk"}).status_code == (
            303 if status == 200 else 404
        )
    # Nobody learns of a student's group from those whom they do not see.
    assert "Groups of more than two" not in page
    assert "Groups of more than two" in visit(world.teacher_id).get(f"/similarity/{report}").text


def test_another_class_shows_no_name_and_no_more_than_what_is_common(visit: Visit, alike: Alike) -> None:
    alike.submitted(COUNTING)
    alike.submitted(HONEST)
    padding = "\n".join(f"# diary of Zoltan {n}" for n in range(6))
    theirs = alike.earlier(f"{padding}\n{COPIED}\n{padding}\n")
    report = alike.compared(with_earlier=True)
    teacher = visit(alike.world.teacher_id)
    url = only_pair(alike, report)
    for address in (f"/similarity/{report}", f"/similarity/{report}/pairs.csv", url):
        page = teacher.get(address).text
        assert "A student of another class" in page
        assert name(alike, theirs) not in page
        assert "Zoltan" not in page
    assert "lines not shown" in teacher.get(url).text
    # Who teaches there as well sees all of it.
    alike.submitted(COUNTING)
    taught = alike.earlier(COPIED, teacher=alike.world.teacher_id)
    assert name(alike, taught) in teacher.get(f"/similarity/{alike.compared(with_earlier=True)}").text
