"""Programs that call somewhere."""

import secrets
import socket
from collections.abc import Callable

import pytest

from lti_grader.grading.sandbox import RunOutcome

Run = Callable[..., RunOutcome]

TRY = "import socket\ntry:\n    {}\n    print('through')\nexcept OSError:\n    print('no')"


def test_a_server_on_this_machine_cannot_be_reached(run: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert run(TRY.format(f"socket.create_connection(('127.0.0.1', {port}), 1)")).stdout == b"no\n"
        with socket.create_connection(("127.0.0.1", port), 1):
            pass


@pytest.mark.parametrize("address", ["192.0.2.1", "169.254.169.254", "2001:db8::1"])
def test_the_network_cannot_be_reached(run: Run, address: str) -> None:
    assert run(TRY.format(f"socket.create_connection(('{address}', 80), 1)")).stdout == b"no\n"


def test_an_abstract_socket_of_this_machine_cannot_be_reached(run: Run) -> None:
    name = f"lti-grader-{secrets.token_hex(8)}"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(f"\0{name}")
        server.listen()
        assert run(TRY.format(f"socket.socket(socket.AF_UNIX).connect('\\0{name}')")).stdout == b"no\n"
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(f"\0{name}")


@pytest.mark.parametrize("family", [16, 17, 38, 40], ids=["netlink", "packet", "alg", "vsock"])
def test_a_kind_of_socket_that_goes_around_the_network_is_refused(run: Run, family: int) -> None:
    source = f"import errno, socket\ntry:\n    socket.socket({family}, socket.SOCK_STREAM)\n    print('through')\nexcept OSError as error:\n    print(errno.errorcode[error.errno])"
    assert run(source).stdout == b"EAFNOSUPPORT\n"


def test_sockets_between_a_programs_own_parts_work(run: Run) -> None:
    source = "import socket\na, b = socket.socketpair()\na.send(b'hello')\nprint(b.recv(5).decode())"
    assert run(source).stdout == b"hello\n"
