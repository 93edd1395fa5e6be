"""Programs that ask the kernel for more than a student's program needs."""

import ast
import platform
from collections.abc import Callable

import pytest

from lti_grader.assignments.languages import Language
from lti_grader.grading.sandbox import Ending, Limits, RunOutcome, Sandbox

Run = Callable[..., RunOutcome]

pytestmark = pytest.mark.skipif(platform.machine() != "x86_64", reason="the numbers below are those of x86_64")

# Number and arguments of calls that must come back with an error.
CALLS = {
    "ptrace TRACEME": (101, 0), "ptrace ATTACH init": (101, 16, 1), "process_vm_readv": (310, 1, 0, 0, 0, 0, 0),
    "process_vm_writev": (311, 1, 0, 0, 0, 0, 0), "unshare user": (272, 0x10000000), "unshare mount": (272, 0x20000),
    "unshare net": (272, 0x40000000), "setns": (308, 0, 0), "bpf": (321, 5, 0, 0), "keyctl": (250, 0, -3, 1),
    "add_key": (248, 0, 0, 0, 0, -3), "perf_event_open": (298, 0, 0, -1, -1, 0), "userfaultfd": (323, 0),
    "shmget": (29, 0, 4096, 0o1600), "msgget": (68, 0, 0o1600), "semget": (64, 0, 1, 0o1600),
    "init_module": (175, 0, 0, 0), "kexec_load": (246, 0, 0, 0, 0), "reboot": (169, 0xFEE1DEAD, 672274793, 0),
    "swapon": (167, 0, 0), "setuid root": (105, 0), "setgid root": (106, 0), "setgroups": (116, 0, 0), "chroot": (161, b"/box"),
    "mount tmpfs": (165, b"none", b"/box", b"tmpfs", 0, 0), "umount proc": (166, b"/proc", 2),
    "remount writable": (165, b"none", b"/", 0, 0x1020, 0), "pivot_root": (155, b"/box", b"/box"),
    "mknod": (133, b"/box/disk", 0o60600, 0xFE00), "open_by_handle_at": (304, 0, 0, 0), "settimeofday": (164, 0, 0),
    "personality": (135, 0x0040000), "TIOCSTI": (16, 0, 0x5412, b"x"), "fsopen": (430, b"tmpfs", 0), "open_tree": (428, -100, b"/", 1),
    "clone user": (56, 0x10000011, 0, 0, 0, 0), "io_uring_setup": (425, 1, 0), "clone3": (435, 0, 88), "syslog": (103, 3, 0, 0),
    "sethostname": (170, b"mine", 4), "fanotify_init": (300, 0, 0), "iopl": (172, 3), "acct": (163, 0), "mq_open": (240, b"q", 0o102, 0o600, 0),
}  # fmt: skip
MISSING = {"io_uring_setup", "clone3"}

PROGRAM = """
import ctypes, errno
libc = ctypes.CDLL(None, use_errno=True)
answers = {{}}
for name, (number, *arguments) in {calls!r}.items():
    ctypes.set_errno(0)
    given = [a if isinstance(a, bytes) else ctypes.c_long(a) for a in arguments]
    result = libc.syscall(ctypes.c_long(number), *given)
    answers[name] = errno.errorcode.get(ctypes.get_errno(), '?') if result == -1 else 'done'
print(answers)
"""


@pytest.fixture(scope="module")
def answers(sandbox: Sandbox, language: Callable[[str], Language]) -> dict[str, str]:
    program = sandbox.build(language("python"), PROGRAM.format(calls=CALLS).encode())
    outcome = sandbox.run(program, b"", limits=Limits(cpu_ms=2000, memory_kb=131072))
    sandbox.discard(program)
    assert outcome.ending is Ending.EXITED, outcome
    found: dict[str, str] = ast.literal_eval(outcome.stdout.decode())
    return found


@pytest.mark.parametrize("name", CALLS)
def test_a_dangerous_call_is_refused(answers: dict[str, str], name: str) -> None:
    assert answers[name] in ({"ENOSYS"} if name in MISSING else {"EPERM", "EINVAL", "EACCES"})


def test_a_program_has_no_rights_beyond_its_own(run: Run) -> None:
    status = dict(
        line.split(":\t", 1)
        for line in run("print(open('/proc/self/status').read())").stdout.decode().splitlines()
        if ":\t" in line
    )
    assert all(int(status[f"Cap{kind}"], 16) == 0 for kind in ("Inh", "Prm", "Eff", "Bnd", "Amb"))
    assert (status["NoNewPrivs"], status["Seccomp"]) == ("1", "2")
    assert set(status["Uid"].split()) & {"0"} == set()


@pytest.mark.parametrize(
    ("way", "assembler"),
    [
        # getpid by the 32-bit gate, whose numbers mean other calls, and by the x32 numbers.
        ("i386", 'asm volatile("int $0x80" : "=a"(r) : "a"(20L) : "memory");'),
        ("x32", 'asm volatile("syscall" : "=a"(r) : "a"(0x40000027L) : "rcx", "r11", "memory");'),
    ],
)
def test_another_set_of_system_calls_is_no_way_around(run: Run, way: str, assembler: str) -> None:
    outcome = run(f'#include <cstdio>\nint main() {{ long r = -1; {assembler} printf("%ld", r); }}', "cpp")
    assert (outcome.ending, outcome.stdout) == (Ending.SIGNALLED, b"")
