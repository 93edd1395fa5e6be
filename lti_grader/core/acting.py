"""Who acts: the person on whose word what is done here is done, for the log of changes; and whether they change or look."""

import contextlib
import contextvars
import dataclasses
import uuid
from collections.abc import Iterator


@dataclasses.dataclass(frozen=True)
class Look:
    """That whoever acts looks at a class as one of its students sees it, and changes nothing."""

    class_id: uuid.UUID
    student_id: uuid.UUID


_changing: contextvars.ContextVar[bool] = contextvars.ContextVar("lti_grader.changing", default=False)
_actor: contextvars.ContextVar[uuid.UUID | None] = contextvars.ContextVar("lti_grader.actor", default=None)
_look: contextvars.ContextVar[Look | None] = contextvars.ContextVar("lti_grader.look", default=None)


def actor() -> uuid.UUID | None:
    """Return who acts; None where nobody does."""
    return _actor.get()


def set_actor(user_id: uuid.UUID | None) -> None:
    """From now on, in this request or task, let `user_id` be who acts."""
    _actor.set(user_id)


def is_changing() -> bool:
    """Return whether what is done here is a person's wish to change something, and not to look at it."""
    return _changing.get()


def set_changing(*, changing: bool) -> None:
    """From now on, in this request, let it be a wish to change something or not."""
    _changing.set(changing)


def look() -> Look | None:
    """Return as whom whoever acts looks at pages; None where they do so as themselves."""
    return _look.get()


def set_look(one: Look | None) -> None:
    """From now on, in this request, let whoever acts look as somebody, or as themselves."""
    _look.set(one)


@contextlib.contextmanager
def acting(user_id: uuid.UUID | None) -> Iterator[None]:
    """Let `user_id` be who acts, as long as this is open."""
    token = _actor.set(user_id)
    try:
        yield
    finally:
        _actor.reset(token)
