"""Several LMS courses in one class: a course joins another's class by its code, and may leave it again."""

import datetime as dt
import re
import uuid

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from lti_grader.adapters import Adapters
from lti_grader.assignments.copying import is_empty
from lti_grader.assignments.models import AssignmentProblem
from lti_grader.attempts.models import SubmissionAttempt
from lti_grader.classes.models import (
    Class,
    ContentItem,
    Enrollment,
    EnrollmentSource,
    EnrollmentStatus,
    Mentorship,
    Module,
)
from lti_grader.core.db import current_tenant, session
from lti_grader.core.ids import new_id
from lti_grader.core.messages import send_after_commit
from lti_grader.lti.errors import CannotJoin, CannotLeave, TooManyGuesses
from lti_grader.lti.models import ClassContext, EnrolledThrough, LineItem, ResourceLink, ScoreDelivery

WRONG_TRIES, WITHIN_SECONDS = 10, 900
_CODE = re.compile("[A-Z0-9]{6}")
_COUNT = "local n = redis.call('INCR', KEYS[1]) if n == 1 then redis.call('EXPIRE', KEYS[1], ARGV[1]) end return n"


def find_class(code: str, user_id: uuid.UUID, held: Adapters) -> Class:
    """Return the class of a join code. Who guesses is stopped after ten wrong ones in a quarter of an hour.

    Raises
    ------
    CannotJoin
        There is no such class at this institution, or it is archived.
    TooManyGuesses
    """
    key = f"join:{user_id}"
    if int(held.kv.get(key) or 0) >= WRONG_TRIES:
        raise TooManyGuesses(
            "That were too many wrong codes. Look the code up on the other class's page, and wait a while."
        )
    wanted = code.strip().upper()
    found = session().scalar(sa.select(Class).where(Class.join_code == wanted)) if _CODE.fullmatch(wanted) else None
    if found is None:
        held.kv.script(_COUNT, [key], [WITHIN_SECONDS])
        raise CannotJoin(
            "No class at your institution has this code. It stands on the other class's page, at the top: six letters and"
            " digits, without 0, O, 1 and I."
        )
    if found.archived_at is not None:
        raise CannotJoin(f"{found.name} is archived: it takes no more courses.")
    return found


def join(class_id: uuid.UUID, target: Class, *, at: dt.datetime) -> None:
    """Let the LMS courses of a class that has no work yet feed another class; their people come along.

    Raises
    ------
    CannotJoin
        It is the same class, or this one has assignments.
    """
    if target.id == class_id:
        raise CannotJoin(
            "That is the code of this very class. Enter the code of the class that it should become part of."
        )
    own = _locked(class_id, target.id)[class_id]
    if not is_empty(class_id):
        raise CannotJoin(
            "This class has assignments of its own, and they would be lost from sight. Only a class without any can join"
            " another."
        )
    contexts = session().scalars(sa.select(ClassContext).where(ClassContext.class_id == class_id)).all()
    if not contexts:
        raise CannotJoin("No course of your LMS belongs to this class any more: open this tool from your course again.")
    _move_people(class_id, target.id, [one.id for one in contexts])
    for context in contexts:
        context.class_id, context.joined_from_id = target.id, context.joined_from_id or class_id
        send_after_commit("roster.sync", current_tenant(), context.id, queue="passback")
    own.archived_at = at
    session().flush()


def leave(context: ClassContext) -> uuid.UUID:
    """Take an LMS course out of the class that it joined, and return the class that is its own again.

    Raises
    ------
    CannotLeave
        It did not join by a code, or somebody who comes through it alone has handed something in.
    """
    home, here = context.joined_from_id, context.class_id
    if home is None:
        raise CannotLeave("This course did not join by a code: the class is its own.")
    own = _locked(home, here)[home]
    if _has_work(context):
        raise CannotLeave(
            "Students of this course have handed in work in this class, or scores were sent to the course. It stays, so"
            " that nothing of theirs is lost."
        )
    _forget_links(context.id)
    context.class_id, context.joined_from_id, own.archived_at = home, None, None
    session().flush()
    _move_people(here, home, [context.id])
    _drop_who_came_only_so(here)
    return home


def _locked(*class_ids: uuid.UUID) -> dict[uuid.UUID, Class]:
    """Return classes that nobody else changes until the transaction ends, in one order for all."""
    rows = session().scalars(sa.select(Class).where(Class.id.in_(class_ids)).order_by(Class.id).with_for_update())
    return {one.id: one for one in rows}


def _move_people(from_id: uuid.UUID, to_id: uuid.UUID, context_ids: list[uuid.UUID]) -> None:
    """Put who comes through these courses into the other class; what somebody is there already they stay."""
    through = (
        sa.select(EnrolledThrough.enrollment_id)
        .where(EnrolledThrough.class_context_id.in_(context_ids), EnrolledThrough.left_at.is_(None))
        .scalar_subquery()
    )
    theirs = session().execute(
        sa.select(Enrollment.user_id, Enrollment.role, Enrollment.sections).where(
            Enrollment.class_id == from_id,
            Enrollment.status == EnrollmentStatus.ACTIVE,
            Enrollment.id.in_(through),
        )
    )
    rows = [
        {
            "id": new_id(), "tenant_id": current_tenant(), "class_id": to_id, "user_id": one.user_id, "role": one.role,
            "sections": one.sections, "status": EnrollmentStatus.ACTIVE, "source": EnrollmentSource.JOIN_CODE,
        }
        for one in theirs
    ]  # fmt: skip
    if rows:
        statement = insert(Enrollment).values(rows)
        session().execute(
            statement.on_conflict_do_update(
                index_elements=["class_id", "user_id"],
                set_={"status": EnrollmentStatus.ACTIVE, "dropped_at": None, "role": statement.excluded.role},
                where=Enrollment.status == EnrollmentStatus.DROPPED,
            )
        )
    before, after = sa.orm.aliased(Enrollment), sa.orm.aliased(Enrollment)
    for table in (EnrolledThrough, Mentorship):
        session().execute(
            sa.update(table)
            .where(
                table.class_context_id.in_(context_ids),
                table.enrollment_id == before.id,
                before.class_id == from_id,
                after.class_id == to_id,
                after.user_id == before.user_id,
            )
            .values(enrollment_id=after.id)
            .execution_options(synchronize_session=False)
        )


def _has_work(context: ClassContext) -> bool:
    other = sa.orm.aliased(EnrolledThrough)
    elsewhere = sa.exists().where(
        other.enrollment_id == Enrollment.id, other.class_context_id != context.id, other.left_at.is_(None)
    )
    attempt = (
        sa.select(SubmissionAttempt.id)
        .join(Enrollment, Enrollment.user_id == SubmissionAttempt.student_id)
        .join(EnrolledThrough, EnrolledThrough.enrollment_id == Enrollment.id)
        .join(AssignmentProblem, AssignmentProblem.id == SubmissionAttempt.assignment_problem_id)
        .join(ContentItem, ContentItem.id == AssignmentProblem.assignment_id)
        .join(Module, Module.id == ContentItem.module_id)
        .where(
            EnrolledThrough.class_context_id == context.id,
            Enrollment.class_id == context.class_id,
            Module.class_id == context.class_id,
            ~elsewhere,
        )
    )
    delivery = (
        sa.select(ScoreDelivery.id)
        .join(LineItem, LineItem.id == ScoreDelivery.line_item_id)
        .where(LineItem.class_context_id == context.id)
    )
    return any(session().scalar(query.limit(1)) is not None for query in (attempt, delivery))


def _forget_links(context_id: uuid.UUID) -> None:
    session().execute(sa.delete(LineItem).where(LineItem.class_context_id == context_id))
    session().execute(
        sa.update(ResourceLink).where(ResourceLink.class_context_id == context_id).values(assignment_id=None)
    )


def _drop_who_came_only_so(class_id: uuid.UUID) -> None:
    """Remove from a class who joined it by code and comes through no course of it any more; they handed in nothing."""
    session().execute(
        sa.delete(Enrollment).where(
            Enrollment.class_id == class_id,
            Enrollment.source == EnrollmentSource.JOIN_CODE,
            ~sa.exists().where(EnrolledThrough.enrollment_id == Enrollment.id),
        )
    )
