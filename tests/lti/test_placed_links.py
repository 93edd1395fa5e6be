"""What a placed link says of itself, and what it opens from then on."""

import datetime as dt
import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa

from lti_grader.assignments.models import Assignment, AssignmentConfig
from lti_grader.assignments.operations import create_assignment
from lti_grader.classes.models import EnrollmentSource, Module, Role
from lti_grader.classes.operations import create_class, enroll
from lti_grader.core.db import session, transaction
from lti_grader.lti import claims as c
from lti_grader.lti.models import LineItem, ScoreDelivery
from lti_grader.people.models import User
from tests.fixtures.world import NOW
from tests.lti.placing import CLAIM, ITEMS, Place, claims_of
from tests.lti.scripted import INSTRUCTOR, browser


def test_row_33_all_that_a_link_has_to_say(place: Place) -> None:
    opens, due, closes = (NOW + dt.timedelta(days=days) for days in (1, 2, 3))
    one = place.here.assignment(due_date=due, opens_at=opens, closes_at=closes, points=8, show_points=False)
    with transaction(place.here.tenant_id):
        session().get_one(Assignment, one).description = "Read chapter two."
    said = claims_of(place.choose(one, accept_presentation_document_targets=["iframe", "window"]))
    (item,) = said[ITEMS]
    assert item["type"] == "ltiResourceLink"
    assert item["text"] == "Read chapter two."
    assert item["url"].endswith("/lti/launch")
    assert item["custom"] == {
        c.OWN_ASSIGNMENT: str(one), "resource_link_history": "$ResourceLink.id.history",
        "context_id_history": "$Context.id.history",
    }  # fmt: skip
    assert item["available"] == {"startDateTime": "2026-03-03T10:00:00Z", "endDateTime": "2026-03-05T10:00:00Z"}
    assert item["submission"] == {"startDateTime": "2026-03-03T10:00:00Z", "endDateTime": "2026-03-04T10:00:00Z"}
    column = item["lineItem"]
    assert (column["scoreMaximum"], column["resourceId"], column["tag"]) == (8.0, str(one), "lti_grader")
    assert (column["label"], column["gradesReleased"]) == (item["title"], False)
    assert item["iframe"]["height"] > 0
    assert item["window"]["targetName"] == "lti_grader"
    assert f"“{item['title']}”" in said[CLAIM + "msg"]
    for picture in (item["icon"], item["thumbnail"]):
        with place.app.test_client().get(urlsplit(picture["url"]).path, buffered=True) as served:
            assert (served.status_code, served.mimetype) == (200, "image/png")


@pytest.mark.parametrize("targets", [..., [], None, "iframe", ["embed"], 5])
def test_row_33_a_link_is_shown_in_no_way_that_the_lms_does_not_take(place: Place, targets: Any) -> None:
    (item,) = claims_of(place.choose(place.here.assignment(), accept_presentation_document_targets=targets))[ITEMS]
    assert not {"iframe", "window", "available", "submission", "text"} & item.keys()


def test_row_33_what_the_lms_proposes_stands_in_the_form(place: Place) -> None:
    way, asked = place.ask(title="Week <3>", text='To "read"', auto_create=True)
    page = way.client.get(asked.headers["Location"]).text
    assert 'value="Week &lt;3&gt;"' in page
    assert "To &#34;read&#34;</textarea>" in page
    assert "It may ask you to save" not in page


def test_row_33_a_search_finds_in_every_class_of_the_teacher_and_forgets_no_tick(
    place: Place, make_problem: Callable[[uuid.UUID], str]
) -> None:
    problem = make_problem(place.here.tenant_id)
    here, other = place.here.assignment(), place.here.assignment()
    with transaction(place.here.tenant_id):
        session().get_one(Assignment, here).title = "Loops and lists"
        session().get_one(Assignment, other).title = "Recursion"
        mine = create_class("Evening course", owner_id=None)
        hers = create_class("Somebody else's", owner_id=None)
        me = session().scalars(sa.select(User.id).where(User.sub == "person-1")).one()
        enroll(mine.id, me, Role.TEACHER, source=EnrollmentSource.LAUNCH)
        enroll(hers.id, me, Role.STUDENT, source=EnrollmentSource.LAUNCH)
        for klass, title in ((mine, "Loops by night"), (hers, "Loops of hers")):
            create_assignment(
                klass.id, title=title, problems=[(uuid.UUID(problem), Decimal(5))], config=AssignmentConfig()
            )
    way, asked = place.ask(accept_multiple=True)
    form = {"do": "search", "q": "LOOPS", "what": "existing", "assignment": [str(other)], "title": "Half written"}
    page = way.client.post(asked.headers["Location"], data=form).text
    assert "Loops and lists" in page
    assert "Loops by night" in page
    assert "Loops of hers" not in page
    assert f'value="{other}" id="assignment-{other}" checked' in page
    assert 'value="Half written"' in page
    assert "No problem of the bank has these words" in page
    found = way.client.post(asked.headers["Location"], data={"do": "search", "q": "double"}).text
    assert problem in found
    assert "No assignment of your classes has these words" in found


def test_row_33_what_is_taken_from_another_class_is_copied_into_this_one_once(
    place: Place, make_problem: Callable[[uuid.UUID], str]
) -> None:
    with transaction(place.here.tenant_id):
        other = create_class("Last year", owner_id=None)
        me = session().scalars(sa.select(User.id).where(User.sub == "person-1")).one()
        enroll(other.id, me, Role.ASSISTANT, source=EnrollmentSource.LAUNCH)
    version = make_problem(place.here.tenant_id)
    with transaction(place.here.tenant_id):
        theirs = create_assignment(
            other.id, title="Old", problems=[(uuid.UUID(version), Decimal(5))], config=AssignmentConfig(),
            module_title="Week 9",
        ).id  # fmt: skip
    placed = [claims_of(place.choose(theirs))[ITEMS][0]["custom"][c.OWN_ASSIGNMENT] for _ in range(2)]
    assert len(set(placed)) == 1
    assert placed[0] != str(theirs)
    with transaction(place.here.tenant_id):
        module = session().get_one(Module, session().get_one(Assignment, uuid.UUID(placed[0])).module_id)
        assert (module.class_id, module.title) == (place.here.class_id, "Week 9")
        enroll(other.id, me, Role.STUDENT, source=EnrollmentSource.LAUNCH)
    assert place.choose(theirs).status_code == 422


def test_row_33_an_edited_link_opens_what_it_was_edited_to_until_its_column_has_scores(place: Place) -> None:
    first, second, third = (place.here.assignment() for _ in range(3))

    def opened(named: uuid.UUID) -> str:
        way = browser(place.app, place.platform)
        way.login()
        return str(way.launch(**{c.CUSTOM: {c.OWN_ASSIGNMENT: str(named)}}).headers["Location"])

    assert opened(first).endswith(str(first))
    assert opened(second).endswith(str(second))
    with transaction(place.here.tenant_id):
        (column,) = session().scalars(sa.select(LineItem)).all()
        assert column.content_item_id == second
        session().add(ScoreDelivery(
            tenant_id=place.here.tenant_id, line_item_id=column.id, platform_id=place.here.platform_id, revision=1, score=Decimal(1), maximum=Decimal(1),
            user_id=session().scalars(sa.select(User.id)).one(), status="verified", next_try_at=NOW, created_at=NOW,
        ))  # fmt: skip
    assert opened(third).endswith(str(second))
    assert opened(uuid.uuid4()).endswith(str(second))


@pytest.mark.parametrize("url", [None, 5, [], "", "nul\0", "half \ud800", "https://lms.example.edu/" + "x" * 20_000])
def test_a_column_whose_address_cannot_be_kept_is_no_column(place: Place, url: Any) -> None:
    way = browser(place.app, place.platform)
    way.login()
    ags = {"scope": [c.SCORE, "\0", 5], "lineitem": url, "lineitems": url}
    custom = {c.OWN_ASSIGNMENT: str(place.here.assignment())}
    link = {"id": "another link", "title": "Week 2"}
    answer = way.launch(**{c.AGS: ags, c.CUSTOM: custom, c.ROLES: [INSTRUCTOR], c.RESOURCE_LINK: link})
    assert answer.status_code == 303
    with transaction(place.here.tenant_id):
        assert session().scalars(sa.select(LineItem)).all() == []
