"""The bank of comments where what is taught in a class goes elsewhere: what its staff share goes along, and nobody's own."""

import datetime as dt
import uuid
from collections.abc import Iterable, Sequence

import sqlalchemy as sa

from lti_grader.assignments.events import TaughtCopied
from lti_grader.classes.models import Class
from lti_grader.core.db import current_tenant, session
from lti_grader.marking.bank import MOST_CHARACTERS, Kept, problems_of
from lti_grader.marking.commenting import points_of, worded
from lti_grader.marking.models import SavedComment


def shared(class_id: uuid.UUID) -> Sequence[SavedComment]:
    """Return the comments that the staff of a class share and that are offered, in the order in which they were kept."""
    query = sa.select(SavedComment).where(SavedComment.class_id == class_id, SavedComment.retired_at.is_(None))
    return session().scalars(query.order_by(SavedComment.created_at, SavedComment.id)).all()


def take_in(class_id: uuid.UUID, owner_id: uuid.UUID, comments: Iterable[Kept], *, at: dt.datetime) -> int:
    """Share comments with the staff of a class, and return how many that were. What it has already stays as it is, also where it is retired.

    Parameters
    ----------
    owner_id
        Who keeps them.

    Raises
    ------
    BadMarking
        One says nothing, too much, or gives what is no number of points.
    """
    there = {
        (text, points, problem)
        for text, points, problem in session().execute(
            sa.select(SavedComment.text, SavedComment.points, SavedComment.problem_id).where(
                SavedComment.class_id == class_id
            )
        )
    }
    wanted = dict.fromkeys(
        (worded(one.text, MOST_CHARACTERS), points_of(one.points), one.problem_id) for one in comments
    )
    new = [one for one in wanted if one not in there]
    session().add_all(
        SavedComment(
            tenant_id=current_tenant(), owner_id=owner_id, class_id=class_id, problem_id=problem, text=text, points=points,
            created_at=at,
        )
        for text, points, problem in new
    )  # fmt: skip
    session().flush()
    return len(new)


def bring_along(event: TaughtCopied) -> None:
    """Let the comments that the staff of a class share come where what it teaches is copied to.

    Those for a problem come where the class has that problem now; those for every problem only with the class as such. Without
    somebody who wished it they are the owner's of the class, and those of who kept them where it has none.
    """
    here = dict(problems_of(event.class_id))
    wanted = [
        one for one in shared(event.from_class_id)
        if (one.problem_id in here if one.problem_id else event.is_whole)
    ]  # fmt: skip
    keeper = event.by or session().get_one(Class, event.class_id).owner_id
    by_owner: dict[uuid.UUID, list[Kept]] = {}
    for one in wanted:
        by_owner.setdefault(keeper or one.owner_id, []).append(Kept(one.text, one.points, True, one.problem_id))
    for owner_id, comments in by_owner.items():
        take_in(event.class_id, owner_id, comments, at=event.at)
