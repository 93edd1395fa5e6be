"""Programs that fill memory, disks, tables and pipes."""

from collections.abc import Callable

import pytest

from lti_grader.grading.sandbox import Ending, RunOutcome, Sandbox

Run = Callable[..., RunOutcome]

pytestmark = pytest.mark.usefixtures("still_works")


def test_a_program_that_takes_too_much_memory_is_told_so(run: Run) -> None:
    outcome = run("kept = bytearray(1 << 30)", memory_kb=65536)
    assert outcome.ending is Ending.MEMORY


def test_several_processes_share_one_memory_limit(run: Run, sandbox: Sandbox) -> None:
    source = (
        "import os, time\nfor _ in range(8):\n    if os.fork() == 0:\n        kept = bytearray(40 << 20)\n"
        "        time.sleep(5)\n        os._exit(0)\nfor _ in range(8):\n    if os.wait()[1]:\n        os._exit(9)\n"
    )
    assert run(source, memory_kb=131072, cpu_ms=3000).ending is Ending.MEMORY


def test_memory_of_parallel_children_is_measured(run: Run) -> None:
    source = (
        "import os, time\nfor _ in range(3):\n    if os.fork() == 0:\n        kept = bytearray(30 << 20)\n"
        "        time.sleep(0.5)\n        os._exit(0)\nfor _ in range(3):\n    os.wait()\n"
    )
    outcome = run(source, memory_kb=262144)
    assert outcome.ending is Ending.EXITED
    assert 90 * 1024 < outcome.memory_kb < 160 * 1024


def test_memory_is_that_of_this_run_and_not_of_the_one_before(run: Run) -> None:
    big = run("kept = bytearray(80 << 20)")
    small = run("pass")
    assert big.memory_kb > 80 * 1024
    assert small.memory_kb < 30 * 1024


def test_memory_in_nameless_files_counts(run: Run) -> None:
    source = "import os\nfor number in range(40):\n    fd = os.memfd_create('hoard')\n    os.write(fd, bytes(16 << 20))\nprint('kept it all')\n"
    outcome = run(source, memory_kb=65536)
    assert outcome.ending is Ending.MEMORY


@pytest.mark.parametrize("folder", ["/box", "/tmp", "/dev/shm"])
def test_a_disk_ends_where_its_limit_is(run: Run, folder: str) -> None:
    source = (
        f"import errno\nwritten = 0\ntry:\n    for number in range(100):\n        with open(f'{folder}/{{number}}', 'wb', 0) as file:\n"
        "            for _ in range(8):\n                written += file.write(bytes(1 << 20))\n"
        "except OSError as error:\n    print(errno.errorcode[error.errno], written >> 20)\n"
    )
    outcome = run(source, work_bytes=32 << 20, memory_kb=262144)
    name, megabytes = outcome.stdout.decode().split()
    assert name == "ENOSPC"
    assert int(megabytes) <= 33


def test_one_file_cannot_be_larger_than_the_disk_may_be(run: Run) -> None:
    outcome = run("open('large', 'wb').truncate(1 << 40)")
    assert outcome.ending in (Ending.SIGNALLED, Ending.EXITED)
    assert outcome.exit_code != 0


@pytest.mark.parametrize("folder", ["/box", "/tmp", "/dev/shm"])
def test_files_end_where_their_number_is_limited(
    run: Run, sandbox: Sandbox, request: pytest.FixtureRequest, folder: str
) -> None:
    if sandbox.kind == "bubblewrap":
        reason = "bubblewrap has no flag for it: the number of files is bounded by memory alone"
        request.applymarker(pytest.mark.xfail(strict=True, reason=reason))
    source = (
        f"made = 0\ntry:\n    while made < 20000:\n        open(f'{folder}/{{made}}', 'w').close()\n        made += 1\n"
        "except OSError:\n    pass\nprint(made)\n"
    )
    outcome = run(source, work_inodes=1000, cpu_ms=5000, memory_kb=262144)
    assert int(outcome.stdout) <= 1000


def test_open_files_end_at_their_limit(run: Run) -> None:
    source = "kept = []\ntry:\n    while True:\n        kept.append(open('/dev/null'))\nexcept OSError:\n    print(len(kept))"
    assert int(run(source, open_files=64).stdout) < 64


def test_an_output_flood_is_cut_off(run: Run) -> None:
    source = "import os\nwhile True:\n    os.write(1, b'flood' * 10000)"
    outcome = run(source, output_bytes=1 << 20, cpu_ms=5000)
    assert outcome.ending is Ending.OUTPUT_LIMIT
    assert len(outcome.stdout) == 1 << 20


def test_output_of_just_the_limit_is_no_flood(run: Run) -> None:
    outcome = run("import os\nos.write(1, b'x' * 65536)", output_bytes=65536)
    assert (outcome.ending, len(outcome.stdout)) == (Ending.EXITED, 65536)


def test_a_flood_of_error_messages_is_cut_off_too(run: Run) -> None:
    outcome = run("import os\nwhile True:\n    os.write(2, b'flood' * 10000)", output_bytes=1 << 20, cpu_ms=500)
    assert outcome.ending in (Ending.OUTPUT_LIMIT, Ending.TIMEOUT)
    assert len(outcome.stderr) <= 1 << 20


def test_endless_recursion_ends_without_taking_the_machine_along(run: Run) -> None:
    source = "volatile int depth;\nint deeper(int n) { char kept[4096]; kept[n % 4096] = 1; depth = n; return deeper(n + 1) + kept[0]; }\nint main() { return deeper(1); }"
    outcome = run(source, "cpp", memory_kb=65536)
    assert outcome.ending in (Ending.MEMORY, Ending.SIGNALLED)
