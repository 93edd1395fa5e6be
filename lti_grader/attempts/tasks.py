"""Carrying drafts to PostgreSQL."""

from celery import shared_task

from lti_grader import adapters
from lti_grader.attempts import drafts


@shared_task(name="drafts.flush")
def flush() -> int:
    """Write down what changed in Redis."""
    return drafts.flush(adapters.installed().kv)
