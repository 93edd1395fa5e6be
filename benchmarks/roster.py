"""A roster of thousands: read and taken in, beside PyLTI1p3's reading with one upsert each; launches meanwhile."""

import datetime as dt
import os
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import sqlalchemy as sa
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from pylti1p3.names_roles import NamesRolesProvisioningService
from pylti1p3.registration import Registration
from pylti1p3.service_connector import ServiceConnector

from benchmarks import web
from benchmarks.load import load
from benchmarks.platforms import platform
from benchmarks.web import Browser, Tool
from lti_grader import adapters
from lti_grader.app import create_app
from lti_grader.classes.models import Enrollment, Role
from lti_grader.core.db import session, transaction
from lti_grader.lti import claims as c
from lti_grader.lti import roster
from lti_grader.lti.errors import RosterBusy
from lti_grader.lti.models import ClassContext, Platform
from lti_grader.people.models import User
from tests.fixtures.installation import Installation
from tests.fixtures.world import World, make_world

A_SECOND = int(os.environ.get("BENCH_LAUNCHES", "50"))


def _point(world: World, url: str) -> None:
    """Let a class's roster be the list of that LMS."""
    with transaction(world.tenant_id):
        session().get_one(Platform, world.platform_id).auth_token_url = f"{url}/token"
        session().get_one(ClassContext, world.context_id).memberships_url = f"{url}/members"


def ours(world: World, url: str) -> roster.Synced:
    """Bring a class up to date with the list at `url`."""
    with transaction(world.tenant_id):
        session().get_one(ClassContext, world.context_id).memberships_url = url
    while True:
        try:
            done = roster.sync(world.tenant_id, world.context_id, adapters.installed(), at=dt.datetime.now(dt.UTC))
        except RosterBusy:
            # The installation's own workers read rosters by their clock.
            time.sleep(0.05)
        else:
            assert done is not None
            return done


class Plain:
    """What a tool does that reads by PyLTI1p3 and looks at each member once, in one transaction."""

    def __init__(self, base: str) -> None:
        pem = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        registration = Registration().set_client_id("plain").set_auth_token_url(f"{base}/token")
        self._connector = ServiceConnector(registration.set_tool_private_key(pem.decode()))

    def __call__(self, world: World, url: str) -> int:
        service = NamesRolesProvisioningService(self._connector, {"context_memberships_url": url})
        with transaction(world.tenant_id):
            members = service.get_members()
            for member in members:
                self._upsert(world, dict(member))
        return len(members)

    def _upsert(self, world: World, member: dict[str, object]) -> None:
        user = session().scalar(
            sa.select(User).where(User.platform_id == world.platform_id, User.sub == member["user_id"])
        )
        if user is None:
            user = User(tenant_id=world.tenant_id, platform_id=world.platform_id, sub=member["user_id"])
            session().add(user)
        for name in ("name", "given_name", "family_name", "email"):
            setattr(user, name, member[name])
        session().flush()
        place = session().scalar(
            sa.select(Enrollment).where(Enrollment.class_id == world.class_id, Enrollment.user_id == user.id)
        )
        if place is None:
            place = Enrollment(
                tenant_id=world.tenant_id, class_id=world.class_id, user_id=user.id, source="roster"
            )  # fmt: skip
            session().add(place)
        place.role, place.status = Role.STUDENT, "active"
        session().flush()


Way = Callable[[World, str], object]


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def compare(base: str, count: int) -> None:
    """Time both ways, each in a class of its own: everybody new, nothing new, one percent renamed."""
    few = max(1, count // 100)
    lists = [
        ("everybody is new", f"{base}/members"),
        ("nothing has changed", f"{base}/members"),
        ("1 % have another name", f"{base}/members?changed={few}&as=renamed"),
    ]
    ways: list[tuple[World, Way]] = [(make_world("Plain"), Plain(base)), (make_world("Ours"), ours)]
    for world, _ in ways:
        _point(world, base)
    heading = f"a roster of {count}, read and taken in"
    print(f"\n{heading:<44}{'plain s':>10}{'ours s':>9}", flush=True)
    for label, url in lists:
        plain, mine = (_seconds(lambda world=world, way=way, url=url: way(world, url)) for world, way in ways)
        print(f"{label:<44}{plain:>10.2f}{mine:>9.2f}   {plain / mine:.1f} times as fast", flush=True)


def _home(installation: Installation) -> World:
    """Return the class that the demo LMS's launches lead to."""
    with transaction(installation.tenant_id):
        context = session().scalars(sa.select(ClassContext).where(ClassContext.class_id == installation.class_id)).one()
        platform_id = session().scalars(sa.select(Platform.id)).one()
        teacher = session().scalars(sa.select(User.id).limit(1)).one()
    return World(installation.tenant_id, platform_id, installation.class_id, context.id, teacher)


def launches(installation: Installation, tool: Tool, count: int) -> float:
    """Let so many of the roster launch, fifty a second, and return the launch's p99 in milliseconds."""
    crowd = [Browser(f"crowd-{number:05d}") for number in range(count)]
    asked = load(tool.origin, crowd, lambda con, b: web.login(tool, con, b), at_once=web.AT_ONCE)
    now = int(time.time())
    ready = [
        (one, state, installation.control.post(
            "sign", **{**tool.claims, "sub": one.sub, "nonce": nonce, "iat": now, "exp": now + 3600}
        )["token"])
        for one, (state, nonce) in zip(crowd, asked.results, strict=True)
    ]  # fmt: skip
    done = load(
        tool.origin, ready, lambda con, item: web.arrive(tool, con, *item),
        at_once=64, a_second=A_SECOND,
    )  # fmt: skip
    return done.percentile(99)


@contextmanager
def busily(
    app_context: Callable[[], AbstractContextManager[object]], way: Way | None, world: World, base: str, count: int
) -> Iterator[None]:
    """Take in the roster again and again, everybody renamed each time."""
    ended = threading.Event()
    failed: list[BaseException] = []

    def again() -> None:
        with app_context():
            while way is not None and not ended.is_set():
                try:
                    way(world, f"{base}/members?changed={count}&as={uuid.uuid4().hex[:8]}")
                except Exception as error:
                    failed.append(error)
                    return

    thread = threading.Thread(target=again)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
    if failed:
        print(f"    (the roster was not taken in: {type(failed[0]).__name__}: {str(failed[0])[:100]})", flush=True)


def report(installation: Installation, *, count: int) -> None:
    """Measure, and print."""
    app = create_app(installation.settings)
    with app.app_context(), platform(installation.servers.supervisor, "roster_platform", count, "/members") as base:
        compare(base, count)
        tool = web.ours(installation)
        tool.claims.pop(c.NRPS, None)
        home = _home(installation)
        ours(home, f"{base}/members")
        heading = f"{A_SECOND} launches a second of people on it"
        print(f"\n{heading:<44}{'p99 ms':>10}")
        for label, way in (
            ("no roster is read", None),
            ("ours reads it all the time, all renamed", ours),
            ("plain reads it all the time, all renamed", Plain(base)),
        ):
            with busily(app.app_context, way, home, base, count):
                print(f"{label:<44}{launches(installation, tool, min(count, A_SECOND * 8)):>10.0f}", flush=True)
