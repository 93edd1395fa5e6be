"""How a run ended, in words for the student."""

import signal

from lti_grader.grading.sandbox import Ending, Limits, RunOutcome
from lti_grader.grading.verdicts import TestStatus

KEPT_MESSAGE_CHARACTERS = 2000


def ended_badly(outcome: RunOutcome, limits: Limits) -> tuple[TestStatus, str] | None:
    """Return the verdict on a run that did not end well, and why; None where its output decides."""
    match outcome.ending:
        case Ending.SANDBOX_ERROR:
            return TestStatus.JUDGE_ERROR, outcome.detail
        case Ending.TIMEOUT:
            return TestStatus.TIMEOUT, f"It did not end within {limits.cpu_ms / 1000:g} s of processor time."
        case Ending.MEMORY:
            return TestStatus.MEMORY, f"It needed more than {limits.memory_kb // 1024} MiB of memory."
        case Ending.OUTPUT_LIMIT:
            return TestStatus.OUTPUT_LIMIT, f"It wrote more than {limits.output_bytes // 1024 // 1024} MiB."
        case Ending.SIGNALLED:
            return TestStatus.RUNTIME_ERROR, f"It ended by {_signal_in_words(outcome.signal)}.\n{_last_words(outcome)}"
        case Ending.EXITED if outcome.exit_code != 0:
            words = _last_words(outcome)
            return TestStatus.RUNTIME_ERROR, words or f"It ended with exit code {outcome.exit_code}."
    return None


def _last_words(outcome: RunOutcome) -> str:
    text = outcome.stderr.decode(errors="replace").replace("/program/", "").strip()
    return text if len(text) <= KEPT_MESSAGE_CHARACTERS else "…" + text[-KEPT_MESSAGE_CHARACTERS + 1 :]


def _signal_in_words(number: int | None) -> str:
    common = {
        signal.SIGSEGV: "a segmentation fault (memory was used that is not the program's own or was refused beyond the limit, or the stack overflowed)",
        signal.SIGABRT: "abort()",
        signal.SIGFPE: "an arithmetic fault such as a division by zero",
        signal.SIGKILL: "being killed",
        signal.SIGBUS: "a bus error",
        signal.SIGXFSZ: "writing too large a file",
        signal.SIGSYS: "a system call that is not allowed here",
    }
    try:
        known = signal.Signals(number or 0)
    except ValueError:
        return f"signal {number}"
    return f"{common[known]} ({known.name})" if known in common else known.name
