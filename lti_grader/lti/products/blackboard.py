"""Blackboard Learn."""

from urllib.parse import urlsplit

from lti_grader.lti import claims as c
from lti_grader.lti.models import ProductFamily
from lti_grader.lti.products.base import Product, Switch

_WHERE = (
    "Blackboard: Administrator Panel > Integrations > LTI Tool Providers > the tool > Edit > Institution Policies: "
)


class Blackboard(Product):
    """Blackboard Learn, Original and Ultra."""

    family = ProductFamily.BLACKBOARD
    label = "Blackboard"
    family_codes = frozenset({"blackboardlearn", "blackboard", "blackboard learn"})
    posts_at_once = 4
    # An application of the developer portal is one client for every institution that adds it, so a deployment that
    # appears may be anybody's.
    learns_deployments = False
    register_at = "developer.blackboard.com > My Apps > LTI Dynamic Registration"
    finish = (
        "In Blackboard, add the tool by its client id (Administrator Panel > Integrations > LTI Tool Providers > Register LTI"
        " 1.3/Advantage Tool) and approve it. Then add the deployment id that Blackboard shows there to the registration here."
    )

    def switches(self) -> tuple[Switch, ...]:
        """Return the names of the switches as Blackboard writes them."""
        grades = f"{_WHERE}“Allow grade service access” set to Yes."
        return (
            *(Switch(scope, grades) for scope in (c.SCORE, c.RESULT, c.LINE_ITEM, c.LINE_ITEM_READ)),
            Switch(c.MEMBERSHIP, f"{_WHERE}“Allow Membership Service Access” set to Yes."),
        )

    def is_issuer_of(self, issuer: str, url: str) -> bool:
        """Return whether the configuration lies with Blackboard: all of its institutions share one issuer."""
        host = urlsplit(url).hostname or ""
        return super().is_issuer_of(issuer, url) or (
            issuer == "https://blackboard.com" and host.endswith((".blackboard.com", ".anthology.com"))
        )
