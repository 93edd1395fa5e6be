"""Which of several files a program begins in."""

import pytest

from lti_grader.assignments.languages import described_languages
from lti_grader.assignments.main_file import NoMainFile, main_of
from lti_grader.problems.harness import AnswerFiles


@pytest.mark.parametrize(
    ("language", "files", "main"),
    [
        ("python", {"helper.py": "", "main.py": ""}, "main.py"),
        ("python", {"data.txt": "", "answer.py": ""}, "answer.py"),
        ("python", {"a.py": "x = 1", "run.py": "import a\nif __name__ == '__main__':\n    a.x"}, "run.py"),
        ("java", {"Stack.java": "class Stack {}", "src/app/Main.java": "package app;"}, "src/app/Main.java"),
        ("java", {"Stack.java": "class Stack {}", "App.java": "class App { public static void main(String[] a) {} }"}, "App.java"),
        ("cpp", {"stack.cc": "int pop() {}", "stack.h": "", "go.cc": '#include "stack.h"\nint main() {}'}, "go.cc"),
        ("c", {"lib/a.c": "int mainly(void);", "b.c": "int main(void)\n{}"}, "b.c"),
        ("kotlin", {"A.kt": "class A", "B.kt": "fun main() = println(A())"}, "B.kt"),
        ("go", {"a.go": "package main", "b.go": "package main\nfunc main() {}"}, "b.go"),
        ("rust", {"shape.rs": "fn area() {}", "start.rs": "mod shape;\nfn main() {}"}, "start.rs"),
        ("haskell", {"Shape.hs": "module Shape where", "Start.hs": "import Shape\nmain :: IO ()"}, "Start.hs"),
    ],
)  # fmt: skip
def test_the_file_that_a_program_begins_in_is_found(language: str, files: dict[str, str], main: str) -> None:
    given = {name: text.encode() for name, text in files.items()}
    assert main_of(given, described_languages()[language]) == main


def test_the_problems_word_is_what_counts() -> None:
    files = {"main.py": b"", "start.py": b""}
    assert main_of(files, described_languages()["python"], AnswerFiles(main="start.py")) == "start.py"


@pytest.mark.parametrize("files", [{"A.java": b"class A {}", "B.java": b"class B {}"}, {"notes.txt": b"x"}])
def test_what_is_not_clear_is_said(files: dict[str, bytes]) -> None:
    with pytest.raises(NoMainFile, match=r"Name that one Main\.java|has to end in \.java"):
        main_of(files, described_languages()["java"])
