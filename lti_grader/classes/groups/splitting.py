"""Students split into groups by chance that can be repeated. Pure."""

import dataclasses
import hashlib
import uuid
from collections.abc import Iterable, Mapping

MOST_SEED = 999_999_999


@dataclasses.dataclass(frozen=True)
class Split:
    """How students are split; one of the two numbers says it."""

    size: int | None = None
    """As many are in a group at most; groups differ by one member at most."""
    count: int | None = None
    """So many groups are made; within sections, so many of each."""
    within_sections: bool = False
    """Whether nobody is put together with somebody of another section."""


@dataclasses.dataclass(frozen=True)
class Part:
    """The members of a group to be made."""

    section: str
    """That they are in; "" where they are not split by sections, or are in none."""
    members: tuple[uuid.UUID, ...]


def split(students: Mapping[uuid.UUID, str], how: Split, seed: int) -> list[Part]:
    """Split students into groups, section by section in the order of their names.

    Who comes into which group depends on who they are and on the seed alone, not on the order in which they are named.

    Parameters
    ----------
    students
        The section of each; "" for none.
    seed
        Another one splits them otherwise.
    """
    parts: dict[str, list[uuid.UUID]] = {}
    for student in _shuffled(students, seed):
        parts.setdefault(students[student] if how.within_sections else "", []).append(student)
    return [
        Part(section, tuple(members[place::groups]))
        for section, members in sorted(parts.items())
        for groups in [_how_many(len(members), how)]
        for place in range(groups)
    ]


def _how_many(students: int, how: Split) -> int:
    if how.size is not None:
        return -(-students // how.size)
    return min(students, how.count or 1)


def _shuffled(students: Iterable[uuid.UUID], seed: int) -> list[uuid.UUID]:
    return sorted(students, key=lambda one: hashlib.sha256(f"{seed}:{one}".encode()).digest())
