"""What counts as memory: what is asked for, where a program has no runtime, and else what is used."""

import dataclasses
from collections.abc import Callable

import pytest

from lti_grader.assignments.language_files import read_language_files
from lti_grader.assignments.languages import Language
from lti_grader.grading.sandbox import Ending, Limits, RunOutcome, Sandbox
from lti_grader.grading.sandbox.calling import without_memory

Run = Callable[..., RunOutcome]
ENDS = {
    "variables that are never used": ("c", "int kept[64 << 20];\nint main(void) { return 0; }", Ending.MEMORY),
    "an array that is never used": ("cpp", "int main() { return (new int[64 << 20])[0]; }", Ending.MEMORY),
    "a little too much": ("cpp", "int main() { return (new char[(64 << 20) + 1])[0]; }", Ending.MEMORY),
    "all but a little": ("cpp", "int main() { return (new char[62 << 20])[0] > 1; }", Ending.EXITED),
    "what was refused is used": (
        "c",
        "#include <stdlib.h>\nint main(void) { for (;;) *(volatile char *)malloc(1000) = 1; }",
        Ending.MEMORY,
    ),
    "a crash of its own": ("c", "int main(void) { return *(volatile int *)8; }", Ending.SIGNALLED),
    "many threads": (
        "cpp",
        """
#include <thread>
#include <vector>
int main() {
    std::vector<std::thread> all;
    for (int i = 0; i < 12; i++) all.emplace_back([] { std::vector<int> kept(99999, 1); });
    for (auto &one : all) one.join();
}
""",
        Ending.EXITED,
    ),
}


@pytest.mark.parametrize("what", ENDS)
def test_memory_that_a_compiled_program_asks_for_counts(what: str, run: Run, sandbox: Sandbox) -> None:
    if not sandbox.has_cgroups:
        pytest.skip("without control groups each process is looked at from time to time only")
    name, source, ending = ENDS[what]
    outcome = run(source, name, memory_kb=65536)
    assert outcome.ending is ending, outcome


def test_a_limit_that_counts_the_runtime_is_held_against_all_of_it(
    sandbox: Sandbox, language: Callable[[str], Language]
) -> None:
    program = sandbox.build(language("python"), b"print(42)")
    limits = Limits(cpu_ms=5000, memory_kb=1, counts_runtime=True)
    assert sandbox.run(program, b"", limits=limits).ending is Ending.MEMORY
    enough = sandbox.run(program, b"", limits=dataclasses.replace(limits, memory_kb=65536))
    assert (enough.ending, enough.stdout) == (Ending.EXITED, b"42\n")


@pytest.mark.parametrize(
    ("thrown_at", "ending"),
    [("(wrapper alloc) System.Object.AllocVector", Ending.MEMORY), ("System.Text.StringBuilder.Insert", Ending.EXITED)],
)
def test_a_library_of_mono_may_say_that_memory_is_short_where_it_is_not(thrown_at: str, ending: Ending) -> None:
    said = (
        f"System.OutOfMemoryException: Insufficient memory to continue the execution of the program.\n  at {thrown_at}"
    )
    outcome = RunOutcome(Ending.EXITED, 1, None, 100, 100, 20_000, b"", said.encode())
    assert without_memory(outcome, read_language_files()["csharp"], Limits(1000, 65536)).ending is ending
