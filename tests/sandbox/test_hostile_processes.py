"""Programs that multiply, hide, refuse to end or shoot at others."""

from collections.abc import Callable

import pytest

from lti_grader.grading.sandbox import Ending, RunOutcome

Run = Callable[..., RunOutcome]

pytestmark = pytest.mark.usefixtures("still_works")


def test_a_fork_bomb_ends_at_its_time_limit(run: Run) -> None:
    source = "import os\nwhile True:\n    try:\n        os.fork()\n    except OSError:\n        pass\n"
    # With room for as many as may be there: each writes to some pages of its own, which can come to 128 MiB before the time is up.
    assert run(source, cpu_ms=300, memory_kb=524288).ending is Ending.TIMEOUT


def test_a_program_gets_no_more_processes_than_its_limit(run: Run) -> None:
    source = (
        "import os, time\nmade = 0\ntry:\n    while made < 500:\n        if os.fork() == 0:\n            time.sleep(60)\n"
        "        made += 1\nexcept BlockingIOError:\n    pass\nprint(made)\n"
    )
    outcome = run(source, processes=40, memory_kb=524288)
    assert outcome.ending is Ending.EXITED
    assert 8 <= int(outcome.stdout) <= 40


def test_threads_count_as_processes(run: Run) -> None:
    source = (
        "import threading, time\nmade = 0\ntry:\n    while made < 500:\n"
        "        threading.Thread(target=time.sleep, args=(60,), daemon=True).start()\n        made += 1\n"
        "except RuntimeError:\n    pass\nprint(made, flush=True)\nimport os\nos._exit(0)\n"
    )
    outcome = run(source, processes=40, memory_kb=524288)
    assert outcome.ending is Ending.EXITED
    assert int(outcome.stdout) <= 40


def test_a_daemon_does_not_outlive_its_program(run: Run) -> None:
    source = (
        "import os, time\nif os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n"
        "        os.closerange(0, 64)\n        while True:\n            time.sleep(1)\n    os._exit(0)\nprint('done')\n"
    )
    outcome = run(source)
    assert (outcome.ending, outcome.stdout) == (Ending.EXITED, b"done\n")


def test_a_daemon_that_keeps_the_output_open_does_not_hold_up_the_verdict(run: Run) -> None:
    source = "import os, time\nif os.fork() == 0:\n    os.setsid()\n    time.sleep(60)\nprint('done', flush=True)\nos._exit(0)\n"
    outcome = run(source)
    assert (outcome.ending, outcome.stdout) == (Ending.EXITED, b"done\n")
    assert outcome.wall_ms < 1500


def test_a_program_that_ignores_every_signal_is_ended_all_the_same(run: Run) -> None:
    source = (
        "import signal\nfor number in signal.valid_signals():\n    try:\n        signal.signal(number, signal.SIG_IGN)\n"
        "    except (OSError, ValueError):\n        pass\nwhile True:\n    pass\n"
    )
    outcome = run(source, cpu_ms=300)
    assert outcome.ending is Ending.TIMEOUT
    assert outcome.cpu_ms < 600


def test_a_program_that_sleeps_is_ended_by_the_clock_on_the_wall(run: Run) -> None:
    outcome = run("import time\ntime.sleep(60)", wall_ms=400)
    assert outcome.ending is Ending.TIMEOUT
    assert 400 <= outcome.wall_ms < 1500
    assert outcome.cpu_ms < 300


def test_a_program_that_stops_itself_is_ended_by_the_clock_on_the_wall(run: Run) -> None:
    outcome = run("import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)", wall_ms=400)
    assert outcome.ending is Ending.TIMEOUT


def test_time_used_by_children_counts(run: Run) -> None:
    source = "import os\nfor _ in range(2):\n    if os.fork() == 0:\n        while True:\n            pass\nos.wait()\n"
    assert run(source, cpu_ms=300, wall_ms=5000).ending is Ending.TIMEOUT


def test_time_limits_below_a_second_are_kept(run: Run) -> None:
    outcome = run("while True:\n    pass", cpu_ms=200)
    assert outcome.ending is Ending.TIMEOUT
    assert 200 <= outcome.cpu_ms < 400


def test_a_program_cannot_raise_its_own_limits(run: Run) -> None:
    source = (
        "import resource\nfor kind in (resource.RLIMIT_CPU, resource.RLIMIT_NPROC, resource.RLIMIT_NOFILE,"
        " resource.RLIMIT_FSIZE, resource.RLIMIT_CORE):\n    hard = resource.getrlimit(kind)[1]\n    try:\n"
        "        resource.setrlimit(kind, (hard + 1, hard + 1))\n        print('raised', kind)\n"
        "    except ValueError:\n        pass\n"
    )
    outcome = run(source)
    assert (outcome.exit_code, outcome.stdout) == (0, b"")


def test_shooting_at_everybody_hits_only_the_program_itself(run: Run) -> None:
    source = (
        "import os, signal\nfor target in (-1, 1):\n    for number in (signal.SIGKILL, signal.SIGSTOP, signal.SIGTERM):\n"
        "        try:\n            os.kill(target, number)\n        except OSError:\n            pass\n"
        "print('alive', flush=True)\n"
    )
    outcome = run(source, wall_ms=3000)
    assert (outcome.ending, outcome.stdout) == (Ending.EXITED, b"alive\n")


def test_a_program_sees_only_its_own_processes(run: Run) -> None:
    outcome = run("import os\nprint(sorted(int(one) for one in os.listdir('/proc') if one.isdigit()), os.getppid())")
    numbers, _, parent = outcome.stdout.decode().rpartition(" ")
    assert len(numbers.split(",")) <= 3
    assert int(parent) in (0, 1)
