"""Problems out of a file that a teacher gave: read and told first, and kept as drafts only on their word.

Reading goes problem by problem, each noted as it is done, so that another worker goes on where one ended. Keeping is one
transaction: all that was chosen is there, or nothing.
"""

import dataclasses
import datetime as dt
import io
import logging
import time
import uuid
import zipfile
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from lti_grader.adapters.storage import Blobs, StorageUnavailable
from lti_grader.assignments.languages import available_languages
from lti_grader.authoring import drafting, resembling
from lti_grader.authoring.access import readable, standing_of
from lti_grader.authoring.errors import BadImport, OtherImportState
from lti_grader.authoring.models import OWED_IMPORTS, ImportState, ProblemImport
from lti_grader.authoring.queries import draft_of
from lti_grader.core import owed
from lti_grader.core.db import act_as, current_tenant, session, transaction
from lti_grader.core.errors import GraderError
from lti_grader.core.ids import new_id
from lti_grader.core.messages import send_after_commit
from lti_grader.grading import packages
from lti_grader.grading.sandbox import Sandbox, SandboxUnavailable
from lti_grader.problems import operations
from lti_grader.problems.models import Problem
from lti_grader.problems.operations import DraftProblem
from lti_grader.problems.packages import formats, keeping
from lti_grader.problems.packages.package import BadPackage, Package, Refused
from lti_grader.problems.queries import problem_named

TASK, QUEUE = "authoring.carry_import", "code"
PRIORITY = 8
MOST_FILES, MOST_BYTES, MOST_PROBLEMS = 5000, 268_435_456, 500
"""Of what a file unpacks to: a worker holds it in memory."""
_MOST_TRIES = 3
# Until somebody else takes it up whose worker went down; longer than any one problem should take.
_LEASE_SECONDS = 300.0
# A task has a limit of its own: what is left then is another's.
_TURN_SECONDS = 240.0
_PATIENCE = dt.timedelta(seconds=30)
log = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class Given:
    """A file, as it came and where it is kept."""

    filename: str
    blob_ref: str
    size: int
    prototypes_ref: str | None = None


def begin(
    class_id: uuid.UUID, given: Given, *, by: uuid.UUID, problem_id: uuid.UUID | None, at: dt.datetime
) -> ProblemImport:
    """Have a file read."""
    row = ProblemImport(
        id=new_id(), tenant_id=current_tenant(), class_id=class_id, by=by, problem_id=problem_id,
        created_at=at, next_try_at=at, **dataclasses.asdict(given),
    )  # fmt: skip
    session().add(row)
    session().flush()
    _send(row)
    return row


def _send(row: ProblemImport) -> None:
    send_after_commit(TASK, row.tenant_id, row.id, queue=QUEUE, priority=PRIORITY)


@dataclasses.dataclass(frozen=True)
class Wanted:
    """A problem of a file that is to be kept: which one, and the problem that it is the next version of, if any."""

    place: int
    version_of: uuid.UUID | None = None
    uses: uuid.UUID | None = None
    """A problem that is here and is used in its place: then nothing of it is kept."""


def keep(row: ProblemImport, wanted: Sequence[Wanted], *, at: dt.datetime) -> None:
    """Have problems of a file that was read kept as drafts.

    Raises
    ------
    OtherImportState
        It is not read, or decided already.
    BadImport
        Nothing is chosen, or something that cannot be brought in.
    """
    _require_read(row)
    if not wanted:
        raise BadImport("Choose at least one problem.")
    for one in wanted:
        if not 0 <= one.place < len(row.found) or row.found[one.place].get("refused"):
            raise BadImport("One of these cannot be brought in: choose others.")
        if one.version_of is not None and draft_of(one.version_of) is not None:
            title = row.found[one.place]["title"]
            raise BadImport(f"{title}: that problem has a draft already. Publish it or give it up first.")
    used = {one.place: str(one.uses) for one in wanted if one.uses is not None}
    row.found = [one | ({"uses": used[place]} if place in used else {}) for place, one in enumerate(row.found)]
    row.wanted = [
        {"place": one.place, "version_of": str(one.version_of) if one.version_of else None}
        for one in wanted if one.uses is None
    ]  # fmt: skip
    if not row.wanted:
        row.state, row.finished_at = ImportState.KEPT, at
        session().flush()
        return
    row.state, row.tries, row.next_try_at = ImportState.KEEPING, 0, at
    session().flush()
    _send(row)


def discard(row: ProblemImport, *, at: dt.datetime) -> None:
    """Keep nothing of a file."""
    _require_read(row)
    row.state, row.finished_at = ImportState.DISCARDED, at
    session().flush()


def _require_read(row: ProblemImport) -> None:
    if row.state != ImportState.READ:
        raise OtherImportState("This file is not waiting for your word: reload the page.")


def locked(import_id: uuid.UUID) -> ProblemImport:
    """Return an import that nobody else changes until the transaction ends."""
    query = sa.select(ProblemImport).where(ProblemImport.id == import_id).with_for_update()
    return session().scalars(query.execution_options(populate_existing=True)).one()


def due(*, at: dt.datetime) -> list[tuple[uuid.UUID, uuid.UUID]]:
    """Return (tenant, import) of what nobody works on."""
    return owed.due(ProblemImport, ProblemImport.state.in_(OWED_IMPORTS), at=at)


def carry_out(
    tenant_id: uuid.UUID, import_id: uuid.UUID, now: Callable[[], dt.datetime], *, blobs: Blobs,
    sandbox: Callable[[], Sandbox],
) -> str:  # fmt: skip
    """Do what is owed of an import, or a good part of it. Return its state after that, or "nothing to do".

    Parameters
    ----------
    sandbox
        Returns this worker's sandbox: limits are found, and unit tests are counted, by running what came with them.
    """
    with transaction(tenant_id):
        row = owed.claim(
            ProblemImport, import_id, ProblemImport.state.in_(OWED_IMPORTS), at=now(), seconds=_LEASE_SECONDS
        )
        if row is None:
            return "nothing to do"
        if row.tries > _MOST_TRIES:
            return _fail(row, f"{_MOST_TRIES} workers ended while reading this file.", now())
    try:
        found = _read(row, blobs)
        turn = _Turn(tenant_id, row, found, now, blobs, sandbox)
        return turn.look() if row.state == ImportState.READING else turn.keep()
    except BadPackage as error:
        with transaction(tenant_id):
            return _fail(locked(import_id), error.message, now())
    except (StorageUnavailable, SandboxUnavailable) as error:
        log.warning("import %s waits: %s", import_id, error)
        _put_off(tenant_id, import_id, now() + _PATIENCE)
        return "put off"


def _put_off(tenant_id: uuid.UUID, import_id: uuid.UUID, until: dt.datetime) -> None:
    """Leave what is owed to whoever looks next after `until`; this was no try of it."""
    with transaction(tenant_id):
        row = locked(import_id)
        row.tries, row.next_try_at = 0, until


def _fail(row: ProblemImport, why: str, at: dt.datetime) -> str:
    row.state, row.error, row.finished_at = ImportState.FAILED, why[:4000], at
    session().flush()
    return row.state


def _read(row: ProblemImport, blobs: Blobs) -> formats.Found:
    content = blobs.get(row.blob_ref)
    require_bounds(content)
    found = formats.read_upload(row.filename, content, [blobs.get(row.prototypes_ref)] if row.prototypes_ref else [])
    if len(found.problems) > MOST_PROBLEMS:
        raise BadPackage(f"It holds {len(found.problems)} problems: bring them in {MOST_PROBLEMS} at a time.")
    return found


def require_bounds(content: bytes) -> None:
    """Refuse an archive that says that it unpacks to too much; more than it says is never unpacked.

    Raises
    ------
    BadPackage
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            members = packed.infolist()
    except zipfile.BadZipFile:
        # No archive, or none that can be read: whoever reads it says which.
        return
    if len(members) > MOST_FILES or sum(one.file_size for one in members) > MOST_BYTES:
        raise BadPackage(
            f"It unpacks to more than {MOST_FILES} files or {MOST_BYTES // 1024**2} MiB, the most that is read here."
            " `lti-grader problems import` on the server takes more."
        )


@dataclasses.dataclass
class _Turn:
    """One worker's turn at an import."""

    tenant_id: uuid.UUID
    row: ProblemImport
    found: formats.Found
    now: Callable[[], dt.datetime]
    blobs: Blobs
    sandbox: Callable[[], Sandbox]

    def look(self) -> str:
        """Look at problem after problem, as long as the turn lasts."""
        ends = time.monotonic() + _TURN_SECONDS
        for place in range(len(self.row.found), len(self.found.problems)):
            if not self._note(self._told(self.found.problems[place])):
                return ImportState.READING
            if time.monotonic() > ends:
                _put_off(self.tenant_id, self.row.id, self.now())
                return ImportState.READING
        with transaction(self.tenant_id):
            row = locked(self.row.id)
            if row.state == ImportState.READING:
                row.found = resembling.marked(row.found, readable(standing_of(row.by)), other_than=row.problem_id)
                row.state, row.format, row.total = ImportState.READ, self.found.format.label, len(self.found.problems)
        return ImportState.READ

    def _note(self, told: Mapping[str, Any]) -> bool:
        """Note what a problem is. Return whether it was this worker's to say."""
        with transaction(self.tenant_id):
            row = locked(self.row.id)
            if row.state != ImportState.READING or len(row.found) != len(self.row.found):
                return False
            row.format, row.total = self.found.format.label, len(self.found.problems)
            row.found = [*row.found, _plain(told)]
            row.tries, row.next_try_at = 0, self.now() + dt.timedelta(seconds=_LEASE_SECONDS)
            self.row = row
        return True

    def _told(self, read: Package | Refused) -> dict[str, Any]:
        if isinstance(read, Refused):
            return {"title": read.title, "refused": read.why}
        try:
            package = packages.settled(self.sandbox(), read)
            limit, where = packages.calibrated(self.sandbox(), package)
        except (StorageUnavailable, SandboxUnavailable):
            raise
        except GraderError as error:
            return {"title": read.title, "refused": error.message}
        told = {"title": read.title, **_summary(package), "cpu_ms": limit, "where": where}
        return told | {"print": resembling.print_of(package)}

    def keep(self) -> str:
        """Keep what was chosen, all of it or nothing."""
        drafts = [(one, self._draft(one)) for one in self.row.wanted]
        with transaction(self.tenant_id):
            act_as(self.row.by)
            row = locked(self.row.id)
            if row.state != ImportState.KEEPING:
                return row.state
            told = [dict(one) for one in row.found]
            for one, draft in drafts:
                told[one["place"]] |= _kept(draft, one["version_of"], by=row.by)
            row.found, row.state, row.finished_at = told, ImportState.KEPT, self.now()
        return ImportState.KEPT

    def _draft(self, one: Mapping[str, Any]) -> DraftProblem:
        read = self.found.problems[one["place"]]
        if isinstance(read, Refused):
            raise BadPackage(f"{read.title}: {read.why}")
        package = packages.settled(self.sandbox(), read)
        return keeping.draft_of(package, cpu_ms=self.row.found[one["place"]]["cpu_ms"], put=self.blobs.put)


def _kept(draft: DraftProblem, version_of: str | None, *, by: uuid.UUID) -> dict[str, Any]:
    """Keep a draft. Return where it is, or why it is not kept."""
    if version_of is not None:
        problem = session().get(Problem, uuid.UUID(version_of))
        if problem is None or draft_of(problem.id) is not None:
            return {"not_kept": "The problem is gone, or somebody made a draft of it meanwhile."}
        made = operations.create_version(problem.id, draft, by=by)
    else:
        slug = draft.slug if problem_named(draft.slug) is None else drafting.free_slug(draft.slug)
        made = operations.create_problem(dataclasses.replace(draft, slug=slug), owner_id=by)
    return {"problem_id": str(made.problem_id), "version_id": str(made.id)}


def _summary(package: Package) -> dict[str, Any]:
    missing = [
        one for one in (package.harness.templates if package.harness else ()) if one not in available_languages()
    ]
    accepted = sorted(
        {one.language for one in package.submissions if one.language and one.expected == frozenset({"accepted"})}
    )
    losses = [*package.losses, *(f"It is answered in {one}, which is not on this machine." for one in missing)]
    return {
        "slug": package.slug, "losses": losses, "report": [one for one in package.report if one not in losses],
        "groups": len(package.groups), "tests": sum(len(one.tests) for one in package.groups),
        "points": f"{sum((one.points for one in package.groups), Decimal(0)).normalize():f}", "solutions": accepted,
        "questions": len(package.quiz.questions) if package.quiz else 0, "submissions": len(package.submissions), "memory_kb": package.memory_kb,
    }  # fmt: skip


def _plain(value: Any) -> Any:
    """Return what is told without what PostgreSQL's JSON does not hold."""
    if isinstance(value, str):
        return value.replace("\0", "\N{SYMBOL FOR NULL}")
    if isinstance(value, Mapping):
        return {name: _plain(one) for name, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list) else value
