"""The trail of a score: what happened to it, when, and who pressed what. Written only, never changed."""

import dataclasses
import datetime as dt
import uuid

from lti_grader.core.db import current_tenant, session
from lti_grader.lti.board_models import EventKind, ScoreDeliveryEvent
from lti_grader.lti.models import ScoreDelivery
from lti_grader.people.models import User

# Of these the row's last answer is this very event's; of the others it would be an older one.
_WITH_ANSWER = frozenset({EventKind.ANSWERED, EventKind.FAILED})
_WITH_HOLDINGS = frozenset({EventKind.VERIFIED, EventKind.OVERRIDDEN, EventKind.UNSEEN, EventKind.RECONCILED})
OVER = "Also over the grade that was set in the LMS."


@dataclasses.dataclass(frozen=True)
class Actor:
    """Who presses: a user of a platform, or an administrator who is none and has only a name."""

    user_id: uuid.UUID | None
    name: str | None = None

    @property
    def key(self) -> str:
        """What tells this one from everybody else of the institution."""
        return f"user:{self.user_id}" if self.user_id is not None else f"administrator:{self.name}"

    @property
    def shown_name(self) -> str | None:
        """The name that is written down: a user's is found by their id."""
        return self.name if self.user_id is None else None


def note(
    row: ScoreDelivery, kind: EventKind, *, at: dt.datetime, words: str | None = None, by: Actor | None = None
) -> None:
    """Add to a delivery's trail, in the transaction that changes it.

    Parameters
    ----------
    row
        As it is afterwards: what the LMS answered and holds is read off it.
    words
        What to say; the row's last error where it is not given.
    """
    session().add(
        ScoreDeliveryEvent(
            tenant_id=current_tenant(),
            delivery_id=row.id,
            at=at,
            kind=kind,
            actor_id=by.user_id if by else None,
            actor_name=by.shown_name if by else None,
            words=(row.last_error or "") if words is None else words,
            raw_answer=row.last_answer if kind in _WITH_ANSWER else None,
            holds=row.lms_holds if kind in _WITH_HOLDINGS else None,
        )
    )


def name_of(actor: Actor) -> str:
    """Return how somebody is called, to be written down as it is now."""
    if actor.user_id is not None:
        return session().get_one(User, actor.user_id).display_name
    return actor.name or "An administrator"
