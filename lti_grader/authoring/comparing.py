"""What differs between two versions of a problem. Large inputs are told by hash and size."""

import dataclasses
import difflib
import hashlib
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute

from lti_grader.authoring.aspects import groups_of, settings_of, short, texts_of
from lti_grader.core.db import session
from lti_grader.problems.models import ProblemVersion, TestCase, TestGroup
from lti_grader.problems.rubrics import in_words, rubric_of

_INLINE_BYTES = 4096
"""Texts up to this size are compared line by line."""


@dataclasses.dataclass(frozen=True)
class Datum:
    """What a test gives or expects, or a file: its hash, and itself where it is small text."""

    sha256: str
    size: int | None
    """In bytes; None for one that lies in the object store, which knows it."""
    text: str | None

    @property
    def ref(self) -> str:
        return f"sha256/{self.sha256}"


@dataclasses.dataclass(frozen=True)
class Change:
    """Something of one name that both versions have, and differently."""

    what: str
    before: str
    after: str
    lines: Sequence[str] = ()
    """A unified diff, where both are small texts."""
    data: tuple[Datum, Datum] | None = None
    """What it was and is, where they are told by hash and size."""


@dataclasses.dataclass(frozen=True)
class TestChange:
    """A test that both versions have."""

    __test__ = False

    group: str
    name: str
    changes: Sequence[Change]


@dataclasses.dataclass(frozen=True)
class Comparison:
    """What differs, from an earlier version to a later one. Tests are named by (group, name)."""

    texts: Sequence[Change]
    """The statement, starter code, solutions and the like, each with the lines that differ."""
    settings: Sequence[Change]
    groups: Sequence[Change]
    added: Sequence[tuple[str, str]]
    removed: Sequence[tuple[str, str]]
    changed: Sequence[TestChange]
    same: int
    """How many tests are the same in both."""
    is_reordered: bool = False
    """Whether the tests that are in both stand in another order."""

    @property
    def is_nothing(self) -> bool:
        return not (
            self.texts
            or self.settings
            or self.groups
            or self.added
            or self.removed
            or self.changed
            or self.is_reordered
        )


def compare(before: ProblemVersion, after: ProblemVersion) -> Comparison:
    """Return what differs between two versions of a problem."""
    # What a quiz's units are follows from its questions, which are compared as texts.
    old, new = ({} if one.is_quiz else _tests(one.id) for one in (before, after))
    was, now = ({} if one.is_quiz else groups_of(one.id) for one in (before, after))
    both = [name for name in new if name in old]
    changed = [TestChange(*_named(name), changes) for name in both if (changes := _test_changes(old[name], new[name]))]
    return Comparison(
        texts=_text_changes(*(texts_of(one) | {"Rubric": _rubric(one.id)} for one in (before, after))),
        settings=[*_settings_changes(settings_of(before), settings_of(after)), *_order_change(was, now)],
        groups=_settings_changes(was, now),
        is_reordered=[name for name in old if name in new] != both,
        added=[_named(name) for name in new if name not in old],
        removed=[_named(name) for name in old if name not in new],
        changed=changed,
        same=len(both) - len(changed),
    )


def _rubric(version_id: uuid.UUID) -> str:
    found = rubric_of(version_id)
    return in_words(found.draft if found else None)


_Key = tuple[str, str, int]
"""Group, name, and which of those of the same name."""


def _named(key: _Key) -> tuple[str, str]:
    group, name, place = key
    return group, name if place == 0 else f"{name} ({place + 1})"


def unified(before: str, after: str) -> list[str]:
    """Return a unified diff without its header, as templates/attempts/diff.html shows it."""
    return list(difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=3))[2:]


def _text_changes(old: Mapping[str, str], new: Mapping[str, str]) -> list[Change]:
    names = [*old, *(name for name in new if name not in old)]
    pairs = [(name, old.get(name, ""), new.get(name, "")) for name in names]
    return [Change(name, "", "", unified(was, now)) for name, was, now in pairs if was != now]


def _order_change(old: Mapping[str, str], new: Mapping[str, str]) -> list[Change]:
    was, now = ([name for name in one if name in old and name in new] for one in (old, new))
    return [] if was == now else [Change("Order of groups", ", ".join(was), ", ".join(now))]


def _settings_changes(old: Mapping[str, str], new: Mapping[str, str]) -> list[Change]:
    names = [*old, *(name for name in new if name not in old)]
    return [Change(one, old.get(one, ""), new.get(one, "")) for one in names if old.get(one) != new.get(one)]


@dataclasses.dataclass(frozen=True)
class _Test:
    input: Datum
    expected: Datum
    settings: Mapping[str, str]
    texts: Mapping[str, str]


def _tests(version_id: uuid.UUID) -> dict[_Key, _Test]:
    """Return the tests of a version by group, name and place; megabytes are hashed where they lie."""
    query = (
        sa.select(
            TestGroup.name, TestCase.name, TestCase.visibility, TestCase.points, TestCase.cpu_ms, TestCase.memory_kb,
            TestCase.arguments, TestCase.code, TestCase.extra,
            *_datum(TestCase.input), TestCase.input_blob_ref, *_datum(TestCase.expected), TestCase.expected_blob_ref,
        )
        .join(TestGroup, TestGroup.id == TestCase.test_group_id)
        .where(TestGroup.problem_version_id == version_id)
        .order_by(TestGroup.order_index, TestCase.order_index)
    )  # fmt: skip
    found: dict[_Key, _Test] = {}
    for group, name, visibility, points, cpu_ms, memory_kb, arguments, code, extra, *data in session().execute(query):
        key = next((group, name, place) for place in range(len(found) + 1) if (group, name, place) not in found)
        settings = {
            "Seen": visibility.replace("_", " "), "Weight": f"{points.normalize():f}",
            "Processor time": f"{cpu_ms / 1000:g} s" if cpu_ms else "", "Memory": f"{memory_kb / 1024:g} MiB" if memory_kb else "",
            "Arguments": " ".join(arguments),
        }  # fmt: skip
        found[key] = _Test(_read(*data[:4]), _read(*data[4:]), settings, {"Code": code, "Extra": extra})
    return found


def _datum(column: InstrumentedAttribute[bytes | None]) -> list[Any]:
    size = sa.func.octet_length(column)
    return [
        sa.func.encode(sa.func.sha256(column), "hex", type_=sa.Text),
        size,
        sa.case((size <= _INLINE_BYTES, column), else_=sa.cast(None, sa.LargeBinary)),
    ]


def _read(sha256: str | None, size: int | None, content: bytes | None, ref: str | None) -> Datum:
    if ref is not None:
        return Datum(ref.removeprefix("sha256/"), None, None)
    try:
        text = None if content is None else bytes(content).decode()
    except UnicodeDecodeError:
        text = None
    return Datum(sha256 or hashlib.sha256(b"").hexdigest(), size, text)


def _test_changes(old: _Test, new: _Test) -> list[Change]:
    changes = _text_changes(old.texts, new.texts) + _settings_changes(old.settings, new.settings)
    for what, was, now in (("Input", old.input, new.input), ("Expected", old.expected, new.expected)):
        if was.sha256 == now.sha256:
            continue
        if was.text is not None and now.text is not None and (lines := unified(was.text, now.text)):
            changes.append(Change(what, "", "", lines))
        else:
            # Too large, no text, or other bytes at the ends of lines only.
            changes.append(Change(what, short(was.ref), short(now.ref), data=(was, now)))
    return changes
