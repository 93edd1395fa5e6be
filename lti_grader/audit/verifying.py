"""Looking through the log of changes for what was altered, with nothing of the database's own functions but its rows.

Each row holds SHA-256 of itself together with the row before it. Who can write everything could make the whole chain anew:
so the head, a number and a hash, is to be kept somewhere else, and named when the log is looked through.
"""

import dataclasses
import hashlib
import json
import uuid
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from lti_grader.audit.models import AuditEntry
from lti_grader.core.db import session

_AT_ONCE = 5_000


@dataclasses.dataclass(frozen=True)
class Head:
    """The last row of a log: its number and its hash, in hexadecimal digits."""

    number: int
    hash: str

    def __str__(self) -> str:
        return f"{self.number}:{self.hash}"

    @classmethod
    def read(cls, text: str) -> "Head":
        """Return the head that `text` names, as this class writes it.

        Raises
        ------
        ValueError
        """
        number, _, digits = text.strip().partition(":")
        if len(bytes.fromhex(digits)) != hashlib.sha256().digest_size:
            raise ValueError("the hash has 64 hexadecimal digits")
        return cls(int(number), digits.lower())


@dataclasses.dataclass(frozen=True)
class Flaw:
    """A row that is not as it was written."""

    number: int
    what: str


@dataclasses.dataclass(frozen=True)
class Verified:
    """What looking through an institution's log came to.

    `rows` were looked at, of which `erased` have no content any more, since whom they were about was erased.
    """

    rows: int
    erased: int
    head: Head | None
    flaws: list[Flaw]


def verify(tenant_id: uuid.UUID, *, known: Head | None = None, most_flaws: int = 20) -> Verified:
    """Look through the log of the transaction's institution, from its first row.

    Parameters
    ----------
    known
        A head that was noted before: the log still has to lead through it.
    """
    previous, expected = hashlib.sha256(str(tenant_id).encode()).digest(), 1
    erased, flaws, passed = 0, list[Flaw](), known is None
    head: Head | None = None
    for row in _rows():
        if row.number != expected:
            missing = f"{expected}" if row.number == expected + 1 else f"{expected} to {row.number - 1}"
            flaws.append(Flaw(row.number, f"before it {missing} is missing"))
        elif row.previous_hash != previous:
            flaws.append(Flaw(row.number, "it does not follow the row before it"))
        flaws += [Flaw(row.number, words) for words in _own_flaws(row)]
        erased += row.erased_at is not None
        previous, expected, head = row.hash, row.number + 1, Head(row.number, row.hash.hex())
        passed |= head == known
        if len(flaws) >= most_flaws:
            break
    if unsealed := session().scalar(sa.select(sa.func.count()).where(AuditEntry.number.is_(None))):
        flaws.append(Flaw(expected, f"{unsealed} rows stand in it without a number: its triggers were switched off"))
    if not passed and known is not None and len(flaws) < most_flaws:
        flaws.append(
            Flaw(known.number, "it is not the row whose hash was noted: rows were replaced, or the end is missing")
        )
    return Verified(expected - 1, erased, head, flaws[:most_flaws])


def _own_flaws(row: Any) -> Iterator[str]:
    if row.hash != hashlib.sha256(_chained(row).encode()).digest():
        yield "who, what, when or of what it tells was altered"
    if row.erased_at is not None:
        return
    if row.salt is None or row.content_hash != hashlib.sha256(row.salt + row.content.encode()).digest():
        yield "what it tells of before and after was altered"


def _chained(row: Any) -> str:
    """Return what a row's hash is made of, as the database writes a JSON array."""
    ids = (row.class_id, row.content_item_id, row.problem_id, row.student_id)
    told = [
        row.number, row.previous_hash.hex(), str(row.tenant_id), row.microseconds, _text(row.actor_id), row.role, row.action,
        row.subject, str(row.subject_id), *map(_text, ids), row.content_hash.hex(),
    ]  # fmt: skip
    return json.dumps(told, ensure_ascii=False)


def _text(one: uuid.UUID | None) -> str | None:
    return None if one is None else str(one)


def _rows() -> Iterator[Any]:
    """Yield every row in its order, a few thousand at a time."""
    entry = AuditEntry
    query = sa.select(
        *(getattr(entry, name) for name in (
            "number", "previous_hash", "hash", "tenant_id", "actor_id", "role", "action", "subject", "subject_id", "class_id",
            "content_item_id", "problem_id", "student_id", "content_hash", "salt", "erased_at",
        )),
        sa.cast(sa.extract("epoch", entry.at) * 1_000_000, sa.BigInteger).label("microseconds"),
        # As the database writes numbers and names: what it reads back is not always written the same.
        sa.cast(sa.func.jsonb_build_array(entry.before, entry.after), sa.Text).label("content"),
    )  # fmt: skip
    last = 0
    while True:
        found = session().execute(query.where(entry.number > last).order_by(entry.number).limit(_AT_ONCE)).all()
        yield from found
        if len(found) < _AT_ONCE:
            return
        last = found[-1].number
