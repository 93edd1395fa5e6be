"""Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html)."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import flask

STILL_HERE = ": still here\n\n"
"""Nothing that a page hears of, to keep the connection from being closed on the way."""


def message(name: str, data: Mapping[str, Any], *, number: int | None = None) -> str:
    """Return an event as it is sent.

    Parameters
    ----------
    number
        Its id, by which a page that comes back could say what it has heard.
    """
    marked = "" if number is None else f"id: {number}\n"
    return f"{marked}event: {name}\ndata: {json.dumps(data, default=str)}\n\n"


def stream(messages: Iterator[str]) -> flask.Response:
    """Return the answer that sends messages as they come; no proxy is to hold them back or keep them."""
    return flask.Response(
        flask.stream_with_context(messages),
        mimetype="text/event-stream",
        headers={"X-Accel-Buffering": "no", "Cache-Control": "no-store"},
    )
