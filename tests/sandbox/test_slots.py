"""Several sandboxes on one machine, and workers that die."""

import contextlib
import dataclasses
import errno
import os
import signal
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lti_grader.assignments.languages import Language
from lti_grader.grading.sandbox import Ending, Limits, Sandbox, SandboxUnavailable, open_sandbox, slots
from lti_grader.grading.sandbox.slots import SlotSandbox
from lti_grader.grading.sandbox.watching import Watch

QUICK = Limits(cpu_ms=2000, memory_kb=65536)
started: set[int] = set()


@pytest.fixture
def second(sandbox: Sandbox) -> Iterator[Sandbox]:
    opened = open_sandbox(sandbox.kind)
    yield opened
    opened.close()


@pytest.fixture
def traces(monkeypatch: pytest.MonkeyPatch, living: Callable[[], list[str]]) -> Iterator[Callable[[], set[Path]]]:
    """Return what lists the folders and control groups of the workers that a test starts, and clear them in the end.

    Their slots are counted in a folder of this test's own, so that no other sandbox of this machine is seen.
    """
    before = set(living())
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o711)
        monkeypatch.setattr(tempfile, "tempdir", folder)

        def look() -> set[Path]:
            groups = Path("/sys/fs/cgroup").glob("*/lti_grader/slot0-*")
            ours = {group for group in groups if int(group.name.rpartition("-")[2]) in started}
            return ours | set(Path(folder).glob("lti-grader-slot[0-9]*-*"))

        yield look
        deadline = time.monotonic() + 5
        while set(living()) - before and time.monotonic() < deadline:
            time.sleep(0.01)
        for group in look():
            if group.is_relative_to("/sys"):
                remove(group, deadline)


def remove(group: Path, deadline: float) -> None:
    """Remove a control group, which is busy until the last of what was killed in it has gone.

    A search of the living can miss that one: whoever changes parents meanwhile is below neither when each is looked at.
    """
    while True:
        try:
            return group.rmdir()
        except OSError as error:
            if error.errno != errno.EBUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.01)


def in_a_child(work: Callable[[], object]) -> int:
    """Start `work` in a process of its own, which ends with 0 if that returned. Return its number."""
    child = os.fork()
    if child == 0:
        started.add(os.getpid())
        try:
            work()
        except BaseException:
            os._exit(1)
        os._exit(0)
    started.add(child)
    return child


def succeeds(child: int) -> bool:
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def kill_at_work(work: Callable[[Callable[[], None]], None]) -> None:
    """Start a worker, and kill it a little after it told that it is ready."""
    read, write = os.pipe()

    def tell() -> None:
        os.write(write, b"ready")

    child = in_a_child(lambda: work(tell))
    os.close(write)
    ready = os.read(read, 5)
    time.sleep(0.2)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    os.close(read)
    assert ready == b"ready"


def test_a_memory_hog_next_door_does_not_end_an_honest_program(
    sandbox: Sandbox, second: Sandbox, language: Callable[[str], Language]
) -> None:
    hog = sandbox.build(language("python"), b"while True:\n    kept = bytearray(1 << 30)")
    honest = second.build(language("python"), b"kept = bytearray(30 << 20)\nprint('fine')")

    def hogging() -> None:
        for _ in range(10):
            assert sandbox.run(hog, b"", limits=QUICK).ending is Ending.MEMORY

    child = in_a_child(hogging)
    outcomes = [second.run(honest, b"", limits=QUICK) for _ in range(5)]
    assert succeeds(child)
    assert [(one.ending, one.stdout) for one in outcomes] == [(Ending.EXITED, b"fine\n")] * 5
    sandbox.discard(hog)
    second.discard(honest)


def test_a_fork_bomb_next_door_leaves_room_for_others(
    sandbox: Sandbox, second: Sandbox, language: Callable[[str], Language]
) -> None:
    source = b"import os\nwhile True:\n    try:\n        os.fork()\n    except OSError:\n        pass"
    bomb = sandbox.build(language("python"), source)
    honest = second.build(language("python"), b"import os\nif os.fork():\n    os.wait()\nprint('fine')")
    child = in_a_child(lambda: sandbox.run(bomb, b"", limits=Limits(cpu_ms=800, memory_kb=131072)))
    time.sleep(0.2)
    outcome = second.run(honest, b"", limits=QUICK)
    assert succeeds(child)
    assert (outcome.ending, outcome.stdout) == (Ending.EXITED, b"fine\nfine\n")
    sandbox.discard(bomb)
    second.discard(honest)


@pytest.mark.usefixtures("traces")
def test_a_program_does_not_outlive_a_worker_that_is_killed(language: Callable[[str], Language]) -> None:
    program_of = language("python")

    def work(tell: Callable[[], None]) -> None:
        own = open_sandbox()
        program = own.build(program_of, b"import time\ntime.sleep(60)")
        tell()
        own.run(program, b"", limits=Limits(cpu_ms=60_000, memory_kb=65536))

    kill_at_work(work)
    # The fixture around every test looks for what is still alive.


def test_a_closed_sandbox_leaves_nothing_behind(
    traces: Callable[[], set[Path]], language: Callable[[str], Language]
) -> None:
    program_of = language("python")

    def work() -> None:
        opened = open_sandbox()
        assert traces()
        opened.run(opened.build(program_of, b"print(1)"), b"", limits=QUICK)
        opened.close()

    assert succeeds(in_a_child(work))
    assert traces() == set()


def test_what_a_killed_worker_left_is_cleared_when_its_slot_is_taken_again(traces: Callable[[], set[Path]]) -> None:
    def work(tell: Callable[[], None]) -> None:
        open_sandbox()
        tell()
        time.sleep(60)

    kill_at_work(work)
    assert traces()
    assert succeeds(in_a_child(lambda: open_sandbox().close()))
    assert traces() == set()


@pytest.mark.usefixtures("traces")
def test_a_closed_sandbox_gives_its_number_back() -> None:
    def work() -> None:
        open_sandbox().close()
        open_sandbox().close()

    assert succeeds(in_a_child(work))
    assert not Path(tempfile.gettempdir(), f"lti-grader-slots-{os.geteuid()}", "1").exists()


@pytest.mark.parametrize(("wall_ms", "ending"), [(None, Ending.EXITED), (1, Ending.TIMEOUT)], ids=["ended", "killed"])
def test_a_worker_without_an_init_can_run_any_number_of_programs(
    sandbox: Sandbox, language: Callable[[str], Language], wall_ms: int | None, ending: Ending
) -> None:
    # As the first process of a container a worker is the parent of every orphan; here it is one by prctl().
    program = sandbox.build(language("python"), b"import time\ntime.sleep(0.1)")
    limits = Limits(cpu_ms=1000, memory_kb=65536, wall_ms=wall_ms)
    endings = {sandbox.run(program, b"", limits=limits).ending for _ in range(50)}
    sandbox.discard(program)
    assert endings == {ending}


def test_an_unknown_kind_of_sandbox_is_refused() -> None:
    with pytest.raises(SandboxUnavailable, match="gvisor"):
        open_sandbox("gvisor").close()


@pytest.fixture
def slot() -> Iterator[SlotSandbox]:
    opened = open_sandbox("slot")
    assert isinstance(opened, SlotSandbox)
    yield opened
    opened.close()


def launchers() -> list[int]:
    """Return the processes of launchers that this one has started."""
    children = [int(pid) for task in Path("/proc/self/task").glob("*/children") for pid in task.read_text().split()]
    return [pid for pid in children if Path(f"/proc/{pid}/comm").read_text() == "slot\n"]


def newest() -> int:
    """Return the launcher that was started last; numbers of processes begin anew when they have come to their end."""
    return max(launchers(), key=lambda pid: int(Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()[19]))


def test_a_launcher_that_was_killed_is_started_again(slot: SlotSandbox, language: Callable[[str], Language]) -> None:
    plain = newest()
    program = slot.build(language("python"), b"print(input())")
    interpreter = newest()
    assert interpreter != plain
    os.kill(interpreter, signal.SIGKILL)
    assert slot.run(program, b"still here", limits=QUICK).stdout == b"still here\n"
    os.kill(plain, signal.SIGKILL)
    assert slot.build(language("c"), b"int main(void) { return 0; }").ok
    assert not {plain, interpreter} & set(launchers())


def test_a_launcher_killed_in_a_run_takes_it_along_and_it_is_no_verdict(
    slot: SlotSandbox, language: Callable[[str], Language]
) -> None:
    program = slot.build(language("python"), b"import time\nprint('begun', flush=True)\ntime.sleep(30)")
    pid = newest()

    def kill() -> None:
        deadline = time.monotonic() + 10
        while not Path(f"/proc/{pid}/task/{pid}/children").read_text() and time.monotonic() < deadline:
            time.sleep(0.01)
        os.kill(pid, signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    outcome = slot.run(program, b"", limits=Limits(cpu_ms=20_000, memory_kb=65536))
    killer.join()
    assert outcome.ending is Ending.SANDBOX_ERROR
    assert slot.run(program, b"", limits=Limits(cpu_ms=1000, memory_kb=65536, wall_ms=200)).ending is Ending.TIMEOUT


def test_without_a_launcher_bubblewrap_takes_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(home: Path) -> None:
        raise SandboxUnavailable(f"not built, not in {home}")

    monkeypatch.setattr(slots, "lay_out", missing)
    with contextlib.closing(open_sandbox("auto")) as opened:
        assert opened.kind == "bubblewrap"
    with pytest.raises(SandboxUnavailable, match="not built"):
        open_sandbox("slot")


def test_what_cannot_be_started_is_named(slot: SlotSandbox, language: Callable[[str], Language]) -> None:
    program = slot.build(language("python"), b"print(1)")
    found = dataclasses.replace(program.language, tools={"python": "/usr/bin/no-such-python"})
    outcome = slot.run(dataclasses.replace(program, language=found), b"", limits=QUICK)
    assert outcome.ending is Ending.SANDBOX_ERROR
    assert outcome.detail == "/usr/bin/no-such-python: No such file or directory"


def test_an_interpreter_that_cannot_be_kept_is_started_for_each_run(
    slot: SlotSandbox,
    language: Callable[[str], Language],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    (slot._home / "slot.so").unlink()
    before = launchers()
    program = slot.build(language("python"), b"print(input())")
    assert slot.run(program, b"all the same", limits=QUICK).stdout == b"all the same\n"
    assert launchers() == before
    assert "/usr/bin/python3 is started anew for each run" in caplog.text


def test_copies_of_an_interpreter_do_not_all_have_one_order_of_sets(
    slot: SlotSandbox, language: Callable[[str], Language], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slots, "_MOST_COPIES", 2)
    program = slot.build(language("python"), b"print(hash('a string'))")
    assert len({slot.run(program, b"", limits=QUICK).stdout for _ in range(8)}) > 1


def test_a_program_that_ends_before_anybody_looks_is_followed_to_its_end(
    sandbox: Sandbox, language: Callable[[str], Language], monkeypatch: pytest.MonkeyPatch
) -> None:
    follow = Watch.until_it_ends

    def late(watch: Watch) -> Ending | None:
        time.sleep(0.3)
        return follow(watch)

    monkeypatch.setattr(Watch, "until_it_ends", late)
    program = sandbox.build(language("python"), b"print(input())")
    outcome = sandbox.run(program, b"done", limits=QUICK)
    assert (outcome.ending, outcome.stdout, outcome.detail) == (Ending.EXITED, b"done\n", "")
    sandbox.discard(program)


def test_programs_heed_signals_that_their_worker_ignores(sandbox: Sandbox, language: Callable[[str], Language]) -> None:
    source = b"import signal\nheld = signal.pthread_sigmask(signal.SIG_BLOCK, ())\nprint(len(held), signal.getsignal(signal.SIGINT).__name__)"
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})
        of_a_quiet_worker = open_sandbox(sandbox.kind)
        try:
            program = of_a_quiet_worker.build(language("python"), source)
            outcome = of_a_quiet_worker.run(program, b"", limits=QUICK)
        finally:
            of_a_quiet_worker.close()
    finally:
        signal.signal(signal.SIGINT, before)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGUSR1})
    assert outcome.stdout == b"0 default_int_handler\n"
