"""How an assignment is marked."""

import uuid

from lti_grader.assignments.models import MarkingRules
from lti_grader.assignments.releasing import locked
from lti_grader.core.db import session


def set_rules(assignment_id: uuid.UUID, rules: MarkingRules) -> None:
    """Say how an assignment is marked from now on."""
    assignment = locked(assignment_id)
    assignment.config = assignment.rules.model_copy(update={"marking": rules}).model_dump(mode="json")
    session().flush()
