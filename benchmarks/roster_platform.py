"""An LMS that has a course of many and gives out nothing but its list: `python -m benchmarks.roster_platform PORT COUNT`.

A process of its own, so that what it does is not in anybody's time. `changed=N` renames the first N members, as `as` says.
"""

import http.server
import json
import sys
from urllib.parse import parse_qs, urlsplit

PAGE = 500
LEARNER = "http://purl.imsglobal.org/vocab/lis/v2/membership#Learner"


def member(number: int, name: str) -> dict[str, object]:
    """Return a member as a list names them."""
    return {
        "user_id": f"crowd-{number:05d}", "name": f"{name} {number}", "given_name": name, "family_name": str(number),
        "email": f"crowd{number}@university.example", "roles": [LEARNER], "status": "Active",
    }  # fmt: skip


def page(url: str, port: int, count: int) -> tuple[bytes, str]:
    """Return a page, and its Link header."""
    query = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    first, changed, name = int(query.get("from", "0")), int(query.get("changed", "0")), query.get("as", "member")
    last = min(first + PAGE, count)
    members = [member(number, name if number < changed else "member") for number in range(first, last)]
    following = f"http://127.0.0.1:{port}/members?from={last}&changed={changed}&as={name}"
    return json.dumps({"id": "x", "members": members}).encode(), f'<{following}>; rel="next"' if last < count else ""


def main(port: int, count: int) -> None:
    """Serve until killed."""

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def _answer(self, content: bytes, link: str = "") -> None:
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            if link:
                self.send_header("Link", link)
            self.end_headers()
            self.wfile.write(content)

        def do_GET(self) -> None:
            self._answer(*page(self.path, port, count))

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            self._answer(json.dumps({"access_token": "token", "expires_in": 3600, "token_type": "Bearer"}).encode())

        def log_message(self, format: str, *values: object) -> None:  # noqa: A002
            pass

    http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
