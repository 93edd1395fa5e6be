"""Moodle."""

from collections.abc import Mapping
from typing import Any

from lti_grader.classes.models import STAFF, Role
from lti_grader.lti import claims as c
from lti_grader.lti.answers import Answer, Meaning
from lti_grader.lti.errors import ServiceError
from lti_grader.lti.models import ProductFamily
from lti_grader.lti.products.base import Product, Switch
from lti_grader.lti.products.markup import is_from_editor, plain_text

_WHERE = "Moodle: Site administration > Plugins > External tool > Manage tools > the tool's cog > Services: "


class Moodle(Product):
    """Keeps what a teacher entered, empties the grade for a score that is not final, and answers a lock with `[]`.

    From mod/lti/service/gradebookservices of the Moodle 4.5 source, and seen so in Moodle 5.0.1 at work.
    """

    family = ProductFamily.MOODLE
    label = "Moodle"
    family_codes = frozenset({"moodle"})
    posts_at_once = 4
    # Its pages of results fail for LTI 1.3 tools: "Call to a member function out() on null" (5.0.1).
    results_page = None
    register_at = (
        "Site administration > Plugins > Activity modules > External tool > Manage tools > Tool URL > Add LTI Advantage"
    )
    names_links = True
    results_follow_column = True
    # A score without a comment empties the feedback, whoever wrote it; and one without points does nothing but that.
    comments_stay = False
    ungraded_shows = False
    # Its PUT of a line item rescales every row of `grade_grades`, and an empty grade becomes a 0 of the new maximum.
    resizing_fills = True
    keeps_overrides = True
    override_cure = (
        "It is left as it is, and Moodle goes on showing it whatever is sent: to have this score instead, clear “Overridden”"
        " for the grade in Moodle's gradebook, then send it again."
    )
    finish = (
        "In Moodle, activate the tool: Site administration > Plugins > Activity modules > External tool > Manage tools, on the"
        " tool's card “Activate”. Then, for teachers to find it among the activities, press the card's cog and set “Tool"
        " configuration usage” to “Show in activity chooser and as a preconfigured tool”."
    )
    # mod/lti/auth.php forgets a launch once it has answered it.
    login_repeats = False

    def understand(self, error: ServiceError) -> Answer | None:
        """Tell a locked grade from a fault, and a person from a form: of why, Moodle's answers say nothing."""
        if error.status_code == 500 and error.body.strip() == "[]":
            return Answer(
                Meaning.FAILED, "The grade is locked in Moodle. Unlock it in the gradebook there, then resend."
            )
        if error.status_code == 400 and error.body.strip() == "[]":
            return Answer(
                Meaning.FAILED,
                "Moodle takes no grade for this person: they are no student of the course there, or not any more. Look at"
                " the course's participants in Moodle, then resend.",
            )
        return None

    def comment_to_keep(self, comment: str) -> str:
        """Return what Moodle's editor made, which is HTML, as text: that is what Moodle takes a comment for."""
        return plain_text(comment) if is_from_editor(comment) else comment

    lists_know_assistants = True

    def sections(self, message: Mapping[str, Any]) -> list[str] | None:
        """Return nothing: what Moodle calls the section in LIS is the course's own number."""
        return None

    def listed_role(self, listed: Role, *, launched_as: Role) -> Role:
        """Tell assistants: Moodle launches them as instructors, and lists them as learners."""
        return Role.ASSISTANT if listed == Role.STUDENT and launched_as in STAFF else listed

    def switches(self) -> tuple[Switch, ...]:
        """Return the names of the switches as Moodle writes them."""
        grades = (
            _WHERE
            + "“IMS LTI Assignment and Grade Services” set to “Use this service for grade sync and column management”."
        )
        return (
            *(Switch(scope, grades) for scope in (c.SCORE, c.RESULT, c.LINE_ITEM, c.LINE_ITEM_READ)),
            Switch(c.MEMBERSHIP, _WHERE + "“IMS LTI Names and Role Provisioning” set to “Use this service to retrieve members' information as per privacy settings”."),
        )  # fmt: skip
