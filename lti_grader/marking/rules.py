"""How an assignment is marked."""

import datetime as dt
import uuid

from lti_grader.assignments.models import MarkingRules
from lti_grader.assignments.releasing import locked
from lti_grader.core.db import session
from lti_grader.core.events import publish
from lti_grader.marking.events import MarkingRulesChanged


def set_rules(assignment_id: uuid.UUID, rules: MarkingRules, *, at: dt.datetime) -> None:
    """Say how an assignment is marked from now on; marks that are pending by that, or are so no more, are worked out anew."""
    assignment = locked(assignment_id)
    before = assignment.rules.marking
    assignment.config = assignment.rules.model_copy(update={"marking": rules}).model_dump(mode="json")
    session().flush()
    if before.model_copy(update={"is_anonymous": rules.is_anonymous}) != rules:
        publish(MarkingRulesChanged(assignment_id, at))
