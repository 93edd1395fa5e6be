"""Every language: what each end of a program is called, and which line of it a mistake is in.

Whose toolchain is not on this machine is skipped; scripts/system-packages installs only the small ones.
"""

import uuid
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from lti_grader.assignments.language_files import read_language_files
from lti_grader.assignments.languages import Language
from lti_grader.grading.graders.code import GroupSpec, TestSpec, grade
from lti_grader.grading.sandbox import Sandbox
from lti_grader.problems.models import Aggregation

PROGRAMS = Path(__file__).parent / "programs"
NAMES = sorted(read_language_files())
# What is wrong is on line 3, and what is said of it.
BROKEN = {
    "ada": ("procedure Main is\nbegin\n   Undeclared;\nend Main;\n", "main.adb:3:"),
    "awk": ("{ a = 1 }\n{ b = 2 }\n{ c = = 3 }\n", "main.awk:3:"),
    "bash": ("a=1\nb=2\nif then\n", "main.sh: line 3"),
    "c": ("int main(void) {\n  int a = 1;\n  return a + ;\n}\n", "main.c:3:"),
    "cpp": ("int main() {\n  int a = 1;\n  return a + ;\n}\n", "main.cpp:3:"),
    "csharp": ("static class Program {\n  static void Main() {\n    int a = ;\n  }\n}\n", "main.cs(3,"),
    "fortran": ("program wrong\n  implicit none\n  undeclared = 1\nend program\n", "main.f90:3:"),
    "go": ("package main\nfunc main() {\n\tundeclared()\n}\n", "main.go:3:"),
    "haskell": ("main :: IO ()\nmain = do\n  undeclared\n", "main.hs:3:"),
    "java": ("public class Main {\n  int a = 1;\n  int b = ;\n}\n", "Main.java:3:"),
    "javascript": ("let a = 1;\nlet b = 2;\nlet = = 3;\n", "main.js:3"),
    "kotlin": ("fun main() {\n    val a = 1\n    undeclared()\n}\n", "main.kt:3:"),
    "lua": ("local a = 1\nlocal b = 2\nlocal = 3\n", "main.lua:3:"),
    "nasm": ("global main\nmain:\n    moov eax, 1\n", "main.asm:3:"),
    "octave": ("a = 1;\nb = 2;\nc = = 3;\n", "line 3"),
    "pascal": ("program wrong;\nbegin\n  undeclared;\nend.\n", "main.pas(3,"),
    "perl": ("my $a = 1;\nmy $b = 2;\nmy $c = = 3;\n", "main.pl line 3"),
    "php": ("<?php\n$a = 1;\n$b = = 2;\n", "main.php on line 3"),
    "python": ("a = 1\nb = 2\nc = = 3\n", 'main.py", line 3'),
    "r": ("a <- 1\nb <- 2\nc <- <- 3\n", "main.R:3:"),
    "ruby": ("a = 1\nb = 2\nc = = 3\n", "main.rb:3:"),
    "rust": ("fn main() {\n    let a = 1;\n    undeclared(a);\n}\n", "main.rs:3:"),
    "typescript": ("const a: number = 1;\nconst b: number = 2;\nconst c: number = 'three';\n", "main.ts(3,"),
}
ENDS = {
    "sum 20 22": "pass", "wrong": "fail", "crash": "runtime_error", "loop": "timeout", "hog": "memory",
    "flood": "output_limit", "both": "pass",
}  # fmt: skip


def input_of(name: str, mode: str) -> bytes:
    """Return what a test gives: a line, or, where a program is SQL, the tables that it works on."""
    if name != "sql":
        return f"{mode}\n".encode()
    return f"CREATE TABLE given(mode TEXT, a INT, b INT);\nINSERT INTO given VALUES ('{mode.split(maxsplit=1)[0]}', 20, 22);".encode()


@pytest.mark.parametrize("name", NAMES)
def test_each_end_of_a_program_has_its_verdict_in_each_language(
    name: str, sandbox: Sandbox, language: Callable[[str], Language]
) -> None:
    here = language(name)
    source = (PROGRAMS / f"{name}{Path(here.file.source).suffix}").read_bytes()
    # On a busy machine it takes some to fill the memory.
    limits_ms = {"hog": 3000}
    tests = [
        TestSpec(uuid.uuid4(), one, input_of(name, one), b"42", Decimal(1), limits_ms.get(one, 300), 65536)
        for one in ENDS
    ]
    graded = grade(
        sandbox, here, source, [GroupSpec(uuid.uuid4(), Decimal(1), Aggregation.SUM, tests)],
        checker={}, fetch={}.__getitem__,
    )  # fmt: skip
    ended = {test.name: str(one.status) for test, one in zip(tests, graded.outcomes, strict=False)}
    assert ended == ENDS, (graded.compiler_output, [one.message[-600:] for one in graded.outcomes])


@pytest.mark.parametrize("name", BROKEN)
def test_a_program_that_cannot_be_compiled_is_told_its_line_in_each_language(
    name: str, sandbox: Sandbox, language: Callable[[str], Language]
) -> None:
    source, said = BROKEN[name]
    program = sandbox.build(language(name), source.encode())
    assert (program.ok, program.trouble) == (False, "")
    assert said in program.compiler_output
    assert "/box" not in program.compiler_output


def test_a_mistake_in_sql_shows_its_line_when_it_runs(sandbox: Sandbox, language: Callable[[str], Language]) -> None:
    test = TestSpec(uuid.uuid4(), "", b"CREATE TABLE a(b);", b"", Decimal(1), 500, 65536)
    [outcome] = grade(
        sandbox, language("sql"), b"SELECT b\nFROM a;\nSELECT c FROM a;\n",
        [GroupSpec(uuid.uuid4(), Decimal(1), Aggregation.SUM, [test])], checker={}, fetch={}.__getitem__,
    ).outcomes  # fmt: skip
    assert outcome.status == "runtime_error"
    assert "line 3: no such column: c" in outcome.message
