"""Another title or maximum of a column: told to the LMS, where that is its to know."""

from flask.testing import FlaskClient

from lti_grader.core.db import session, transaction
from lti_grader.lti import claims as c
from lti_grader.lti.models import ClassContext, Platform, ProductFamily
from tests.lti.columns.bench import Bench, Gradebook, again, column_of, page, rename, set_points


def test_another_title_is_told_and_all_else_of_the_column_stays(
    filled: Bench, book: Gradebook, teacher: FlaskClient
) -> None:
    column_of(filled, book).update(startDateTime="2026-03-02T10:00:00Z", endDateTime=None)
    before = dict(column_of(filled, book))
    rename(filled, teacher, "Doubling")
    assert filled.item.state == "changed"
    assert "Being changed" in page(filled, teacher)
    assert filled.tend() == "ok"
    assert column_of(filled, book) == before | {"label": "Doubling"}
    (sent,) = [one.json for one in filled.lms.asked if one.method == "PUT"]
    assert "endDateTime" not in sent
    assert (filled.item.label, filled.item.lms_label) == ("Doubling", "Doubling")


def test_another_maximum_is_told_by_the_next_night_and_scores_stand(filled: Bench, book: Gradebook) -> None:
    set_points(filled, 20)
    assert filled.item.state == "changed"
    assert filled.tend() == "ok"
    assert (column_of(filled, book)["scoreMaximum"], filled.item.score_maximum) == (20, 20)
    filled.later(seconds=5)
    assert (filled.last.status, filled.pump().carried) == ("pending", 1), "it is looked at once more"
    set_points(filled, 20)
    assert (filled.item.state, filled.last.status, filled.last.lms_holds) == ("ok", "verified", 8)


def test_where_columns_may_not_be_changed_the_page_says_what_the_lms_knows(
    filled: Bench, book: Gradebook, teacher: FlaskClient
) -> None:
    with transaction(filled.world.tenant_id):
        session().get_one(ClassContext, filled.world.context_id).ags_scopes = [c.LINE_ITEM_READ, c.SCORE]
    before = filled.item.label
    rename(filled, teacher, "Doubling")
    assert filled.item.state == "ok"
    text = page(filled, teacher)
    assert f"The LMS knows it as “{before}”, of 10" in text
    assert "Set it there: this tool may not." in text


def test_moodle_keeps_its_maximum_since_another_would_give_zeros_to_all_without_a_grade(
    filled: Bench, book: Gradebook, teacher: FlaskClient
) -> None:
    with transaction(filled.world.tenant_id):
        session().get_one(Platform, filled.world.platform_id).product_family = ProductFamily.MOODLE
    rename(filled, teacher, "Doubling")
    set_points(filled, 20)
    assert filled.tend() == "ok"
    assert (column_of(filled, book)["label"], column_of(filled, book)["scoreMaximum"]) == ("Doubling", 10)
    assert (filled.item.score_maximum, filled.item.lms_maximum) == (20, 10)
    assert "Of 10 there: points are converted." in page(filled, teacher)
    set_points(filled, 20)
    assert filled.item.state == "ok", "it is not owed each night anew"


def test_what_somebody_set_in_the_lms_is_left_until_a_person_says_otherwise(
    filled: Bench, book: Gradebook, teacher: FlaskClient
) -> None:
    column_of(filled, book)["label"] = "As the teacher calls it"
    rename(filled, teacher, "Doubling")
    assert filled.tend() == "differs"
    assert column_of(filled, book)["label"] == "As the teacher calls it"
    text = page(filled, teacher)
    assert "Somebody changed its title in the LMS, which is left so." in text
    assert "As the teacher calls it" in text
    again(filled, teacher)
    assert filled.tend() == "ok"
    assert column_of(filled, book)["label"] == "Doubling"


def test_a_maximum_that_was_changed_in_the_lms_is_not_touched_by_another_title(
    filled: Bench, book: Gradebook, teacher: FlaskClient
) -> None:
    column_of(filled, book)["scoreMaximum"] = 100
    rename(filled, teacher, "Doubling")
    assert filled.tend() == "ok"
    assert (column_of(filled, book)["label"], column_of(filled, book)["scoreMaximum"]) == ("Doubling", 100)
    assert "Of 100 there: points are converted." in page(filled, teacher)


def test_an_lms_that_refuses_the_change_is_quoted_and_scores_go_on(
    filled: Bench, book: Gradebook, teacher: FlaskClient
) -> None:
    path = (filled.item.url or "").removeprefix(filled.lms.url)
    rename(filled, teacher, "Doubling")
    filled.lms.script[path] = [None, (403, {}, {"error": "coupled"})]
    assert filled.tend() == "differs"
    text = page(filled, teacher)
    assert "does not let this tool make or change this column" in text
    assert "coupled" in text
    filled.rescore(9)
    assert filled.carry() == "verified", "a score says its own maximum"


def test_an_lms_that_takes_the_change_and_keeps_the_old_is_noticed(
    filled: Bench, book: Gradebook, teacher: FlaskClient
) -> None:
    path = (filled.item.url or "").removeprefix(filled.lms.url)
    rename(filled, teacher, "Doubling")
    filled.lms.script[path] = [None, (200, {}, {})]
    assert filled.tend() == "differs"
    assert "shows another all the same" in page(filled, teacher)
