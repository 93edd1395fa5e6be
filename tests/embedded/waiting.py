"""Ports, and waiting for what takes its time."""

import socket
import time
from collections.abc import Callable


def free_port() -> int:
    """Return a port that nothing listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def answers(port: int) -> bool:
    """Return whether something on this machine takes connections at the port."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def wait_until(true: Callable[[], object], seconds: float = 20) -> None:
    """Return once `true` returns something true; while it raises, it is not."""
    ends = time.monotonic() + seconds
    while True:
        try:
            if true():
                return
        except Exception:
            if time.monotonic() > ends:
                raise
        assert time.monotonic() < ends, f"{true} is not true after {seconds} s"
        time.sleep(0.05)
