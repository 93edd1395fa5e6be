"""The filter of system calls, worked through as the kernel works through it."""

import errno
import struct

import pytest

from lti_grader.grading.sandbox import seccomp

ALLOW, KILL, ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
X86_64, AARCH64, I386 = 0xC000003E, 0xC00000B7, 0x40000003


def answer(program: bytes, number: int, arch: int = X86_64, *arguments: int) -> int:
    """Return what the filter says to a call (classic BPF: loads, jumps and returns only)."""
    given = [*arguments, *[0] * (6 - len(arguments))]
    data = struct.pack("=IIQ6Q", number, arch, 0, *given)
    lines = list(struct.iter_unpack("=HBBI", program))
    held, place = 0, 0
    while True:
        code, if_true, if_false, value = lines[place]
        place += 1
        match code:
            case 0x20:
                (held,) = struct.unpack_from("=I", data, value)
            case 0x15:
                place += if_true if held == value else if_false
            case 0x35:
                place += if_true if held >= value else if_false
            case 0x45:
                place += if_true if held & value else if_false
            case 0x06:
                return int(value)
            case _:
                pytest.fail(f"instruction {code:#x} is not one that this filter should need")


def refused(error: int) -> int:
    return ERRNO | error


@pytest.fixture(scope="module")
def x86_64() -> bytes:
    return seccomp.program("x86_64")


@pytest.mark.parametrize("number", [0, 1, 2, 9, 12, 39, 57, 59, 60, 202, 231, 257, 318], ids=str)
def test_what_every_program_needs_is_allowed(x86_64: bytes, number: int) -> None:
    assert answer(x86_64, number) == ALLOW


@pytest.mark.parametrize(
    ("number", "error"),
    [(101, errno.EPERM), (165, errno.EPERM), (272, errno.EPERM), (321, errno.EPERM), (250, errno.EPERM),
     (425, errno.ENOSYS), (426, errno.ENOSYS), (427, errno.ENOSYS), (435, errno.ENOSYS)],
)  # fmt: skip
def test_dangerous_calls_are_refused(x86_64: bytes, number: int, error: int) -> None:
    assert answer(x86_64, number) == refused(error)


def test_a_thread_may_be_made_and_a_namespace_not(x86_64: bytes) -> None:
    thread = 0x003D0F00
    assert answer(x86_64, 56, X86_64, thread) == ALLOW
    for flag in (0x00020000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000):
        assert answer(x86_64, 56, X86_64, thread | flag) == refused(errno.EPERM)


@pytest.mark.parametrize("family", range(46))
def test_only_the_common_families_of_sockets_are_allowed(x86_64: bytes, family: int) -> None:
    assert answer(x86_64, 41, X86_64, family) == (ALLOW if family <= 10 else refused(errno.EAFNOSUPPORT))


def test_a_terminal_takes_no_input_from_a_program(x86_64: bytes) -> None:
    assert answer(x86_64, 16, X86_64, 0, 0x5412) == refused(errno.EPERM)
    assert answer(x86_64, 16, X86_64, 0, 0x541C) == refused(errno.EPERM)
    assert answer(x86_64, 16, X86_64, 0, 0x5401) == ALLOW


@pytest.mark.parametrize("high", [1 << 32, 0xFFFFFFFF << 32])
def test_the_upper_half_of_an_argument_hides_nothing(x86_64: bytes, high: int) -> None:
    assert answer(x86_64, 16, X86_64, 0, high | 0x5412) == refused(errno.EPERM)
    assert answer(x86_64, 41, X86_64, high | 40) == refused(errno.EAFNOSUPPORT)
    assert answer(x86_64, 56, X86_64, high | 0x10000000) == refused(errno.EPERM)


@pytest.mark.parametrize("number", [39, 101, 165])
def test_calls_of_another_kind_of_processor_end_the_program(x86_64: bytes, number: int) -> None:
    assert answer(x86_64, number, I386) == KILL
    assert answer(x86_64, 0x40000000 | number) == KILL


def test_a_64_bit_arm_has_its_own_numbers() -> None:
    arm = seccomp.program("aarch64")
    assert answer(arm, 117, AARCH64) == refused(errno.EPERM)
    assert answer(arm, 198, AARCH64, 40) == refused(errno.EAFNOSUPPORT)
    assert answer(arm, 220, AARCH64, 0x10000000) == refused(errno.EPERM)
    assert answer(arm, 29, AARCH64, 0, 0x5412) == refused(errno.EPERM)
    assert answer(arm, 64, AARCH64) == ALLOW
    assert answer(arm, 64, X86_64) == KILL


def test_a_processor_without_a_list_is_refused() -> None:
    with pytest.raises(NotImplementedError, match="riscv64"):
        seccomp.program("riscv64")
