"""Sakai."""

from lti_grader.lti.models import ProductFamily
from lti_grader.lti.products.base import Product


class Sakai(Product):
    """Sakai, which refuses a client assertion whose `jti` it has seen."""

    family = ProductFamily.SAKAI
    label = "Sakai"
    family_codes = frozenset({"sakai"})
    posts_at_once = 4
    finish = "In Sakai, save the tool (Administration Workspace > External Tools) and choose where it may be placed."
