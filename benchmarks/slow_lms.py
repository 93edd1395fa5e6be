"""A platform that takes a while: tokens, scores and results over HTTP, each answered after DELAY seconds.

`python -m benchmarks.slow_lms PORT DELAY`. It counts the scores that came for each person, and shows them at /counts.
"""

import http.server
import json
import sys
import time
from collections import Counter
from typing import Any
from urllib.parse import parse_qs, urlsplit

_scores: dict[str, dict[str, Any]] = {}
_counts: Counter[str] = Counter()


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Show results in pages, or the counts."""
        parts = urlsplit(self.path)
        if parts.path == "/counts":
            self._say(dict(_counts))
            return
        if parts.path == "/forget":
            _scores.clear()
            _counts.clear()
            self._say({})
            return
        time.sleep(float(sys.argv[2]))
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        only = query.get("user_id")
        found = [one for one in list(_scores.values()) if only in (None, one["userId"])]
        first, most = int(query.get("from", "0")), int(query.get("limit", "100"))
        host = self.headers["Host"]
        more = first + most < len(found)
        self._say(
            [
                {"userId": one["userId"], "resultScore": one["scoreGiven"], "resultMaximum": one["scoreMaximum"]}
                for one in found[first : first + most]
            ],
            f'<http://{host}{parts.path}?from={first + most}&limit={most}>; rel="next"' if more else None,
        )

    def do_POST(self) -> None:
        """Give a token, or take a score."""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        time.sleep(float(sys.argv[2]))
        if self.path.startswith("/token"):
            self._say({"access_token": "token", "expires_in": 3600, "token_type": "Bearer"})
            return
        score = json.loads(body)
        _scores[score["userId"]] = score
        _counts[score["userId"]] += 1
        self._say({})

    def _say(self, said: Any, link: str | None = None) -> None:
        content = json.dumps(said).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        if link:
            self.send_header("Link", link)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *values: object) -> None:  # noqa: A002
        """Say nothing of each request."""


if __name__ == "__main__":
    server = http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), _Handler)
    server.daemon_threads = True
    server.serve_forever()
