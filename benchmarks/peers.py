"""Other sandboxes, where their owners' programs are installed on this machine: measured beside ours in the same run.

`isolate` (github.com/ioi/isolate) is used as contest systems use it: a fresh box for compiling and for each test. Jobe
(github.com/trampgeek/jobe) is used as CodeRunner uses it: one request for each test, which compiles anew.
"""

import contextlib
import functools
import itertools
import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

import httpx

from lti_grader.assignments.languages import Language

_numbers = itertools.count()
# Who wants a peer in the table installs it: none of them is a package of Debian 12.
HOW_TO_GET_ISOLATE = (
    "isolate is not here and was left out: `git clone https://github.com/ioi/isolate`, at v1.10.1 (it needs no control groups),"
    " `apt-get install gcc libcap-dev`, `make isolate && sudo make install`."
)


def has_isolate() -> bool:
    """Return whether isolate is installed and set up."""
    return shutil.which("isolate") is not None


@contextlib.contextmanager
def _box() -> Iterator[tuple[str, Path]]:
    # Two processes at once each have a hundred boxes of their own.
    number = f"--box-id={os.getpid() % 9 * 100 + next(_numbers) % 100}"
    made = subprocess.run(["isolate", number, "--init"], check=True, capture_output=True, text=True)
    try:
        yield number, Path(made.stdout.strip()) / "box"
    finally:
        subprocess.run(["isolate", number, "--cleanup"], check=True, capture_output=True)


def _run(number: str, argv: Sequence[str], *more: str) -> None:
    limits = ["--time=10", "--wall-time=20", "--processes=64", "--dir=/etc", "--env=PATH=/usr/bin:/bin", "--silent"]
    subprocess.run(["isolate", number, *limits, *more, "--run", "--", *argv], check=True, capture_output=True)


def nothing() -> None:
    """Run /bin/true."""
    with _box() as (number, _):
        _run(number, ["/bin/true"])


def attempt(language: Language, source: bytes, tests: Sequence[tuple[bytes, bytes]]) -> None:
    """Compile, run every test, compare."""
    name = language.source_name(source)
    with _box() as (number, box):
        (box / name).write_bytes(source)
        (box / "classes").mkdir(mode=0o777)
        (box / "classes").chmod(0o777)
        if argv := language.compile_argv(name, {}) or language.check_argv("/box", name):
            _run(number, argv)
        made = {path: path.read_bytes() for path in [*box.glob("classes/*.class"), *box.glob("main"), box / name]}
    for given, expected in tests:
        with _box() as (number, box):
            (box / "classes").mkdir()
            for path, content in made.items():
                place = box / path.relative_to(path.parents[1] if path.parent.name == "classes" else path.parent)
                place.write_bytes(content)
                place.chmod(0o755)
            (box / "given").write_bytes(given)
            argv = language.run_argv("/box", source, name, 262144)
            _run(number, argv, "--stdin=given", "--stdout=answer")
            if (box / "answer").read_bytes().split() != expected.split():
                raise AssertionError(f"{language.id} in isolate: {(box / 'answer').read_bytes()!r}")


JOBE_URL = os.environ.get("JOBE_URL", "")
HOW_TO_GET_JOBE = (
    "Jobe is not here and was left out: `apt-get install apache2 libapache2-mod-php php-cli php-mbstring php-intl sudo acl gcc`, put"
    " github.com/trampgeek/jobe into /var/www/html/jobe, run its `install` there while Apache runs, empty /tmp, which it searches after each run, and name it as"
    " JOBE_URL=http://127.0.0.1/jobe/index.php/restapi."
)
_JOBE_LANGUAGES = {"python": "python3", "c": "c", "cpp": "cpp", "java": "java", "javascript": "nodejs"}
_JOBE_RIGHT = 15
_JOBE_MEMORY_MB = 4000
"""Of address space, of which Node sets much aside."""


@functools.cache
def _jobe() -> httpx.Client:
    return httpx.Client(base_url=JOBE_URL, timeout=60, trust_env=False)


def attempt_at_jobe(language: Language, source: bytes, tests: Sequence[tuple[bytes, bytes]]) -> None:
    """Send every test, compare."""
    for given, expected in tests:
        spec = {
            "language_id": _JOBE_LANGUAGES[language.id], "sourcefilename": language.source_name(source),
            "sourcecode": source.decode(), "input": given.decode(), "parameters": {"memorylimit": _JOBE_MEMORY_MB},
        }  # fmt: skip
        answer = _jobe().post("/runs", json={"run_spec": spec})
        said = answer.raise_for_status().json()
        if said["outcome"] != _JOBE_RIGHT or said["stdout"].split() != expected.decode().split():
            raise AssertionError(f"{language.id} at Jobe: {said}")
