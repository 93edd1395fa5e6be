"""The whole installation on one machine: servers, web, workers and the demo LMS, as one."""

import os
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import httpx

from lti_grader.core.paths import PACKAGE
from lti_grader.embedded.servers import Postgres, Seaweed, Valkey
from lti_grader.embedded.state import StateFolder
from lti_grader.embedded.supervisor import Service, Supervisor

_SERVER_PORTS = ["postgres", "valkey", "s3", "weed_master", "weed_volume", "weed_filer", "weed_admin"]
ALL_SERVERS = frozenset({"postgres", "valkey", "s3"})


class Servers:
    """The servers that nobody gave an address for, started and ready.

    Parameters
    ----------
    state
        Locked by the caller.
    which
        Of "postgres", "valkey" and "s3".
    """

    def __init__(
        self, state: StateFolder, which: Iterable[str] = ALL_SERVERS, say: Callable[[str], None] = lambda _: None
    ) -> None:
        which = set(which)
        ports = state.ports(_SERVER_PORTS, {})
        self.supervisor = Supervisor(state.path / "log", say)
        self.env: dict[str, str] = {}
        self.postgres = Postgres(state, ports["postgres"]) if "postgres" in which else None
        self.valkey = Valkey(state, ports["valkey"]) if "valkey" in which else None
        self.seaweed = Seaweed(state, ports) if "s3" in which else None

    def start(self) -> None:
        """Start them, and learn their addresses.

        Raises
        ------
        CannotStart
        """
        try:
            for server in (self.postgres, self.valkey, self.seaweed):
                if server is not None:
                    server.prepare()
                    self.supervisor.start(server.service())
            if self.postgres is not None:
                self.env |= self.postgres.provision()
            if self.valkey is not None:
                self.env |= self.valkey.addresses()
            if self.seaweed is not None:
                self.env |= self.seaweed.addresses()
        except BaseException:
            self.supervisor.stop_all()
            raise


def missing_servers(env: Mapping[str, str]) -> set[str]:
    """Return the servers that the environment gives no address for."""
    wanted = {"postgres": "DATABASE_URL", "valkey": "REDIS_URL", "s3": "S3_ACCESS_KEY_ID"}
    return {server for server, setting in wanted.items() if not env.get(setting)}


def own_settings(state: StateFolder, env: Mapping[str, str], port: int) -> dict[str, str]:
    """Return the settings that an installation makes up for itself where none are given."""
    kept = state.secrets()
    given = {
        "SECRET_KEY": kept["secret_key"],
        "ENCRYPTION_KEYS": kept["encryption_key"],
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "STATE_DIR": str(state.path),
    }
    return {name: env.get(name) or value for name, value in given.items()}


def web(env: Mapping[str, str], port: int) -> Service:
    """Return the web process: two workers with threads enough for a class's open streams."""
    return Service(
        "web",
        [
            sys.executable, "-m", "gunicorn", "--config", str(PACKAGE / "embedded" / "gunicorn_conf.py"),
            "--bind", f"127.0.0.1:{port}", "lti_grader.app:create_app()",
        ],
        ready=lambda: httpx.get(f"http://127.0.0.1:{port}/-/ready", timeout=5, trust_env=False).raise_for_status(),
        env=env,
    )  # fmt: skip


def workers(env: Mapping[str, str]) -> list[Service]:
    """Return the Celery processes: one for programs, one for everything else, and the clock."""
    celery = [sys.executable, "-m", "celery", "--app", "lti_grader.worker"]
    log = ["--loglevel", "INFO"]
    node = f"{os.getpid()}@%h"
    quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    cores = os.cpu_count() or 2
    clock = Path(env["STATE_DIR"]) / "beat"
    return [
        Service("worker-code", [*celery, "worker", "--queues", "code", "--concurrency", str(cores),
                                "--hostname", f"code-{node}", *quiet, *log], env=env),
        # One such process on one machine: the clock rides along.
        Service("worker-default", [*celery, "worker", "--queues", "passback,default", "--pool", "threads",
                                   "--concurrency", "8", "--clock", str(clock),
                                   "--hostname", f"default-{node}", *quiet, *log], env=env),
    ]  # fmt: skip


def demo_lms(env: Mapping[str, str], state: StateFolder, port: int) -> Service:
    """Return the demo LMS, on another site than the tool as browsers see it."""
    return Service(
        "demo-lms",
        [sys.executable, "-m", "lti_grader.demo", "--port", str(port), "--state", str(state.path / "demo-lms")],
        ready=lambda: httpx.get(f"http://127.0.0.1:{port}/keys", timeout=5, trust_env=False).raise_for_status(),
        env=env,
    )


def full_environment(env: Mapping[str, str], more: Mapping[str, str]) -> dict[str, str]:
    """Return an environment for our own processes."""
    # Many threads, each with an arena of its own, would keep what they once needed.
    return {
        "MALLOC_ARENA_MAX": "2",
        **env,
        **more,
        "PYTHONUNBUFFERED": "1",
        "OBJC_DISABLE_INITIALIZE_FORK_SAFETY": "YES",
    }
