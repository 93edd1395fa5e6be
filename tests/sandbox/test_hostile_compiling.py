"""Programs that attack while they are compiled."""

from collections.abc import Callable

import pytest

from lti_grader.assignments.languages import Language
from lti_grader.grading.sandbox import Program, Sandbox

pytestmark = pytest.mark.usefixtures("still_works")
Build = Callable[[str, str], Program]


@pytest.fixture
def build(sandbox: Sandbox, language: Callable[[str], Language]) -> Build:
    def build_it(name: str, source: str) -> Program:
        program = sandbox.build(language(name), source.encode())
        sandbox.discard(program)
        assert not program.trouble
        return program

    return build_it


REFUSALS = ("No such file", "file not found", "Permission denied")


@pytest.mark.parametrize(
    "path",
    [
        "/etc/shadow",
        "/etc/passwd",
        "/root/.bashrc",
        "/proc/1/root/etc/shadow",
        "/proc/self/environ",
        "../../etc/shadow",
    ],
)
@pytest.mark.parametrize(
    "way", ['#include "{}"\nint main() {{}}', 'asm(".incbin \\"{}\\"");\nint main() {{}}'], ids=["include", "incbin"]
)
def test_a_compiler_does_not_read_the_hosts_files_for_a_student(build: Build, way: str, path: str) -> None:
    program = build("cpp", way.format(path))
    assert "root:" not in program.compiler_output
    assert "SECRET" not in program.compiler_output
    if path != "/proc/self/environ":
        assert not program.ok
        assert any(words in program.compiler_output for words in REFUSALS)


def test_including_an_endless_file_ends(build: Build) -> None:
    assert not build("cpp", '#include "/dev/zero"\nint main() {}').ok


def test_endless_templates_end(build: Build) -> None:
    program = build(
        "cpp",
        "template<int n> struct deeper { static const int v = deeper<n + 1>::v + deeper<n + 2>::v; };\nint main() { return deeper<0>::v; }",
    )
    assert not program.ok
    assert "main.cpp" in program.compiler_output


def test_a_program_that_swells_while_compiled_ends(build: Build) -> None:
    assert not build("cpp", "int swollen[400000000] = {1};\nint main() { return swollen[5]; }").ok


def test_parentheses_without_end_are_an_error_and_no_crash_of_ours(build: Build) -> None:
    program = build("python", "(" * 60000 + ")" * 60000)
    assert not program.ok


def test_an_artefact_that_is_a_link_to_a_file_of_the_host_is_not_taken_over(
    sandbox: Sandbox, language: Callable[[str], Language]
) -> None:
    linking = language("cpp").file.model_copy(update={"compile": ["/bin/sh", "-c", "ln -s /etc/shadow main"]})
    program = sandbox.build(Language("linking", linking, language("cpp").tools), b"x")
    assert program.folder is None or not (program.folder / "main").exists()
    sandbox.discard(program)


def test_endless_warnings_are_cut(build: Build) -> None:
    source = "#include <cstdio>\nint main() {\n" + '  int unused;  { char c = 4000; printf("%s", c); }\n' * 1500 + "}"
    assert len(build("cpp", source).compiler_output) <= 65536
