"""Launches beside a bare PyLTI1p3 tool; autosaves of a thousand students; from Submit to the result."""

import dataclasses
import datetime as dt
import json
import os
import re
import socket
import sys
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from benchmarks.load import Answer, Connection, Measured, load, percentile
from lti_grader.embedded.supervisor import Service
from lti_grader.lti.registration import own_addresses
from tests.fixtures.installation import DOUBLE, Installation

AT_ONCE = 16
_CLAIM = "https://purl.imsglobal.org/spec/lti/claim/"


@dataclasses.dataclass
class Browser:
    """A student: a name in the LMS, cookies, and the page's token for forms."""

    sub: str
    cookies: dict[str, str] = dataclasses.field(default_factory=dict)
    token: str = ""

    def take(self, answer: Answer) -> Answer:
        """Keep the cookies of an answer."""
        for line in answer.headers.get_all("Set-Cookie") or []:
            name, _, rest = line.partition("=")
            self.cookies[name] = rest.partition(";")[0]
        return answer

    @property
    def headers(self) -> dict[str, str]:
        return {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}


@dataclasses.dataclass
class Tool:
    """A tool to be launched into: where, and with which claims."""

    name: str
    origin: str
    login: str
    launch: str
    claims: dict[str, Any]
    good: tuple[int, ...]


def login(tool: Tool, connection: Connection, browser: Browser) -> tuple[str, str]:
    """Ask for a launch, and return state and nonce of the answer."""
    asked = {
        "iss": tool.claims["iss"], "login_hint": browser.sub, "client_id": tool.claims["aud"],
        "target_link_uri": f"{tool.origin}{tool.launch}", "lti_deployment_id": "1",
    }  # fmt: skip
    answer = browser.take(connection.send("GET", f"{tool.login}?{urlencode(asked)}", headers=browser.headers))
    if answer.status != 302:
        raise RuntimeError(f"{tool.name}: a login request was answered {answer.status}")
    given = parse_qs(urlsplit(answer.headers["Location"]).query)
    return given["state"][0], given["nonce"][0]


def arrive(tool: Tool, connection: Connection, browser: Browser, state: str, token: str) -> None:
    headers = {**browser.headers, "Content-Type": "application/x-www-form-urlencoded"}
    body = urlencode({"state": state, "id_token": token}).encode()
    answer = browser.take(connection.send("POST", tool.launch, body, headers))
    if answer.status not in tool.good:
        raise RuntimeError(f"{tool.name}: a launch was answered {answer.status}: {answer.body[:300]!r}")


def launches(installation: Installation, tool: Tool, students: Sequence[Browser]) -> tuple[float, float, float]:
    """Launch every student once. Return launches a second, and the launch's p50 and p99 in milliseconds."""
    asked = load(tool.origin, students, lambda c, b: login(tool, c, b), at_once=AT_ONCE)
    # Signing is the platform's work: it is not in the measured time.
    now = int(time.time())
    tokens = [
        installation.control.post(
            "sign", **{**tool.claims, "sub": browser.sub, "nonce": nonce, "iat": now, "exp": now + 3600,
                       "name": f"Student {browser.sub}"},
        )["token"]
        for browser, (_, nonce) in zip(students, asked.results, strict=True)
    ]  # fmt: skip
    ready = [(b, state, token) for b, (state, _), token in zip(students, asked.results, tokens, strict=True)]
    done = load(tool.origin, ready, lambda c, item: arrive(tool, c, *item), at_once=AT_ONCE)
    return len(students) / (asked.seconds + done.seconds), done.percentile(50), done.percentile(99)


def ours(installation: Installation) -> Tool:
    """Return our own tool, and the claims of a real launch into it."""
    from lti_grader.demo.lms.client import Person

    person = Person(installation.lms_url, "person-amina")
    form = person.launch_form(installation.link_id)
    claims = jwt.decode(form.fields["id_token"], options={"verify_signature": False})
    person.close()
    paths = {name: urlsplit(url).path for name, url in own_addresses(installation.url).items()}
    return Tool("lti_grader", installation.url, paths["login_url"], paths["redirect_url"], claims, (302, 303))


@contextmanager
def bare(installation: Installation, claims: dict[str, Any]) -> Iterator[Tool]:
    """Have the bare tool run, under the same server with the same settings."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    origin = f"http://127.0.0.1:{port}"
    config = {
        claims["iss"]: [{
            "client_id": "bare", "default": True, "auth_login_url": f"{claims['iss']}/auth",
            "auth_token_url": f"{claims['iss']}/token", "deployment_ids": ["1"],
            "key_set": httpx.get(f"{installation.lms_url}/keys", trust_env=False).json(),
        }]
    }  # fmt: skip
    env = {**os.environ, "BARE_TOOL_CONFIG": json.dumps(config), "BARE_TOOL_KEY": pem}
    command = [
        sys.executable, "-m", "gunicorn", "--config", "lti_grader/embedded/gunicorn_conf.py",
        "--bind", f"127.0.0.1:{port}", "benchmarks.bare_tool:app",
    ]  # fmt: skip
    ready = lambda: httpx.get(f"{origin}/login", trust_env=False).status_code > 0  # noqa: E731
    supervisor = installation.servers.supervisor
    supervisor.start(Service("bare-tool", command, ready=ready, env=env))
    try:
        yield Tool("bare PyLTI1p3", origin, "/login", "/launch", {**claims, "aud": "bare"}, (200,))
    finally:
        supervisor.stop("bare-tool")


def open_pages(installation: Installation, students: Sequence[Browser]) -> None:
    """Open the work page once for each student, for its token."""

    def page(connection: Connection, browser: Browser) -> None:
        answer = browser.take(connection.send("GET", f"/work/{installation.item_id}", headers=browser.headers))
        found = re.search(rb'name="csrf-token"\s+content="([^"]+)"', answer.body)
        if answer.status != 200 or found is None:
            raise RuntimeError(f"the work page was answered {answer.status}")
        browser.token = found[1].decode()

    load(installation.url, students, page, at_once=AT_ONCE)


def json_headers(browser: Browser) -> dict[str, str]:
    return {
        **browser.headers, "X-CSRF-Token": browser.token, "Content-Type": "application/json",
        "Accept": "application/json",
    }  # fmt: skip


def autosaves(
    installation: Installation, students: Sequence[Browser], *, rounds: int, a_second: float = 0
) -> Measured[Any]:
    """Save every student's draft `rounds` times: 2 kB of program each, changed each time."""
    filler = "# what a student writes, line by line\n" * 50
    path = f"/work/{installation.item_id}/draft"

    def save(connection: Connection, item: tuple[Browser, int]) -> None:
        browser, revision = item
        body = {
            "code": f"{filler}n = {revision}\n", "language": "python", "base_revision": revision,
            "save_id": uuid.uuid4().hex, "time_spent_seconds": 30,
        }  # fmt: skip
        answer = connection.send("PUT", path, json.dumps(body).encode(), json_headers(browser))
        if answer.status != 200:
            raise RuntimeError(f"a save was answered {answer.status}: {answer.body[:300]!r}")

    begin = _saved_so_far.get(id(students), 0)
    _saved_so_far[id(students)] = begin + rounds
    at_once = AT_ONCE if not a_second else 64
    # One round after the other: a student's next save waits for the answer to the one before.
    turns = [
        load(installation.url, [(one, begin + turn) for one in students], save, at_once=at_once, a_second=a_second)
        for turn in range(rounds)
    ]
    return Measured(sum(one.seconds for one in turns), [time for one in turns for time in one.each], [])


_saved_so_far: dict[int, int] = {}


def submit(installation: Installation, connection: Connection, browser: Browser) -> str:
    body = {
        "type": "final_submission", "code": f"{DOUBLE}# {uuid.uuid4().hex}\n", "language": "python",
        "idempotency_key": uuid.uuid4().hex,
    }  # fmt: skip
    path = f"/work/{installation.item_id}/attempts"
    answer = connection.send("POST", path, json.dumps(body).encode(), json_headers(browser))
    if answer.status != 202:
        raise RuntimeError(f"a submission was answered {answer.status}: {answer.body[:300]!r}")
    return str(json.loads(answer.body)["attempt"]["id"])


def submit_and_wait(installation: Installation, browser: Browser) -> float:
    """Return the seconds from pressing Submit to having the result, for somebody who looks every 10 ms."""
    connection = Connection(installation.url)
    began = time.perf_counter()
    attempt = submit(installation, connection, browser)
    while True:
        answer = connection.send("GET", f"/attempts/{attempt}", headers=json_headers(browser))
        found = json.loads(answer.body)
        if found.get("attempt", found)["status"] in ("completed", "error"):
            connection.close()
            return time.perf_counter() - began
        time.sleep(0.01)


def burst(installation: Installation, students: Sequence[Browser], *, seconds: float) -> dict[str, float]:
    """Have each student submit once, spread over `seconds`; wait until the last one is judged."""
    began = dt.datetime.now(dt.UTC)
    posted = load(
        installation.url, students, lambda c, b: submit(installation, c, b), at_once=32,
        a_second=len(students) / seconds,
    )  # fmt: skip
    query = (
        "SELECT extract(epoch FROM j.finished_at - a.created_at) AS seconds FROM submission_attempts a"
        f" JOIN grading_jobs j ON j.attempt_id = a.id WHERE a.created_at >= '{began.isoformat()}' AND j.status = 'done'"
    )
    ends = time.monotonic() + 900
    while len(found := [float(row.seconds) for row in installation.rows(query)]) < len(students):
        if time.monotonic() > ends:
            raise RuntimeError(f"only {len(found)} of {len(students)} submissions were judged")
        time.sleep(1)
    whole = (dt.datetime.now(dt.UTC) - began).total_seconds()
    return {
        "p50": percentile(found, 50), "p99": percentile(found, 99), "last": max(found),
        "a_second": len(found) / whole, "post_p99_ms": posted.percentile(99),
    }  # fmt: skip


def memory_mib(installation: Installation) -> float:
    """Return what the whole installation holds of memory (PSS), demo LMS included."""
    supervisor = installation.servers.supervisor
    total = 0
    for name in supervisor.names():
        for process in _processes(supervisor.pid(name)):
            # It may have ended since it was listed.
            with suppress(FileNotFoundError, ProcessLookupError):
                total += int(re.findall(r"^Pss:\s+(\d+) kB", (process / "smaps_rollup").read_text(), re.MULTILINE)[0])
    return total / 1024


def _processes(first: int) -> Iterator[Path]:
    """Yield the folders in /proc of a process and of all below it."""
    waiting = [first]
    while waiting:
        process = Path("/proc") / str(waiting.pop())
        yield process
        with suppress(OSError):
            for task in (process / "task").iterdir():
                waiting += map(int, (task / "children").read_text().split())


def processor_seconds(installation: Installation) -> dict[str, float]:
    """Return what each service has taken of the processors so far, with what it started, as far as that lives or was waited for."""
    supervisor, found = installation.servers.supervisor, dict[str, float]()
    for name in supervisor.names():
        ticks = 0
        for process in _processes(supervisor.pid(name)):
            with suppress(OSError):
                fields = (process / "stat").read_text().rpartition(")")[2].split()
                ticks += sum(map(int, fields[11:15]))
        found[name] = ticks / os.sysconf("SC_CLK_TCK")
    return found


def report(installation: Installation, *, students: int) -> None:
    """Measure, and print."""
    print(f"\nmemory at rest, everything together: {memory_mib(installation):.0f} MiB (PSS)", flush=True)
    tool = ours(installation)
    crowd = [Browser(f"crowd-{number}") for number in range(students)]
    print(f"\n{'launches, ' + str(AT_ONCE) + ' at once':<44}{'a second':>10}{'p50 ms':>9}{'p99 ms':>9}")
    with bare(installation, tool.claims) as other:
        warm = [Browser(f"warm-{number}") for number in range(min(64, students))]
        for one in (other, tool):
            launches(installation, one, warm)
        rows = [
            ("bare PyLTI1p3 tool (checks, greets)", launches(installation, other, [Browser(b.sub) for b in crowd])),
            ("lti_grader, everybody's first launch", launches(installation, tool, crowd)),
            ("lti_grader, known people", launches(installation, tool, crowd)),
        ]
    for label, (rate, middle, late) in rows:
        print(f"{label:<44}{rate:>10.0f}{middle:>9.1f}{late:>9.1f}   {rate / rows[0][1][0]:.0%} of bare", flush=True)
    open_pages(installation, crowd)
    full = autosaves(installation, crowd, rounds=3)
    calm = autosaves(installation, crowd, rounds=2, a_second=100)
    print(f"\n{f'autosaves of {students} students':<44}{'a second':>10}{'p50 ms':>9}{'p99 ms':>9}")
    print(
        f"{f'as fast as it goes, {AT_ONCE} at once':<44}{full.rate:>10.0f}{full.percentile(50):>9.1f}{full.percentile(99):>9.1f}"
    )
    print(
        f"{'each every 10 s':<44}{calm.rate:>10.0f}{calm.percentile(50):>9.1f}{calm.percentile(99):>9.1f}", flush=True
    )
    idle = [submit_and_wait(installation, browser) for browser in crowd[: students // 16]]
    print(f"\n{'from Submit to the result (Python, 4 tests)':<44}{'p50 s':>10}{'p99 s':>9}")
    print(f"{'nobody else is there':<44}{percentile(idle, 50):>10.2f}{percentile(idle, 99):>9.2f}", flush=True)
    half = students // 2
    many = burst(installation, crowd[-half:], seconds=60 * half / 500)
    print(
        f"{f'{half} at the pace of 500 in a minute':<44}{many['p50']:>10.2f}{many['p99']:>9.2f}   last after {many['last']:.1f} s;"
        f" {many['a_second']:.1f} judged a second; the page's own answer p99 {many['post_p99_ms']:.0f} ms",
        flush=True,
    )
