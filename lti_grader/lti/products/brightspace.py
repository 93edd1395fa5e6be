"""Brightspace by D2L."""

from lti_grader.lti.models import ProductFamily
from lti_grader.lti.products.base import Product


class Brightspace(Product):
    """Brightspace, which rotates its keys about hourly and drops scores of roles that are not graded."""

    family = ProductFamily.BRIGHTSPACE
    label = "Brightspace"
    family_codes = frozenset({"desire2learn", "d2l", "brightspace"})
    posts_at_once = 4
    finish = (
        "In Brightspace, switch the registration on and make a deployment for the organisational units that may use it (Admin"
        " Tools > Manage Extensibility > LTI Advantage). Its first launch tells this tool the deployment."
    )
