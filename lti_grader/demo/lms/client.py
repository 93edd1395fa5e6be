"""Driving the demo LMS, and the tool through it, without a browser: for seeds and for tests of the protocol."""

import dataclasses
import ssl
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx

# Everything here is plain http on this machine: reading certificates would take longer than a launch.
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


@dataclasses.dataclass
class Form:
    """A form of a page."""

    action: str
    method: str
    fields: dict[str, str]


class _Forms(HTMLParser):
    def __init__(self, base: str) -> None:
        super().__init__()
        self.base = base
        self.found: list[Form] = []
        self.meta: dict[str, str] = {}
        self.onward = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.found.append(Form(urljoin(self.base, given.get("action", "")), given.get("method", "get").upper(), {}))
        elif tag == "input" and self.found and given.get("name"):
            if given.get("type") not in ("checkbox", "radio") or "checked" in given:
                self.found[-1].fields[given["name"]] = given.get("value", "")
        elif tag == "meta" and given.get("name"):
            self.meta[given["name"]] = given.get("content", "")
        elif tag == "a" and given.get("id") == "onward":
            self.onward = given["href"]


class Person:
    """A person at a browser of their own: cookies by origin, redirects followed, forms posted.

    Unlike common HTTP clients it sends Secure cookies to this machine over plain http, as browsers do.
    """

    def __init__(self, lms_url: str, person_id: str, course_id: str = "course-cs101") -> None:
        self.lms_url, self.person_id, self.course_id = lms_url, person_id, course_id
        self._http = httpx.Client(timeout=60, follow_redirects=False, trust_env=False, verify=NO_TLS)
        self._cookies: dict[str, dict[str, str]] = {}
        self.send("POST", f"{lms_url}/be", data={"person": person_id, "course": course_id})

    def send(self, method: str, url: str, *, follow: bool = True, **more: Any) -> httpx.Response:
        """Send a request with the origin's cookies, and follow redirects."""
        for _ in range(12):
            origin = urlsplit(url).netloc
            jar = self._cookies.setdefault(origin, {})
            headers = dict(more.pop("headers", None) or {})
            if jar:
                headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in jar.items())
            answer = self._http.request(method, url, headers=headers, **more)
            self._http.cookies.clear()
            for line in answer.headers.get_list("Set-Cookie"):
                name, _, rest = line.partition("=")
                value = rest.partition(";")[0]
                if value and "Max-Age=0" not in rest:
                    jar[name] = value
                else:
                    jar.pop(name, None)
            onward = answer.headers["Location"] if answer.is_redirect else _onward(answer)
            if not (follow and onward):
                return answer
            method, url, more = "GET", urljoin(url, onward), {}
        raise RuntimeError(f"too many redirects, the last to {url}")

    def submit(self, form: Form, **changes: Any) -> httpx.Response:
        """Post a form, with some fields changed."""
        return self.send(form.method, form.action, data={**form.fields, **changes})

    def launch_form(self, link_id: str) -> Form:
        """Begin a launch, and return the form that the LMS would have the browser post to the tool."""
        return forms(self.send("GET", f"{self.lms_url}/launch/{link_id}"))[0]

    def launch(self, link_id: str) -> httpx.Response:
        """Launch a link, and return the tool's page."""
        return self.submit(self.launch_form(link_id))

    def begin_deep_link(self, client_id: str) -> httpx.Response:
        """Open the tool's picker as the LMS does, and return its page."""
        page = self.send("GET", f"{self.lms_url}/courses/{self.course_id}/deep-link/{client_id}")
        return self.submit(forms(page)[0])

    def close(self) -> None:
        """Close the browser."""
        self._http.close()


def forms(page: httpx.Response) -> list[Form]:
    """Return the forms of a page."""
    parser = _Forms(str(page.url))
    parser.feed(page.text)
    return parser.found


def _onward(page: httpx.Response) -> str:
    """Return where a page's script would lead on, "" where it stays."""
    if 'id="onward"' not in page.text:
        return ""
    parser = _Forms(str(page.url))
    parser.feed(page.text)
    return parser.onward


def csrf_token(page: httpx.Response) -> str:
    """Return the token of a page of the tool."""
    parser = _Forms(str(page.url))
    parser.feed(page.text)
    return parser.meta["csrf-token"]


class Control:
    """The LMS's levers."""

    def __init__(self, lms_url: str) -> None:
        self.url = lms_url
        self._http = httpx.Client(
            base_url=lms_url.replace("localhost", "127.0.0.1"), timeout=60, trust_env=False, verify=NO_TLS
        )

    def post(self, lever: str, /, **values: Any) -> Any:
        """Pull one of the levers below `/control/`."""
        return self._http.post(f"/control/{lever}", json=values).raise_for_status().json()

    def register(self, tool: dict[str, str], **more: Any) -> dict[str, Any]:
        """Register a tool by its addresses, and return the registration that `platforms add` takes."""
        found: dict[str, Any] = self.post("registrations", **{"name": "lti_grader", **tool, **more})
        return found

    def state(self, person_id: str = "") -> dict[str, Any]:
        """Return links, columns and grades; of one person alone where one is named."""
        found: dict[str, Any] = self._http.get("/control/state", params={"person": person_id}).raise_for_status().json()
        return found

    def log(self, after: int = 0) -> list[dict[str, Any]]:
        """Return the service requests after a number."""
        answer = self._http.get("/control/log", params={"after": after}).raise_for_status()
        found: list[dict[str, Any]] = answer.json()["requests"]
        return found

    def close(self) -> None:
        """Close the connection."""
        self._http.close()
