"""The Celery application: queues, schedule, and what makes it lose nothing."""

from typing import Any

from celery import Celery, Task
from flask import Flask
from kombu import Queue  # type: ignore[attr-defined]

from lti_grader.core.settings import Settings

# A task that runs longer than this is a fault; the broker hands out again what is unacknowledged for twice as long.
HARD_LIMIT_SECONDS = 600
QUEUES = ("code", "passback", "default", "analytics", "gpu")


def make_celery(app: Flask, settings: Settings) -> Celery:
    """Return the Celery application whose tasks run inside `app`."""

    class InApp(Task):  # type: ignore[misc]
        def __call__(self, *args: Any, **kwargs: Any) -> Any:
            with app.app_context():
                return self.run(*args, **kwargs)

    celery = Celery("lti_grader", broker=settings.redis_url.get_secret_value(), task_cls=InApp)
    celery.conf.update(
        include=[
            "lti_grader.attempts.tasks",
            "lti_grader.authoring.tasks",
            "lti_grader.gradebook.tasks",
            "lti_grader.grading.similarity.tasks",
            "lti_grader.grading.tasks",
            "lti_grader.lti.assets.tasks",
            "lti_grader.lti.notices.tasks",
            "lti_grader.lti.tasks",
            "lti_grader.notifications.tasks",
            "lti_grader.transfer.tasks",
        ],
        task_queues=[Queue(name) for name in QUEUES],  # type: ignore[no-untyped-call]
        task_default_queue="default",
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        task_ignore_result=True,
        task_time_limit=HARD_LIMIT_SECONDS,
        task_default_priority=5,
        worker_prefetch_multiplier=1,
        worker_hijack_root_logger=False,
        worker_send_task_events=False,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_transport_options={
            "visibility_timeout": 2 * HARD_LIMIT_SECONDS,
            "unacked_restore_interval": 5,
            "unacked_restore_throttle": 1,
            "queue_order_strategy": "priority",
            "priority_steps": list(range(10)),
            "sep": ":",
            "socket_timeout": 10,
            "socket_connect_timeout": 2,
            "retry_on_timeout": True,
        },
        task_publish_retry=False,
        beat_schedule={
            "drafts": _every(settings.draft_flush_seconds, "drafts.flush"),
            "grading": _every(settings.sweep_seconds, "grading.sweep"),
            "authoring": _every(settings.sweep_seconds, "authoring.sweep"),
            "gradebook": _every(settings.sweep_seconds, "gradebook.sweep"),
            "similarity": _every(settings.sweep_seconds, "similarity.sweep"),
            "passback": _every(settings.sweep_seconds, "passback.sweep", queue="passback"),
            "columns": _every(settings.sweep_seconds, "columns.sweep", queue="passback"),
            "releases": _every(settings.sweep_seconds, "scores.release_due", queue="passback"),
            "assets": _every(settings.sweep_seconds, "assets.sweep"),
            "notices": _every(settings.sweep_seconds, "notices.sweep"),
            "notifications": _every(settings.sweep_seconds, "notifications.sweep"),
            "due_soon": _every(300, "notifications.due_soon"),
            "mails": _every(30, "notifications.mail"),
            "rosters": _every(60, "roster.sweep", queue="passback"),
            "keys": _every(6 * 3600, "keys.tend"),
            "reconciliation": _every(60, "scores.reconcile_due"),
            "transfer": _every(30, "transfer.sweep"),
            "old_files": _every(3600, "transfer.remove_old"),
            "partitions": _every(12 * 3600, "grading.make_partitions"),
        },
    )
    celery.set_default()
    return celery


def _every(seconds: float, task: str, queue: str = "default") -> dict[str, Any]:
    # A turn that nobody took in time is dropped: the next one does its work as well.
    return {"task": task, "schedule": seconds, "options": {"queue": queue, "expires": 2 * seconds + 5}}
