"""Who acts: the person on whose word what is done here is done, for the log of changes."""

import contextlib
import contextvars
import uuid
from collections.abc import Iterator

_actor: contextvars.ContextVar[uuid.UUID | None] = contextvars.ContextVar("lti_grader.actor", default=None)


def actor() -> uuid.UUID | None:
    """Return who acts; None where nobody does."""
    return _actor.get()


def set_actor(user_id: uuid.UUID | None) -> None:
    """From now on, in this request or task, let `user_id` be who acts."""
    _actor.set(user_id)


@contextlib.contextmanager
def acting(user_id: uuid.UUID | None) -> Iterator[None]:
    """Let `user_id` be who acts, as long as this is open."""
    token = _actor.set(user_id)
    try:
        yield
    finally:
        _actor.reset(token)
