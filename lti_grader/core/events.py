"""News from one domain to those above it.

A domain publishes what happened; `lti_grader.flow.FLOW` says who reacts. Handlers run at once, in the
publisher's transaction: either all of it is kept or none of it.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any


class Event:
    """Something that happened. Subclasses are frozen dataclasses that carry ids and plain values only."""


Handler = Callable[[Any], None]
_flow: dict[type[Event], Sequence[Handler]] = {}


def install_flow(flow: Mapping[type[Event], Sequence[Handler]]) -> None:
    """Take `flow` as the table of who reacts to what. Called once, where the application is put together."""
    _flow.clear()
    _flow.update(flow)


def publish(event: Event) -> None:
    """Hand `event` to each of its handlers, in the order of the table.

    Raises
    ------
    LookupError
        The event is not in the table, which is a mistake in the program: news that nobody hears is
        written down there with an empty list.
    """
    try:
        handlers = _flow[type(event)]
    except KeyError:
        raise LookupError(f"{type(event).__name__} has no line in flow.py") from None
    for handler in handlers:
        handler(event)
