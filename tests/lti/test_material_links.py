"""Materials are placed by deep linking, and opened by the links that come of it, also in a copy of the course."""

import uuid
from typing import Any

import pytest

from lti_grader.classes import materials
from lti_grader.classes.models import Class, Copying
from lti_grader.core.db import session, transaction
from lti_grader.lti import claims as c
from tests.lti.placing import ITEMS, Place, claims_of
from tests.lti.scripted import LEARNER, browser


def _material(place: Place, title: str = "Reading") -> uuid.UUID:
    with transaction(place.here.tenant_id):
        made = materials.create(place.here.class_id, title, None)
        made.is_published = True
        return made.id


def _choose(place: Place, *chosen: object, **settings: object) -> Any:
    way, answer = place.ask(**settings)
    return way.client.post(
        answer.headers["Location"], data={"what": "material", "material": [str(one) for one in chosen]}
    )


def test_a_material_is_placed_without_a_column_and_its_link_opens_it(place: Place) -> None:
    reading = _material(place)
    (item,) = claims_of(_choose(place, reading))[ITEMS]
    assert (item["title"], item["custom"][c.OWN_MATERIAL]) == ("Reading", str(reading))
    assert "lineItem" not in item
    assert c.OWN_ASSIGNMENT not in item["custom"]
    way = browser(place.app, place.platform)
    way.login()
    opened = way.launch(**{c.CUSTOM: {c.OWN_MATERIAL: str(reading)}, c.ROLES: [LEARNER]})
    assert opened.headers["Location"].endswith(f"/materials/{reading}")


def test_one_at_a_time_where_the_lms_says_so_and_none_that_is_not_there(place: Place) -> None:
    both = _material(place), _material(place, "More")
    assert _choose(place, *both).status_code == 422
    assert len(claims_of(_choose(place, *both, accept_multiple=True))[ITEMS]) == 2
    assert _choose(place, uuid.uuid4()).status_code == 422
    assert _choose(place).status_code == 422


@pytest.mark.parametrize("allowed", [True, False])
def test_in_a_copy_of_the_course_the_material_is_copied_where_that_is_allowed(place: Place, *, allowed: bool) -> None:
    reading = _material(place)
    with transaction(place.here.tenant_id):
        if allowed:
            session().get_one(Class, place.here.class_id).choose(copying=Copying.INSTITUTION)
    way = browser(place.app, place.platform)
    way.login()
    other = {c.CONTEXT: {"id": "next-year", "title": "Next year"}, c.RESOURCE_LINK: {"id": "reading"}}
    opened = way.launch(sub="another-teacher", **{c.CUSTOM: {c.OWN_MATERIAL: str(reading)}, **other})
    if allowed:
        where = opened.headers["Location"]
        assert "/materials/" in where
        assert str(reading) not in where
        assert "Reading" in way.client.get(where).text
    else:
        assert opened.status_code == 401
        assert "not on the staff" in opened.text
