"""Canvas by Instructure."""

import dataclasses
import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from lti_grader.lti import claims as c
from lti_grader.lti.answers import Answer, Meaning
from lti_grader.lti.errors import ServiceError
from lti_grader.lti.models import ProductFamily
from lti_grader.lti.products.base import Product, ScoreFacts, Switch
from lti_grader.lti.products.registering import Offered, Placement, Privacy, Wanted

SUBMISSION = "https://canvas.instructure.com/lti/submission"
_EXTENSION = "https://canvas.instructure.com/lti/"
_DOMAIN = "canvas_api_domain"
_PRIVACY = {Privacy.NAMES_AND_EMAIL: "public", Privacy.NAMES: "name_only", Privacy.ANONYMOUS: "anonymous"}
PLACEMENTS = (
    Placement("assignment_selection", "Assignments: “External Tool” as the submission type", c.DEEP_LINKING_REQUEST),
    Placement("link_selection", "Modules: “Add item”, then “External Tool”", c.DEEP_LINKING_REQUEST),
    Placement("editor_button", "The text editor's list of apps", c.DEEP_LINKING_REQUEST),
    Placement("module_index_menu_modal", "The menu of the Modules page", c.DEEP_LINKING_REQUEST),
    Placement("course_navigation", "The course's navigation", c.RESOURCE_LINK_REQUEST),
    Placement("submission_type_selection", "Assignments: a submission type of its own", c.DEEP_LINKING_REQUEST, is_usual=False),
)  # fmt: skip
"""Where a course may open this tool (app/models/lti/resource_placement.rb of the Canvas source)."""
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
    # Another maximum leaves the points of the submissions as they are, and `lti_results` has a maximum of its own.
    results_keep_maximum = True

    own_parameters = {c.OWN_SECTIONS: "$com.instructure.User.sectionNames"}  # noqa: RUF012 - never changed

    def roster_query(self, context_id: str) -> dict[str, str]:
        """Ask for what the members' launches would say, which names their sections, and for as long pages as there are.

        A course's own id stands for a link that everybody may open (lib/lti/ims/providers/memberships_provider.rb).
        """
        return {"rlid": context_id, "limit": "100"}

    def sections(self, message: Mapping[str, Any]) -> list[str] | None:
        """Read the names, a JSON list in a custom parameter; what Canvas calls the section in LIS is the course."""
        custom = message.get(c.CUSTOM)
        told = custom.get(c.OWN_SECTIONS) if isinstance(custom, dict) else None
        try:
            names = json.loads(told) if isinstance(told, str) else told
        except (ValueError, RecursionError):
            return None
        if not isinstance(names, list):
            return None
        return [name for one in names[:50] if (name := c.words(one))]

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

    register_at = "Admin > Apps > Manage > Install a New App > Dynamic Registration"
    finish = (
        "In Canvas, look through what was registered and switch it on (Apps > Manage). Its first launch from a course tells"
        " this tool its deployment."
    )

    def audience(self, authorization_server: str | None) -> str | None:
        """Return None: Canvas names a host there, and takes assertions for its token address."""
        return None

    def institution(self, platform: Mapping[str, Any]) -> str | None:
        """Return the account's name."""
        return c.words(platform.get(f"{_EXTENSION}account_name"))

    def placements(self, offered: Offered) -> Sequence[Placement]:
        """Return our placements as this Canvas writes them: newer ones put an address in front."""
        found = []
        for one in PLACEMENTS:
            written = {name.removeprefix(_EXTENSION): name for name in offered.get(one.message, ())}
            if one.name in written:
                found.append(dataclasses.replace(one, name=written[one.name]))
        return found

    def messages(self, wanted: Wanted) -> list[dict[str, Any]]:
        """Return the messages that have a placement: Canvas would put others where nobody chose."""
        return [one for one in super().messages(wanted) if "placements" in one]

    def tool_configuration(self, wanted: Wanted) -> dict[str, Any]:
        """Return the LTI part, with what Canvas calls privacy."""
        return {**super().tool_configuration(wanted), f"{_EXTENSION}privacy_level": _PRIVACY[wanted.privacy]}

    def custom_parameters(self) -> dict[str, str]:
        """Ask for the institution's own address as well: all of them share one issuer."""
        return {**super().custom_parameters(), _DOMAIN: "$Canvas.api.domain", **self.own_parameters}

    def developer_key(self, own: Mapping[str, str], logo: str) -> dict[str, Any]:
        """Return the configuration that Canvas reads for a developer key by “Enter URL”.

        As lib/schemas/lti/tool_configuration.rb of the Canvas source has it.
        """
        target = own["target_link_uri"]
        placed = [
            {
                "placement": one.name, "message_type": one.message, "target_link_uri": target, "icon_url": logo,
                "text": "Assignments" if one.message == c.RESOURCE_LINK_REQUEST else "Add an assignment",
                "selection_width": 800, "selection_height": 900,
            }
            for one in PLACEMENTS if one.is_usual
        ]  # fmt: skip
        extension = {
            "platform": "canvas.instructure.com",
            "domain": urlsplit(target).netloc,
            "tool_id": "lti_grader",
            "privacy_level": _PRIVACY[Privacy.NAMES_AND_EMAIL],
            "settings": {
                "platform": "canvas.instructure.com",
                "text": "lti_grader",
                "icon_url": logo,
                "placements": placed,
            },
        }
        return {
            "title": "lti_grader",
            "description": "Assignments in code that are graded at once, with every score followed into the gradebook.",
            "target_link_uri": target,
            "oidc_initiation_url": own["login_url"],
            "public_jwk_url": own["jwks_url"],
            "scopes": list(c.SCOPES),
            "custom_fields": self.custom_parameters(),
            "extensions": [extension],
        }

    def page_origins(self, claims: Mapping[str, Any]) -> Collection[str]:
        """Return the institution's own address as well."""
        custom = claims.get(c.CUSTOM)
        domain = c.identifier(custom.get(_DOMAIN)) if isinstance(custom, dict) else None
        known = [f"https://{domain}"] if domain and not domain.startswith("$") else []
        return [*known, *super().page_origins(claims)]

    def storage_frames(self, target: str) -> tuple[str, ...]:
        """Return the hidden frame beside ours that the login names, and the page itself.

        In Canvas's editor that frame is not there, and the page answers (ui/features/post_message_forwarding).
        """
        return (target, "_parent") if target and target != "_parent" else (target or "_parent",)

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

    def is_course_itself(self, claims: Mapping[str, Any]) -> bool:
        """Tell a launch from the course's navigation: its resource link has the id of the course."""
        link, context = claims.get(c.RESOURCE_LINK), claims.get(c.CONTEXT)
        return isinstance(link, dict) and isinstance(context, dict) and link.get("id") == context.get("id") is not None

    def switches(self) -> tuple[Switch, ...]:
        """Return the names of the switches as Canvas writes them."""
        return (
            Switch(c.SCORE, _WHERE + "“Can create and update submission results for assignments associated with the tool”."),
            Switch(c.RESULT, _WHERE + "“Can view submission data for assignments associated with the tool”."),
            Switch(c.LINE_ITEM, _WHERE + "“Can create and view assignment data in the gradebook associated with the tool”."),
            Switch(c.LINE_ITEM_READ, _WHERE + "“Can view assignment data in the gradebook associated with the tool”."),
            Switch(c.MEMBERSHIP, _WHERE + "“Can retrieve user data associated with the context the tool is installed in”."),
        )  # fmt: skip
