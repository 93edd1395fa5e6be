"""A platform's key, and launches signed with it."""

import datetime as dt
import io
import json
import re
import uuid
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import flask
import jwt
import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric import rsa
from flask.testing import FlaskClient
from jwt.algorithms import RSAAlgorithm

from lti_grader.cli import main
from lti_grader.core.db import db, session, system_transaction, transaction
from lti_grader.core.settings import Settings
from lti_grader.embedded.stack import Servers
from lti_grader.lti import claims as c
from lti_grader.lti.errors import LaunchRefused
from lti_grader.lti.keysets import keysets
from lti_grader.lti.models import ClassContext, Platform, ProductFamily
from lti_grader.lti.verification import Expected, verify
from lti_grader.people.operations import make_sign_in
from lti_grader.problems.models import Visibility
from lti_grader.problems.operations import DraftGroup, DraftProblem, DraftTest, create_problem, publish
from tests.fixtures.world import World
from tests.lti.desk import Desk
from tests.lti.placing import Place
from tests.lti.scripted import ScriptedPlatform, Way, browser

NOW = dt.datetime(2026, 3, 2, 10, 0, tzinfo=dt.UTC)
TARGET = "https://grader.example.edu/lti/launch"
EXPECTED = Expected("https://lms.example.edu", "client-1", "nonce-1", TARGET)
INSTRUCTOR = "http://purl.imsglobal.org/vocab/lis/v2/membership#Instructor"
LEARNER = "http://purl.imsglobal.org/vocab/lis/v2/membership#Learner"
Run = Callable[..., tuple[int, str, str]]
Launch = Callable[..., dict[str, Any]]
_ROWS = re.compile(r"test_(?:rows?_)?((?:\d+|to|and|_)+)_")


def rows_of(name: str) -> set[int]:
    """Return the rows of the conformance table that a test's name begins with, as in test_rows_13_to_18_and_37_roles."""
    found = _ROWS.match(name)
    rows: set[int] = set()
    reach = False
    for word in found[1].split("_") if found else ():
        if word.isdigit():
            rows |= set(range(max(rows), int(word) + 1)) if reach else {int(word)}
        reach = word == "to"
    return rows


def pytest_itemcollected(item: pytest.Item) -> None:
    """Let `pytest -k row_7` find each test of row 7, whatever other rows it is of."""
    item.extra_keyword_matches.update(f"row_{row}" for row in rows_of(item.name))


def good_claims() -> dict[str, Any]:
    now = int(NOW.timestamp())
    return {
        "iss": EXPECTED.issuer,
        "aud": EXPECTED.client_id,
        "sub": "person-1",
        "iat": now,
        "exp": now + 300,
        "nonce": EXPECTED.nonce,
        c.MESSAGE_TYPE: c.RESOURCE_LINK_REQUEST,
        c.VERSION: "1.3.0",
        c.DEPLOYMENT_ID: "1",
        c.TARGET_LINK_URI: TARGET,
        c.RESOURCE_LINK: {"id": "link-1"},
        c.ROLES: [LEARNER],
    }


@pytest.fixture(scope="session")
def platform_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture(scope="session")
def other_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture
def launch(platform_key: rsa.RSAPrivateKey) -> Launch:
    """Verify a launch that is good but for the changes; a change to ... leaves that claim out."""
    public = jwt.PyJWK(json.loads(RSAAlgorithm.to_jwk(platform_key.public_key())), algorithm="RS256")

    def key_of(kid: str) -> jwt.PyJWK:
        if kid != "key-1":
            raise LaunchRefused("unknown_kid", "The platform publishes no key of that id.")
        return public

    def run(
        *, token: str | None = None, key: Any = None, alg: str = "RS256", kid: Any = "key-1", **changes: Any
    ) -> dict[str, Any]:
        given = good_claims() | {_FULL.get(name, name): value for name, value in changes.items()}
        given = {name: value for name, value in given.items() if value is not ...}
        headers = {} if kid is ... else {"kid": kid}
        made = token or jwt.encode(given, key or platform_key, algorithm=alg, headers=headers)
        return verify(made, EXPECTED, key_of, at=NOW, leeway=dt.timedelta(seconds=60))

    return run


_FULL = {
    "message_type": c.MESSAGE_TYPE,
    "version": c.VERSION,
    "deployment_id": c.DEPLOYMENT_ID,
    "target_link_uri": c.TARGET_LINK_URI,
    "resource_link": c.RESOURCE_LINK,
    "roles": c.ROLES,
    "settings": c.DEEP_LINKING_SETTINGS,
}


@pytest.fixture
def scripted(app: flask.Flask, platform_key: rsa.RSAPrivateKey) -> Iterator[ScriptedPlatform]:
    """A registered platform that does as it is told."""
    keysets.forget()
    platform = ScriptedPlatform(platform_key)
    platform.register()
    yield platform
    platform.close()


@pytest.fixture
def way(app: flask.Flask, scripted: ScriptedPlatform) -> Way:
    """A browser on its way to the scripted platform's link."""
    return browser(app, scripted)


@pytest.fixture
def make_problem() -> Callable[[uuid.UUID], str]:
    """Publish a problem in a tenant's bank, and return its version."""

    def make(tenant_id: uuid.UUID) -> str:
        tests = [DraftTest("Sample", b"2\n", b"4\n", Visibility.SAMPLE)]
        with transaction(tenant_id):
            draft = DraftProblem(
                slug="double", title="Double", description_markdown="Double it.",
                groups=[DraftGroup("All", Decimal(1), tests)],
            )  # fmt: skip
            version = create_problem(draft)
            publish(version, at=NOW)
            return str(version.id)

    return make


@pytest.fixture
def lms(world: World, platform_key: rsa.RSAPrivateKey) -> Iterator[ScriptedPlatform]:
    """The world's platform, answering."""
    platform = ScriptedPlatform(platform_key)
    with transaction(world.tenant_id):
        row = session().get_one(Platform, world.platform_id)
        row.issuer, row.auth_token_url, row.jwks_url = platform.url, f"{platform.url}/token", f"{platform.url}/jwks"
        row.product_family = ProductFamily.OTHER
        session().get_one(ClassContext, world.context_id).memberships_url = f"{platform.url}/members"
    yield platform
    platform.close()


@pytest.fixture
def desk(world: World, lms: ScriptedPlatform) -> Desk:
    return Desk(world, lms)


Browser = Callable[..., FlaskClient]


@pytest.fixture
def browser_of(app: flask.Flask, world: World) -> Browser:
    """A browser with the session of a person, or of an administrator by a name."""
    app.config["WTF_CSRF_ENABLED"] = False

    def open_browser(user_id: uuid.UUID | None = None, *, administrator: str = "") -> FlaskClient:
        client = app.test_client()
        if administrator:
            with transaction(world.tenant_id):
                token = make_sign_in(administrator, at=dt.datetime.now(dt.UTC))
            assert client.post(f"/administration/sign-in/{token}").status_code == 303
        if user_id is not None:
            with client.session_transaction() as kept:
                kept.update(user=str(user_id), tenant=str(world.tenant_id), platform=str(world.platform_id), frames=[])
        return client

    return open_browser


@pytest.fixture
def run(
    servers: Servers, settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Run]:
    """Run `lti-grader` with arguments and standard input; return exit code, output and errors."""
    for name, value in servers.env.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("DATABASE_URL", str(settings.database_url))
    monkeypatch.setenv("DATABASE_OWNER_URL", str(settings.database_owner_url))

    def go(*argv: str, given: object = "") -> tuple[int, str, str]:
        text = given if isinstance(given, str) else json.dumps(given)
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
        with pytest.raises(SystemExit) as ended:
            main(list(argv))
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    # A command ends with its process; here it does not, and must leave no connection open.
    with flask.appcontext_tearing_down.connected_to(_hang_up):
        yield go


def _hang_up(app: flask.Flask, **_more: Any) -> None:
    db.engine.dispose()
    app.extensions["adapters"].kv.client.connection_pool.disconnect()


@pytest.fixture
def place(app: flask.Flask, scripted: ScriptedPlatform, way: Way) -> Iterator[Place]:
    app.config["WTF_CSRF_ENABLED"] = False
    keysets.forget()
    way.login()
    assert way.launch().status_code == 303
    with system_transaction() as opened:
        platform = opened.scalars(sa.select(Platform).where(Platform.issuer == scripted.url)).one()
    with transaction(platform.tenant_id):
        context = session().scalars(sa.select(ClassContext)).one()
    yield Place(app, scripted, World(platform.tenant_id, platform.id, context.class_id, context.id, uuid.UUID(int=0)))
    keysets.forget()
