"""What a problem of the made-up department is, and how a family of them is made of one text."""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence

CPP = "#include <bits/stdc++.h>\nusing namespace std;\n\n"
"""What each C++ program begins with."""


@dataclasses.dataclass(frozen=True)
class Program:
    """A program as somebody hands it in."""

    name: str
    language: str
    text: str
    misconception: str = ""
    """What its author believes that is not so: the same belief spoils answers to other problems too. "" where it is right."""


@dataclasses.dataclass(frozen=True)
class Problem:
    """A problem with its tests' inputs and typical answers.

    Attributes
    ----------
    difficulty
        On the scale of students' skill: who has as much solves it at the first try half of the time.
    inputs
        What each test reads. The first two are samples. What is expected comes from the first right program, run for real.
    programs
        Right ones and wrong ones, in each language at least one right one first.
    """

    slug: str
    title: str
    statement: str
    hint: str
    tags: Sequence[str]
    difficulty: float
    inputs: Sequence[str]
    programs: Sequence[Program]

    @property
    def languages(self) -> list[str]:
        """The languages that it has answers in."""
        return list(dict.fromkeys(one.language for one in self.programs))

    def solution(self, language: str) -> Program:
        """Return the first right program of a language."""
        return next(one for one in self.programs if one.language == language and not one.misconception)


def fill(text: str, words: Mapping[str, str]) -> str:
    """Return a text with each `@WORD@` of a family replaced by what it is in one member of it."""
    for word, meaning in words.items():
        text = text.replace(f"@{word}@", meaning)
    return text.lstrip("\n")


def programs(language: str, texts: Iterable[tuple[str, str, str]], words: Mapping[str, str]) -> list[Program]:
    """Return programs of one language from (name, misconception, text)."""
    return [Program(name, language, fill(text, words), misconception) for name, misconception, text in texts]
