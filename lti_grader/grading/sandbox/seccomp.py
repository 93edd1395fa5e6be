"""The system calls that a student's program has no business making, as a classic BPF program.

Offsets are those of `struct seccomp_data` (linux/seccomp.h); numbers are those of the kernel's tables.
"""

import errno
import platform
import struct

_LOAD, _JUMP_EQ, _JUMP_GE, _JUMP_SET, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _ERRNO, _KILL = 0x7FFF0000, 0x00050000, 0x80000000
_NR, _ARCH, _ARG0, _ARG1 = 0, 4, 16, 24
# CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET
_NEW_NAMESPACES = 0x00020000 | 0x02000000 | 0x04000000 | 0x08000000 | 0x10000000 | 0x20000000 | 0x40000000
_TIOCSTI, _TIOCLINUX = 0x5412, 0x541C
# Families above AF_INET6 (10) reach past a network namespace (AF_VSOCK) or into the kernel (AF_ALG).
_HIGHEST_FAMILY = 10

_X86_64 = {
    "ptrace": 101, "process_vm_readv": 310, "process_vm_writev": 311, "mount": 165, "umount2": 166,
    "pivot_root": 155, "chroot": 161, "unshare": 272, "setns": 308, "bpf": 321, "perf_event_open": 298,
    "userfaultfd": 323, "keyctl": 250, "add_key": 248, "request_key": 249, "shmget": 29, "shmat": 30, "shmctl": 31,
    "shmdt": 67, "semget": 64, "semop": 65, "semctl": 66, "semtimedop": 220, "msgget": 68, "msgsnd": 69,
    "msgrcv": 70, "msgctl": 71, "init_module": 175, "finit_module": 313, "delete_module": 176, "kexec_load": 246,
    "kexec_file_load": 320, "reboot": 169, "swapon": 167, "swapoff": 168, "acct": 163, "settimeofday": 164,
    "clock_settime": 227, "adjtimex": 159, "clock_adjtime": 305, "open_by_handle_at": 304, "name_to_handle_at": 303,
    "quotactl": 179, "syslog": 103, "vhangup": 153, "kcmp": 312, "fanotify_init": 300, "open_tree": 428,
    "move_mount": 429, "fsopen": 430, "fsconfig": 431, "fsmount": 432, "fspick": 433, "mount_setattr": 442,
    "pidfd_getfd": 438, "iopl": 172, "ioperm": 173, "personality": 135, "mbind": 237, "move_pages": 279,
    "migrate_pages": 256, "lookup_dcookie": 212, "mq_open": 240,
}  # fmt: skip
_X86_64_MISSING = {"clone3": 435, "io_uring_setup": 425, "io_uring_enter": 426, "io_uring_register": 427}
_AARCH64 = {
    "ptrace": 117, "process_vm_readv": 270, "process_vm_writev": 271, "mount": 40, "umount2": 39, "pivot_root": 41,
    "chroot": 51, "unshare": 97, "setns": 268, "bpf": 280, "perf_event_open": 241, "userfaultfd": 282, "keyctl": 219,
    "add_key": 217, "request_key": 218, "shmget": 194, "shmctl": 195, "shmat": 196, "shmdt": 197, "semget": 190,
    "semctl": 191, "semtimedop": 192, "semop": 193, "msgget": 186, "msgctl": 187, "msgrcv": 188, "msgsnd": 189,
    "init_module": 105, "finit_module": 273, "delete_module": 106, "kexec_load": 104, "kexec_file_load": 294,
    "reboot": 142, "swapon": 224, "swapoff": 225, "acct": 89, "settimeofday": 170, "clock_settime": 112,
    "adjtimex": 171, "clock_adjtime": 266, "open_by_handle_at": 265, "name_to_handle_at": 264, "quotactl": 60,
    "syslog": 116, "vhangup": 58, "kcmp": 272, "fanotify_init": 262, "open_tree": 428, "move_mount": 429,
    "fsopen": 430, "fsconfig": 431, "fsmount": 432, "fspick": 433, "mount_setattr": 442, "pidfd_getfd": 438,
    "personality": 92, "mbind": 235, "move_pages": 239, "migrate_pages": 238, "lookup_dcookie": 18, "mq_open": 180,
}  # fmt: skip
# machine: (AUDIT_ARCH, refused, said to be missing, clone, socket, ioctl)
_MACHINES = {
    "x86_64": (0xC000003E, _X86_64, _X86_64_MISSING, 56, 41, 16),
    "aarch64": (0xC00000B7, _AARCH64, _X86_64_MISSING, 220, 198, 29),
}


def _op(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, value)


def _refuse(error: int) -> bytes:
    return _op(_RETURN, _ERRNO | error)


def program(machine: str | None = None) -> bytes:
    """Return the filter for this machine, as the kernel takes it.

    Raises
    ------
    NotImplementedError
        The system calls of this kind of processor are not listed here.
    """
    machine = machine or platform.machine()
    if machine not in _MACHINES:
        raise NotImplementedError(f"no seccomp filter is written for {machine}")
    arch, refused, missing, clone, socket, ioctl = _MACHINES[machine]
    parts = [
        _op(_LOAD, _ARCH), _op(_JUMP_EQ, arch, 1, 0), _op(_RETURN, _KILL),
        # The x32 numbers of x86_64 would go past the list.
        _op(_LOAD, _NR), _op(_JUMP_GE, 0x40000000, 0, 1), _op(_RETURN, _KILL),
    ]  # fmt: skip
    for number in sorted(refused.values()):
        parts += [_op(_JUMP_EQ, number, 0, 1), _refuse(errno.EPERM)]
    for number in sorted(missing.values()):
        parts += [_op(_JUMP_EQ, number, 0, 1), _refuse(errno.ENOSYS)]
    parts += [
        _op(_JUMP_EQ, clone, 0, 4), _op(_LOAD, _ARG0), _op(_JUMP_SET, _NEW_NAMESPACES, 0, 1), _refuse(errno.EPERM),
        _op(_RETURN, _ALLOW),
        _op(_JUMP_EQ, socket, 0, 4), _op(_LOAD, _ARG0), _op(_JUMP_GE, _HIGHEST_FAMILY + 1, 0, 1),
        _refuse(errno.EAFNOSUPPORT), _op(_RETURN, _ALLOW),
        _op(_JUMP_EQ, ioctl, 0, 4), _op(_LOAD, _ARG1), _op(_JUMP_EQ, _TIOCSTI, 1, 0), _op(_JUMP_EQ, _TIOCLINUX, 0, 1),
        _refuse(errno.EPERM),
        _op(_RETURN, _ALLOW),
    ]  # fmt: skip
    return b"".join(parts)
