"""The markings of one submission beside each other: who may see and change which, and how it stands with them."""

import dataclasses
import uuid
from decimal import Decimal

import sqlalchemy as sa

from lti_grader.assignments.models import MarkingRules
from lti_grader.classes.models import Role
from lti_grader.classes.queries import Membership
from lti_grader.core.db import session
from lti_grader.marking.models import Marking, MarkingState, Moderation
from lti_grader.marking.second import FIRST, MODERATED, SECOND, Decision, Standing, may_see
from lti_grader.marking.settling import state_of, wants_second
from lti_grader.people.models import User
from lti_grader.problems.models import Rubric


@dataclasses.dataclass(frozen=True)
class Rounds:
    """The markings of a submission, and what was decided between them."""

    rules: MarkingRules
    first: Marking
    second: Marking | None
    """None where none is wanted."""
    moderated: Marking | None
    moderation: Moderation | None
    state: Standing
    maximum: Decimal
    """Of the rubric."""
    names: dict[uuid.UUID, str]
    """Of those who marked and decided."""

    @property
    def both_are_done(self) -> bool:
        return self.second is not None and self.first.state == self.second.state == MarkingState.DONE

    @property
    def is_blind(self) -> bool:
        """Whether the two markers are to know nothing of each other's marks by now."""
        return self.second is not None and self.rules.is_blind and not self.both_are_done

    def other(self, marking: Marking) -> Marking | None:
        """Return the second marking beside the first, and the first beside the second."""
        return {FIRST: self.second, SECOND: self.first}.get(marking.round)

    def may_see(self, marking: Marking, user_id: uuid.UUID) -> bool:
        other = self.other(marking)
        other_id = other.marker_id if other else None
        return may_see(user_id, marking.marker_id, other_id, is_blind=self.is_blind and other is not None)

    def may_mark(self, marking: Marking, place: Membership) -> bool:
        """Return whether somebody who may see a marking may change it: never the other one's marker."""
        if marking.round == MODERATED:
            own = self.moderation is not None and self.moderation.decision == Decision.OWN
            return own and place.role == Role.TEACHER
        other = self.other(marking)
        return other is None or other.marker_id != place.user_id

    @property
    def seen(self) -> str:
        """A short text that is another one once either marking gives other points, or somebody has decided between them."""
        given = [one.points + one.adjustment for one in (self.first, self.second) if one is not None]
        decided = [] if self.moderation is None else [self.moderation.decided_at.isoformat()]
        return " ".join([*(f"{one.normalize():f}" for one in given), *decided])

    @property
    def difference(self) -> Decimal:
        """By how many points the second marking gives more than the first."""
        assert self.second is not None
        return self.second.points + self.second.adjustment - self.first.points - self.first.adjustment


def rounds_of(attempt_id: uuid.UUID, rules: MarkingRules) -> Rounds:
    """Return the markings of a submission, in two queries."""
    rows = session().execute(
        sa.select(Marking, Rubric.points, Moderation)
        .outerjoin(Rubric, Rubric.problem_version_id == Marking.problem_version_id)
        .outerjoin(Moderation, Moderation.attempt_id == Marking.attempt_id)
        .where(Marking.attempt_id == attempt_id)
        .order_by(Marking.round)
    )
    found = [(marking, maximum, moderation) for marking, maximum, moderation in rows]
    first, maximum, moderation = found[0]
    of_round = {one.round: one for one, _, _ in found}
    ids = {one.marker_id for one in of_round.values()} | {moderation.decided_by if moderation else None}
    people = session().scalars(sa.select(User).where(User.id.in_([one for one in ids if one is not None])))
    return Rounds(
        rules,
        first,
        of_round.get(SECOND) if wants_second(first, rules) else None,
        of_round.get(MODERATED),
        moderation,
        state_of(found, rules)[0],
        maximum or Decimal(0),
        {one.id: one.display_name for one in people},
    )
