"""gunicorn's configuration: threads, because a stream of events holds one for as long as a page is open."""

from typing import Any

from gunicorn.glogging import Logger

from lti_grader.app import share
from lti_grader.core.processes import die_with_parent
from lti_grader.core.sessions import without_token


class DiscreetLogger(Logger):  # type: ignore[misc]
    """Writes no token of a session into an access log, should somebody switch one on."""

    def atoms(self, *given: Any) -> dict[str, Any]:
        """Return what a line may be made of."""
        return {
            name: without_token(value) if isinstance(value, str) else value
            for name, value in super().atoms(*given).items()
        }


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
logger_class = DiscreetLogger
control_socket_disable = True


def pre_fork(server: Any, worker: Any) -> None:
    """Share what was imported with the worker that is about to be made."""
    app = server.app.wsgi()
    # Benchmarks start other applications by this configuration.
    if "adapters" in app.extensions:
        share(app)


def post_fork(server: Any, worker: Any) -> None:
    """Let no worker outlive the process that started it."""
    die_with_parent(worker.ppid)
