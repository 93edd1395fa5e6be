"""Blackboard Learn."""

from lti_grader.lti.models import ProductFamily
from lti_grader.lti.products.base import Product


class Blackboard(Product):
    """Blackboard Learn, Original and Ultra."""

    family = ProductFamily.BLACKBOARD
    label = "Blackboard"
    family_codes = frozenset({"blackboardlearn", "blackboard", "blackboard learn"})
    posts_at_once = 4
