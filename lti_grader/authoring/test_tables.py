"""The tests of a group as CSV: read, put into a draft, and taken out to be edited in a spreadsheet."""

import dataclasses
import uuid
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

import sqlalchemy as sa

from lti_grader.authoring import drafting
from lti_grader.authoring.drafting import MOST_POINTS, TestText
from lti_grader.authoring.errors import BadDraft
from lti_grader.authoring.forms import lines, number, shown
from lti_grader.core.db import session
from lti_grader.core.tables import BadTable, csv_line, rows, safe, unsafe
from lti_grader.problems.harness import Harness
from lti_grader.problems.models import TestCase, TestGroup, Visibility

MOST_BYTES, MOST_TESTS, MOST_CELL = 1_000_000, 500, 32_000
"""Of a file; in a file; bytes of a cell, as spreadsheets hold them."""
_COLUMNS = ("name", "input", "expected", "points", "visibility", "code")
_LONGEST_NAME, _MOST_TROUBLES = 200, 20


@dataclasses.dataclass(frozen=True)
class Line:
    """A test as a file says it; what is None it does not say."""

    name: str
    input: str | None
    expected: str
    points: Decimal | None
    visibility: Visibility | None
    code: str | None


@dataclasses.dataclass(frozen=True)
class Done:
    """What a file did to a group's tests."""

    added: int
    changed: int
    removed: int


def require_table(harness: Harness | None) -> None:
    """Raise `BadTable` where a line with an input and an output is no test of a problem."""
    if harness is not None and (harness.unit_tests or harness.autograder):
        raise BadTable(
            "The tests of this problem stand in files of their own, which a runner runs: a table of inputs and outputs says"
            " nothing about them. Bring the problem in anew with other files."
        )


def read(text: str, taken: Sequence[str] = ()) -> list[Line]:
    """Return the tests of a file.

    Its first line names the columns: `expected` and one of `input` and `code`, and `name`, `points` and `visibility` where
    they are wanted, in any order.

    Parameters
    ----------
    taken
        Names that tests without one are not given.

    Raises
    ------
    BadTable
        Something in it cannot be read; all of that is told, each with its line.
    """
    found = rows(text)
    columns = _columns(next(found, (1, []))[1])
    cells = [(line, {name: _cell(row, at) for name, at in columns.items()}) for line, row in found]
    if not cells:
        raise BadTable("The file has no test: each is a line below the names of the columns.")
    if len(cells) > MOST_TESTS:
        raise BadTable(
            f"The file has {len(cells)} tests; {MOST_TESTS} at most come at once. Bring them in several files."
        )
    names = _names([one.get("name", "") for _, one in cells], taken)
    tests, troubles = [], list[str]()
    seen: dict[str, int] = {}
    for (line, one), name in zip(cells, names, strict=True):
        if name in seen:
            troubles.append(f"Line {line}: the test “{name[:40]}” stands in line {seen[name]} already.")
        seen.setdefault(name, line)
        try:
            tests.append(_line(one, name))
        except BadDraft as error:
            troubles.append(f"Line {line}: {error.message}")
    if troubles:
        more = f" And {len(troubles) - _MOST_TROUBLES} lines more." if len(troubles) > _MOST_TROUBLES else ""
        raise BadTable("Nothing was added. " + " ".join(troubles[:_MOST_TROUBLES]) + more)
    return tests


def _columns(head: Sequence[str]) -> dict[str, int]:
    named = [(one.strip().casefold(), at) for at, one in enumerate(head) if one.strip()]
    columns = dict(named)
    if unknown := [name for name in columns if name not in _COLUMNS]:
        raise BadTable(f"“{unknown[0][:40]}” is no column of tests. Those are: {', '.join(_COLUMNS)}.")
    if len(columns) < len(named):
        raise BadTable("A column stands there twice: the first line names each once.")
    if "expected" not in columns or not columns.keys() & {"input", "code"}:
        raise BadTable(f"The first line names the columns, at least input and expected: {','.join(_COLUMNS[:-1])}.")
    return columns


def _cell(row: Sequence[str], at: int) -> str:
    return lines(unsafe(row[at])) if at < len(row) else ""


def _names(given: Sequence[str], taken: Sequence[str]) -> list[str]:
    """Return the names of tests: those that are empty become the place in the file, or the next number that is free."""
    names = [one.strip() for one in given]
    used = {*names, *taken}
    for at, name in enumerate(names):
        if not name:
            free = next(str(one) for one in range(at + 1, at + len(used) + 2) if str(one) not in used)
            names[at] = free
            used.add(free)
    return names


def _line(cells: Mapping[str, str], name: str) -> Line:
    if len(name) > _LONGEST_NAME:
        raise BadDraft(f"the name is longer than {_LONGEST_NAME} characters.")
    points = number(cells["points"], "points") if cells.get("points", "").strip() else None
    if points is not None and not 0 <= points <= MOST_POINTS:
        raise BadDraft(f"the points are from 0 to {MOST_POINTS}.")
    visibility = "_".join(cells.get("visibility", "").casefold().split())
    if visibility and visibility not in list(Visibility):
        raise BadDraft(f"the visibility “{visibility[:40]}” is none of {', '.join(Visibility)}.")
    return Line(
        name, cells.get("input"), cells["expected"], points, Visibility(visibility) if visibility else None,
        cells.get("code"),
    )  # fmt: skip


def names_of(group: TestGroup) -> list[str]:
    """Return the names of a group's tests."""
    query = sa.select(TestCase.name).where(TestCase.test_group_id == group.id).order_by(TestCase.order_index)
    return list(session().scalars(query))


def put(group: TestGroup, tests: Sequence[Line], *, removes: bool) -> Done:
    """Put tests into a group of a draft: those of the names of tests that it has change these, others stand behind them.

    What a file does not say stays as it was; of a new test it is one point, hidden.

    Parameters
    ----------
    removes
        Whether the group's tests that are not among them are removed.

    Raises
    ------
    BadTable
        Several tests of the group have one of the names; nothing is changed then.
    """
    there: dict[str, list[TestCase]] = {}
    for kept in session().scalars(sa.select(TestCase).where(TestCase.test_group_id == group.id)):
        there.setdefault(kept.name, []).append(kept)
    if several := [one.name for one in tests if len(there.get(one.name, ())) > 1]:
        raise BadTable(f"Nothing was added. The group has several tests called “{several[0]}”: rename them first.")
    names = {one.name for one in tests}
    gone = [kept for name, found in there.items() for kept in found if removes and name not in names]
    for kept in gone:
        session().delete(kept)
    session().flush()
    changed = 0
    for one in tests:
        test = next(iter(there.get(one.name, ())), None)
        drafting.put_test(group, _text(one, test), test)
        changed += test is not None
    return Done(len(tests) - changed, changed, len(gone))


def _text(one: Line, before: TestCase | None) -> TestText:
    if before is None:
        return TestText(
            one.name, one.visibility or Visibility.HIDDEN, Decimal(1) if one.points is None else one.points,
            (one.input or "").encode(), one.expected.encode(), one.code or "",
        )  # fmt: skip
    return TestText(
        name=one.name, visibility=one.visibility or Visibility(before.visibility),
        points=before.points if one.points is None else one.points,
        input=_data(one.input, before.input, before.input_blob_ref),
        expected=_data(one.expected, before.expected, before.expected_blob_ref),
        code=before.code if one.code is None else one.code, extra=before.extra, cpu_ms=before.cpu_ms,
        memory_kb=before.memory_kb,
    )  # fmt: skip


def _data(said: str | None, kept: bytes | None, ref: str | None) -> bytes | str:
    if said is None:
        return ref if ref is not None else kept or b""
    # Ends of lines that no spreadsheet keeps stay where nothing else was changed.
    return kept if kept is not None and shown(kept) == said else said.encode()


def table(group_id: uuid.UUID) -> bytes:
    """Return the tests of a group as CSV (RFC 4180) that is read back.

    Raises
    ------
    BadTable
        They are too many or too large for it, or no text.
    """
    _require_small(group_id)
    query = sa.select(TestCase).where(TestCase.test_group_id == group_id).order_by(TestCase.order_index)
    tests = session().scalars(query).all()
    if odd := [one.name for one in tests if not (_is_text(one.input) and _is_text(one.expected))]:
        raise _no_cells(odd)
    columns = _COLUMNS if any(one.code for one in tests) else _COLUMNS[:-1]
    return b"".join([csv_line(columns), *_table_lines(tests, len(columns))])


def _table_lines(tests: Sequence[TestCase], columns: int) -> Iterator[bytes]:
    for one in tests:
        given, expected = (shown(part or b"") for part in (one.input, one.expected))
        cells = (one.name, given, expected, f"{one.points.normalize():f}", one.visibility, one.code)
        yield csv_line([safe(cell) for cell in cells[:columns]])


def _is_text(content: bytes | None) -> bool:
    return b"\0" not in (content or b"") and shown(content or b"") is not None


def _require_small(group_id: uuid.UUID) -> None:
    """Raise `BadTable` where tests are too many or too large, without loading them."""
    sizes = [
        sa.func.coalesce(sa.func.octet_length(one), MOST_BYTES) for one in (TestCase.input, TestCase.expected)
    ] + [sa.func.octet_length(TestCase.code)]  # fmt: skip
    query = sa.select(TestCase.name, *sizes).where(TestCase.test_group_id == group_id).order_by(TestCase.order_index)
    found = session().execute(query).all()
    if large := [name for name, *parts in found if max(parts) > MOST_CELL]:
        raise _no_cells(large)
    if len(found) > MOST_TESTS or sum(sum(parts) for _, *parts in found) > MOST_BYTES // 2:
        raise BadTable(
            f"The tests of this group are too many for one table, which holds {MOST_TESTS} tests and"
            f" {MOST_BYTES / 2_000_000:g} MB. Export the version as a package."
        )


def _no_cells(names: Sequence[str]) -> BadTable:
    return BadTable(
        f"The cells of a spreadsheet hold text of {MOST_CELL // 1000} KB at most, and these tests are larger or no text:"
        f" {', '.join(names[:5])}{' …' if len(names) > 5 else ''}. Change the tests of this group one by one, or export the"
        " version as a package."
    )
