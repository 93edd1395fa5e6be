"""Platforms of the benchmarks' own, each a process so that it takes nothing from what is measured."""

import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from lti_grader.embedded.supervisor import Service, Supervisor


@contextmanager
def platform(supervisor: Supervisor, module: str, argument: object, path: str) -> Iterator[str]:
    """Have a platform for as long as the context lasts; yield its address.

    Parameters
    ----------
    module
        Of this package; it is given a port and `argument`.
    path
        What it answers once it is ready.
    """
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    url = f"http://127.0.0.1:{port}"

    def ready() -> None:
        httpx.get(f"{url}{path}", trust_env=False)

    command = [sys.executable, "-m", f"benchmarks.{module}", str(port), str(argument)]
    supervisor.start(Service(module, command, ready=ready, env=dict(os.environ)))
    try:
        yield url
    finally:
        supervisor.stop(module)
