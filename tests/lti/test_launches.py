"""Launches of hosted LMSs with many clients, on bad days of a platform, and with claims of every kind."""

import concurrent.futures
import datetime as dt
from collections.abc import Iterator
from typing import Any

import flask
import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric import rsa

from lti_grader.adapters import Adapters
from lti_grader.classes.models import Class, Enrollment
from lti_grader.core.db import session, transaction
from lti_grader.lti import claims as c
from lti_grader.lti.keysets import keysets
from lti_grader.lti.models import ClassContext, LineItem, Platform
from lti_grader.people.models import User
from tests.fixtures.world import World
from tests.lti.launched import count, platforms, refused
from tests.lti.scripted import LEARNER, ScriptedPlatform, Way, browser


class TestOneIssuerWithManyClients:
    """As Canvas is hosted: one issuer and one keyset for all institutions, a client for each."""

    @pytest.fixture(autouse=True)
    def _second(self, app: flask.Flask, scripted: ScriptedPlatform) -> None:
        scripted.register(tenant="Second University", client_id="client-2", deployments=["b"])
        self.app, self.scripted = app, scripted
        self.first, self.second = platforms(scripted.url)

    def way(self, client: str) -> Way:
        way = browser(self.app, self.scripted)
        assert way.login(client_id=client).status_code == 302
        return way

    def test_row_27_each_client_launches_into_its_own_institution(self) -> None:
        assert self.way("client-1").launch(aud="client-1").status_code == 303
        assert self.way("client-2").launch(aud="client-2", **{c.DEPLOYMENT_ID: "b"}).status_code == 303
        assert [count(one, User) for one in (self.first, self.second)] == [1, 1]
        assert [count(one, Class) for one in (self.first, self.second)] == [1, 1]

    def test_row_27_a_deployment_of_another_client_is_unknown(self) -> None:
        assert "&#39;b&#39;" in refused(self.way("client-1").launch(aud="client-1", **{c.DEPLOYMENT_ID: "b"}), 403)
        refused(self.way("client-2").launch(aud="client-2", **{c.DEPLOYMENT_ID: "1"}), 403)

    def test_row_28_a_token_for_another_client_of_the_same_issuer_is_refused(self) -> None:
        refused(self.way("client-1").launch(aud="client-2", **{c.DEPLOYMENT_ID: "b"}))
        refused(self.way("client-1").launch(aud=["client-1", "client-2"], azp="client-2"))
        assert count(self.second, User) == 0

    def test_row_29_the_nonce_of_another_clients_login_is_refused(self) -> None:
        other, mine = self.way("client-2"), self.way("client-1")
        refused(mine.launch(aud="client-1", nonce=other.nonce))

    def test_row_30_the_state_of_another_clients_login_is_refused(self) -> None:
        other, mine = self.way("client-2"), self.way("client-1")
        for name, value in {one.key: one.value for one in other.client._cookies.values()}.items():
            mine.client.set_cookie(name, value)
        refused(mine.launch(state=other.state, aud="client-1"))
        # Not even by somebody who knows all three: then it is a launch of the other client, for the other client.
        refused(mine.launch(state=other.state, aud="client-1", nonce=other.nonce))


def test_row_29_an_answer_of_one_platform_to_a_login_of_another(
    app: flask.Flask, scripted: ScriptedPlatform, way: Way, other_key: rsa.RSAPrivateKey
) -> None:
    other = ScriptedPlatform(other_key, "client-2")
    try:
        other.register(tenant="Other University")
        theirs = browser(app, other)
        theirs.login()
        way.login()
        # The other platform's own, good launch, under the state of this one's login in the same browser.
        good = other.sign(other.claims(theirs.nonce, theirs.target))
        refused(way.launch(token=good))
        refused(browser(app, scripted).launch(state=theirs.state, token=good))
        assert theirs.launch(token=good).status_code == 303
    finally:
        other.close()


def test_row_30_a_state_is_kept_as_long_as_it_is_good_and_no_longer(way: Way, held: Adapters) -> None:
    way.login()
    kept = held.kv.client.ttl(f"lti:state:{way.state}")
    assert held.settings.launch_seconds - 5 <= kept <= held.settings.launch_seconds
    held.kv.client.pexpireat(f"lti:state:{way.state}", 1)
    assert "took too long" in refused(way.launch())


def test_row_30_a_login_that_was_refused_once_is_used_up(way: Way, scripted: ScriptedPlatform) -> None:
    way.login()
    good = scripted.sign(scripted.claims(way.nonce, way.target))
    refused(way.launch(nonce="guessed"))
    refused(way.launch(token=good))


def test_several_launches_may_be_under_way_in_one_browser(app: flask.Flask, scripted: ScriptedPlatform) -> None:
    first = browser(app, scripted)
    first.login()
    second = Way(first.client, scripted, first.target)
    second.login()
    assert second.launch(sub="person-2").status_code == 303
    assert first.launch(sub="person-1").status_code == 303
    with first.client.session_transaction() as kept:
        user = kept["user"]
    (platform,) = platforms(scripted.url)
    with transaction(platform.tenant_id):
        assert session().scalars(sa.select(User.sub).where(User.id == user)).one() == "person-1"


def test_a_launch_ends_the_session_of_whoever_was_there_before(way: Way) -> None:
    for sub in ("person-1", "person-2"):
        way.login()
        way.launch(sub=sub)
        with way.client.session_transaction() as kept:
            user, token = kept["user"], kept.get("csrf_token")
            kept["csrf_token"] = f"of {sub}"
    assert user
    assert token is None, "the second person has nothing of the first one's"


def test_a_browser_without_our_cookie_is_offered_a_window(
    app: flask.Flask, scripted: ScriptedPlatform, way: Way
) -> None:
    way.login()
    token = scripted.sign(scripted.claims(way.nonce, way.target))
    way.client._cookies.clear()
    page = way.launch(token=token)
    assert "in a new window" in refused(page)
    ours = f"frame-ancestors 'self' {scripted.url} https://lms.example.edu"
    assert page.headers["Content-Security-Policy"].endswith(ours)


@pytest.mark.parametrize("outage", [(500, {}, "down"), (200, {}, "<html>"), (200, {}, {}), (200, {}, {"keys": 5})])
def test_row_2_keys_that_are_known_outlast_an_outage(
    app: flask.Flask, scripted: ScriptedPlatform, way: Way, outage: Any
) -> None:
    way.login()
    assert way.launch().status_code == 303
    keysets.forget()
    scripted.script["/jwks"] = [outage] * 5
    for _ in range(3):
        way.login()
        assert way.launch().status_code == 303
    assert len(scripted.to("/jwks")) == 1


@pytest.mark.parametrize("keys", [
    [None, 5, "x", {}], [{"kid": "key-1", "kty": "RSA"}], [{"kid": "key-1", "kty": "RSA", "n": "x", "e": "AQAB"}],
    [{"kid": "key-1", "kty": "oct", "k": "c2VjcmV0"}], [{"kid": "key-1", "kty": "RSA", "n": 5, "e": []}],
    [{"kid": "key-1", "kty": "RSA", "n": "", "e": ""}],
])  # fmt: skip
def test_row_2_a_keyset_with_broken_keys_lets_nobody_in_and_breaks_nothing(
    way: Way, scripted: ScriptedPlatform, keys: list[Any]
) -> None:
    scripted.script["/jwks"] = [(200, {}, {"keys": keys})] * 3
    way.login()
    refused(way.launch())


def test_row_2_a_key_that_was_withdrawn_is_good_no_more_once_its_copies_have_ended(
    app: flask.Flask, way: Way, scripted: ScriptedPlatform, held: Adapters
) -> None:
    way.login()
    assert way.launch().status_code == 303
    scripted.published.clear()
    keysets.forget()
    held.kv.client.pexpireat(f"lti:keyset:{scripted.url}/jwks", 1)
    later = browser(app, scripted)
    later.login()
    refused(later.launch())


def test_a_login_by_post_is_as_good(way: Way) -> None:
    given = {"iss": way.platform.url, "login_hint": "h", "target_link_uri": way.target, "client_id": "client-1"}
    assert way.client.post("/lti/login", data=given).status_code == 302


def test_the_first_launches_into_a_placed_link_at_once_make_one_column(
    app: flask.Flask, scripted: ScriptedPlatform, way: Way, world: World
) -> None:
    way.login()
    way.launch()
    (platform,) = platforms(scripted.url)
    with transaction(platform.tenant_id):
        context = session().scalars(sa.select(ClassContext)).one()
    here = World(platform.tenant_id, platform.id, context.class_id, context.id, world.teacher_id)
    assignment = here.assignment()

    def come(number: int) -> int:
        with app.app_context():
            one = browser(app, scripted)
            one.login()
            custom = {c.CUSTOM: {c.OWN_ASSIGNMENT: str(assignment)}, c.RESOURCE_LINK: {"id": f"link-{number % 3}"}}
            return one.launch(sub=f"s-{number % 5}", **{c.ROLES: [LEARNER]}, **custom).status_code

    with concurrent.futures.ThreadPoolExecutor(12) as pool:
        assert set(pool.map(come, range(24))) == {303}
    assert count(platform, LineItem) == 1
    assert count(platform, User) == 6
    assert count(platform, Enrollment) == 6


def test_an_assignment_of_another_class_is_not_opened_by_naming_it(
    app: flask.Flask, scripted: ScriptedPlatform, way: Way, world: World
) -> None:
    theirs = world.assignment()
    way.login()
    answer = way.launch(**{c.ROLES: [LEARNER], c.CUSTOM: {c.OWN_ASSIGNMENT: str(theirs)}})
    assert str(theirs) not in answer.headers["Location"]
    assert way.client.get(f"/assignments/{theirs}").status_code == 404


def test_a_disabled_platform_neither_begins_nor_ends_a_launch(scripted: ScriptedPlatform, way: Way) -> None:
    way.login()
    (platform,) = platforms(scripted.url)
    with transaction(platform.tenant_id):
        session().get_one(Platform, platform.id).disabled_at = dt.datetime.now(dt.UTC)
    assert "switched off" in refused(way.launch(), 403)
    assert "switched off" in way.login().text


@pytest.fixture(autouse=True)
def _no_keys_of_other_tests() -> Iterator[None]:
    keysets.forget()
    yield
    keysets.forget()


INSTITUTION_ADMIN = "http://purl.imsglobal.org/vocab/lis/v2/institution/person#Administrator"
SYSTEM_ADMIN = "http://purl.imsglobal.org/vocab/lis/v2/system/person#Administrator"
COURSE_ADMIN = "http://purl.imsglobal.org/vocab/lis/v2/membership#Administrator"


def test_who_administrates_the_institution_is_known_by_their_latest_launch(
    app: flask.Flask, scripted: ScriptedPlatform
) -> None:
    (platform,) = platforms(scripted.url)
    seen = []
    for roles in ([LEARNER, INSTITUTION_ADMIN], [LEARNER], [INSTITUTION_ADMIN], [SYSTEM_ADMIN, COURSE_ADMIN], []):
        way = browser(app, scripted)
        way.login()
        assert way.launch(**{c.ROLES: roles}).status_code in (303, 403)
        with transaction(platform.tenant_id):
            seen.append(session().scalars(sa.select(User.is_institution_admin)).one())
    assert seen == [True, False, True, False, False]
