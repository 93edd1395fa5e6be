"""What LMSs do in ways of their own: one file for each, found by its product family; nothing about any elsewhere."""

from collections.abc import Mapping
from typing import Any

from lti_grader.lti.models import Platform, ProductFamily
from lti_grader.lti.products.base import Product, ScoreFacts, Switch, family_code, plain_code
from lti_grader.lti.products.blackboard import Blackboard
from lti_grader.lti.products.brightspace import Brightspace
from lti_grader.lti.products.canvas import Canvas
from lti_grader.lti.products.moodle import Moodle
from lti_grader.lti.products.openedx import OpenEdx
from lti_grader.lti.products.sakai import Sakai

__all__ = ["PRODUCTS", "Product", "ScoreFacts", "Switch", "family_called", "family_of", "product_of"]

PRODUCTS: Mapping[ProductFamily, Product] = {
    one.family: one for one in (Canvas(), Moodle(), Blackboard(), Brightspace(), Sakai(), OpenEdx(), Product())
}


def product_of(platform: Platform) -> Product:
    """Return what is known of a platform's product."""
    return PRODUCTS[ProductFamily(platform.product_family)]


def family_of(claims: Mapping[str, Any]) -> ProductFamily | None:
    """Return the product that a launch says it comes from, None where it says nothing that is known here."""
    return family_called(family_code(claims))


def family_called(code: object) -> ProductFamily | None:
    """Return the product of a product family code, None where it is none that is known here."""
    code = plain_code(code)
    return next((family for family, product in PRODUCTS.items() if code in product.family_codes), None)
