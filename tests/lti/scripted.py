"""A platform that does as it is told: keys, tokens, line items, results and memberships over real HTTP."""

import dataclasses
import datetime as dt
import http.server
import json
import threading
from collections import defaultdict
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import flask
import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from flask.testing import FlaskClient
from jwt.algorithms import RSAAlgorithm
from werkzeug.test import TestResponse

from lti_grader.lti import claims as c
from lti_grader.lti.registration import Registration, add_platform

INSTRUCTOR = "http://purl.imsglobal.org/vocab/lis/v2/membership#Instructor"
LEARNER = "http://purl.imsglobal.org/vocab/lis/v2/membership#Learner"
Answer = tuple[int, dict[str, str], Any]
LOST, SILENT = 0, -1
"""In place of a status: what was asked is done, and then the connection ends, or nothing more is said."""


@dataclasses.dataclass
class Asked:
    """A request as it arrived."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def form(self) -> dict[str, str]:
        return {name: values[0] for name, values in parse_qs(self.body.decode()).items()}

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class ScriptedPlatform:
    """A platform whose next answers can be given beforehand, by path; what was asked of it is kept."""

    def __init__(self, key: rsa.RSAPrivateKey, client_id: str = "client-1") -> None:
        self.key, self.kid, self.client_id = key, "key-1", client_id
        self.published = {"key-1": key.public_key()}
        self.asked: list[Asked] = []
        self.script: dict[str, list[Answer | None]] = defaultdict(list)
        self.files: dict[str, tuple[str, bytes]] = {}
        self.scores: dict[str, dict[str, Any]] = {}
        self.members: list[list[dict[str, Any]]] = [[]]
        self.link: Callable[[str], str] = lambda url: f'<{url}>; rel="next"'
        self.results_page = 1000
        self._ended = threading.Event()
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self.column = f"{self.url}/lineitems/1?type_id=3"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        self._ended.set()
        self._server.shutdown()
        self._server.server_close()

    def to(self, path: str) -> list[Asked]:
        """Return what was asked of a path."""
        return [one for one in self.asked if one.path == path]

    def registration(self, **more: Any) -> Registration:
        given = {
            "issuer": self.url, "client_id": self.client_id, "name": "Scripted", "auth_login_url": f"{self.url}/auth",
            "auth_token_url": f"{self.url}/token", "jwks_url": f"{self.url}/jwks", "deployments": ["1", "2"],
            "frame_origins": ["https://lms.example.edu"], "product_family": "moodle",
        }  # fmt: skip
        return Registration.model_validate(given | more)

    def register(self, tenant: str = "Scripted University", **more: Any) -> Any:
        return add_platform(self.registration(**more), tenant_name=tenant)

    def sign(self, claims: dict[str, Any]) -> str:
        # Not by `jwt.encode`, which refuses to make what a platform should not send.
        return jwt.api_jws.encode(json.dumps(claims).encode(), self.key, algorithm="RS256", headers={"kid": self.kid})

    def claims(self, login_nonce: str, target: str, **changes: Any) -> dict[str, Any]:
        """Return a good launch but for the changes; a change to ... leaves that claim out."""
        now = int(dt.datetime.now(dt.UTC).timestamp())
        good = {
            "iss": self.url, "aud": self.client_id, "sub": "person-1", "name": "Ada Byron", "nonce": login_nonce,
            "iat": now, "exp": now + 300, c.MESSAGE_TYPE: c.RESOURCE_LINK_REQUEST, c.VERSION: "1.3.0",
            c.DEPLOYMENT_ID: "1", c.TARGET_LINK_URI: target, c.RESOURCE_LINK: {"id": "link-1", "title": "Week 1"},
            c.ROLES: [INSTRUCTOR], c.CONTEXT: {"id": "course-1", "title": "Course One"},
            c.NRPS: {"context_memberships_url": f"{self.url}/members", "service_versions": ["2.0"]},
            c.AGS: {"scope": [c.SCORE, c.RESULT], "lineitems": f"{self.url}/lineitems",
                    "lineitem": self.column},
        }  # fmt: skip
        good |= changes
        return {name: value for name, value in good.items() if value is not ...}

    def answer(self, asked: Asked) -> Answer:
        """Do what a platform does."""
        if asked.path == "/jwks":
            keys = [
                {**json.loads(RSAAlgorithm.to_jwk(key)), "kid": kid, "alg": "RS256", "use": "sig"}
                for kid, key in self.published.items()
            ]
            return 200, {}, {"keys": keys}
        if asked.path == "/token":
            return 200, {}, {"access_token": "token-1", "expires_in": 3600, "token_type": "Bearer"}
        if asked.method == "GET" and asked.path == urlsplit(self.column).path:
            return 200, {}, {"id": self.column, "label": "Week 1", "scoreMaximum": 10}
        if asked.path.endswith("/scores"):
            self.scores[asked.json["userId"]] = asked.json
            return 200, {}, {}
        if asked.path.endswith("/results"):
            return self._results(asked)
        if asked.path.casefold() == "/members":
            page = int(asked.query.get("page", "0"))
            more = (
                {"Link": self.link(f"{self.url}/Members?page={page + 1}&per=2")} if page + 1 < len(self.members) else {}
            )
            return 200, more, {"id": "x", "context": {"id": "course-1"}, "members": self.members[page]}
        return self._file_services(asked)

    def _file_services(self, asked: Asked) -> Answer:
        """Do what a platform does that offers notices and an asset processor."""
        if asked.path in self.files:
            kind, content = self.files[asked.path]
            return 200, {"Content-Type": kind}, content
        if asked.path == "/reports":
            return 201, {}, asked.json
        if asked.path == "/notice-handlers":
            return 200, {}, {"notice_type": asked.json["notice_type"], "handler": asked.json["handler"]}
        return 404, {}, {"error": "nothing here"}

    def _results(self, asked: Asked) -> Answer:
        only = asked.query.get("user_id")
        found = [one for one in self.scores.values() if only in (None, one["userId"]) and "scoreGiven" in one]
        first, most = int(asked.query.get("from", "0")), min(int(asked.query.get("limit", "1000")), self.results_page)
        more = {"Link": self.link(f"{self.url}{asked.path}?from={first + most}&limit={most}")}
        said = [
            {"userId": one["userId"], "resultScore": one["scoreGiven"], "resultMaximum": one["scoreMaximum"]}
            for one in found[first : first + most]
        ]
        return 200, more if first + most < len(found) else {}, said

    def _handler(self) -> type[http.server.BaseHTTPRequestHandler]:
        platform = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _do(self) -> None:
                parts = urlsplit(self.path)
                query = {name: values[0] for name, values in parse_qs(parts.query).items()}
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                asked = Asked(self.command, parts.path, query, dict(self.headers.items()), body)
                platform.asked.append(asked)
                waiting = platform.script[parts.path]
                scripted = waiting.pop(0) if waiting else None
                status, headers, said = scripted or platform.answer(asked)
                if status in (LOST, SILENT):
                    # Taken, but the answer is lost on its way, or nobody says anything any more.
                    platform.answer(asked)
                    if status == SILENT:
                        platform._ended.wait(60)
                    self.close_connection = True
                    self.connection.close()
                    return
                text = said if isinstance(said, str | bytes) else json.dumps(said)
                content = text if isinstance(text, bytes) else text.encode()
                self.send_response(status)
                for name, value in {"Content-Type": "application/json", **headers}.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.send_header("Connection", "close")
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = do_PUT = _do

            def log_message(self, format: str, *values: object) -> None:  # noqa: A002
                pass

        return Handler


@dataclasses.dataclass
class Way:
    """A browser on its way through a launch."""

    client: FlaskClient
    platform: ScriptedPlatform
    target: str
    state: str = ""
    nonce: str = ""

    def login(self, **changes: Any) -> TestResponse:
        """Ask for a launch."""
        given = {
            "iss": self.platform.url, "login_hint": "hint", "target_link_uri": self.target,
            "client_id": self.platform.client_id, "lti_message_hint": "message", "lti_deployment_id": "1",
        } | changes  # fmt: skip
        answer = self.client.get("/lti/login", query_string={k: v for k, v in given.items() if v is not ...})
        if answer.status_code == 302:
            query = parse_qs(urlsplit(answer.headers["Location"]).query)
            self.state, self.nonce = query["state"][0], query["nonce"][0]
        return answer

    def launch(self, *, state: str | None = None, token: str | None = None, **changes: Any) -> TestResponse:
        """Arrive with a token that is good but for the changes."""
        made = token or self.platform.sign(self.platform.claims(self.nonce, self.target, **changes))
        return self.client.post("/lti/launch", data={"state": self.state if state is None else state, "id_token": made})


def browser(app: flask.Flask, platform: ScriptedPlatform, target: str = "/lti/launch") -> Way:
    """Return a new browser."""
    url = app.extensions["settings"].public_url
    return Way(app.test_client(), platform, f"{url}{target}")
