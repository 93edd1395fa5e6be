"""Drafts: saved to Redis on every change, and carried from there to PostgreSQL in batches.

A save is acknowledged once Redis has it in its append-only file, or, while Redis is away, once PostgreSQL
has committed it. Revisions only rise; whichever of the two holds the higher one is right.
"""

import dataclasses
import datetime as dt
import json
import logging
import uuid
from collections import defaultdict
from collections.abc import Mapping

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from lti_grader.adapters.redis import KeyValue, StoreUnavailable
from lti_grader.attempts.errors import StaleRevision
from lti_grader.attempts.models import AssignmentProgress
from lti_grader.core.acting import look
from lti_grader.core.db import current_tenant, session, transaction

log = logging.getLogger(__name__)

_DIRTY = "drafts:dirty"
_KEEP_SECONDS = 30 * 24 * 3600
_BATCH = 500
_LONGEST_STEP_SECONDS = 900

# KEYS: draft, dirty set. ARGV: base revision, save id, code, language, seconds, saved at, name in the set, seconds to keep.
_SAVE = """
local have = redis.call('HMGET', KEYS[1], 'revision', 'save_id', 'code', 'language', 'others', 'seconds', 'saved_at')
if not have[1] then return {'missing'} end
if have[2] == ARGV[2] then return {'ok', have[1], have[7]} end
if tonumber(ARGV[1]) < tonumber(have[1]) then return {'stale'} end
local others = cjson.decode(have[5])
if have[4] ~= ARGV[4] and have[4] ~= '' then others[have[4]] = have[3] end
others[ARGV[4]] = nil
local packed = next(others) and cjson.encode(others) or '{}'
local revision = tonumber(ARGV[1]) + 1
redis.call('HSET', KEYS[1], 'revision', revision, 'save_id', ARGV[2], 'code', ARGV[3], 'language', ARGV[4],
           'others', packed, 'seconds', tonumber(have[6]) + tonumber(ARGV[5]), 'saved_at', ARGV[6])
redis.call('EXPIRE', KEYS[1], ARGV[8])
redis.call('SADD', KEYS[2], ARGV[7])
return {'ok', tostring(revision), ARGV[6]}
"""
# KEYS: draft. ARGV: seconds to keep, then fields and values. An older copy gives way to a newer row.
_SEED = """
local have = redis.call('HGET', KEYS[1], 'revision')
if have and tonumber(have) >= tonumber(ARGV[2]) then return 0 end
redis.call('HSET', KEYS[1], 'revision', ARGV[2], 'save_id', ARGV[3], 'code', ARGV[4], 'language', ARGV[5],
           'others', ARGV[6], 'seconds', ARGV[7], 'saved_at', ARGV[8])
redis.call('EXPIRE', KEYS[1], ARGV[1])
return 1
"""
# KEYS: draft, dirty set. ARGV: the revision that was written down, name in the set.
_CLEAN = """
if redis.call('HGET', KEYS[1], 'revision') == ARGV[1] then return redis.call('SREM', KEYS[2], ARGV[2]) end
return 0
"""


@dataclasses.dataclass(frozen=True)
class Draft:
    """A student's text for one problem, as last saved."""

    code: str
    language: str
    revision: int
    saved_at: dt.datetime
    time_spent_seconds: int = 0
    others: Mapping[str, str] = dataclasses.field(default_factory=dict)
    save_id: str = ""

    def as_json(self) -> dict[str, object]:
        """What the page is told of it."""
        return {
            "code": self.code,
            "language": self.language,
            "revision": self.revision,
            "saved_at": self.saved_at.isoformat(),
            "other_drafts": dict(self.others),
        }


@dataclasses.dataclass(frozen=True)
class Saved:
    revision: int
    saved_at: dt.datetime
    stored: str
    """"redis" or "database": which of them holds it."""


@dataclasses.dataclass(frozen=True)
class Change:
    """A save as the page asks for it."""

    code: str
    language: str
    base_revision: int
    save_id: str
    time_spent_seconds: int


def save(kv: KeyValue, student_id: uuid.UUID, problem_id: uuid.UUID, change: Change, *, at: dt.datetime) -> Saved:
    """Save a draft. Call it within the tenant's transaction.

    Raises
    ------
    StaleRevision
        A newer one was saved meanwhile; it rides along as `draft`.
    """
    seconds = min(max(change.time_spent_seconds, 0), _LONGEST_STEP_SECONDS)
    change = dataclasses.replace(change, time_spent_seconds=seconds)
    try:
        return _save_to_redis(kv, student_id, problem_id, change, at)
    except StoreUnavailable:
        return _save_to_database(student_id, problem_id, change, at)


def _save_to_redis(
    kv: KeyValue, student_id: uuid.UUID, problem_id: uuid.UUID, change: Change, at: dt.datetime
) -> Saved:
    key, name = _key(current_tenant(), student_id, problem_id), _name(current_tenant(), student_id, problem_id)
    args: list[str | int] = [
        change.base_revision,
        change.save_id,
        change.code,
        change.language,
        change.time_spent_seconds,
        at.isoformat(),
        name,
        _KEEP_SECONDS,
    ]
    answer = kv.script(_SAVE, [key, _DIRTY], args)
    if answer[0] == "missing":
        _seed(kv, key, _from_database(student_id, problem_id), at)
        answer = kv.script(_SAVE, [key, _DIRTY], args)
    if answer[0] == "stale":
        raise _stale(load(kv, student_id, problem_id))
    return Saved(int(answer[1]), dt.datetime.fromisoformat(answer[2]), "redis")


def _save_to_database(student_id: uuid.UUID, problem_id: uuid.UUID, change: Change, at: dt.datetime) -> Saved:
    row = _locked_row(student_id, problem_id)
    if row.save_id == change.save_id:
        return Saved(row.revision, row.last_updated, "database")
    if change.base_revision < row.revision:
        raise _stale(_of_row(row))
    others = dict(row.other_drafts)
    if row.current_language not in ("", change.language):
        others[row.current_language] = row.current_code
    others.pop(change.language, None)
    row.current_code, row.current_language, row.other_drafts = change.code, change.language, others
    row.revision, row.save_id, row.last_updated = change.base_revision + 1, change.save_id, at
    row.time_spent_seconds += change.time_spent_seconds
    session().flush()
    return Saved(row.revision, at, "database")


def load(kv: KeyValue, student_id: uuid.UUID, problem_id: uuid.UUID) -> Draft | None:
    """Return the newest draft, wherever it lies; None where nothing was ever saved.

    To staff who look as the student it is None as well: what somebody is writing is theirs until they hand it in.
    """
    if look() is not None:
        return None
    kept = _from_database(student_id, problem_id)
    try:
        fields = kv.hash(_key(current_tenant(), student_id, problem_id))
    except StoreUnavailable:
        return kept
    if fields and (kept is None or int(fields["revision"]) > kept.revision):
        kept = _of_fields(fields)
    return kept if kept and kept.revision else None


def _stale(newer: Draft | None) -> StaleRevision:
    return StaleRevision(
        "Another tab or device has saved this problem since. Both texts are kept: choose which to go on with.",
        draft=newer.as_json() if newer else None,
    )


def flush(kv: KeyValue) -> int:
    """Carry what changed since the last time from Redis to PostgreSQL.

    Returns
    -------
    How many drafts were written. Those that changed again meanwhile stay marked for the next time.
    """
    by_tenant: dict[uuid.UUID, list[tuple[uuid.UUID, uuid.UUID]]] = defaultdict(list)
    for name in kv.members(_DIRTY):
        tenant, student, problem = (uuid.UUID(part) for part in name.split(":"))
        by_tenant[tenant].append((student, problem))
    written = 0
    for tenant, pairs in by_tenant.items():
        for start in range(0, len(pairs), _BATCH):
            written += _flush_batch(kv, tenant, pairs[start : start + _BATCH])
    return written


def forget(kv: KeyValue, student_id: uuid.UUID) -> None:
    """Take away all that a person was writing and has not handed in."""
    tenant = current_tenant()
    rows = session().scalars(
        sa.select(AssignmentProgress).where(AssignmentProgress.student_id == student_id).with_for_update()
    )
    problems = set()
    for row in rows:
        problems.add(row.assignment_problem_id)
        row.current_code, row.other_drafts, row.save_id, row.is_shared = "", {}, "", False
    waiting = (name.split(":") for name in kv.members(_DIRTY))
    problems |= {uuid.UUID(name[2]) for name in waiting if name[:2] == [str(tenant), str(student_id)]}
    for problem in problems:
        kv.forget(_key(tenant, student_id, problem))
        kv.remove_from_set(_DIRTY, _name(tenant, student_id, problem))


def _flush_batch(kv: KeyValue, tenant: uuid.UUID, pairs: list[tuple[uuid.UUID, uuid.UUID]]) -> int:
    drafts = {pair: _of_fields(fields) for pair in sorted(pairs) if (fields := kv.hash(_key(tenant, *pair)))}
    if drafts:
        with transaction(tenant) as opened:
            statement = insert(AssignmentProgress).values(
                [_as_row(tenant, student, problem, one) for (student, problem), one in drafts.items()]
            )
            columns = (
                "current_code", "current_language", "other_drafts", "time_spent_seconds", "revision", "save_id",
                "last_updated",
            )  # fmt: skip
            opened.execute(
                statement.on_conflict_do_update(
                    index_elements=["student_id", "assignment_problem_id"],
                    set_={column: statement.excluded[column] for column in columns},
                    where=AssignmentProgress.revision < statement.excluded.revision,
                )
            )
    for pair in pairs:
        revision = str(drafts[pair].revision) if pair in drafts else ""
        if revision:
            kv.script(_CLEAN, [_key(tenant, *pair), _DIRTY], [revision, _name(tenant, *pair)])
        else:
            kv.remove_from_set(_DIRTY, _name(tenant, *pair))
    return len(drafts)


def _as_row(tenant: uuid.UUID, student: uuid.UUID, problem: uuid.UUID, draft: Draft) -> dict[str, object]:
    return {
        "tenant_id": tenant,
        "student_id": student,
        "assignment_problem_id": problem,
        "current_code": draft.code,
        "current_language": draft.language,
        "other_drafts": dict(draft.others),
        "time_spent_seconds": draft.time_spent_seconds,
        "revision": draft.revision,
        "save_id": draft.save_id,
        "last_updated": draft.saved_at,
    }


def _seed(kv: KeyValue, key: str, draft: Draft | None, at: dt.datetime) -> None:
    draft = draft or Draft(code="", language="", revision=0, saved_at=at)
    kv.script(
        _SEED,
        [key],
        [
            _KEEP_SECONDS,
            draft.revision,
            draft.save_id,
            draft.code,
            draft.language,
            json.dumps(dict(draft.others)),
            draft.time_spent_seconds,
            draft.saved_at.isoformat(),
        ],
    )


def lock_progress(student_id: uuid.UUID, problem_id: uuid.UUID) -> AssignmentProgress:
    """Return the student's progress row, made if need be, locked until the transaction ends."""
    return _locked_row(student_id, problem_id)


def _locked_row(student_id: uuid.UUID, problem_id: uuid.UUID) -> AssignmentProgress:
    session().execute(
        insert(AssignmentProgress)
        .values(tenant_id=current_tenant(), student_id=student_id, assignment_problem_id=problem_id)
        .on_conflict_do_nothing(index_elements=["student_id", "assignment_problem_id"])
    )
    return (
        session()
        .scalars(
            sa.select(AssignmentProgress)
            .where(AssignmentProgress.student_id == student_id, AssignmentProgress.assignment_problem_id == problem_id)
            .with_for_update()
        )
        .one()
    )


def _from_database(student_id: uuid.UUID, problem_id: uuid.UUID) -> Draft | None:
    row = session().scalar(
        sa.select(AssignmentProgress).where(
            AssignmentProgress.student_id == student_id, AssignmentProgress.assignment_problem_id == problem_id
        )
    )
    return _of_row(row) if row else None


def _of_row(row: AssignmentProgress) -> Draft:
    return Draft(
        code=row.current_code,
        language=row.current_language,
        revision=row.revision,
        saved_at=row.last_updated,
        time_spent_seconds=row.time_spent_seconds,
        others=row.other_drafts,
        save_id=row.save_id,
    )


def _of_fields(fields: Mapping[str, str]) -> Draft:
    return Draft(
        code=fields["code"],
        language=fields["language"],
        revision=int(fields["revision"]),
        saved_at=dt.datetime.fromisoformat(fields["saved_at"]),
        time_spent_seconds=int(float(fields["seconds"])),
        others=json.loads(fields["others"]),
        save_id=fields["save_id"],
    )


def _key(tenant: uuid.UUID, student: uuid.UUID, problem: uuid.UUID) -> str:
    return f"draft:{_name(tenant, student, problem)}"


def _name(tenant: uuid.UUID, student: uuid.UUID, problem: uuid.UUID) -> str:
    return f"{tenant}:{student}:{problem}"
