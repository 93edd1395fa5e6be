"""Conformance rows 34, 36 and 38: scores there and back, and what the LMS answers on bad days."""

import datetime as dt
from decimal import Decimal
from typing import Any

import flask
import jwt
import pytest

from lti_grader import adapters
from lti_grader.core.db import transaction
from lti_grader.lti import passback, score_body
from lti_grader.lti.errors import CannotResend
from tests.fixtures.world import NOW, World
from tests.lti.desk import RESULTS, SCORES, Desk
from tests.lti.scripted import ScriptedPlatform


def test_row_34_a_score_there_and_back(desk: Desk, lms: ScriptedPlatform, app: flask.Flask) -> None:
    desk.score("7.5")
    assert desk.carry() == "verified"
    assert (desk.last.status, desk.last.lms_holds) == ("verified", Decimal("7.5"))
    (posted,) = lms.to(SCORES)
    # The column's own query stays where it belongs: before nothing, after the path.
    assert posted.query == {"type_id": "3"}
    assert posted.headers["Content-Type"] == "application/vnd.ims.lis.v1.score+json"
    assert posted.headers["Authorization"] == "Bearer token-1"
    assert posted.json == {
        "userId": desk.sub, "scoreGiven": 7.5, "scoreMaximum": 10.0, "activityProgress": "Completed",
        "gradingProgress": "FullyGraded", "timestamp": "2026-03-02T10:00:00.000Z",
        "submission": {"submittedAt": "2026-03-02T10:00:00.000Z"},
    }  # fmt: skip
    assert [one.query["user_id"] for one in lms.to(RESULTS)] == [desk.sub, desk.sub]


def test_row_34_the_token_request_is_signed_by_a_key_of_our_keyset(
    desk: Desk, lms: ScriptedPlatform, app: flask.Flask
) -> None:
    desk.score(5)
    desk.carry()
    asked = lms.to("/token")[0].form
    assert asked["grant_type"] == "client_credentials"
    assert asked["client_assertion_type"] == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    keys = app.test_client().get("/lti/jwks.json").json["keys"]
    kid = jwt.get_unverified_header(asked["client_assertion"])["kid"]
    key = jwt.PyJWK(next(one for one in keys if one["kid"] == kid), algorithm="RS256")
    claims = jwt.decode(asked["client_assertion"], key, algorithms=["RS256"], audience=f"{lms.url}/token")
    assert claims["iss"] == claims["sub"] == "client"
    assert claims["jti"]
    assert {one["kty"] for one in keys} == {"RSA"}
    assert not {"d", "p", "q"} & set().union(*keys)


def test_row_34_a_token_is_used_until_it_ends(desk: Desk, lms: ScriptedPlatform) -> None:
    for points in (1, 2, 3):
        desk.score(points)
        assert desk.carry() == "verified"
        desk.later(seconds=5)
    # One for scores and one for results: a token has only the scope it is for.
    assert len(lms.to("/token")) == 2


def test_the_same_score_again_is_not_posted_again(desk: Desk) -> None:
    delivery = desk.score(4)
    assert [desk.carry(delivery) for _ in range(3)] == ["verified", "not due", "not due"]
    assert len(desk.posts()) == 1


def test_a_newer_score_is_the_only_one_sent_and_has_a_later_time(desk: Desk) -> None:
    desk.score(4)
    desk.score(6)
    assert desk.carry() == "verified"
    desk.score(5)
    assert desk.carry() == "verified"
    assert [one["scoreGiven"] for one in desk.posts()] == [6, 5]
    first, second = (one["timestamp"] for one in desk.posts())
    assert second > first, "within the same second, a second later"
    assert [row.status for row in desk.rows()] == ["superseded", "verified", "verified"]


@pytest.mark.parametrize("status", [500, 502, 503, 408])
def test_row_36_a_fault_of_the_lms_is_waited_out(desk: Desk, lms: ScriptedPlatform, status: int) -> None:
    lms.script[SCORES] = [(status, {}, {"error": "no"})] * 3
    desk.score(8)
    waits = []
    for _ in range(3):
        desk.carry()
        assert desk.last.status == "pending"
        waits.append((desk.last.next_try_at - desk.at).total_seconds())
        assert desk.carry() == "not due"
        desk.at = desk.last.next_try_at
    assert desk.carry() == "verified"
    assert waits[0] < waits[1] < waits[2]
    assert desk.last.sent_timestamp == NOW, "the same score at the same time, however often it is tried"


def test_row_36_a_throttled_post_waits_as_long_as_it_is_told(desk: Desk, lms: ScriptedPlatform) -> None:
    lms.script[SCORES] = [(429, {"Retry-After": "90"}, "slow down"), (403, {}, "403 Forbidden (Rate Limit Exceeded)")]
    desk.score(8)
    desk.carry()
    assert (desk.last.next_try_at - desk.at).total_seconds() == 90
    desk.later(seconds=90)
    desk.carry()
    assert desk.last.status == "pending"
    desk.later(seconds=60)
    assert desk.carry() == "verified"


def test_row_36_a_token_that_is_taken_no_more_is_renewed_once(desk: Desk, lms: ScriptedPlatform) -> None:
    lms.script[SCORES] = [(401, {}, "expired")]
    desk.score(8)
    assert desk.carry() == "verified"
    desk.later(seconds=5)
    lms.script[SCORES] = [(401, {}, "no"), (401, {}, "no")]
    asked = len(lms.to("/token"))
    desk.score(9)
    desk.carry()
    assert desk.last.status == "pending"
    assert len(lms.to("/token")) == asked + 1


def test_row_36_an_answer_that_gets_lost_is_no_second_score(desk: Desk, lms: ScriptedPlatform) -> None:
    lms.script[SCORES] = [(0, {}, "")]
    desk.score(8)
    desk.carry()
    assert desk.last.status == "pending"
    desk.later(minutes=1)
    assert desk.carry() == "verified"
    assert len(desk.posts()) == 1


def test_row_36_a_newer_score_after_a_lost_answer_is_no_override(desk: Desk, lms: ScriptedPlatform) -> None:
    lms.script[SCORES] = [(0, {}, "")]
    first = desk.score(4)
    desk.carry(first)
    desk.score(9)
    desk.later(minutes=1)
    desk.carry(first)
    assert desk.carry() == "verified"
    assert [one["scoreGiven"] for one in desk.posts()] == [4, 9]


def test_row_36_a_worker_that_fell_silent_while_it_posted_leaves_no_duplicate(
    desk: Desk, lms: ScriptedPlatform
) -> None:
    delivery = desk.score(8)
    with transaction(desk.world.tenant_id):
        parcel = passback.claim(delivery, at=desk.at, lease=dt.timedelta(seconds=30))
        assert parcel is not None
        assert passback.begin(parcel, at=desk.at)
    lms.scores[desk.sub] = score_body.score_json(parcel, parcel.comment)
    assert desk.carry() == "not due"
    desk.later(seconds=31)
    assert desk.carry() == "verified"
    assert desk.posts() == []


def test_row_36_given_up_with_a_reason_and_resent_by_a_person(desk: Desk, lms: ScriptedPlatform) -> None:
    tries = adapters.installed().settings.delivery_max_tries
    lms.script[SCORES] = [(500, {}, "broken")] * tries
    desk.score(8)
    for _ in range(tries):
        desk.carry()
        desk.later(hours=1)
    assert desk.last.status == "failed"
    assert "Given up" in desk.last.last_error
    assert "broken" in desk.last.last_answer
    desk.resend()
    assert desk.carry() == "verified"


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (403, "no scope", "scope"), (404, "gone", "Restore the link"), (410, "gone", "Place the assignment"),
        (422, "User requested is not a student", "not a student"), (400, "bad", "refused"),
    ],
)  # fmt: skip
def test_row_36_what_needs_a_person_is_said_and_not_tried_again(
    desk: Desk, lms: ScriptedPlatform, status: int, body: str, words: str
) -> None:
    lms.script[SCORES] = [(status, {"Content-Type": "text/html"}, body)]
    desk.score(8)
    desk.carry()
    assert desk.last.status == "failed"
    assert words in desk.last.last_error
    desk.later(days=1)
    assert desk.carry() == "not due"


def test_an_override_in_the_lms_stays_until_a_person_says_otherwise(desk: Desk, lms: ScriptedPlatform) -> None:
    desk.score(4)
    desk.carry()
    lms.scores[desk.sub]["scoreGiven"] = 9.5
    desk.later(minutes=1)
    desk.score(6)
    assert desk.carry() == "overridden"
    assert lms.scores[desk.sub]["scoreGiven"] == 9.5
    assert (desk.last.status, desk.last.lms_holds) == ("overridden", Decimal("9.5"))
    desk.resend()
    assert desk.carry() == "verified"
    assert lms.scores[desk.sub]["scoreGiven"] == 6


def test_a_score_that_is_not_shown_is_looked_for_and_not_posted_twice(desk: Desk, lms: ScriptedPlatform) -> None:
    lms.script[RESULTS] = [(200, {}, [])] * 3
    desk.score(8)
    assert desk.carry() == "sent"
    desk.later(minutes=1)
    assert desk.carry() == "sent"
    desk.later(minutes=10)
    assert desk.carry() == "verified"
    assert len(desk.posts()) == 1


@pytest.mark.parametrize("said", ["<html>maintenance</html>", {"not": "a list"}, "null"])
def test_results_that_are_none_are_a_fault_of_the_lms(desk: Desk, lms: ScriptedPlatform, said: Any) -> None:
    lms.script[RESULTS] = [(200, {}, said)]
    desk.score(8)
    desk.carry()
    assert desk.last.status in ("pending", "failed")
    assert desk.last.last_error


def test_row_38_a_test_users_score_is_never_delivered(world: World, lms: ScriptedPlatform) -> None:
    desk = Desk(world, lms, is_test_user=True)
    desk.score(8)
    assert desk.last.status == "excluded"
    assert desk.carry() == "not due"
    assert lms.asked == []
    with pytest.raises(CannotResend):
        desk.resend()
