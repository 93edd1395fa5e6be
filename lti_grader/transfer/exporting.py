"""Files of whole classes: asked for, made by a worker, told of, taken, and removed after some days.

The row says what is owed. A worker that ends while it makes a file leaves nothing in the store, and the next sweep begins anew;
while it works it puts the row off again and again, so that nobody else takes it up, however long the file is.
"""

import datetime as dt
import logging
import uuid
from collections.abc import Callable, Iterator, Sequence

import sqlalchemy as sa

from lti_grader.adapters.storage import Blobs, StorageUnavailable
from lti_grader.classes.models import Class, Enrollment
from lti_grader.classes.queries import get_class
from lti_grader.core import owed
from lti_grader.core.db import current_tenant, session, system_transaction, transaction
from lti_grader.core.errors import Conflict, GraderError, NotFound
from lti_grader.core.ids import new_id
from lti_grader.core.messages import send_after_commit
from lti_grader.notifications.kinds import Kind, Pace
from lti_grader.notifications.operations import News, tell
from lti_grader.people.models import User
from lti_grader.transfer.contents import packed
from lti_grader.transfer.models import PREFIX, ClassExport

log = logging.getLogger(__name__)

TASK, QUEUE = "transfer.export", "default"
KEPT = dt.timedelta(days=7)
IS_OWED = (ClassExport.done_at.is_(None), ClassExport.failed_at.is_(None))
_IS_KEPT = (ClassExport.done_at.is_not(None), ClassExport.removed_at.is_(None))
_MOST_TRIES = 6
_LEASE = dt.timedelta(minutes=5)
_RENEWED = dt.timedelta(minutes=1)
# A file that was begun so long ago was left by a worker that ended.
_ABANDONED = dt.timedelta(days=1)
_MOST_LISTED = 10
READY = Kind(
    "class_exported", "Files of classes that you asked for", "The file of {class_name} is there", "class_exports.page",
    ("class_id",), text="words", icon="check", for_staff=True, pace=Pace.OFF,
)  # fmt: skip
Clock = Callable[[], dt.datetime]


class ExportOwed(Conflict):
    code = "export_owed"


def ask(class_id: uuid.UUID, *, with_work: bool, by: uuid.UUID, at: dt.datetime) -> ClassExport:
    """Have a file of a class made.

    Raises
    ------
    ExportOwed
        One is being made.
    """
    session().execute(sa.select(Class.id).where(Class.id == class_id).with_for_update())
    if session().scalar(sa.select(ClassExport.id).where(ClassExport.class_id == class_id, *IS_OWED)):
        raise ExportOwed("A file of this class is being made. It is on this page as soon as it is done.")
    row = ClassExport(
        id=new_id(), tenant_id=current_tenant(), class_id=class_id, asked_by=by, asked_at=at, with_work=with_work,
        next_try_at=at,
    )  # fmt: skip
    session().add(row)
    session().flush()
    send_after_commit(TASK, row.tenant_id, row.id, queue=QUEUE)
    return row


def listed(class_id: uuid.UUID) -> Sequence[sa.Row[ClassExport, User | None]]:
    """Return the newest files of a class that were asked for, with who did."""
    query = sa.select(ClassExport, User).outerjoin(User, User.id == ClassExport.asked_by)
    rows = session().execute(
        query.where(ClassExport.class_id == class_id).order_by(ClassExport.asked_at.desc()).limit(_MOST_LISTED)
    )
    return rows.all()


def take(class_id: uuid.UUID, export_id: uuid.UUID, *, at: dt.datetime) -> None:
    """Note that a file of a class is taken; raises what `kept` does."""
    kept(class_id, export_id).downloaded_at = at
    session().flush()


def kept(class_id: uuid.UUID, export_id: uuid.UUID) -> ClassExport:
    """Return a file of a class that is there.

    Raises
    ------
    NotFound
        It is not there, or not there any more.
    """
    row = session().scalar(
        sa.select(ClassExport).where(ClassExport.id == export_id, ClassExport.class_id == class_id, *_IS_KEPT)
    )
    if row is None:
        raise NotFound("This file is not there any more. Ask for a new one on the settings page of the class.")
    return row


def due(*, at: dt.datetime) -> list[tuple[uuid.UUID, uuid.UUID]]:
    """Return (tenant, export) of the files that are owed and nobody makes."""
    return owed.due(ClassExport, *IS_OWED, at=at)


def carry_out(tenant_id: uuid.UUID, export_id: uuid.UUID, now: Clock, blobs: Blobs) -> str:
    """Make a file that is owed. Return what came of it."""
    with transaction(tenant_id):
        row = owed.claim(ClassExport, export_id, *IS_OWED, at=now(), seconds=_LEASE.total_seconds())
        if row is None:
            return "nothing to do"
        if row.tries > _MOST_TRIES:
            row.failed_at = now()
            row.error = row.error or "The workers that made this file ended before it was done."
            return "failed"
        class_id, with_work, key, tries = row.class_id, row.with_work, row.key, row.tries
    try:
        made = packed(tenant_id, class_id, blobs, with_work=with_work, at=now())
        size = blobs.keep(key, _renewing(made.parts, tenant_id, export_id, tries, now))
    except (StorageUnavailable, _TakenOver) as error:
        log.warning("export %s waits: %s", export_id, error)
        return "put off"
    except GraderError as error:
        log.warning("export %s failed: %s", export_id, error)
        with transaction(tenant_id):
            _locked(export_id).error = error.message[:1000]
        return "put off"
    with transaction(tenant_id):
        row = _locked(export_id)
        is_mine = row.key == key and row.done_at is None and row.failed_at is None
        if is_mine:
            _done(row, size, made.missing, at=now())
    if not is_mine:
        blobs.remove(key)
        return "nothing to do"
    log.info("class %s: a file of %d bytes", class_id, size)
    return "done"


def _done(row: ClassExport, size: int, missing: int, *, at: dt.datetime) -> None:
    row.done_at, row.size, row.missing, row.error = at, size, missing, None
    row.remove_at = at + KEPT
    session().flush()
    if row.asked_by is not None:
        parts = {
            "class_name": get_class(row.class_id).name, "class_id": str(row.class_id),
            "words": f"It can be taken until {row.remove_at:%d %B}.",
        }  # fmt: skip
        tell(News(READY, f"export:{row.id}", parts, class_id=row.class_id), [row.asked_by], at=at)


class _TakenOver(Exception):
    """Another worker makes this file now."""


def _renewing(
    parts: Iterator[bytes], tenant_id: uuid.UUID, export_id: uuid.UUID, tries: int, now: Clock
) -> Iterator[bytes]:  # fmt: skip
    """Yield the parts, and let everybody know now and then that somebody is at it.

    Raises
    ------
    _TakenOver
        Somebody else is.
    """
    renew_at = now() + _RENEWED
    for part in parts:
        yield part
        if now() < renew_at:
            continue
        renew_at = now() + _RENEWED
        with transaction(tenant_id):
            mine = sa.update(ClassExport).where(ClassExport.id == export_id, ClassExport.tries == tries, *IS_OWED)
            kept = session().scalar(mine.values(next_try_at=now() + _LEASE).returning(ClassExport.id))
        if kept is None:
            raise _TakenOver(export_id)


def _locked(export_id: uuid.UUID) -> ClassExport:
    return session().scalars(sa.select(ClassExport).where(ClassExport.id == export_id).with_for_update()).one()


def remove_old(blobs: Blobs, *, at: dt.datetime) -> int:
    """Take away the files whose time is over, and what workers left that ended; return how many files it were."""
    count = 0
    for tenant_id, export_id in _old(at):
        with transaction(tenant_id):
            key = _locked(export_id).key
        blobs.remove(key)
        with transaction(tenant_id):
            _locked(export_id).removed_at = at
        count += 1
    blobs.give_up(PREFIX, before=at - _ABANDONED)
    return count


def _old(at: dt.datetime) -> list[tuple[uuid.UUID, uuid.UUID]]:
    with system_transaction() as opened:
        rows = opened.execute(
            sa.select(ClassExport.tenant_id, ClassExport.id).where(*_IS_KEPT, ClassExport.remove_at <= at).limit(500)
        )
        return [(tenant, row) for tenant, row in rows]


def forget(user_id: uuid.UUID, *, at: dt.datetime) -> None:
    """Have the files removed at the next sweep that hold the work of somebody who is erased, and those made that are under way."""
    theirs = sa.select(Enrollment.class_id).where(Enrollment.user_id == user_id)
    held = sa.update(ClassExport).where(ClassExport.class_id.in_(theirs), ClassExport.with_work)
    session().execute(held.where(*_IS_KEPT).values(remove_at=at))
    # Whoever makes one now has read who they were: it is made anew.
    session().execute(held.where(*IS_OWED).values(tries=ClassExport.tries + 1, next_try_at=at))
