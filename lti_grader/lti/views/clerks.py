"""Who stands at the registrar's board, and what they may do there.

The staff of a class see its board. Registrars see those of all classes: people whom their LMS calls administrators of
the institution, and administrators of this tool.
"""

import contextlib
import dataclasses
import uuid
from collections.abc import Iterator

import flask

from lti_grader.classes.apart import require_everybody, sees
from lti_grader.classes.models import STAFF, Role
from lti_grader.classes.queries import Membership, get_class, membership
from lti_grader.core.db import session, transaction
from lti_grader.core.errors import Forbidden, NotFound
from lti_grader.core.web import administrator, viewer
from lti_grader.lti.board import Filter
from lti_grader.lti.trail import Actor
from lti_grader.people.models import User


@dataclasses.dataclass(frozen=True)
class Clerk:
    """Somebody at the board."""

    tenant_id: uuid.UUID
    actor: Actor
    role: Role | None
    """What they are in the class; None for a registrar who is not in it."""
    is_registrar: bool
    place: Membership | None = None
    """Their place in the class, where they are of its staff."""

    @property
    def within(self) -> frozenset[str] | None:
        """The sections that they see; None for the whole class, as registrars do."""
        return None if self.place is None or self.is_registrar else self.place.within

    def limited(self, asked: Filter) -> Filter:
        """Return what they ask for, as far as they may see it."""
        return dataclasses.replace(asked, within=self.within)

    def require_student(self, student_id: uuid.UUID) -> None:
        """Raise `NotFound` for a student whom they do not see."""
        if self.within is not None and self.place is not None and not sees(self.place, student_id):
            raise NotFound("There is no such student in your sections.")

    @property
    def is_of_class(self) -> bool:
        """Whether they are of the class's own staff, and may open its other pages."""
        return self.role in STAFF

    @property
    def may_freeze(self) -> bool:
        return self.is_registrar or (self.role == Role.TEACHER and self.within is None)

    @property
    def may_make_columns(self) -> bool:
        return self.is_registrar or self.role == Role.TEACHER

    def require_columns(self) -> None:
        """Raise `Forbidden` for assistants."""
        if not self.may_make_columns:
            raise Forbidden("Columns are made and changed by the teachers of the class and by registrars.")

    def require_freezing(self) -> None:
        """Raise `Forbidden` for assistants, and for who sees some sections only."""
        if self.role == Role.TEACHER and self.within is not None and self.place is not None:
            require_everybody(self.place, "Scores are held back and released")
        if not self.may_freeze:
            raise Forbidden("Scores are held back and released by the teachers of the class and by registrars.")


@contextlib.contextmanager
def at_board(class_id: uuid.UUID) -> Iterator[Clerk]:
    """Open a transaction for somebody who may see the board of a class.

    Raises
    ------
    NotSignedIn, NotFound, Forbidden
    """
    clerk = _first(class_id)
    with transaction(clerk.tenant_id):
        yield clerk


@contextlib.contextmanager
def at_institution() -> Iterator[Clerk]:
    """Open a transaction for a registrar.

    Raises
    ------
    NotSignedIn, Forbidden
    """
    clerk = _first(None)
    with transaction(clerk.tenant_id):
        yield clerk


def _first(class_id: uuid.UUID | None) -> Clerk:
    """Return who may: the person of the launch, or else the administrator whose session stands beside it."""
    is_administrators = flask.g.get("administrator") is not None
    if "user" in flask.session or not is_administrators:
        try:
            return _launched(class_id)
        except (NotFound, Forbidden):
            if not is_administrators:
                raise
    me = administrator()
    with transaction(me.tenant_id):
        if class_id is not None:
            get_class(class_id)
    return Clerk(me.tenant_id, Actor(None, me.name), None, is_registrar=True)


def _launched(class_id: uuid.UUID | None) -> Clerk:
    me = viewer()
    with transaction(me.tenant_id):
        user = session().get(User, me.user_id)
        is_registrar = user is not None and user.is_institution_admin
        place = None
        if class_id is not None:
            place = _place(class_id, me.user_id, is_registrar=is_registrar)
        elif not is_registrar:
            raise Forbidden("This page is for registrars: people whom the LMS calls administrators of the institution.")
        role = place.role if place is not None else None
        return Clerk(me.tenant_id, Actor(me.user_id), role, is_registrar=is_registrar, place=place)


def _place(class_id: uuid.UUID, user_id: uuid.UUID, *, is_registrar: bool) -> Membership | None:
    try:
        found = membership(class_id, user_id)
        found.require_staff()
        return found
    except (NotFound, Forbidden):
        if not is_registrar:
            raise
        get_class(class_id)
        return None
