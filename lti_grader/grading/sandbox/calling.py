"""How a built program is called, within which limits, and what of its end is want of memory."""

import dataclasses
import struct
from pathlib import Path

from lti_grader.assignments.language_files import LanguageFile
from lti_grader.grading.sandbox.interface import Ending, Limits, Program, RunOutcome

# Of the header of a 64-bit ELF file for processors that write the low byte first, and of each of its segments: elf(5).
_ELF = b"\x7fELF\x02\x01"
_HEADER = struct.Struct("<32xQ14xHH")
_SEGMENT = struct.Struct("<II32xQ")
_LOADED, _WRITABLE = 1, 2


def called(program: Program, limits: Limits, *, refuses: bool = False) -> tuple[list[str], Limits, Path]:
    """Return how a built program is called, within which limits, and the folder that it is in.

    Parameters
    ----------
    refuses
        Whether memory counts that it asks for, where its language says so.
    """
    if program.folder is None:
        raise ValueError("this program was not built")
    file = program.language.file
    argv = program.language.run_argv("/program", program.source, program.source_name, limits.memory_kb)
    # A runtime that is told the limit keeps its heap within it, and needs the rest for itself.
    extra_kb = 0 if limits.counts_runtime and not file.keeps_limit else file.memory_extra_kb
    memory_kb = limits.memory_kb + extra_kb
    widened = dataclasses.replace(
        limits,
        memory_kb=memory_kb,
        processes=max(limits.processes, file.processes),
        reserved_kb=file.reserved_kb,
        asked_kb=memory_kb if refuses and file.counts_asked else None,
    )
    return argv, widened, program.folder


def without_memory(outcome: RunOutcome, language: LanguageFile, limits: Limits) -> RunOutcome:
    """Return what a run did; one that its own runtime ended for want of memory needed too much, as others did.

    Where the runtime counts, so did one that had more than the limit at any time: a limit below what starts the runtime leaves
    it no room for its own files, so that it ends late or not at all.

    Parameters
    ----------
    limits
        Those that the run had.
    """
    failed = outcome.ending is Ending.SIGNALLED or (outcome.ending is Ending.EXITED and outcome.exit_code != 0)
    is_told = failed and any(words.encode() in outcome.stderr for words in language.out_of_memory)
    is_beyond = limits.counts_runtime and max(outcome.memory_kb, outcome.largest_kb) > limits.memory_kb
    if is_told or (is_beyond and outcome.ending in (Ending.EXITED, Ending.SIGNALLED, Ending.TIMEOUT)):
        return dataclasses.replace(outcome, ending=Ending.MEMORY)
    return outcome


def variables_kb(file: Path) -> int:
    """Return how much memory a program's global variables take before it begins, in KiB; 0 for what is no such file."""
    if not file.is_file():
        return 0
    with file.open("rb") as opened:
        header = opened.read(_HEADER.size)
        if not header.startswith(_ELF) or len(header) < _HEADER.size:
            return 0
        at, size, count = _HEADER.unpack(header)
        opened.seek(at)
        table = opened.read(size * count)
    taken = 0
    for start in range(0, len(table) - _SEGMENT.size + 1, size):
        kind, flags, memory = _SEGMENT.unpack_from(table, start)
        taken += memory if kind == _LOADED and flags & _WRITABLE else 0
    return taken // 1024
