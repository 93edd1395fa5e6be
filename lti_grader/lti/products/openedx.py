"""Open edX."""

from lti_grader.lti import claims as c
from lti_grader.lti.models import ProductFamily
from lti_grader.lti.products.base import Product, Switch

_WHERE = "Open edX: Studio > the unit > the LTI component > Edit: "


class OpenEdx(Product):
    """Open edX with its LTI consumer (lti-consumer-xblock)."""

    family = ProductFamily.OPENEDX
    label = "Open edX"
    family_codes = frozenset({"open edx", "openedx", "edx"})
    posts_at_once = 4

    def switches(self) -> tuple[Switch, ...]:
        """Return the names of the switches as Studio writes them."""
        grades = f"{_WHERE}“LTI Assignment and Grades Service” set to “Allow tools to manage and submit grade (programmatic)”."
        return (
            *(Switch(scope, grades) for scope in (c.SCORE, c.RESULT, c.LINE_ITEM, c.LINE_ITEM_READ)),
            Switch(c.MEMBERSHIP, f"{_WHERE}“Enable LTI NRPS” set to True."),
        )
