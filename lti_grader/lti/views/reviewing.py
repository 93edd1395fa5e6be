"""The address of an attempt that goes to the LMS with its score."""

import uuid

from flask.typing import ResponseReturnValue

from lti_grader.grading.views import attempt
from lti_grader.lti.views.blueprint import blueprint


@blueprint.get("/lti/attempts/<uuid:attempt_id>")
@blueprint.get("/lti/launch/attempts/<uuid:attempt_id>")
def attempt_link(attempt_id: uuid.UUID) -> ResponseReturnValue:
    """Show the attempt to somebody who is signed in already; as a rule a launch leads to it."""
    return attempt(attempt_id)
