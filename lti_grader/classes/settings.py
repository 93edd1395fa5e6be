"""What the teachers of a class say of it as a whole: its name, its join code, its owner, and whether it is archived."""

import datetime as dt
import uuid
from collections.abc import Sequence

import sqlalchemy as sa

from lti_grader.classes.apart import require_everybody
from lti_grader.classes.models import Class, Enrollment, EnrollmentStatus, Role
from lti_grader.classes.queries import Membership
from lti_grader.core.db import session
from lti_grader.core.errors import Conflict, Forbidden, Unprocessable
from lti_grader.core.ids import new_code
from lti_grader.people.models import User

LONGEST_NAME = 250
LONGEST_REASON = 500


class BadSettings(Unprocessable):
    code = "bad_settings"


def require_teacher(place: Membership) -> None:
    """Raise `Forbidden` unless this is a teacher who sees the whole class."""
    place.require_staff()
    if place.role is not Role.TEACHER:
        raise Forbidden("The settings of a class are its teachers' business; assistants read them.")
    require_everybody(place, "A class is set up")


def rename(class_: Class, name: str) -> None:
    """Give a class another name; courses of the LMS keep theirs."""
    plain = " ".join(name.split())
    if not 1 <= len(plain) <= LONGEST_NAME:
        raise BadSettings(f"A class has a name of 1 to {LONGEST_NAME} characters.")
    class_.name = plain


def renew_code(class_: Class, reason: str) -> None:
    """Draw another join code: who knows the one before joins no more with it.

    Raises
    ------
    BadSettings
        No reason is given.
    """
    plain = " ".join(reason.split())[:LONGEST_REASON]
    if not plain:
        raise BadSettings("Say why the join code is renewed: whoever was given the old one will ask.")
    class_.join_code = new_code(6)
    class_.choose(join_code_reason=plain)


def teachers(class_id: uuid.UUID) -> Sequence[User]:
    """Return the teachers who are in a class, by name."""
    query = (
        sa.select(User)
        .join(Enrollment, Enrollment.user_id == User.id)
        .where(
            Enrollment.class_id == class_id,
            Enrollment.role == Role.TEACHER,
            Enrollment.status == EnrollmentStatus.ACTIVE,
        )
        .order_by(User.family_name, User.given_name, User.name, User.id)
    )
    return session().scalars(query).all()


def may_hand_over(class_: Class, place: Membership, among: Sequence[User]) -> bool:
    """Return whether somebody may say who owns a class: its owner, and every teacher where the owner is not among them."""
    if place.role is not Role.TEACHER:
        return False
    return class_.owner_id == place.user_id or class_.owner_id not in {one.id for one in among}


def hand_over(class_: Class, place: Membership, new_owner: uuid.UUID) -> None:
    """Make another teacher of a class its owner.

    Raises
    ------
    Forbidden
        Somebody else owns it, and teaches there.
    BadSettings
        Who is named does not teach it.
    """
    among = teachers(class_.id)
    if not may_hand_over(class_, place, among):
        raise Forbidden("Only the owner of a class gives it to another teacher.")
    if new_owner not in {one.id for one in among}:
        raise BadSettings("Choose a teacher of this class from the list.")
    class_.owner_id = new_owner


def archive(class_: Class, *, archived: bool, at: dt.datetime) -> None:
    """Put a class into the archive, where everything is read and nothing changed, or take it out again.

    Raises
    ------
    Conflict
        It is so already.
    """
    if archived == (class_.archived_at is not None):
        raise Conflict("Somebody did that at this moment. Reload the page.")
    class_.archived_at = at if archived else None
