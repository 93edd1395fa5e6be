"""Canvas by Instructure."""

from typing import Any

from lti_grader.lti import claims as c
from lti_grader.lti.answers import Answer, Meaning
from lti_grader.lti.errors import ServiceError
from lti_grader.lti.models import ProductFamily
from lti_grader.lti.products.base import Product, ScoreFacts, Switch

SUBMISSION = "https://canvas.instructure.com/lti/submission"
_WHERE = "Canvas: Admin > Developer Keys > the tool's key > Scopes (or Apps > Manage > the tool > Permissions): "


class Canvas(Product):
    """Throttles who posts side by side, replaces what a teacher entered, and counts each post as an attempt.

    From app/controllers/lti/ims/scores_controller.rb and lib/lti of the Canvas source.
    """

    family = ProductFamily.CANVAS
    label = "Canvas"
    family_codes = frozenset({"canvas"})
    posts_at_once = 1
    # A score without points is sent with `preserve_score`, so that it clears nothing.
    ungraded_clears = False

    def counts_attempts(self, error: ServiceError) -> bool:
        """Tell the limit of attempts that a teacher set on the assignment in Canvas from other refusals."""
        return error.status_code == 422 and "number of allowed attempts" in error.body

    def understand(self, error: ServiceError) -> Answer | None:
        """Tell a course that has ended from a student who is not in it: Canvas answers both with 422."""
        if error.status_code == 422 and "concluded" in error.body:
            return Answer(
                Meaning.FAILED,
                "The course has ended in Canvas and takes no more scores. Reopen it there (Settings > Course Details >"
                " participation or dates), then resend.",
            )
        return None

    def score_extras(self, score: ScoreFacts) -> dict[str, Any]:
        """Return Canvas's own extension: no new attempt for a mark alone, and the way back into the work."""
        extension: dict[str, Any] = {
            "new_submission": score.is_new_submission,
            "preserve_score": not score.is_final,
            # A teacher may grade between our look and our post.
            "prioritize_non_tool_grade": not score.replaces_by_word,
        }
        if score.is_new_submission and score.submitted_at is not None:
            extension["submitted_at"] = score.submitted_at
        if score.is_new_submission and score.attempt_url is not None:
            extension |= {"submission_type": "basic_lti_launch", "submission_data": score.attempt_url}
        return {SUBMISSION: extension}

    def switches(self) -> tuple[Switch, ...]:
        """Return the names of the switches as Canvas writes them."""
        return (
            Switch(c.SCORE, _WHERE + "“Can create and update submission results for assignments associated with the tool”."),
            Switch(c.RESULT, _WHERE + "“Can view submission data for assignments associated with the tool”."),
            Switch(c.LINE_ITEM, _WHERE + "“Can create and view assignment data in the gradebook associated with the tool”."),
            Switch(c.LINE_ITEM_READ, _WHERE + "“Can view assignment data in the gradebook associated with the tool”."),
            Switch(c.MEMBERSHIP, _WHERE + "“Can retrieve user data associated with the context the tool is installed in”."),
        )  # fmt: skip
