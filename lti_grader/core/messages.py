"""Messages to Celery. They are hints: the row that says what is owed was committed before each is sent."""

import logging
import uuid

import celery
from kombu.exceptions import OperationalError

from lti_grader.core.db import after_commit

log = logging.getLogger(__name__)


def send_after_commit(
    task: str, *ids: uuid.UUID, queue: str, priority: int = 5, countdown: float | None = None
) -> None:
    """Send a task once the open transaction has been committed, and never if it is rolled back.

    Parameters
    ----------
    task
        The task's name, such as "grading.grade".
    ids
        The rows it is about.
    queue
        One of the worker's queues.
    priority
        0 is served first, 9 last.
    countdown
        Seconds to wait before it is served.
    """
    after_commit(lambda: send(task, *ids, queue=queue, priority=priority, countdown=countdown))


def send(task: str, *ids: uuid.UUID, queue: str, priority: int = 5, countdown: float | None = None) -> None:
    """Send a task now.

    A broker that cannot be reached is logged and no more: the sweeper finds the row and sends again.
    """
    try:
        celery.current_app.send_task(
            task, args=[str(one) for one in ids], queue=queue, priority=priority, countdown=countdown
        )
    except OperationalError as error:
        log.warning("message %s not sent, the sweeper will: %s", task, error)
