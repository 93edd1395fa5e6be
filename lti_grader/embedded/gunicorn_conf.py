"""gunicorn's configuration: threads, because a stream of events holds one for as long as a page is open."""

from typing import Any

from lti_grader.core.processes import die_with_parent

worker_class = "gthread"
workers = 2
threads = 200
backlog = 2048
keepalive = 75
timeout = 60
graceful_timeout = 15
# The workers share the memory of what was imported before they were made.
preload_app = True
accesslog = None
errorlog = "-"
control_socket_disable = True


def post_fork(server: Any, worker: Any) -> None:
    """Let no worker outlive the process that started it."""
    die_with_parent(worker.ppid)
