"""Sakai."""

from lti_grader.lti import claims as c
from lti_grader.lti.models import ProductFamily
from lti_grader.lti.products.base import Product, Switch

_WHERE = "Sakai: Administration Workspace > External Tools > the tool > Edit > Services: "


class Sakai(Product):
    """Sakai, which refuses a client assertion whose `jti` it has seen."""

    family = ProductFamily.SAKAI
    label = "Sakai"
    family_codes = frozenset({"sakai"})
    posts_at_once = 4
    register_at = "Administration Workspace > External Tools > LTI Advantage Auto Provision"
    finish = "In Sakai, save the tool (Administration Workspace > External Tools) and choose where it may be placed."

    def switches(self) -> tuple[Switch, ...]:
        """Return the names of the switches as Sakai writes them."""
        return (
            *(Switch(scope, f"{_WHERE}“Allow External Tool to return grades”.") for scope in (c.SCORE, c.RESULT)),
            *(
                Switch(scope, f"{_WHERE}“Allow External Tool to create grade columns”.")
                for scope in (c.LINE_ITEM, c.LINE_ITEM_READ)
            ),
            Switch(c.MEMBERSHIP, f"{_WHERE}“Provide Roster to External Tool”."),
        )
