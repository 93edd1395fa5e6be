"""What the demo LMS answers to a score, product by product."""

import datetime as dt

import pytest

from tests.fixtures.demo_lms import AMINA, BEN, REGISTRAR, TEACHER, Lms

EVERY = ("canvas", "moodle", "generic")
LATER, SAME_SECOND, EARLIER = "2026-03-01T10:00:05Z", "2026-03-01T10:00:00.400Z", "2026-03-01T09:59:00Z"


def of(lms: Lms, mode: str) -> str:
    lms.control.post("mode", mode=mode)
    return lms.column()


@pytest.mark.parametrize("mode", EVERY)
@pytest.mark.parametrize("name", ["userId", "activityProgress", "gradingProgress", "timestamp"])
def test_a_score_without_a_required_field_is_refused(lms: Lms, mode: str, name: str) -> None:
    answer = lms.post(of(lms, mode), **{name: None})
    assert answer.status_code == 400
    assert name in answer.text or (mode, answer.json()) == ("moodle", [])
    assert lms.control.state()["grades"] == []


@pytest.mark.parametrize(("mode", "status"), [("canvas", 400), ("moodle", 409), ("generic", 400)])
def test_an_older_timestamp_is_refused_and_changes_nothing(lms: Lms, mode: str, status: int) -> None:
    column = of(lms, mode)
    assert lms.post(column).is_success
    assert lms.post(column, scoreGiven=1, timestamp=EARLIER).status_code == status
    assert lms.cell()["score"] == 7


@pytest.mark.parametrize(("mode", "status"), [("canvas", 200), ("moodle", 409), ("generic", 400)])
def test_the_same_timestamp_is_taken_by_canvas_only(lms: Lms, mode: str, status: int) -> None:
    column = of(lms, mode)
    assert lms.post(column).is_success
    assert lms.post(column, scoreGiven=1).status_code == status


@pytest.mark.parametrize(("mode", "status"), [("canvas", 200), ("moodle", 409), ("generic", 200)])
def test_a_later_millisecond_is_the_same_time_to_moodle(lms: Lms, mode: str, status: int) -> None:
    column = of(lms, mode)
    assert lms.post(column).is_success
    assert lms.post(column, scoreGiven=1, timestamp=SAME_SECOND).status_code == status


@pytest.mark.parametrize(("mode", "status"), [("canvas", 422), ("moodle", 400), ("generic", 400)])
def test_points_without_their_maximum_are_refused(lms: Lms, mode: str, status: int) -> None:
    assert lms.post(of(lms, mode), scoreMaximum=None).status_code == status


@pytest.mark.parametrize(("mode", "held"), [("canvas", 12), ("moodle", 10), ("generic", 12)])
def test_points_above_the_maximum_are_cut_by_moodle_only(lms: Lms, mode: str, held: float) -> None:
    assert lms.post(of(lms, mode), scoreGiven=12).is_success
    assert lms.cell()["score"] == held


def test_negative_points_are_refused_by_canvas_cut_by_moodle_and_break_open_edx(lms: Lms) -> None:
    assert lms.post(of(lms, "canvas"), scoreGiven=-1).status_code == 422
    assert lms.post(of(lms, "generic"), scoreGiven=-1).status_code == 500
    assert lms.control.state()["grades"] == []
    assert lms.post(of(lms, "moodle"), scoreGiven=-1).status_code == 200
    assert lms.cell()["score"] == 0


@pytest.mark.parametrize(("mode", "held"), [("canvas", None), ("moodle", None), ("generic", 5)])
def test_a_score_that_is_not_final_empties_the_cell_except_in_open_edx(lms: Lms, mode: str, held: float | None) -> None:
    column = of(lms, mode)
    lms.post(column)
    assert lms.post(column, scoreGiven=5, gradingProgress="Pending", timestamp=LATER).is_success
    assert lms.cell()["score"] == held


def test_canvas_keeps_the_grade_when_it_is_asked_to(lms: Lms) -> None:
    column = of(lms, "canvas")
    lms.post(column)
    extension = {"https://canvas.instructure.com/lti/submission": {"preserve_score": True}}
    assert lms.post(column, scoreGiven=None, gradingProgress="Pending", timestamp=LATER, **extension).is_success
    assert lms.cell()["score"] == 7


def test_a_teachers_grade_stands_in_moodle_and_falls_in_canvas(lms: Lms) -> None:
    for mode, override in (("moodle", 3), ("canvas", None)):
        lms.control.post("reset")
        column = of(lms, mode)
        lms.post(column)
        lms.control.post("grades", column_id=lms.cell()["column_id"], person_id=AMINA, override=3)
        assert lms.post(column, scoreGiven=9, timestamp=LATER).is_success
        assert (lms.cell()["score"], lms.cell()["override"]) == (9, override)


def test_a_locked_grade_makes_moodle_fail_with_an_empty_list(lms: Lms) -> None:
    column = of(lms, "moodle")
    lms.post(column)
    lms.control.post("grades", column_id=lms.cell()["column_id"], person_id=AMINA, locked=True)
    answer = lms.post(column, scoreGiven=9, timestamp=LATER)
    assert (answer.status_code, answer.text.strip()) == (500, "[]")
    assert lms.cell()["score"] == 7


@pytest.mark.parametrize(("mode", "status"), [("canvas", 422), ("moodle", 400)])
@pytest.mark.parametrize("person_id", [TEACHER, REGISTRAR, "person-nobody"])
def test_a_score_for_whom_is_no_learner_is_refused(lms: Lms, mode: str, status: int, person_id: str) -> None:
    assert lms.post(of(lms, mode), userId=person_id).status_code == status


@pytest.mark.parametrize(("mode", "status"), [("canvas", 422), ("moodle", 400)])
def test_a_score_for_a_student_who_has_left_is_refused(lms: Lms, mode: str, status: int) -> None:
    lms.control.post("members", person_id=BEN, active=False)
    assert lms.post(of(lms, mode), userId=BEN).status_code == status


@pytest.mark.parametrize(("mode", "status"), [("canvas", 200), ("moodle", 400), ("generic", 200)])
def test_moodle_insists_on_the_media_type_of_scores(lms: Lms, mode: str, status: int) -> None:
    assert lms.post(of(lms, mode), media_type="application/json").status_code == status


def test_a_timestamp_ahead_of_time_bars_every_score_until_then_in_moodle(lms: Lms) -> None:
    column = of(lms, "moodle")
    ahead = (dt.datetime.now(dt.UTC) + dt.timedelta(days=1)).isoformat()
    assert lms.post(column, timestamp=ahead).status_code == 200
    assert lms.post(column, timestamp=dt.datetime.now(dt.UTC).isoformat()).status_code == 409


def test_points_are_scaled_to_the_maximum_of_the_column(lms: Lms) -> None:
    column = lms.column(maximum=40)
    lms.post(column)
    assert lms.cell()["score"] == 28


@pytest.mark.parametrize("text", ["yesterday", "2026-03-01T10:00:00", 7])
def test_a_timestamp_without_a_zone_or_of_another_kind_is_refused(lms: Lms, text: object) -> None:
    assert lms.post(lms.column(), timestamp=text).status_code == 400


@pytest.mark.parametrize("points", ["7", True, float("nan"), float("inf")])
def test_points_that_are_no_number_are_refused(lms: Lms, points: object) -> None:
    assert lms.post(lms.column(), scoreGiven=points).status_code == 400


@pytest.mark.parametrize(("mode", "held"), [("canvas", 7), ("moodle", None)])
def test_a_score_that_waits_for_a_look_counts_in_canvas(lms: Lms, mode: str, held: float | None) -> None:
    lms.post(of(lms, mode), gradingProgress="PendingManual")
    assert lms.cell()["score"] == held


@pytest.mark.parametrize("mode", ["generic", "moodle"])
def test_a_score_without_points_takes_the_grade_away(lms: Lms, mode: str) -> None:
    column = of(lms, mode)
    lms.post(column)
    assert lms.cell()["score"] == 7
    answer = lms.post(column, gradingProgress="PendingManual", scoreGiven=None, timestamp="2026-03-01T10:00:09.000Z")
    assert answer.status_code == 200
    assert lms.cell()["score"] is None
