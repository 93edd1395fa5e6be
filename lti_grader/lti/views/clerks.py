"""Who stands at the board of a class, and what they may do there."""

import contextlib
import dataclasses
import uuid
from collections.abc import Iterator

from lti_grader.classes.models import Role
from lti_grader.classes.queries import membership
from lti_grader.core.db import transaction
from lti_grader.core.web import viewer
from lti_grader.lti.trail import Actor


@dataclasses.dataclass(frozen=True)
class Clerk:
    """Somebody at the board of a class."""

    tenant_id: uuid.UUID
    actor: Actor
    role: Role

    @property
    def is_of_class(self) -> bool:
        """Whether they are of the class's own staff, and may open its other pages."""
        return True


@contextlib.contextmanager
def at_board(class_id: uuid.UUID) -> Iterator[Clerk]:
    """Open a transaction for somebody who may see the board of a class.

    Raises
    ------
    NotSignedIn, NotFound, Forbidden
    """
    me = viewer()
    with transaction(me.tenant_id):
        found = membership(class_id, me.user_id)
        found.require_staff()
        yield Clerk(me.tenant_id, Actor(me.user_id), found.role)
