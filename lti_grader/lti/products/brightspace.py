"""Brightspace by D2L."""

from lti_grader.lti import claims as c
from lti_grader.lti.models import ProductFamily
from lti_grader.lti.products.base import Product, Switch

_WHERE = (
    "Brightspace: Admin Tools > Manage Extensibility > LTI Advantage > the registration, and the deployment as well >"
    " Extensions: "
)


class Brightspace(Product):
    """Brightspace, which rotates its keys about hourly and drops scores of roles that are not graded."""

    family = ProductFamily.BRIGHTSPACE
    label = "Brightspace"
    family_codes = frozenset({"desire2learn", "d2l", "brightspace"})
    posts_at_once = 4
    register_at = "Admin Tools > Manage Extensibility > LTI Advantage > Register Tool > Dynamic"
    finish = (
        "In Brightspace, switch the registration on and make a deployment for the organisational units that may use it (Admin"
        " Tools > Manage Extensibility > LTI Advantage). Its first launch tells this tool the deployment."
    )

    def switches(self) -> tuple[Switch, ...]:
        """Return the names of the switches as Brightspace writes them."""
        grades = f"{_WHERE}“Assignment and Grade Services”."
        return (
            *(Switch(scope, grades) for scope in (c.SCORE, c.RESULT, c.LINE_ITEM, c.LINE_ITEM_READ)),
            Switch(c.MEMBERSHIP, f"{_WHERE}“Names and Role Provisioning Services”."),
        )
