"""What an LMS does in a way of its own. A product is a class of `Product` in a file beside this one."""

import dataclasses
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, ClassVar

from lti_grader.classes.models import Role
from lti_grader.lti import claims as c
from lti_grader.lti.answers import Answer
from lti_grader.lti.errors import ServiceError
from lti_grader.lti.models import ProductFamily
from lti_grader.lti.products.registering import Registering

_TOOL_PLATFORM = "https://purl.imsglobal.org/spec/lti/claim/tool_platform"


@dataclasses.dataclass(frozen=True)
class Switch:
    """Where in this LMS something is switched on, in words for its administrator."""

    scope: str
    """The scope, or the message type, that it grants."""
    words: str


class Product(Registering):
    """An LMS that does everything as the standards say; the others differ from it by what they override.

    Nothing outside of this package asks which LMS it talks to.
    """

    family: ClassVar[ProductFamily] = ProductFamily.OTHER
    label: ClassVar[str] = "LMS"
    family_codes: ClassVar[frozenset[str]] = frozenset()
    """What it calls itself in `tool_platform.product_family_code`, in lower case."""

    posts_at_once: ClassVar[int] = 8
    """Scores that may be on their way to one platform side by side."""
    results_page: ClassVar[int | None] = 100
    """How many results to ask for at once; None where asking breaks and all come together."""
    ungraded_clears: ClassVar[bool] = True
    """Whether a score without points takes away the grade that stands there, as the standard wants it (AGS 2.0, `scoreGiven`)."""
    ungraded_shows: ClassVar[bool] = True
    """Whether a score without points, for whom no grade stands there, lets anybody see that a mark is to come."""
    login_repeats: ClassVar[bool] = True
    """Whether a login may be begun again with the hints that it came with, as in a window of its own."""

    def storage_frames(self, target: str) -> Sequence[str]:
        """Return the names of the frames that keep data for a tool, the likeliest first.

        Parameters
        ----------
        target
            The login's `lti_storage_target`, "" where it has none; `_parent` is the window around ours.
        """
        return (target,) if target else ()

    names_links: ClassVar[bool] = False
    """Whether a column that a tool makes may say which link it belongs to."""
    results_follow_column: ClassVar[bool] = False
    """Whether a result's points are of the column's maximum as it is now, whatever maximum stands beside them."""
    results_keep_maximum: ClassVar[bool] = False
    """Whether a result goes on telling the points and the maximum that it was given with, after its column has another."""
    comments_stay: ClassVar[bool] = True
    """Whether a comment stays when a later score comes without one; else what stands there is said again with each."""
    resizing_fills: ClassVar[bool] = False
    """Whether another maximum for a column, set by a tool, gives students a grade who have none."""
    keeps_overrides: ClassVar[bool] = False
    """Whether a grade that a person set in its gradebook goes on showing, also when a score was taken after it."""
    override_cure: ClassVar[str] = "It is left as it is; “Send again” replaces it."
    """What to do about a grade that somebody set there."""

    def understand(self, error: ServiceError) -> Answer | None:
        """Return what an answer to a score means here, None where it means what it means everywhere."""
        return None

    def counts_attempts(self, error: ServiceError) -> bool:
        """Return whether a score was refused only because the LMS's own count of attempts is full."""
        return False

    def ungraded_keeps(self, held: Decimal) -> bool:
        """Return whether the grade `held` would outlast a score without points."""
        return not self.ungraded_clears

    def comment_to_keep(self, comment: str) -> str:
        """Return, as it has to be sent to stand there again, what somebody wrote beside a grade in its gradebook."""
        return comment

    def score_extras(self, score: "ScoreFacts") -> dict[str, Any]:
        """Return what is added to the body of a score beside the standard's own fields."""
        return {}

    own_parameters: ClassVar[Mapping[str, str]] = {}
    """Custom parameters that are asked for beside those of the link: names, and the LMS's own variables."""
    lists_know_assistants: ClassVar[bool] = False
    """Whether its roster tells assistants from teachers, and its launches do not."""

    def roster_query(self, context_id: str) -> dict[str, str]:
        """Return what is asked for beside the roster itself; where that is refused, the roster alone is read."""
        return {}

    def sections(self, message: Mapping[str, Any]) -> list[str] | None:
        """Return the sections that a launch, or what a roster says of one, names; None where it says nothing."""
        lis = message.get(c.LIS)
        named = c.words(lis.get("course_section_sourcedid")) if isinstance(lis, dict) else None
        return None if named is None else [named]

    def listed_role(self, listed: Role, *, launched_as: Role) -> Role:
        """Return what somebody is in the class whom the roster lists as one thing and who has launched as another."""
        return listed

    def is_course_itself(self, claims: Mapping[str, Any]) -> bool:
        """Return whether a launch is of the course as a whole, as from its menu, and of no link in it."""
        return False

    def switches(self) -> Sequence[Switch]:
        """Return where in this LMS each service is switched on."""
        return ()

    def switch_for(self, scope: str) -> str:
        """Return, in words for the LMS's administrator, where `scope` is granted."""
        for one in self.switches():
            if one.scope == scope:
                return one.words
        return f"In the {self.label}'s settings of this tool, allow {scope}."


@dataclasses.dataclass(frozen=True)
class ScoreFacts:
    """What a product may say more about when a score is sent."""

    attempt_url: str | None
    """The address that opens the attempt through a launch; None where there is none."""
    submitted_at: str | None
    is_new_submission: bool
    """Whether the student handed something in; a changed mark for the same work is none."""
    is_final: bool
    """Whether it takes the place of the grade that stands there, also as no grade at all."""
    replaces_by_word: bool
    """A person has said that it may replace another grade that the LMS holds."""


def family_code(claims: Mapping[str, Any]) -> str:
    """Return what the platform of a launch calls itself, in lower case; "" where it does not say."""
    described = claims.get(_TOOL_PLATFORM)
    return plain_code(described.get("product_family_code") if isinstance(described, dict) else None)


def plain_code(code: object) -> str:
    """Return a product family code in lower case; "" where it is none."""
    return code.strip().casefold() if isinstance(code, str) else ""
