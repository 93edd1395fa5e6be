"""Open edX."""

from lti_grader.lti.models import ProductFamily
from lti_grader.lti.products.base import Product


class OpenEdx(Product):
    """Open edX with its LTI consumer (lti-consumer-xblock)."""

    family = ProductFamily.OPENEDX
    label = "Open edX"
    family_codes = frozenset({"open edx", "openedx", "edx"})
    posts_at_once = 4
